package ndarray

import (
	"math"

	"github.com/outcore/outcore/dtype"
)

func compareKernel(o op, t dtype.Type) kernel {
	switch t {
	case dtype.Int8:
		return compare[int8](o)
	case dtype.Int16:
		return compare[int16](o)
	case dtype.Int32:
		return compare[int32](o)
	case dtype.Int64:
		return compare[int64](o)
	case dtype.Uint8:
		return compare[uint8](o)
	case dtype.Uint16:
		return compare[uint16](o)
	case dtype.Uint32:
		return compare[uint32](o)
	case dtype.Uint64:
		return compare[uint64](o)
	case dtype.Float32:
		return compare[float32](o)
	case dtype.Float64:
		return compare[float64](o)
	}
	panic("ndarray: no element type")
}

func compare[T number](o op) kernel {
	switch o {
	case opEq:
		return two(func(d []bool, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] == y[i]
			}
		})
	case opNe:
		return two(func(d []bool, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] != y[i]
			}
		})
	case opLt:
		return two(lessLoop[T])
	case opLe:
		return two(lessEqualLoop[T])
	case opGt:
		return two(func(d []bool, x, y []T) { lessLoop(d, y, x) })
	case opGe:
		return two(func(d []bool, x, y []T) { lessEqualLoop(d, y, x) })
	}
	panic("ndarray: comparison " + string(o))
}

func lessLoop[T number](d []bool, x, y []T) {
	x, y = x[:len(d)], y[:len(d)]
	for i := range d {
		d[i] = x[i] < y[i]
	}
}

func lessEqualLoop[T number](d []bool, x, y []T) {
	x, y = x[:len(d)], y[:len(d)]
	for i := range d {
		d[i] = x[i] <= y[i]
	}
}

// mixedCompareKernel compares int64 with uint64 exactly; first is the type of
// the first argument.
func mixedCompareKernel(o op, first dtype.Type) kernel {
	sign := 1
	if first == dtype.Uint64 {
		sign = -1
	}
	return func(dst, a, b, _ []byte) error {
		if sign < 0 {
			a, b = b, a
		}
		d, x, y := view[bool](dst), view[int64](a), view[uint64](b)
		x, y = x[:len(d)], y[:len(d)]
		for i := range d {
			c := 0
			switch {
			case x[i] < 0 || uint64(x[i]) < y[i]:
				c = -sign
			case uint64(x[i]) > y[i]:
				c = sign
			}
			switch o {
			case opEq:
				d[i] = c == 0
			case opNe:
				d[i] = c != 0
			case opLt:
				d[i] = c < 0
			case opLe:
				d[i] = c <= 0
			case opGt:
				d[i] = c > 0
			default:
				d[i] = c >= 0
			}
		}
		return nil
	}
}

// testKernel looks at what kind of number a float is; integers and bool are
// finite.
func testKernel(o op, t dtype.Type) kernel {
	switch t {
	case dtype.Float32:
		return test[float32](o)
	case dtype.Float64:
		return test[float64](o)
	}
	return func(dst, _, _, _ []byte) error {
		v := byte(0)
		if o == opIsFinite {
			v = 1
		}
		for i := range dst {
			dst[i] = v
		}
		return nil
	}
}

func test[T float](o op) kernel {
	switch o {
	case opIsNaN:
		return one(func(d []bool, x []T) {
			x = x[:len(d)]
			for i := range d {
				d[i] = x[i] != x[i]
			}
		})
	case opIsInf:
		return one(func(d []bool, x []T) {
			x = x[:len(d)]
			for i := range d {
				d[i] = math.IsInf(float64(x[i]), 0)
			}
		})
	}
	return one(func(d []bool, x []T) {
		x = x[:len(d)]
		for i := range d {
			d[i] = x[i]-x[i] == 0
		}
	})
}
