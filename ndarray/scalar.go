package ndarray

import (
	"math"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// newScalar is a number without a type, of shape ().
func newScalar(s scalar) *node {
	n := newFill(s.typ, nil, nil)
	n.num, n.weak = s, true
	elem, err := s.bytes(s.typ)
	if err != nil {
		return failed(err)
	}
	n.elem = elem
	return n
}

// strong gives a number without a type the type of its kind.
func (n *node) strong() *node {
	if !n.weak {
		return n
	}
	return newFill(n.typ, n.elem, n.shape)
}

// unary computes o of a number; ok is false when it takes a type first.
func (s scalar) unary(o op) (scalar, bool) {
	switch {
	case o == opNeg && s.typ == dtype.Float64:
		return scalar{typ: dtype.Float64, f: -s.f}, true
	case o == opNeg && s.typ == dtype.Int64 && s.i != math.MinInt64:
		return scalar{typ: dtype.Int64, i: -s.i}, true
	case o == opNeg && s.typ == dtype.Uint64 && s.u == 1<<63:
		return scalar{typ: dtype.Int64, i: math.MinInt64}, true
	case o == opAbs && s.typ == dtype.Float64:
		return scalar{typ: dtype.Float64, f: math.Abs(s.f)}, true
	case o == opAbs && s.typ == dtype.Int64 && s.i != math.MinInt64:
		return scalar{typ: dtype.Int64, i: max(s.i, -s.i)}, true
	}
	return s, false
}

// fold computes o of two numbers as Python does, so that 1/255 stays a number
// without a type; ok is false for what is not arithmetic.
func fold(o op, a, b scalar) (s scalar, ok bool, err error) {
	switch o {
	case opAdd, opSub, opMul, opDiv, opFloorDiv, opMod, opPow:
	default:
		return s, false, nil
	}
	zero := b.float() == 0 && (o == opDiv || o == opFloorDiv || o == opMod)
	if zero {
		return s, false, errs.New(errs.Invalid, "a number divided by zero")
	}
	if a.rank() == 2 || b.rank() == 2 || o == opDiv || o == opPow && b.i < 0 {
		return scalar{typ: dtype.Float64, f: foldFloat(o, a.float(), b.float())}, true, nil
	}
	if a.typ == dtype.Uint64 || b.typ == dtype.Uint64 {
		return s, false, errs.New(errs.Unsupported, "arithmetic of integers beyond 64 bits").WithFix("write them as floats")
	}
	v, fits := foldInt(o, a.i, b.i)
	if !fits {
		return s, false, errs.New(errs.Invalid, "%d %s %d does not fit 64 bits", a.i, o, b.i).WithFix("write them as floats")
	}
	return scalar{typ: dtype.Int64, i: v}, true, nil
}

func foldFloat(o op, x, y float64) float64 {
	switch o {
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opMul:
		return x * y
	case opDiv:
		return x / y
	case opFloorDiv:
		return floorDivFloat(x, y)
	case opMod:
		return modFloat(x, y)
	}
	return math.Pow(x, y)
}

// foldInt reports in fits whether the result is exact.
func foldInt(o op, x, y int64) (v int64, fits bool) {
	switch o {
	case opAdd:
		v = x + y
		return v, (v > x) == (y > 0)
	case opSub:
		v = x - y
		return v, (v < x) == (y > 0)
	case opMul:
		v = x * y
		return v, x == 0 || v/x == y && !(x == -1 && y == math.MinInt64)
	case opFloorDiv:
		return floorDivInt(x, y), !(x == math.MinInt64 && y == -1)
	case opMod:
		return modInt(x, y), true
	}
	v = 1
	for range y {
		w, ok := foldInt(opMul, v, x)
		if !ok {
			return 0, false
		}
		if w == v { // 0, 1
			break
		}
		if w == -v && x == -1 {
			if y%2 == 1 {
				return -1, true
			}
			return 1, true
		}
		v = w
	}
	return v, true
}
