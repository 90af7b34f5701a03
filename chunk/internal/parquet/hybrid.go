package parquet

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// slack is how far behind the end of its output the packer may write.
const slack = 16

// appendHybrid appends codes of at most 16 bits in Parquet's hybrid of runs
// and bit-packed groups of 8.
func appendHybrid(dst []byte, codes []uint32, width int) []byte {
	lit := 0 // start of codes that are not written yet
	for i := 0; i+8 <= len(codes); {
		c := codes[i]
		g := codes[i : i+8 : i+8]
		if (g[1]^c)|(g[2]^c)|(g[3]^c)|(g[4]^c)|(g[5]^c)|(g[6]^c)|(g[7]^c) != 0 {
			i += 8
			continue
		}
		j := i + 8
		for j < len(codes) && codes[j] == c {
			j++
		}
		if j-i < 32 { // a run is not shorter than what two groups more would take
			i += 8
			continue
		}
		dst = appendPacked(dst, codes[lit:i], width)
		dst = appendRun(dst, c, j-i, width)
		lit, i = j, j
	}
	return appendPacked(dst, codes[lit:], width)
}

// appendRun appends n times code c.
func appendRun(dst []byte, c uint32, n, width int) []byte {
	dst = binary.AppendUvarint(dst, uint64(n)<<1)
	for k := 0; k < width; k += 8 {
		dst = append(dst, byte(c>>k))
	}
	return dst
}

// appendPacked appends bit-packed groups; the last is filled up with zeros.
func appendPacked(dst []byte, codes []uint32, width int) []byte {
	if len(codes) == 0 {
		return dst
	}
	groups := (len(codes) + 7) / 8
	dst = binary.AppendUvarint(dst, uint64(groups)<<1|1)
	at := len(dst)
	size := groups * width
	dst = grow(dst, size+slack)
	out := dst[at:]
	for ; len(codes) >= 8; codes = codes[8:] {
		pack(out, codes, width)
		out = out[width:]
	}
	if len(codes) > 0 {
		var last [8]uint32
		copy(last[:], codes)
		pack(out, last[:], width)
	}
	return dst[:at+size]
}

// pack writes 8 codes of width bits, up to 16, to out, of which it overwrites
// 16 bytes.
func pack(out []byte, c []uint32, width int) {
	_, _ = out[15], c[7]
	w := uint(width) & 31
	lo := uint64(c[0]) | uint64(c[1])<<w | uint64(c[2])<<(2*w) | uint64(c[3])<<(3*w)
	hi := uint64(c[4]) | uint64(c[5])<<w | uint64(c[6])<<(2*w) | uint64(c[7])<<(3*w)
	binary.LittleEndian.PutUint64(out, lo|hi<<(4*w))
	if w > 8 {
		binary.LittleEndian.PutUint64(out[8:], hi>>(64-4*w))
	}
}

// grow makes n more bytes of b, with any content.
func grow(b []byte, n int) []byte {
	return slices.Grow(b, n)[:len(b)+n]
}

// widthFor is the bits of codes below n.
func widthFor(n int) int { return max(1, bits.Len(uint(n-1))) }
