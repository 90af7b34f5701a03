package blosc

import "encoding/binary"

// shuffle writes the bytes of src to dst, those of equal rank in elements of size
// bytes together; a rest that is no element is left as it is.
func shuffle(dst, src []byte, size int) {
	n := len(src) / size
	copy(dst[n*size:], src[n*size:])
	shuffleFrom(dst, src, size, n, shuffleMost(dst, src, size, n))
}

// shuffleFrom shuffles all of n elements but the first done, a multiple of 8.
func shuffleFrom(dst, src []byte, size, n, done int) {
	switch size {
	case 2:
		a, b := dst[:n], dst[n:][:n]
		for i := done; i < n; i++ {
			v := binary.LittleEndian.Uint16(src[2*i:])
			a[i], b[i] = byte(v), byte(v>>8)
		}
	case 4:
		shuffle4(dst, src, n, done)
	case 8:
		shuffle8(dst, src, n, done)
	default:
		for r := range size {
			row := dst[r*n:][:n]
			for i := range row {
				row[i] = src[i*size+r]
			}
		}
	}
}

// unshuffle is the inverse of shuffle.
func unshuffle(dst, src []byte, size int) {
	n := len(src) / size
	copy(dst[n*size:], src[n*size:])
	unshuffleFrom(dst, src, size, n, unshuffleMost(dst, src, size, n))
}

// unshuffleFrom is the inverse of shuffleFrom.
func unshuffleFrom(dst, src []byte, size, n, done int) {
	switch size {
	case 2:
		a, b := src[:n], src[n:][:n]
		for i := done; i < n; i++ {
			binary.LittleEndian.PutUint16(dst[2*i:], uint16(a[i])|uint16(b[i])<<8)
		}
	case 4:
		unshuffle4(dst, src, n, done)
	case 8:
		unshuffle8(dst, src, n, done)
	default:
		for r := range size {
			for i, v := range src[r*n:][:n] {
				dst[i*size+r] = v
			}
		}
	}
}

// zip interleaves the low four bytes of a and b: a0 b0 a1 b1 …
func zip(a, b uint32) uint64 { return spread(a) | spread(b)<<8 }

// spread puts the bytes of v into the even ones of the result.
func spread(v uint32) uint64 {
	x := uint64(v)
	x = (x | x<<16) & 0x0000ffff0000ffff
	return (x | x<<8) & 0x00ff00ff00ff00ff
}

// zip16 interleaves the low two pairs of bytes of a and b.
func zip16(a, b uint32) uint64 {
	x, y := uint64(a), uint64(b)
	x = (x | x<<16) & 0x0000ffff0000ffff
	y = (y | y<<16) & 0x0000ffff0000ffff
	return x | y<<16
}

// unshuffle4 interleaves four rows, eight elements a step.
func unshuffle4(dst, src []byte, n, i int) {
	r0, r1, r2, r3 := src[:n], src[n:][:n], src[2*n:][:n], src[3*n:][:n]
	for ; i+4 <= n; i += 4 {
		lo := zip(binary.LittleEndian.Uint32(r0[i:]), binary.LittleEndian.Uint32(r1[i:]))
		hi := zip(binary.LittleEndian.Uint32(r2[i:]), binary.LittleEndian.Uint32(r3[i:]))
		out := dst[4*i:][:16]
		binary.LittleEndian.PutUint64(out, zip16(uint32(lo), uint32(hi)))
		binary.LittleEndian.PutUint64(out[8:], zip16(uint32(lo>>32), uint32(hi>>32)))
	}
	for ; i < n; i++ {
		dst[4*i], dst[4*i+1], dst[4*i+2], dst[4*i+3] = r0[i], r1[i], r2[i], r3[i]
	}
}

func shuffle4(dst, src []byte, n, i int) {
	r0, r1, r2, r3 := dst[:n], dst[n:][:n], dst[2*n:][:n], dst[3*n:][:n]
	for ; i+4 <= n; i += 4 {
		in := src[4*i:][:16]
		a, b := binary.LittleEndian.Uint32(in), binary.LittleEndian.Uint32(in[4:])
		c, d := binary.LittleEndian.Uint32(in[8:]), binary.LittleEndian.Uint32(in[12:])
		// Pairs of ranks of two elements, then of four.
		ab, cd := a&0x00ff00ff|b&0x00ff00ff<<8, c&0x00ff00ff|d&0x00ff00ff<<8
		AB, CD := a>>8&0x00ff00ff|b&0xff00ff00, c>>8&0x00ff00ff|d&0xff00ff00
		binary.LittleEndian.PutUint32(r0[i:], ab&0xffff|cd<<16)
		binary.LittleEndian.PutUint32(r1[i:], AB&0xffff|CD<<16)
		binary.LittleEndian.PutUint32(r2[i:], ab>>16|cd&0xffff0000)
		binary.LittleEndian.PutUint32(r3[i:], AB>>16|CD&0xffff0000)
	}
	for ; i < n; i++ {
		r0[i], r1[i], r2[i], r3[i] = src[4*i], src[4*i+1], src[4*i+2], src[4*i+3]
	}
}

// transpose8 turns 8 words of 8 bytes over: byte j of word i becomes byte i of word j.
func transpose8(w *[8]uint64) {
	const m1, m2 = 0x00ff00ff00ff00ff, 0x0000ffff0000ffff
	for i := 0; i < 8; i += 2 {
		a, b := w[i], w[i+1]
		w[i], w[i+1] = a&m1|b&m1<<8, a>>8&m1|b&^m1
	}
	for _, i := range [4]int{0, 1, 4, 5} {
		a, b := w[i], w[i+2]
		w[i], w[i+2] = a&m2|b&m2<<16, a>>16&m2|b&^m2
	}
	for i := range 4 {
		a, b := w[i], w[i+4]
		w[i], w[i+4] = a&0xffffffff|b<<32, a>>32|b&0xffffffff00000000
	}
}

func unshuffle8(dst, src []byte, n, i int) {
	for ; i+8 <= n; i += 8 {
		var w [8]uint64
		for r := range w {
			w[r] = binary.LittleEndian.Uint64(src[r*n+i:])
		}
		transpose8(&w)
		out := dst[8*i:][:64]
		for r, v := range w {
			binary.LittleEndian.PutUint64(out[8*r:], v)
		}
	}
	for ; i < n; i++ {
		for r := range 8 {
			dst[8*i+r] = src[r*n+i]
		}
	}
}

func shuffle8(dst, src []byte, n, i int) {
	for ; i+8 <= n; i += 8 {
		var w [8]uint64
		in := src[8*i:][:64]
		for r := range w {
			w[r] = binary.LittleEndian.Uint64(in[8*r:])
		}
		transpose8(&w)
		for r, v := range w {
			binary.LittleEndian.PutUint64(dst[r*n+i:], v)
		}
	}
	for ; i < n; i++ {
		for r := range 8 {
			dst[r*n+i] = src[8*i+r]
		}
	}
}
