package deflate

// headerOrder is the order in which RFC 1951 gives the lengths of the code for
// lengths.
var headerOrder = [numLenCode]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// A headerCode is the code lengths of a block as its header gives them: run
// lengths under a small Huffman code of their own.
type headerCode struct {
	lits, dists int
	ops         []uint16 // symbol | extra<<8
	counts      [numLenCode]uint32
	lens        [numLenCode]uint8
	code        code
	given       int // lengths of the small code that are written
}

// extraBits are those of the symbols 16, 17 and 18.
func extraBits(symbol uint16) uint {
	switch symbol {
	case 16:
		return 2
	case 17:
		return 3
	case 18:
		return 7
	}
	return 0
}

func (h *headerCode) build(lit, dist []uint8) {
	h.lits, h.dists = 257, 1
	for s, l := range lit {
		if l > 0 {
			h.lits = max(h.lits, s+1)
		}
	}
	for s, l := range dist {
		if l > 0 {
			h.dists = s + 1
		}
	}
	var all [numLit + numDist]uint8
	n := copy(all[:], lit[:h.lits])
	n += copy(all[n:], dist[:h.dists])
	h.ops = h.ops[:0]
	for i := 0; i < n; {
		l, run := all[i], 1
		for i+run < n && all[i+run] == l {
			run++
		}
		i += run
		if l > 0 {
			h.ops = append(h.ops, uint16(l))
			run--
		}
		for run >= 3 {
			switch {
			case l > 0:
				k := min(run, 6)
				h.ops = append(h.ops, 16|uint16(k-3)<<8)
				run -= k
			case run < 11:
				h.ops = append(h.ops, 17|uint16(run-3)<<8)
				run = 0
			default:
				k := min(run, 138)
				h.ops = append(h.ops, 18|uint16(k-11)<<8)
				run -= k
			}
		}
		for range run {
			h.ops = append(h.ops, uint16(l))
		}
	}
	clear(h.counts[:])
	for _, op := range h.ops {
		h.counts[op&255]++
	}
	h.code.build(h.counts[:], h.lens[:], 7)
	h.given = numLenCode
	for h.given > 4 && h.lens[headerOrder[h.given-1]] == 0 {
		h.given--
	}
}

// size is the bits write writes.
func (h *headerCode) size() int {
	n := 14 + 3*h.given
	for _, op := range h.ops {
		n += int(h.lens[op&255]) + int(extraBits(op&255))
	}
	return n
}

func (h *headerCode) write(w *bitWriter) {
	w.put(uint64(h.lits-257)|uint64(h.dists-1)<<5|uint64(h.given-4)<<10, 14)
	for _, s := range headerOrder[:h.given] {
		w.put(uint64(h.lens[s]), 3)
	}
	for _, op := range h.ops {
		c := h.code.bits[op&255]
		k := uint(c >> 16)
		w.put(uint64(c&0xffff)|uint64(op>>8)<<k, k+extraBits(op&255))
	}
}
