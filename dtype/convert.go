package dtype

import (
	"math"

	"github.com/outcore/outcore/errs"
)

// Convert writes the elements of src, of type from, to dst as type to, each
// multiplied by scale in float64 unless scale is 1. dst must have room for as
// many elements; the two do not overlap. A value that an integer type cannot
// hold exactly (a fraction, NaN, one out of range), or that overflows float32,
// is errs.Invalid and names the value; at is its index.
func Convert(dst []byte, to Type, src []byte, from Type, scale float64) (at int, err error) {
	if from == to && scale == 1 {
		copy(dst, src)
		return 0, nil
	}
	switch from {
	case Bool, Uint8:
		return convertFrom(dst, to, View[uint8](src), scale)
	case Int8:
		return convertFrom(dst, to, View[int8](src), scale)
	case Int16:
		return convertFrom(dst, to, View[int16](src), scale)
	case Int32:
		return convertFrom(dst, to, View[int32](src), scale)
	case Int64:
		return convertFrom(dst, to, View[int64](src), scale)
	case Uint16:
		return convertFrom(dst, to, View[uint16](src), scale)
	case Uint32:
		return convertFrom(dst, to, View[uint32](src), scale)
	case Uint64:
		return convertFrom(dst, to, View[uint64](src), scale)
	case Float32:
		return convertFrom(dst, to, View[float32](src), scale)
	case Float64:
		return convertFrom(dst, to, View[float64](src), scale)
	}
	panic("dtype.Convert: no element type")
}

func convertFrom[F Number](dst []byte, to Type, src []F, scale float64) (int, error) {
	switch to {
	case Bool:
		return toBool(dst, src, scale)
	case Uint8:
		return toInteger(View[uint8](dst), src, scale)
	case Int8:
		return toInteger(View[int8](dst), src, scale)
	case Int16:
		return toInteger(View[int16](dst), src, scale)
	case Int32:
		return toInteger(View[int32](dst), src, scale)
	case Int64:
		return toInteger(View[int64](dst), src, scale)
	case Uint16:
		return toInteger(View[uint16](dst), src, scale)
	case Uint32:
		return toInteger(View[uint32](dst), src, scale)
	case Uint64:
		return toInteger(View[uint64](dst), src, scale)
	case Float32:
		return toFloat32(View[float32](dst), src, scale)
	case Float64:
		d := View[float64](dst)[:len(src)]
		if scale == 1 {
			for i, v := range src {
				d[i] = float64(v)
			}
			return 0, nil
		}
		for i, v := range src {
			d[i] = float64(v) * scale
		}
		return 0, nil
	}
	panic("dtype.Convert: no element type")
}

func toFloat32[F Number](d []float32, src []F, scale float64) (int, error) {
	d = d[:len(src)]
	if scale == 1 {
		for i, v := range src {
			y := float32(v)
			d[i] = y
			if infinite(y) && !math.IsInf(float64(v), 0) {
				return i, tooLarge(float64(v))
			}
		}
		return 0, nil
	}
	for i, v := range src {
		x := float64(v) * scale
		y := float32(x)
		d[i] = y
		if infinite(y) && !math.IsInf(x, 0) {
			return i, tooLarge(x)
		}
	}
	return 0, nil
}

// infinite looks at the exponent's bits: one comparison a value in a hot loop.
func infinite(y float32) bool { return math.Float32bits(y)&^(1<<31) == 0xff<<23 }

func tooLarge(x float64) error {
	return errs.New(errs.Invalid, "found %v, too large for float32", x).WithFix("--dtype float64")
}

func toInteger[T, F Number](d []T, src []F, scale float64) (int, error) {
	d = d[:len(src)]
	if scale == 1 && !TypeOf[F]().Float() {
		for i, v := range src {
			// The first comparison finds what was cut off, the second a change of sign.
			if d[i] = T(v); F(d[i]) != v || (d[i] < 0) != (v < 0) {
				return i, doesNotFit[T](v)
			}
		}
		return 0, nil
	}
	// What Go makes of a float outside the type's range differs by machine, so
	// the range is looked at first. 1<<bits is exact in float64, its
	// predecessor need not be.
	t := TypeOf[T]()
	hi := math.Ldexp(1, 8*t.Size())
	lo := 0.0
	if t <= Int64 {
		hi /= 2
		lo = -hi
	}
	for i, v := range src {
		x := float64(v) * scale
		if !(x >= lo && x < hi) {
			return i, doesNotFit[T](x)
		}
		if d[i] = T(x); float64(d[i]) != x {
			return i, doesNotFit[T](x)
		}
	}
	return 0, nil
}

func toBool[F Number](d []byte, src []F, scale float64) (int, error) {
	d = d[:len(src)]
	for i, v := range src {
		x := float64(v) * scale
		switch x {
		case 0:
			d[i] = 0
		case 1:
			d[i] = 1
		default:
			return i, errs.New(errs.Invalid, "found %v, expected 0 or 1 for bool", x).WithFix("--dtype float32")
		}
	}
	return 0, nil
}

func doesNotFit[T Number](v any) error {
	return errs.New(errs.Invalid, "found %v, which %v cannot hold", v, TypeOf[T]()).WithFix("--dtype float64")
}
