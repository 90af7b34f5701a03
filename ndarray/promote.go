package ndarray

import (
	"math"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// promote is the type that holds both, as NumPy's result_type has it.
func promote(a, b dtype.Type) dtype.Type {
	switch {
	case a == b, b == dtype.Bool:
		return a
	case a == dtype.Bool:
		return b
	case a.Float() && b.Float():
		return dtype.Float64
	case a.Float():
		return promoteFloat(a, b)
	case b.Float():
		return promoteFloat(b, a)
	case isSigned(a) == isSigned(b):
		return max(a, b) // a family's types stand in the order of their sizes
	case isSigned(b):
		a, b = b, a
		fallthrough
	default: // a signed, b unsigned
		if a.Size() > b.Size() {
			return a
		}
		switch b {
		case dtype.Uint8:
			return dtype.Int16
		case dtype.Uint16:
			return dtype.Int32
		case dtype.Uint32:
			return dtype.Int64
		}
		return dtype.Float64
	}
}

// promoteFloat is promote of a float and an integer type.
func promoteFloat(f, i dtype.Type) dtype.Type {
	if i.Size() > 2 {
		return dtype.Float64
	}
	return f
}

// A scalar is a number without an element type: NEP 50's Python scalar. Its own
// type (bool, int64, uint64, float64) only says what kind of number it is.
type scalar struct {
	typ dtype.Type
	i   int64   // of bool and int64
	u   uint64  // of uint64: above what int64 holds
	f   float64 // of float64
}

// float is the value as a float64.
func (s scalar) float() float64 {
	switch s.typ {
	case dtype.Float64:
		return s.f
	case dtype.Uint64:
		return float64(s.u)
	}
	return float64(s.i)
}

// rank orders kinds of numbers: bool, integer, float.
func (s scalar) rank() int { return rankOf(s.typ) }

func rankOf(t dtype.Type) int {
	switch {
	case t == dtype.Bool:
		return 0
	case t.Float():
		return 2
	}
	return 1
}

// with is the type of an operation between s and an array of type t.
func (s scalar) with(t dtype.Type) dtype.Type {
	switch r := s.rank(); {
	case r <= rankOf(t):
		return t
	case r == 1:
		return dtype.Int64 // with bool
	}
	return dtype.Float64
}

// fits reports whether an integer type t holds the integer s.
func (s scalar) fits(t dtype.Type) bool {
	if !isInt(t) || s.typ == dtype.Bool {
		return true
	}
	bits := 8 * t.Size()
	switch {
	case s.typ == dtype.Uint64:
		return t == dtype.Uint64
	case !isSigned(t):
		return s.i >= 0 && (bits == 64 || s.i < 1<<bits)
	case bits == 64:
		return true
	}
	return s.i >= -1<<(bits-1) && s.i < 1<<(bits-1)
}

// bytes is one element of type t with the value of s.
func (s scalar) bytes(t dtype.Type) ([]byte, error) {
	if !s.fits(t) {
		v := any(s.i)
		if s.typ == dtype.Uint64 {
			v = s.u
		}
		return nil, errs.New(errs.Invalid, "%v is out of range for %v", v, t).WithFix("Cast the array to a wider type first")
	}
	b := make([]byte, 8)
	switch s.typ {
	case dtype.Float64:
		view[float64](b)[0] = s.f
	case dtype.Uint64:
		view[uint64](b)[0] = s.u
	default:
		view[int64](b)[0] = s.i
	}
	from := s.typ
	if from == dtype.Bool {
		from = dtype.Int64
	}
	out := make([]byte, t.Size())
	return out, castKernel(t, from)(out, b, nil, nil)
}

// scalarOf makes a scalar of a Go number or bool.
func scalarOf(v any) (scalar, error) {
	switch v := v.(type) {
	case scalar:
		return v, nil
	case bool:
		if v {
			return scalar{typ: dtype.Bool, i: 1}, nil
		}
		return scalar{typ: dtype.Bool}, nil
	case int:
		return scalar{typ: dtype.Int64, i: int64(v)}, nil
	case int8:
		return scalar{typ: dtype.Int64, i: int64(v)}, nil
	case int16:
		return scalar{typ: dtype.Int64, i: int64(v)}, nil
	case int32:
		return scalar{typ: dtype.Int64, i: int64(v)}, nil
	case int64:
		return scalar{typ: dtype.Int64, i: v}, nil
	case uint8:
		return scalar{typ: dtype.Int64, i: int64(v)}, nil
	case uint16:
		return scalar{typ: dtype.Int64, i: int64(v)}, nil
	case uint32:
		return scalar{typ: dtype.Int64, i: int64(v)}, nil
	case uint:
		return scalarOf(uint64(v))
	case uint64:
		if v > math.MaxInt64 {
			return scalar{typ: dtype.Uint64, u: v}, nil
		}
		return scalar{typ: dtype.Int64, i: int64(v)}, nil
	case float32:
		return scalar{typ: dtype.Float64, f: float64(v)}, nil
	case float64:
		return scalar{typ: dtype.Float64, f: v}, nil
	}
	return scalar{}, errs.New(errs.Invalid, "found a %T, expected a number, a bool or an array", v)
}
