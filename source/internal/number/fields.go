package number

import (
	"encoding/binary"
	"math"
	"math/bits"
)

const (
	zeros = 0x3030303030303030 // eight times '0'
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	// above nine carries a byte of more than 9 into its highest bit.
	aboveNine = 0x7676767676767676
	point     = 0x1e * ones // '.' ^ '0', eight times
)

// ints is Ints by one. Eight bytes are one word: no branch depends on how many
// digits there are.
func ints(dst []int64, b []byte, ends []uint32, stride int) int {
	for r := range dst {
		f := ends[r*stride:]
		lo, hi := int(f[0]+1), int(f[1])
		if lo >= hi || hi < 8 {
			return r
		}
		minus := (uint64(b[lo]^'-') - 1) >> 63 // 1 for a minus
		n := uint(hi-lo) - uint(minus)
		if n-1 > 7 {
			return r
		}
		spare := (64 - 8*n) & 63
		t := (binary.LittleEndian.Uint64(b[hi-8:hi]) ^ zeros) >> spare << spare
		if (t&^highs+aboveNine|t)&highs != 0 {
			return r
		}
		dst[r] = (int64(eight(t)) ^ -int64(minus)) + int64(minus)
	}
	return len(dst)
}

// eight is the number whose decimal digits are the bytes of t, the lowest first.
func eight(t uint64) uint64 {
	t = t*10 + t>>8 // pairs, in every other byte
	return (t&0x000000ff000000ff*(100+1000000<<32) + t>>16&0x000000ff000000ff*(1+10000<<32)) >> 32
}

// floats is Floats by one.
func floats[T float32 | float64](dst []T, b []byte, ends []uint32, stride int) int {
	for r := range dst {
		f := ends[r*stride:]
		lo, hi := int(f[0]+1), int(f[1])
		if lo >= hi || hi < 8 {
			return r
		}
		minus := (uint64(b[lo]^'-') - 1) >> 63
		n := uint(hi-lo) - uint(minus)
		if n-1 > 7 {
			return r
		}
		spare := (64 - 8*n) & 63
		t := (binary.LittleEndian.Uint64(b[hi-8:hi]) ^ zeros) >> spare << spare
		decimals := 0
		p := t ^ point
		if p = (p - ones) &^ p & highs; p != 0 { // its lowest bit is that of a point
			if n == 1 {
				return r
			}
			at := uint(bits.TrailingZeros64(p)) &^ 7 & 63
			before := uint64(1)<<at - 1
			t = t&before<<8 | t>>at>>8<<at<<8
			decimals = 7 - int(at/8)
		}
		if (t&^highs+aboveNine|t)&highs != 0 {
			return r
		}
		// Digits and power are exact, as in Float.
		v := float64(int64(eight(t))) / pow10[decimals&7]
		dst[r] = T(math.Float64frombits(math.Float64bits(v) | minus<<63))
	}
	return len(dst)
}
