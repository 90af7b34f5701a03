package deflate

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

const (
	minMatch   = 3
	maxMatch   = 258
	endSymbol  = 256
	numLit     = 286
	numDist    = 30
	codeLimit  = 14 // four codes and 7 bits left over fit 64
	numLenCode = 19
)

// A sequence is bytes as they are and then a run: bytes equal to those a
// distance before.
type sequence struct {
	lits uint32
	run  uint32 // 0 after the last bytes
	dist uint32 // index into distances
}

// distances are how far back runs look: one byte for zeros, a word of float32
// or int32, a word of float64 or int64; and their codes in RFC 1951.
var distances = [...]struct {
	back, symbol, extra, extraBits uint32
}{
	{back: 1, symbol: 0},
	{back: 4, symbol: 3},
	{back: 8, symbol: 5, extra: 1, extraBits: 1},
}

// lengthCode[n-3] is symbol<<16 | extra bits<<8 | extra of a match of n bytes.
var lengthCode = func() (t [maxMatch - minMatch + 1]uint32) {
	n := 0
	for sym := uint32(257); sym < 285; sym++ {
		extra := uint32(0) // 8 symbols of one length each, then 4 each of 2, 4, …
		if sym > 264 {
			extra = (sym - 261) / 4
		}
		for i := range uint32(1) << extra {
			t[n] = sym<<16 | extra<<8 | i
			n++
		}
	}
	t[maxMatch-minMatch] = 285 << 16 // 258 has a code of its own
	return t
}()

// A fastEncoder writes blocks at level Fast.
type fastEncoder struct {
	seqs     []sequence
	marks    marks
	lits     [8][256]uint32 // counted eight at a time, so that equal bytes near each other, as the highest of floats are, do not wait for each other
	counts   [numLit]uint32
	dists    [numDist]uint32
	litLens  [numLit]uint8
	distLens [numDist]uint8
	lit      code
	dist     code
	head     headerCode
}

// encode appends raw as one block to dst.
func (e *fastEncoder) encode(dst, raw []byte, final bool) []byte {
	e.findRuns(raw)
	e.count(raw)
	e.lit.build(e.counts[:], e.litLens[:], codeLimit)
	e.dist.build(e.dists[:], e.distLens[:], codeLimit)
	e.head.build(e.litLens[:], e.distLens[:])
	size := int(e.size()+7) / 8
	if size >= len(raw)-len(raw)/64 {
		// Not worth the reader's time.
		return AppendStored(dst, raw, final)
	}
	start := len(dst)
	dst = slices.Grow(dst, size+32)
	w := bitWriter{out: dst[start:cap(dst)]}
	w.put(b2u(final)|2<<1, 3)
	e.head.write(&w)
	e.body(&w, raw)
	if !final {
		w.put(0, 3) // an empty stored block
		w.align()
		w.put(0xffff0000, 32)
	}
	w.align()
	return dst[:start+w.n]
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// split finds the runs of raw, word by word.
func (e *fastEncoder) split(raw []byte) {
	seqs := e.seqs[:0]
	from := 0 // first byte in no sequence
	for i := 0; i+8 <= len(raw); {
		v := binary.LittleEndian.Uint64(raw[i:])
		start, end, dist := 0, 0, uint32(0)
		switch {
		case uint32(v) == 0:
			end = i + 4
			for end+8 <= len(raw) && binary.LittleEndian.Uint64(raw[end:]) == 0 {
				end += 8
			}
			for end < len(raw) && raw[end] == 0 {
				end++
			}
			start = i
			if i == 0 || raw[i-1] != 0 {
				start++ // the zero that the others repeat
			}
		case i >= 4 && uint32(v) == binary.LittleEndian.Uint32(raw[i-4:]):
			start, end, dist = i, i+4+same(raw, i+4, 4), 1
		case i >= 8 && v == binary.LittleEndian.Uint64(raw[i-8:]):
			start, end, dist = i, i+8+same(raw, i+8, 8), 2
		default:
			i += 4
			continue
		}
		seqs = append(seqs, sequence{lits: uint32(start - from), run: uint32(end - start), dist: dist})
		from = end
		i = (end + 3) &^ 3
	}
	e.seqs = append(seqs, sequence{lits: uint32(len(raw) - from)})
}

// same counts the bytes from raw[i] on that equal those back before.
func same(raw []byte, i, back int) (n int) {
	a, b := raw[i:], raw[i-back:]
	for len(a) >= 8 {
		if x := binary.LittleEndian.Uint64(a) ^ binary.LittleEndian.Uint64(b); x != 0 {
			return n + bits.TrailingZeros64(x)/8
		}
		a, b, n = a[8:], b[8:], n+8
	}
	for k := range a {
		if a[k] != b[k] {
			break
		}
		n++
	}
	return n
}

// cut gives the matches of a run: full ones of maxMatch, then a and b, of which
// b may be 0.
func cut(run uint32) (full, a, b uint32) {
	full, a = run/maxMatch, run%maxMatch
	if full > 0 && a > 0 && a < minMatch {
		full, a, b = full-1, a+maxMatch-minMatch, minMatch
	}
	return full, a, b
}

// count finds how often each symbol occurs.
func (e *fastEncoder) count(raw []byte) {
	clear(e.lits[:])
	clear(e.counts[:])
	clear(e.dists[:])
	i := 0
	for _, s := range e.seqs {
		p := raw[i : i+int(s.lits)]
		i += int(s.lits + s.run)
		for len(p) >= 8 {
			v := binary.LittleEndian.Uint64(p)
			e.lits[0][v&255]++
			e.lits[1][v>>8&255]++
			e.lits[2][v>>16&255]++
			e.lits[3][v>>24&255]++
			e.lits[4][v>>32&255]++
			e.lits[5][v>>40&255]++
			e.lits[6][v>>48&255]++
			e.lits[7][v>>56]++
			p = p[8:]
		}
		if len(p) >= 4 {
			v := binary.LittleEndian.Uint32(p)
			e.lits[0][v&255]++
			e.lits[1][v>>8&255]++
			e.lits[2][v>>16&255]++
			e.lits[3][v>>24]++
			p = p[4:]
		}
		for _, c := range p {
			e.lits[0][c]++
		}
		if s.run == 0 {
			continue
		}
		full, a, b := cut(s.run)
		n := full
		e.counts[285] += full
		for _, m := range [2]uint32{a, b} {
			if m > 0 {
				e.counts[lengthCode[m-minMatch]>>16]++
				n++
			}
		}
		e.dists[distances[s.dist].symbol] += n
	}
	for c := range 256 {
		e.counts[c] = 0
		for k := range e.lits {
			e.counts[c] += e.lits[k][c]
		}
	}
	e.counts[endSymbol] = 1
}

// size is the bits encode writes, with some for the end.
func (e *fastEncoder) size() (n uint64) {
	for s, k := range e.counts {
		n += uint64(k) * uint64(e.litLens[s])
		if s > 264 && s < 285 {
			n += uint64(k) * uint64((s-261)/4)
		}
	}
	for s, k := range e.dists {
		n += uint64(k) * uint64(e.distLens[s])
	}
	return n + uint64(e.dists[5]) + uint64(e.head.size()) + 3 + 7 + 42
}

// body writes the sequences and the end.
func (e *fastEncoder) body(w *bitWriter, raw []byte) {
	table := (*[numLit]uint32)(e.lit.bits)
	var dist [len(distances)]uint64 // code and extra bits, their number above bit 32
	for i, d := range distances {
		if e.distLens[d.symbol] > 0 {
			c := e.dist.bits[d.symbol]
			k := c >> 16
			dist[i] = uint64(c&0xffff|d.extra<<k) | uint64(k+d.extraBits)<<32
		}
	}
	i := 0
	for _, s := range e.seqs {
		w.literals(table, raw[i:i+int(s.lits)])
		i += int(s.lits + s.run)
		if s.run == 0 {
			continue
		}
		d := dist[s.dist]
		full, a, b := cut(s.run)
		for range full {
			w.match(table, maxMatch, d)
		}
		w.match(table, a, d)
		w.match(table, b, d)
	}
	w.put(uint64(table[endSymbol]&0xffff), uint(table[endSymbol]>>16))
}

// match writes a match of n bytes; none when n is 0.
func (w *bitWriter) match(table *[numLit]uint32, n uint32, dist uint64) {
	if n == 0 {
		return
	}
	l := lengthCode[n-minMatch]
	c := table[l>>16]
	k := uint(c >> 16)
	v := uint64(c&0xffff) | uint64(l&0xff)<<k
	k += uint(l >> 8 & 0xff)
	v |= (dist & 0xffffffff) << k
	w.put(v, k+uint(dist>>32))
}
