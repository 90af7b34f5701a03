package bzip2

import "slices"

// Runs expands the run lengths of a block: after four equal bytes, one byte
// says how many more follow. A block may grow 51 times, so it is expanded in
// parts. The zero Runs is at the start of a block.
type Runs struct {
	equal int  // equal bytes at the end of what was expanded, up to 4
	more  int  // of them still to write
	last  byte // the byte they equal
}

// Pending reports whether Expand has more to write without more text.
func (r *Runs) Pending() bool { return r.more > 0 }

// Expand fills dst from text and reports how many bytes of each were used. The
// block is done when all of text is used and nothing is Pending.
func (r *Runs) Expand(dst, text []byte) (written, read int) {
	i, j := 0, 0
	for {
		if r.more > 0 {
			k := min(r.more, len(dst)-i)
			for m := range k {
				dst[i+m] = r.last
			}
			i += k
			r.more -= k
		}
		if i == len(dst) || j == len(text) {
			return i, j
		}
		if r.equal == 4 {
			r.more = int(text[j])
			r.equal = 0
			j++
			continue
		}
		equal, last := r.equal, r.last
		n := min(len(dst)-i, len(text)-j)
		src, out := text[j:j+n], dst[i:i+n]
		k := 0
		for k < len(src) && k < len(out) {
			c := src[k]
			out[k] = c
			k++
			if c != last || equal == 0 {
				equal, last = 1, c
				continue
			}
			if equal++; equal == 4 {
				break
			}
		}
		r.equal, r.last = equal, last
		i += k
		j += k
	}
}

// crcTables are for eight bytes at once of CRC-32, most significant bit first.
var crcTables = func() (t [8][256]uint32) {
	for i := range t[0] {
		c := uint32(i) << 24
		for range 8 {
			c = c<<1 ^ 0x04c11db7&-(c>>31)
		}
		t[0][i] = c
	}
	for k := 1; k < 8; k++ {
		for i, c := range t[k-1] {
			t[k][i] = c<<8 ^ t[0][c>>24]
		}
	}
	return t
}()

// Checksum continues the checksum crc, 0 at the start of a block, with p.
func Checksum(crc uint32, p []byte) uint32 {
	c := ^crc
	t := &crcTables
	for q := range slices.Chunk(p[:len(p)&^7], 8) {
		c ^= uint32(q[0])<<24 | uint32(q[1])<<16 | uint32(q[2])<<8 | uint32(q[3])
		c = t[7][c>>24] ^ t[6][c>>16&255] ^ t[5][c>>8&255] ^ t[4][c&255] ^
			t[3][q[4]] ^ t[2][q[5]] ^ t[1][q[6]] ^ t[0][q[7]]
	}
	for _, b := range p[len(p)&^7:] {
		c = c<<8 ^ t[0][c>>24^uint32(b)]
	}
	return ^c
}
