package ndarray

import (
	"math"
)

// modFloat has the sign of b, as Python's %.
func modFloat[T float](a, b T) T {
	r := T(math.Mod(float64(a), float64(b)))
	switch {
	case b == 0: // NaN
	case r != 0:
		if (b < 0) != (r < 0) {
			r += b
		}
	default:
		r = T(math.Copysign(0, float64(b)))
	}
	return r
}

// floorDivFloat is a // b as Python and NumPy round it: from the exact
// remainder, so that it fits modFloat.
func floorDivFloat[T float](a, b T) T {
	if b == 0 {
		return a / b
	}
	r := T(math.Mod(float64(a), float64(b)))
	q := (a - r) / b
	if r != 0 && (b < 0) != (r < 0) {
		q--
	}
	if q == 0 {
		return T(math.Copysign(0, float64(a/b)))
	}
	f := T(math.Floor(float64(q)))
	if q-f > 0.5 {
		f++
	}
	return f
}

// floatKernel is arithmetic of floats, each step rounded to T.
func floatKernel[T float](o op) kernel {
	switch o {
	case opAdd:
		return two(addLoop[T])
	case opSub:
		return two(subLoop[T])
	case opMul:
		return two(mulLoop[T])
	case opDiv:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = x[i] / y[i]
			}
		})
	case opMin:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				v := y[i]
				if x[i] <= v || x[i] != x[i] {
					v = x[i]
				}
				d[i] = v
			}
		})
	case opMax:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				v := y[i]
				if x[i] >= v || x[i] != x[i] {
					v = x[i]
				}
				d[i] = v
			}
		})
	case opFloorDiv:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = floorDivFloat(x[i], y[i])
			}
		})
	case opMod:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = modFloat(x[i], y[i])
			}
		})
	case opPow:
		return two(func(d, x, y []T) {
			x, y = x[:len(d)], y[:len(d)]
			for i := range d {
				d[i] = T(math.Pow(float64(x[i]), float64(y[i])))
			}
		})
	}
	return floatUnary[T](o)
}

func floatUnary[T float](o op) kernel {
	switch o {
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
				d[i] = T(math.Abs(float64(x[i])))
			}
		})
	case opSqrt:
		return one(func(d, x []T) {
			x = x[:len(d)]
			for i := range d {
				d[i] = T(math.Sqrt(float64(x[i])))
			}
		})
	case opFloor:
		return one(func(d, x []T) {
			x = x[:len(d)]
			for i := range d {
				d[i] = T(math.Floor(float64(x[i])))
			}
		})
	case opCeil:
		return one(func(d, x []T) {
			x = x[:len(d)]
			for i := range d {
				d[i] = T(math.Ceil(float64(x[i])))
			}
		})
	case opTrunc:
		return one(func(d, x []T) {
			x = x[:len(d)]
			for i := range d {
				d[i] = T(math.Trunc(float64(x[i])))
			}
		})
	case opRound:
		return one(func(d, x []T) {
			x = x[:len(d)]
			for i := range d {
				d[i] = T(math.RoundToEven(float64(x[i])))
			}
		})
	case opSign:
		return one(func(d, x []T) {
			x = x[:len(d)]
			for i, v := range x {
				switch {
				case v > 0:
					d[i] = 1
				case v < 0:
					d[i] = -1
				case v == 0:
					d[i] = 0
				default:
					d[i] = v
				}
			}
		})
	}
	f, ok := functions64[o]
	if !ok {
		panic("ndarray: " + string(o) + " of floats")
	}
	return one(func(d, x []T) { // the call costs little beside the function
		x = x[:len(d)]
		for i := range d {
			d[i] = T(f(float64(x[i])))
		}
	})
}

var functions64 = map[op]func(float64) float64{
	opExp: math.Exp, opExpm1: math.Expm1, opLog: math.Log, opLog2: math.Log2, opLog10: math.Log10, opLog1p: math.Log1p,
	opSin: math.Sin, opCos: math.Cos, opTan: math.Tan, opTanh: math.Tanh,
}
