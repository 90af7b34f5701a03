package ndarray

import (
	"github.com/outcore/outcore/errs"
)

// floorDivInt rounds down; by zero is zero, as NumPy has it.
func floorDivInt[T integer](a, b T) T {
	if b == 0 {
		return 0
	}
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

// modInt has the sign of b; by zero is zero.
func modInt[T integer](a, b T) T {
	if b == 0 {
		return 0
	}
	r := a % b
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}

// powInt wraps around; b is not negative.
func powInt[T integer](a, b T) T {
	r := T(1)
	for b > 0 {
		if b&1 == 1 {
			r *= a
		}
		a *= a
		b >>= 1
	}
	return r
}

// intKernel is arithmetic of integers, which wraps around.
func intKernel[T integer](o op) kernel {
	switch o {
	case opAdd:
		return two(addLoop[T])
	case opSub:
		return two(subLoop[T])
	case opMul:
		return two(mulLoop[T])
	case opMin:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = min(x[i], y[i])
			}
		})
	case opMax:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = max(x[i], y[i])
			}
		})
	case opFloorDiv:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = floorDivInt(x[i], y[i])
			}
		})
	case opMod:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = modInt(x[i], y[i])
			}
		})
	case opPow:
		return powLoop[T]
	case opBitAnd:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] & y[i]
			}
		})
	case opBitOr:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] | y[i]
			}
		})
	case opBitXor:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] ^ y[i]
			}
		})
	case opInvert:
		return one(func(d, x []T) {
			x = x[:len(d)]
			for i := range d {
				d[i] = ^x[i]
			}
		})
	case opNeg:
		return one(func(d, x []T) {
			x = x[:len(d)]
			for i := range d {
				d[i] = -x[i]
			}
		})
	case opAbs:
		return one(func(d, x []T) {
			x = x[:len(d)]
			for i := range d {
				v := x[i]
				if v < 0 {
					v = -v
				}
				d[i] = v
			}
		})
	case opSign:
		return one(func(d, x []T) {
			x = x[:len(d)]
			for i := range d {
				var v T
				if x[i] > 0 {
					v = 1
				} else if x[i] < 0 {
					v--
				}
				d[i] = v
			}
		})
	}
	panic("ndarray: " + string(o) + " of integers")
}

func powLoop[T integer](dst, a, b, _ []byte) error {
	d, x, y := view[T](dst), view[T](a), view[T](b)
	x, y = x[:len(d)], y[:len(d)]
	for i := range d {
		if y[i] < 0 {
			return errs.New(errs.Invalid, "an integer to the power of %d, expected no negative power", y[i]).
				WithFix("Cast one of the two to float64")
		}
		d[i] = powInt(x[i], y[i])
	}
	return nil
}

func addLoop[T number](d, x, y []T) {
	x, y = x[:len(d)], y[:len(d)]
	for i := range d {
		d[i] = x[i] + y[i]
	}
}

func subLoop[T number](d, x, y []T) {
	x, y = x[:len(d)], y[:len(d)]
	for i := range d {
		d[i] = x[i] - y[i]
	}
}

func mulLoop[T number](d, x, y []T) {
	x, y = x[:len(d)], y[:len(d)]
	for i := range d {
		d[i] = x[i] * y[i]
	}
}
