package bzip2

const (
	maxLen   = 20  // longest code the format allows
	fastBits = 10  // longest code found by one look
	maxAlpha = 258 // RUNA, RUNB, 255 positions, end of block
)

// A tree decodes one Huffman code. Codes up to fastBits long are looked up;
// longer ones are found by comparing with the first code of each length.
type tree struct {
	fast  [1 << fastBits]uint16 // symbol<<5 | length, 0 for a longer code
	limit [maxLen + 2]uint64    // codes of length l are below limit[l], left aligned in 64 bits
	base  [maxLen + 2]int32     // index into perm of the code 0…0 of length l
	perm  [maxAlpha]uint16      // symbols by code
	max   uint                  // longest length in use
}

// build makes the tree of the code whose symbol s has length lens[s]. It
// reports false for lengths that no prefix code has. A code may be incomplete:
// bzip2 never writes one, but reads it.
func (t *tree) build(lens []uint8) bool {
	var count [maxLen + 2]int32
	t.max = 0
	for _, l := range lens {
		count[l]++
		t.max = max(t.max, uint(l))
	}
	var next [maxLen + 2]int32 // place in perm of the next symbol of length l
	var code, index int32
	for l := uint(1); l <= maxLen; l++ {
		next[l] = index
		t.base[l] = index - code
		code += count[l]
		index += count[l]
		if code > 1<<l {
			return false
		}
		if code == 1<<l {
			t.limit[l] = ^uint64(0)
		} else {
			t.limit[l] = uint64(code) << (64 - l)
		}
		code <<= 1
	}
	clear(t.fast[:])
	for s, l := range lens {
		i := next[l]
		next[l]++
		t.perm[i] = uint16(s)
		if l <= fastBits {
			c := int(i-t.base[l]) << (fastBits - l)
			entry := uint16(s)<<5 | uint16(l)
			for j := c; j < c+1<<(fastBits-l); j++ {
				t.fast[j] = entry
			}
		}
	}
	return true
}

// long decodes a code that fast does not hold from the left of acc. A length of
// 0 means that no code begins so.
func (t *tree) long(acc uint64) (sym uint16, length uint) {
	for l := uint(fastBits + 1); l <= t.max; l++ {
		if acc < t.limit[l] || t.limit[l] == ^uint64(0) {
			return t.perm[int32(acc>>(64-l))+t.base[l]], l
		}
	}
	return 0, 0
}
