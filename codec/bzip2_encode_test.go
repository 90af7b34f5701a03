package codec

import (
	"bytes"
	"math/bits"
	"slices"

	"github.com/outcore/outcore/codec/internal/bzip2"
)

// A bzipWriter writes bzip2 streams for tests: no compression to speak of, but
// every field under the test's control.
type bzipWriter struct {
	buf bytes.Buffer
	acc uint64
	n   uint
	sum uint32
}

func (w *bzipWriter) bits(v uint64, k uint) {
	for i := int(k) - 1; i >= 0; i-- {
		w.acc = w.acc<<1 | v>>i&1
		if w.n++; w.n == 8 {
			w.buf.WriteByte(byte(w.acc))
			w.acc, w.n = 0, 0
		}
	}
}

func (w *bzipWriter) header() {
	w.bits(0x425a6839, 32)
	w.sum = 0
}

func (w *bzipWriter) end() {
	w.bits(bzip2.EndMagic, 48)
	w.bits(uint64(w.sum), 32)
	for w.n != 0 {
		w.bits(0, 1)
	}
}

// block writes the bytes p (at least one) as a block; each decoy is put among
// its selectors, which may hold any bits without long runs of ones.
func (w *bzipWriter) block(p []byte, decoys ...uint64) {
	crc := bzip2.Checksum(0, p)
	w.sum = (w.sum<<1 | w.sum>>31) ^ crc
	text := squeezeRuns(p)
	n := len(text)
	rotations := make([]int, n)
	for i := range rotations {
		rotations[i] = i
	}
	twice := append(slices.Clone(text), text...)
	slices.SortFunc(rotations, func(a, b int) int {
		if c := bytes.Compare(twice[a:a+n], twice[b:b+n]); c != 0 {
			return c
		}
		return a - b
	})
	w.bits(bzip2.BlockMagic, 48)
	w.bits(uint64(crc), 32)
	w.bits(0, 1)
	w.bits(uint64(slices.Index(rotations, 0)), 24)

	var used [256]bool
	for _, c := range text {
		used[c] = true
	}
	var front []byte
	for i := range 16 {
		w.bits(b2u(slices.Contains(used[i*16:i*16+16], true)), 1)
	}
	for i := range 16 {
		if !slices.Contains(used[i*16:i*16+16], true) {
			continue
		}
		for j := range 16 {
			w.bits(b2u(used[i*16+j]), 1)
			if used[i*16+j] {
				front = append(front, byte(i*16+j))
			}
		}
	}
	eob := len(front) + 1
	var symbols []int
	run := 0
	flush := func() {
		for ; run > 0; run = (run - 1) / 2 {
			symbols = append(symbols, (run+1)&1)
		}
	}
	for _, r := range rotations {
		c := twice[r+n-1]
		i := bytes.IndexByte(front, c)
		if i == 0 {
			run++
			continue
		}
		flush()
		symbols = append(symbols, i+1)
		copy(front[1:i+1], front[:i])
		front[0] = c
	}
	flush()
	symbols = append(symbols, eob)

	// All trees are equal, so any selectors do; a 0 bit ends each.
	groups := (len(symbols) + 49) / 50
	count := groups
	for _, d := range decoys {
		count += 48 - bits.OnesCount64(d) + 1
	}
	w.bits(6, 3)
	w.bits(uint64(count), 15)
	for _, d := range decoys {
		w.bits(d, 48)
		w.bits(0, 1)
	}
	for range groups {
		w.bits(0, 1)
	}
	// The complete code with lengths as equal as can be: the first short symbols
	// take one bit less than the others.
	size := len(front) + 2
	long := uint(bits.Len(uint(size - 1)))
	short := 1<<long - size
	for range 6 {
		l := long
		if short > 0 {
			l--
		}
		w.bits(uint64(l), 5)
		for i := range size {
			if i == short && l < long {
				w.bits(0b10, 2) // one longer
			}
			w.bits(0, 1)
		}
	}
	for _, s := range symbols {
		if s < short {
			w.bits(uint64(s), long-1)
		} else {
			w.bits(uint64(s+short), long)
		}
	}
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// squeezeRuns writes a count after four equal bytes.
func squeezeRuns(p []byte) (out []byte) {
	for i := 0; i < len(p); {
		j := i
		for j < len(p) && p[j] == p[i] && j-i < 259 {
			j++
		}
		out = append(out, bytes.Repeat(p[i:i+1], min(4, j-i))...)
		if j-i >= 4 {
			out = append(out, byte(j-i-4))
		}
		i = j
	}
	return out
}
