package deflate

import "encoding/binary"

// A bitWriter packs bits into out, lowest first. out must have 8 bytes more
// than are written.
type bitWriter struct {
	out  []byte
	n    int // bytes written
	acc  uint64
	left uint // bits in acc, below 8 between calls
}

// put writes the low k bits of v, at most 56; those above must be 0.
func (w *bitWriter) put(v uint64, k uint) {
	acc := w.acc | v<<(w.left&63)
	left := w.left + k
	binary.LittleEndian.PutUint64(w.out[w.n:], acc)
	w.n += int(left >> 3)
	w.acc = acc >> (left &^ 7 & 63)
	w.left = left & 7
}

// align fills up the byte with zeros.
func (w *bitWriter) align() { w.put(0, -w.left&7) }

// literals writes the codes of p.
func (w *bitWriter) literals(table *[numLit]uint32, p []byte) {
	out, n, acc, left := w.out, w.n, w.acc, w.left
	for len(p) >= 4 {
		a, b, c, d := table[p[0]], table[p[1]], table[p[2]], table[p[3]]
		p = p[4:]
		acc |= uint64(a&0xffff) << (left & 63)
		left += uint(a >> 16)
		acc |= uint64(b&0xffff) << (left & 63)
		left += uint(b >> 16)
		acc |= uint64(c&0xffff) << (left & 63)
		left += uint(c >> 16)
		acc |= uint64(d&0xffff) << (left & 63)
		left += uint(d >> 16)
		binary.LittleEndian.PutUint64(out[n:], acc)
		n += int(left >> 3)
		acc >>= left &^ 7 & 63
		left &= 7
	}
	for _, x := range p {
		a := table[x]
		acc |= uint64(a&0xffff) << (left & 63)
		left += uint(a >> 16)
		binary.LittleEndian.PutUint64(out[n:], acc)
		n += int(left >> 3)
		acc >>= left &^ 7 & 63
		left &= 7
	}
	w.n, w.acc, w.left = n, acc, left
}
