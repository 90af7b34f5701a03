package zarr

import "math"

// fromHalf is the value of an IEEE 754 binary16.
func fromHalf(h uint16) float64 {
	sign := 1.0
	if h>>15 != 0 {
		sign = -1
	}
	exponent, fraction := int(h>>10&31), float64(h&1023)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// toHalf rounds v, which is no NaN, to the nearest IEEE 754 binary16, to the
// even one of two.
func toHalf(v float64) uint16 {
	var sign uint16
	if math.Signbit(v) {
		sign = 1 << 15
	}
	v = math.Abs(v)
	if v == 0 {
		return sign
	}
	if v >= 65520 {
		return sign | 31<<10
	}
	_, exponent := math.Frexp(v) // v = f·2^exponent with f in [1/2, 1)
	step := max(exponent-11, -24)
	units := uint16(math.RoundToEven(math.Ldexp(v, -step)))
	// A subnormal has step -24 and units below 1024; the exponent's field counts
	// from there, and a carry out of the fraction lands in it by itself.
	return sign | (units + uint16(step+24)<<10)
}
