package ndarray

import (
	"math"
	"unsafe"

	"github.com/outcore/outcore/dtype"
)

// castKernel converts as NumPy's astype: integers wrap around, floats lose
// their fraction, what is not zero is true. What astype leaves open is closed
// here: a float beyond an integer type becomes its nearest, NaN becomes 0.
func castKernel(to, from dtype.Type) kernel {
	switch from {
	case dtype.Bool, dtype.Uint8:
		return castFromInt[uint8](to)
	case dtype.Int8:
		return castFromInt[int8](to)
	case dtype.Int16:
		return castFromInt[int16](to)
	case dtype.Int32:
		return castFromInt[int32](to)
	case dtype.Int64:
		return castFromInt[int64](to)
	case dtype.Uint16:
		return castFromInt[uint16](to)
	case dtype.Uint32:
		return castFromInt[uint32](to)
	case dtype.Uint64:
		return castFromInt[uint64](to)
	case dtype.Float32:
		return castFromFloat[float32](to)
	case dtype.Float64:
		return castFromFloat[float64](to)
	}
	panic("ndarray: no element type")
}

func castFromInt[S integer](to dtype.Type) kernel {
	switch to {
	case dtype.Bool:
		return one(toBool[S])
	case dtype.Int8:
		return one(convertLoop[int8, S])
	case dtype.Int16:
		return one(convertLoop[int16, S])
	case dtype.Int32:
		return one(convertLoop[int32, S])
	case dtype.Int64:
		return one(convertLoop[int64, S])
	case dtype.Uint8:
		return one(convertLoop[uint8, S])
	case dtype.Uint16:
		return one(convertLoop[uint16, S])
	case dtype.Uint32:
		return one(convertLoop[uint32, S])
	case dtype.Uint64:
		return one(convertLoop[uint64, S])
	case dtype.Float32:
		return one(convertLoop[float32, S])
	case dtype.Float64:
		return one(convertLoop[float64, S])
	}
	panic("ndarray: no element type")
}

func castFromFloat[S float](to dtype.Type) kernel {
	switch to {
	case dtype.Bool:
		return one(toBool[S])
	case dtype.Int8:
		return one(truncLoop[int8, S])
	case dtype.Int16:
		return one(truncLoop[int16, S])
	case dtype.Int32:
		return one(truncLoop[int32, S])
	case dtype.Int64:
		return one(truncLoop[int64, S])
	case dtype.Uint8:
		return one(truncLoop[uint8, S])
	case dtype.Uint16:
		return one(truncLoop[uint16, S])
	case dtype.Uint32:
		return one(truncLoop[uint32, S])
	case dtype.Uint64:
		return one(truncLoop[uint64, S])
	case dtype.Float32:
		return one(convertLoop[float32, S])
	case dtype.Float64:
		return one(convertLoop[float64, S])
	}
	panic("ndarray: no element type")
}

func toBool[S number](d []bool, x []S) {
	x = x[:len(d)]
	for i := range d {
		d[i] = x[i] != 0
	}
}

// convertLoop is Go's conversion where it is the same on every machine.
func convertLoop[D, S number](d []D, x []S) {
	x = x[:len(d)]
	for i := range d {
		d[i] = D(x[i])
	}
}

// truncLoop is a float to an integer. What Go makes of a float out of range
// differs by machine, so the range is looked at first.
func truncLoop[D integer, S float](d []D, x []S) {
	x = x[:len(d)]
	least, most := limits[D]()
	lo, hi := float64(least), math.Ldexp(1, 8*int(unsafe.Sizeof(least))) // hi is exact where most is not
	if least < 0 {
		hi /= 2
	}
	for i, s := range x {
		v := float64(s)
		switch {
		case v > lo && v < hi:
			d[i] = D(v)
		case v >= hi:
			d[i] = most
		case v <= lo:
			d[i] = least
		default:
			d[i] = 0
		}
	}
}

// limits is the least and the greatest of an integer type.
func limits[T integer]() (least, most T) {
	bits := 8 * int(unsafe.Sizeof(least))
	if ^T(0) > 0 {
		return 0, ^T(0)
	}
	least = T(1) << (bits - 1)
	return least, ^least
}
