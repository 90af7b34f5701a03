package blosc

import "encoding/binary"

// Bit k of byte r of element i of n stands, shuffled, in row 8r+k of n bits, the
// first elements in the low bits of a byte. Blocks whose elements are no multiple
// of 8 are left as they are, by the format.
//
// Both ways go over bytes of equal rank (shuffle), held in tmp: the bits of such
// a row are turned over 64 bytes at a time.

// bitShuffle writes src to dst, the bits of equal rank together. tmp is as long.
func bitShuffle(dst, src, tmp []byte, size int) {
	n := len(src) / size
	if n%8 != 0 {
		copy(dst, src)
		return
	}
	shuffle(tmp, src, size)
	copy(dst[n*size:], src[n*size:])
	row := n / 8
	for r := range size {
		in, out := tmp[r*n:][:n], dst[r*n:][:n]
		i := 0
		for ; i+8 <= row; i += 8 {
			var w [8]uint64
			for j := range w {
				w[j] = transposeBits(binary.LittleEndian.Uint64(in[8*(i+j):]))
			}
			transpose8(&w)
			for k, v := range w {
				binary.LittleEndian.PutUint64(out[k*row+i:], v)
			}
		}
		for ; i < row; i++ {
			w := transposeBits(binary.LittleEndian.Uint64(in[8*i:]))
			for k := range 8 {
				out[k*row+i] = byte(w >> (8 * k))
			}
		}
	}
}

// bitUnshuffle is the inverse of bitShuffle.
func bitUnshuffle(dst, src, tmp []byte, size int) {
	n := len(src) / size
	if n%8 != 0 {
		copy(dst, src)
		return
	}
	copy(tmp[n*size:], src[n*size:])
	row := n / 8
	for r := range size {
		in, out := src[r*n:][:n], tmp[r*n:][:n]
		i := 0
		for ; i+8 <= row; i += 8 {
			var w [8]uint64
			for k := range w {
				w[k] = binary.LittleEndian.Uint64(in[k*row+i:])
			}
			transpose8(&w)
			for j, v := range w {
				binary.LittleEndian.PutUint64(out[8*(i+j):], transposeBits(v))
			}
		}
		for ; i < row; i++ {
			var w uint64
			for k := range 8 {
				w |= uint64(in[k*row+i]) << (8 * k)
			}
			binary.LittleEndian.PutUint64(out[8*i:], transposeBits(w))
		}
	}
	unshuffle(dst, tmp, size)
}

// transposeBits turns 8 bytes over: bit j of byte i becomes bit i of byte j.
func transposeBits(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}
