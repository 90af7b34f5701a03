package bzip2

const (
	maxLen   = 20  // longest code the format allows
	fastBits = 10  // longest code found by one look
	unitBits = 11  // bits looked at for a unit
	maxAlpha = 258 // RUNA, RUNB, 255 positions, end of block

	// maxDigits is the most digits of a run: the weight of one more is above MaxBlock.
	maxDigits = 20
)

// A tree decodes one Huffman code. Codes up to fastBits long are looked up;
// longer ones are found by comparing with the first code of each length.
type tree struct {
	units [1 << unitBits]unit   // several symbols, 0 where the first is longer
	fast  [1 << fastBits]uint16 // symbol<<5 | length, 0 for a longer code
	limit [maxLen + 2]uint64    // codes of length l are below limit[l], left aligned in 64 bits
	base  [maxLen + 2]int32     // index into perm of the code 0…0 of length l
	perm  [maxAlpha]uint16      // symbols by code
	max   uint                  // longest length in use
}

// A unit is symbols that are decoded by one look: digits of a run (RUNA, RUNB),
// and the symbol behind them where its code was in sight.
//
//	bits  0–4   their length together, in bits
//	bits  5–8   how many they are
//	bits  9–12  how many of them are digits
//	bits 13–22  what the digits add to a run that starts with them
//	bits 23–31  the symbol that is no digit; 0 = none
type unit uint32

const maxUnitDigits = 8

func (u unit) length() uint32  { return uint32(u) & 31 }
func (u unit) symbols() uint32 { return uint32(u) >> 5 & 15 }
func (u unit) digits() uint32  { return uint32(u) >> 9 & 15 }
func (u unit) run() uint32     { return uint32(u) >> 13 & 1023 }
func (u unit) last() uint32    { return uint32(u) >> 23 }

// then is u with sym behind it, whose code has so many bits.
func (u unit) then(sym uint16, length uint) unit {
	u += unit(length) + 1<<5
	if sym > 1 {
		return u + unit(sym)<<23
	}
	return u + unit(sym+1)<<(13+u.digits()) + 1<<9
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
	for i := range t.units {
		t.units[i] = t.unit(uint64(i) << (64 - unitBits))
	}
	return true
}

// unit is the symbols within the first unitBits of acc, up to the first that is
// no digit.
func (t *tree) unit(acc uint64) (u unit) {
	for u.digits() < maxUnitDigits {
		e := t.fast[acc>>(64-fastBits)]
		l := uint(e & 31)
		if l == 0 || uint(u.length())+l > unitBits {
			return u
		}
		u = u.then(e>>5, l)
		acc <<= l
		if u.last() != 0 {
			return u
		}
	}
	return u
}

// one decodes one symbol from the left of acc. It is 0 when no code begins so.
func (t *tree) one(acc uint64) unit {
	e := t.fast[acc>>(64-fastBits)]
	sym, l := e>>5, uint(e&31)
	if l == 0 {
		if sym, l = t.long(acc); l == 0 {
			return 0
		}
	}
	return unit(0).then(sym, l)
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
