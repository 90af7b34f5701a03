package ndarray

import (
	"fmt"
	"slices"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
)

// Any is a lazy array whose element type is known at run time. It is immutable
// and may be used concurrently. Operands of its methods are Any, Array[T], or
// Go numbers and bools, which have no element type of their own: they take the
// array's (NEP 50).
type Any struct{ n *node }

// operand turns what a method was given into a node.
func operandOf(v any) *node {
	switch v := v.(type) {
	case Any:
		return v.n
	case interface{ Any() Any }:
		return v.Any().n
	}
	s, err := scalarOf(v)
	if err != nil {
		return failed(err)
	}
	return newScalar(s)
}

// Scalar is a number or bool without an element type of its own, of shape ().
func Scalar(v any) Any { return Any{operandOf(v)} }

// Any is a, so that typed and untyped arrays can be passed alike.
func (a Any) Any() Any { return a }

// Err is the first mistake made in building a, with its line; nil if there is none.
func (a Any) Err() error {
	if f := firstErr(a.n); f != nil {
		return f.err
	}
	return nil
}

// Type is the element type; zero after a mistake.
func (a Any) Type() dtype.Type {
	if a.Err() != nil {
		return 0
	}
	return a.n.typ
}

// Shape is the length of each axis; nil after a mistake.
func (a Any) Shape() []int {
	if a.Err() != nil {
		return nil
	}
	return slices.Clone(a.n.shape)
}

// Dims is the number of axes.
func (a Any) Dims() int { return len(a.Shape()) }

// Size is the number of elements.
func (a Any) Size() int {
	if a.Err() != nil {
		return 0
	}
	return count(a.n.shape)
}

// String gives type, shape, chunks, bytes and operations, or the mistake:
//
//	Any[float32] (8760, 721, 1440) chunks (24, 721, 1440) 33.9 GiB, 365 chunks, 3 ops
func (a Any) String() string { return a.text("Any") }

func (a Any) text(name string) string {
	if err := a.Err(); err != nil {
		return name + "!(" + err.Error() + ")"
	}
	n := a.n
	s := fmt.Sprintf("%s[%v] %s", name, n.typ, shapeText(n.shape))
	tiles := 1
	for _, c := range n.grid.counts(n.shape) {
		tiles *= c
	}
	if len(n.shape) > 0 {
		s += " chunks " + shapeText(n.grid.largest(n.shape))
	}
	s += fmt.Sprintf(" %s, %s", memory.FormatSize(int64(count(n.shape))*int64(n.typ.Size())), plural(tiles, "chunk"))
	if ops := n.ops(); ops > 0 {
		s += ", " + plural(ops, "op")
	}
	return s
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Slice takes a part of a: NumPy's basic indexing. Axes that are not mentioned
// are taken whole.
func (a Any) Slice(index ...Index) Any {
	if f := firstErr(a.n); f != nil {
		return Any{f}
	}
	axes, shape, err := resolve(index, a.n.shape)
	if err == nil {
		err = checkShape(shape, a.n.typ)
	}
	if err != nil {
		return Any{failed(err)}
	}
	return Any{newView(a.n.strong(), axes, shape)}
}

// BroadcastTo repeats a to shape.
func (a Any) BroadcastTo(shape ...int) Any { return Any{broadcastTo(a.n, slices.Clone(shape))} }

// Transpose orders the axes as given; without arguments it reverses them.
func (a Any) Transpose(axes ...int) Any { return Any{transpose(a.n, slices.Clone(axes))} }

// Cast converts as NumPy's astype: integers wrap around, floats lose their
// fraction. A float that an integer type cannot hold becomes its nearest, NaN 0.
func (a Any) Cast(t dtype.Type) Any {
	if f := firstErr(a.n); f != nil {
		return Any{f}
	}
	if !t.Valid() {
		return Any{failed(errs.New(errs.Invalid, "cast to %v", t))}
	}
	return Any{castTo(a.n.strong(), t)}
}

func (a Any) binary(o op, b any) Any { return Any{binary(o, a.n, operandOf(b))} }

// Add is a + b; of bools, or. Integers wrap around in all arithmetic.
func (a Any) Add(b any) Any { return a.binary(opAdd, b) }

// Sub is a − b.
func (a Any) Sub(b any) Any { return a.binary(opSub, b) }

// Mul is a × b; of bools, and.
func (a Any) Mul(b any) Any { return a.binary(opMul, b) }

// Div is a / b: of integers float64.
func (a Any) Div(b any) Any { return a.binary(opDiv, b) }

// FloorDiv is a // b, rounded down; of integers by zero, 0.
func (a Any) FloorDiv(b any) Any { return a.binary(opFloorDiv, b) }

// Mod is a % b, with the sign of b; of integers by zero, 0.
func (a Any) Mod(b any) Any { return a.binary(opMod, b) }

// Pow is a ** b. A negative power of an integer is an error of the run.
func (a Any) Pow(b any) Any { return a.binary(opPow, b) }

// Minimum and Maximum are the smaller and the larger of a and b, NaN if one is.
func (a Any) Minimum(b any) Any { return a.binary(opMin, b) }

// Maximum is the larger of a and b, NaN if one is.
func (a Any) Maximum(b any) Any { return a.binary(opMax, b) }

// Clip is Minimum(Maximum(a, lo), hi).
func (a Any) Clip(lo, hi any) Any { return a.Maximum(lo).Minimum(hi) }

// Eq, Ne, Lt, Le, Gt and Ge compare; the result is bool.
func (a Any) Eq(b any) Any { return a.binary(opEq, b) }

// Ne is a ≠ b.
func (a Any) Ne(b any) Any { return a.binary(opNe, b) }

// Lt is a < b.
func (a Any) Lt(b any) Any { return a.binary(opLt, b) }

// Le is a ≤ b.
func (a Any) Le(b any) Any { return a.binary(opLe, b) }

// Gt is a > b.
func (a Any) Gt(b any) Any { return a.binary(opGt, b) }

// Ge is a ≥ b.
func (a Any) Ge(b any) Any { return a.binary(opGe, b) }

// And, Or, Xor and Not take what is not zero for true.
func (a Any) And(b any) Any { return a.binary(opAnd, b) }

// Or is true where a or b is not zero.
func (a Any) Or(b any) Any { return a.binary(opOr, b) }

// Xor is true where one of a and b is not zero.
func (a Any) Xor(b any) Any { return a.binary(opXor, b) }

// Not is true where a is zero.
func (a Any) Not() Any { return Any{unary(opNot, a.n)} }

// BitAnd, BitOr, BitXor and Invert work on the bits of integers, and on bools.
func (a Any) BitAnd(b any) Any { return a.binary(opBitAnd, b) }

// BitOr is a | b.
func (a Any) BitOr(b any) Any { return a.binary(opBitOr, b) }

// BitXor is a ^ b.
func (a Any) BitXor(b any) Any { return a.binary(opBitXor, b) }

// Invert is ~a.
func (a Any) Invert() Any { return Any{unary(opInvert, a.n)} }

// Neg is −a; of unsigned integers it wraps around.
func (a Any) Neg() Any { return Any{unary(opNeg, a.n)} }

// Abs is |a|; of the least integer, itself.
func (a Any) Abs() Any { return Any{unary(opAbs, a.n)} }

// Sign is −1, 0 or 1, or NaN.
func (a Any) Sign() Any { return Any{unary(opSign, a.n)} }

// Sqrt and the functions below give float32 for elements of up to 16 bits and
// float32, else float64.
func (a Any) Sqrt() Any { return Any{unary(opSqrt, a.n)} }

// Exp is eᵃ.
func (a Any) Exp() Any { return Any{unary(opExp, a.n)} }

// Log is the natural logarithm.
func (a Any) Log() Any { return Any{unary(opLog, a.n)} }

// Sin is the sine.
func (a Any) Sin() Any { return Any{unary(opSin, a.n)} }

// Cos is the cosine.
func (a Any) Cos() Any { return Any{unary(opCos, a.n)} }

// Tanh is the hyperbolic tangent.
func (a Any) Tanh() Any { return Any{unary(opTanh, a.n)} }

// Floor rounds down, Ceil up, Trunc to zero, Round to the nearest and halves to
// even; integers stay.
func (a Any) Floor() Any { return Any{unary(opFloor, a.n)} }

// Ceil rounds up.
func (a Any) Ceil() Any { return Any{unary(opCeil, a.n)} }

// Trunc rounds towards zero.
func (a Any) Trunc() Any { return Any{unary(opTrunc, a.n)} }

// Round rounds to the nearest, halves to even.
func (a Any) Round() Any { return Any{unary(opRound, a.n)} }

// IsNaN, IsInf and IsFinite give bool.
func (a Any) IsNaN() Any { return Any{unary(opIsNaN, a.n)} }

// IsInf is true for ±infinity.
func (a Any) IsInf() Any { return Any{unary(opIsInf, a.n)} }

// IsFinite is false for NaN and ±infinity.
func (a Any) IsFinite() Any { return Any{unary(opIsFinite, a.n)} }

// Apply is the elementwise function of that name: one of Functions.
func (a Any) Apply(name string) Any {
	o, err := functionNamed(name)
	if err != nil {
		return Any{failed(err)}
	}
	return Any{unary(o, a.n)}
}

// Where is a where c is not zero, else b. c, a and b are what operands can be.
func Where(c, a, b any) Any { return Any{selection(operandOf(c), operandOf(a), operandOf(b))} }
