package bzip2

import "encoding/binary"

// A bitReader reads a bit string from the highest bit of the first byte on. Behind the
// end it reads zeros and counts them, so that the loops need no check per bit.
type bitReader struct {
	data []byte
	pos  int    // next byte to load
	acc  uint64 // loaded bits, left aligned; below them zeros or bits of data[pos]
	n    uint   // how many of acc count
}

func newBitReader(data []byte, skip int) bitReader {
	b := bitReader{data: data, pos: skip >> 3}
	b.fill()
	b.drop(uint(skip & 7))
	return b
}

// fill loads until at least 56 bits count.
func (b *bitReader) fill() {
	if b.pos+8 <= len(b.data) {
		b.acc |= binary.BigEndian.Uint64(b.data[b.pos:]) >> b.n
		k := (63 - b.n) >> 3
		b.pos += int(k)
		b.n += k << 3
		return
	}
	for b.n <= 56 {
		if b.pos < len(b.data) {
			b.acc |= uint64(b.data[b.pos]) << (56 - b.n)
		}
		b.pos++
		b.n += 8
	}
}

func (b *bitReader) drop(k uint) {
	b.acc <<= k
	b.n -= k
}

// take gives the next k bits, 1 to 32.
func (b *bitReader) take(k uint) uint32 {
	if b.n < k {
		b.fill()
	}
	v := uint32(b.acc >> (64 - k))
	b.drop(k)
	return v
}

// at is the offset of the next bit from the start of data.
func (b *bitReader) at() int { return b.pos*8 - int(b.n) }

// over reports whether bits behind the end of data were taken.
func (b *bitReader) over() bool { return b.at() > len(b.data)*8 }
