package ndarray

import (
	"context"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
)

// Array is a lazy array of T. Its methods keep the type; what changes it is a
// function (Convert, Mean) or a method of Any. The zero Array is a mistake.
type Array[T Element] struct{ n *node }

// Typed is a as an array of T; it fails when the elements are of another type.
func Typed[T Element](a Any) Array[T] {
	if f := firstErr(a.n); f != nil {
		return Array[T]{f}
	}
	if t := TypeOf[T](); t != a.n.typ {
		return Array[T]{failed(errs.New(errs.Invalid, "array of %v, expected %v", a.n.typ, t).WithFix("ndarray.Convert[%v]", t))}
	}
	return Array[T]{a.n.strong()}
}

// Convert casts to T, as Any.Cast.
func Convert[T Element](a interface{ Any() Any }) Array[T] {
	return Array[T]{a.Any().Cast(TypeOf[T]()).n}
}

// Const is one T of shape ().
func Const[T Element](v T) Array[T] { return Full(v) }

// Any is a without its type.
func (a Array[T]) Any() Any { return Any(a) }

// Err is the first mistake made in building a, with its line.
func (a Array[T]) Err() error { return a.Any().Err() }

// Shape is the length of each axis; nil after a mistake.
func (a Array[T]) Shape() []int { return a.Any().Shape() }

// Size is the number of elements.
func (a Array[T]) Size() int { return a.Any().Size() }

// String gives type, shape, chunks, bytes and operations, or the mistake:
//
//	Array[float32] (8760, 721, 1440) chunks (24, 721, 1440) 33.9 GiB, 365 chunks, 3 ops
func (a Array[T]) String() string { return a.Any().text("Array") }

// Explain prints what Compute would do; see Any.Explain.
func (a Array[T]) Explain() (string, error) { return a.Any().Explain() }

// typed gives what a method of Any made, which must be of T.
func (a Array[T]) typed(b Any) Array[T] { return Typed[T](b) }

// Slice takes a part of a: NumPy's basic indexing.
func (a Array[T]) Slice(index ...Index) Array[T] { return Array[T]{a.Any().Slice(index...).n} }

// BroadcastTo repeats a to shape.
func (a Array[T]) BroadcastTo(shape ...int) Array[T] {
	return Array[T]{a.Any().BroadcastTo(shape...).n}
}

// Transpose orders the axes as given; without arguments it reverses them.
func (a Array[T]) Transpose(axes ...int) Array[T] { return Array[T]{a.Any().Transpose(axes...).n} }

// Add is a + b; of bools, or. Integers wrap around in all arithmetic.
func (a Array[T]) Add(b Array[T]) Array[T] { return a.typed(a.Any().Add(b)) }

// Sub is a − b.
func (a Array[T]) Sub(b Array[T]) Array[T] { return a.typed(a.Any().Sub(b)) }

// Mul is a × b; of bools, and.
func (a Array[T]) Mul(b Array[T]) Array[T] { return a.typed(a.Any().Mul(b)) }

// Div is a / b of floats; the quotient of integers is not of their type: use
// FloorDiv, or Any.Div.
func (a Array[T]) Div(b Array[T]) Array[T] { return a.typed(a.Any().Div(b)) }

// FloorDiv is a // b, rounded down; of integers by zero, 0.
func (a Array[T]) FloorDiv(b Array[T]) Array[T] { return a.typed(a.Any().FloorDiv(b)) }

// Mod is a % b, with the sign of b.
func (a Array[T]) Mod(b Array[T]) Array[T] { return a.typed(a.Any().Mod(b)) }

// Pow is a ** b.
func (a Array[T]) Pow(b Array[T]) Array[T] { return a.typed(a.Any().Pow(b)) }

// Minimum is the smaller of a and b, NaN if one is.
func (a Array[T]) Minimum(b Array[T]) Array[T] { return a.typed(a.Any().Minimum(b)) }

// Maximum is the larger of a and b, NaN if one is.
func (a Array[T]) Maximum(b Array[T]) Array[T] { return a.typed(a.Any().Maximum(b)) }

// Clip bounds a by lo and hi.
func (a Array[T]) Clip(lo, hi T) Array[T] { return a.Maximum(Const(lo)).Minimum(Const(hi)) }

// Neg is −a.
func (a Array[T]) Neg() Array[T] { return a.typed(a.Any().Neg()) }

// Abs is |a|.
func (a Array[T]) Abs() Array[T] { return a.typed(a.Any().Abs()) }

// Apply is the elementwise function of that name, whose result must be of T;
// see Any.Apply.
func (a Array[T]) Apply(name string) Array[T] { return a.typed(a.Any().Apply(name)) }

// Eq is where a = b; Ne, Lt, Le, Gt and Ge are the other comparisons.
func (a Array[T]) Eq(b Array[T]) Array[bool] { return Array[bool]{a.Any().Eq(b).n} }

// Ne is where a ≠ b.
func (a Array[T]) Ne(b Array[T]) Array[bool] { return Array[bool]{a.Any().Ne(b).n} }

// Lt is where a < b.
func (a Array[T]) Lt(b Array[T]) Array[bool] { return Array[bool]{a.Any().Lt(b).n} }

// Le is where a ≤ b.
func (a Array[T]) Le(b Array[T]) Array[bool] { return Array[bool]{a.Any().Le(b).n} }

// Gt is where a > b.
func (a Array[T]) Gt(b Array[T]) Array[bool] { return Array[bool]{a.Any().Gt(b).n} }

// Ge is where a ≥ b.
func (a Array[T]) Ge(b Array[T]) Array[bool] { return Array[bool]{a.Any().Ge(b).n} }

// Compute runs a and gives the result in memory; see Any.Compute.
func (a Array[T]) Compute(ctx context.Context, run task.Runner, opts ...RunOption) (*Dense[T], error) {
	v, err := a.Any().Compute(ctx, run, opts...)
	if err != nil {
		return nil, err
	}
	return As[T](v)
}
