package deflate

import (
	"encoding/binary"
	"math/bits"
)

var le = binary.LittleEndian

// marks has a bit for each 4-byte word of a block, eight to a byte, in groups of
// 64. Behind the last group there are sentinels.
type marks struct {
	zero []byte // the word is 0
	four []byte // it equals the word before
	back []byte // it equals the one before that
	any  []byte // a run starts here: the word is marked, in back with the next one
}

const group = 64 // words

// find marks the words of raw; strip does it for whole groups but the first.
func (m *marks) find(raw []byte, strip func(m *marks, raw []byte, from, to int)) {
	words := len(raw) / 4
	size := (words + group - 1) / group * 8
	for _, b := range []*[]byte{&m.zero, &m.four, &m.back, &m.any} {
		if cap(*b) < size+16 {
			*b = make([]byte, size+16)
		}
		*b = (*b)[:size+16]
		clear((*b)[max(size-8, 0):])
	}
	if whole := words / group; whole > 1 {
		m.byOne(raw, 0, group) // looks back no further than the block
		strip(m, raw, 1, whole)
		m.byOne(raw, group*whole, words)
	} else {
		m.byOne(raw, 0, words)
	}
	for i := 0; i < size; i += 8 {
		back := le.Uint64(m.back[i:])
		next := back>>1 | uint64(m.back[i+8])<<63
		le.PutUint64(m.any[i:], le.Uint64(m.zero[i:])|le.Uint64(m.four[i:])|back&next)
	}
	le.PutUint64(m.any[size:], 1<<63|1<<32|1) // beyond the last word, wherever one looks from
	le.PutUint64(m.any[size+8:], 1<<63)
}

// byOne marks the words from lo, the first of a group, to hi.
func (m *marks) byOne(raw []byte, lo, hi int) {
	for w := lo; w < hi; w++ {
		i, bit := w>>3, byte(1)<<(w&7)
		if w&7 == 0 {
			m.zero[i], m.four[i], m.back[i] = 0, 0, 0
		}
		v := le.Uint32(raw[4*w:])
		if v == 0 {
			m.zero[i] |= bit
		}
		if w >= 1 && v == le.Uint32(raw[4*w-4:]) {
			m.four[i] |= bit
		}
		if w >= 2 && v == le.Uint32(raw[4*w-8:]) {
			m.back[i] |= bit
		}
	}
}

// from is the first marked word of set from w on; there is one.
func from(set []byte, w int) int {
	i := w >> 3
	if x := le.Uint64(set[i:]) >> (w & 7); x != 0 {
		return w + bits.TrailingZeros64(x)
	}
	for i += 8; ; i += 8 {
		if x := le.Uint64(set[i:]); x != 0 {
			return i<<3 + bits.TrailingZeros64(x)
		}
	}
}

// until is the first word of set from w on that is not marked; there is one.
func until(set []byte, w int) int {
	i := w >> 3
	if x := ^le.Uint64(set[i:]) >> (w & 7); x != 0 {
		return w + bits.TrailingZeros64(x)
	}
	for i += 8; ; i += 8 {
		if x := ^le.Uint64(set[i:]); x != 0 {
			return i<<3 + bits.TrailingZeros64(x)
		}
	}
}

// splitMarked is split by marks that strip finds. Most runs are short, and what
// comes next cannot be foreseen: so there are few branches, and little that the
// search for the next run waits for. A run of zeros, but for its first word, is
// one of equal words.
func (e *fastEncoder) splitMarked(raw []byte, strip func(m *marks, raw []byte, from, to int)) {
	seqs := e.seqs[:0]
	m := &e.marks
	m.find(raw, strip)
	words := len(raw) / 4
	taken := 0 // bytes in sequences
	for w := 0; ; {
		w = from(m.any, w)
		start := 4 * w
		if start+8 > len(raw) {
			break
		}
		zero, four := uint32(m.zero[w>>3]>>(w&7)&1), m.four[w>>3]>>(w&7)&1
		next, back, dist := until(m.four, w+1), 4, zero^1
		if zero == 0 && four == 0 {
			next, back, dist = until(m.back, w+1), 8, 2
		}
		// The zero that the others repeat is not of the run.
		before := uint32(0xff)
		if w > 0 {
			before = uint32(raw[start-1])
		}
		start += int(zero & ((before + 0xff) >> 8))
		end := 4 * next
		w = next
		if next >= words {
			for end < len(raw) && raw[end] == raw[end-back] {
				end++
			}
		} else if x := le.Uint32(raw[end:]) ^ le.Uint32(raw[end-back:]); x&0xff == 0 {
			end += bits.TrailingZeros32(x) / 8
			w++
		}
		seqs = append(seqs, sequence{lits: uint32(start - taken), run: uint32(end - start), dist: dist})
		taken = end
	}
	e.seqs = append(seqs, sequence{lits: uint32(len(raw) - taken)})
}
