package bzip2

import "encoding/binary"

// inner marks the values of the two bytes that follow the byte a magic starts
// in, for both magics and all eight shifts: 16 of 65,536, so that nearly every
// place in a file is passed over after one look.
var inner = func() (set [1 << 13]uint8) {
	for _, magic := range []uint64{BlockMagic, EndMagic} {
		for shift := range 8 {
			// The byte it starts in has its highest 8-shift bits; these are the 16 below.
			v := uint16(magic >> (24 + shift))
			set[v>>3] |= 1 << (v & 7)
		}
	}
	return set
}()

// findSlack is how many bytes behind its first byte a magic may reach.
const findSlack = 6

// Find gives the bit where the first magic at or after byte from starts, and
// which of the two it is. Without one, bit is -1, and no magic starts in a byte
// before next; one that starts later may still be cut by the end of data.
func Find(data []byte, from int) (bit int, magic uint64, next int) {
	last := len(data) - findSlack // a magic with all its bytes there starts before
	i := from
	for ; i < last; i++ {
		v := uint16(data[i+1])<<8 | uint16(data[i+2])
		if inner[v>>3]>>(v&7)&1 == 0 {
			continue
		}
		var w [8]byte
		copy(w[:], data[i:min(i+8, len(data))])
		x := binary.BigEndian.Uint64(w[:])
		for shift := range 8 {
			if m := x << shift >> 16; m == BlockMagic || m == EndMagic {
				return i*8 + shift, m, i
			}
		}
	}
	return -1, 0, max(i, from)
}
