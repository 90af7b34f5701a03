package ndarray

import (
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// An op is an elementwise operation. Its text is part of the portable plan and
// never changes its meaning.
type op string

// The operations.
const (
	opNeg      op = "neg"
	opAbs      op = "abs"
	opSign     op = "sign"
	opSqrt     op = "sqrt"
	opExp      op = "exp"
	opExpm1    op = "expm1"
	opLog      op = "log"
	opLog2     op = "log2"
	opLog10    op = "log10"
	opLog1p    op = "log1p"
	opSin      op = "sin"
	opCos      op = "cos"
	opTan      op = "tan"
	opTanh     op = "tanh"
	opFloor    op = "floor"
	opCeil     op = "ceil"
	opTrunc    op = "trunc"
	opRound    op = "round"
	opIsNaN    op = "isnan"
	opIsInf    op = "isinf"
	opIsFinite op = "isfinite"
	opNot      op = "not"
	opInvert   op = "invert"
	opCast     op = "cast"

	opAdd      op = "add"
	opSub      op = "sub"
	opMul      op = "mul"
	opDiv      op = "div"
	opFloorDiv op = "floordiv"
	opMod      op = "mod"
	opPow      op = "pow"
	opMin      op = "minimum"
	opMax      op = "maximum"
	opEq       op = "eq"
	opNe       op = "ne"
	opLt       op = "lt"
	opLe       op = "le"
	opGt       op = "gt"
	opGe       op = "ge"
	opAnd      op = "and"
	opOr       op = "or"
	opXor      op = "xor"
	opBitAnd   op = "bitand"
	opBitOr    op = "bitor"
	opBitXor   op = "bitxor"

	opWhere op = "where"
)

// A class says how an operation's argument and result types follow.
type class uint8

const (
	classNumber    class = iota // the common type; bool as each operation says
	classKeepInt                // integers as they are
	classFloat                  // computed in floating point
	classTest                   // of a float's bits, gives bool
	classTruth                  // of truth values, gives bool
	classBits                   // integers and bool
	classCompare                // the common type, gives bool
	classQuotient               // common type if float, else float64
	classSelection              // where
	classCast
)

var classes = map[op]class{
	opNeg: classNumber, opAbs: classNumber, opSign: classNumber,
	opSqrt: classFloat, opExp: classFloat, opExpm1: classFloat, opLog: classFloat, opLog2: classFloat,
	opLog10: classFloat, opLog1p: classFloat, opSin: classFloat, opCos: classFloat, opTan: classFloat, opTanh: classFloat,
	opFloor: classKeepInt, opCeil: classKeepInt, opTrunc: classKeepInt, opRound: classKeepInt,
	opIsNaN: classTest, opIsInf: classTest, opIsFinite: classTest,
	opNot: classTruth, opAnd: classTruth, opOr: classTruth, opXor: classTruth,
	opInvert: classBits, opBitAnd: classBits, opBitOr: classBits, opBitXor: classBits,
	opAdd: classNumber, opSub: classNumber, opMul: classNumber, opFloorDiv: classNumber, opMod: classNumber,
	opPow: classNumber, opMin: classNumber, opMax: classNumber, opDiv: classQuotient,
	opEq: classCompare, opNe: classCompare, opLt: classCompare, opLe: classCompare, opGt: classCompare, opGe: classCompare,
	opWhere: classSelection, opCast: classCast,
}

// types gives the type o computes in for arguments of common type t, and that
// of its result.
func (o op) types(t dtype.Type) (in, out dtype.Type, err error) {
	switch classes[o] {
	case classKeepInt:
		return t, t, nil
	case classFloat:
		if !t.Float() {
			if t.Size() > 2 {
				t = dtype.Float64
			} else {
				t = dtype.Float32
			}
		}
		return t, t, nil
	case classTest:
		return t, dtype.Bool, nil
	case classTruth:
		return dtype.Bool, dtype.Bool, nil
	case classBits:
		if t.Float() {
			return 0, 0, errs.New(errs.Invalid, "%s of %v, expected integers or bool", o, t)
		}
		return t, t, nil
	case classCompare:
		return t, dtype.Bool, nil
	case classQuotient:
		if !t.Float() {
			t = dtype.Float64
		}
		return t, t, nil
	}
	if t == dtype.Bool {
		switch o {
		case opNeg, opSub, opSign:
			return 0, 0, errs.New(errs.Invalid, "%s of bool has no meaning", o).WithFix("use Not or Xor, or Cast to an integer type")
		case opFloorDiv, opMod, opPow:
			return dtype.Int8, dtype.Int8, nil
		}
	}
	return t, t, nil
}

// newOp is o of args, which are of the types o takes.
func newOp(o op, out dtype.Type, args ...*node) *node {
	shape := args[0].shape
	for _, a := range args[1:] {
		s, ok := broadcast(shape, a.shape)
		if !ok {
			return failed(errs.New(errs.Shape, "%s: shapes %s and %s cannot be broadcast", o, shapeText(shape), shapeText(a.shape)))
		}
		shape = s
	}
	if err := checkShape(shape, out); err != nil {
		return failed(err)
	}
	return &node{kind: kindOp, op: o, typ: out, shape: shape, args: args, grid: joinGrids(shape, args)}
}

// castTo is n as type t. A number without a type takes it.
func castTo(n *node, t dtype.Type) *node {
	switch {
	case n.err != nil:
		return n
	case n.weak:
		elem, err := n.num.bytes(t)
		if err != nil {
			return failed(err)
		}
		return newFill(t, elem, n.shape)
	case n.typ == t:
		return n
	case n.kind == kindFill:
		elem := make([]byte, t.Size())
		castKernel(t, n.typ)(elem, n.elem, nil, nil) //nolint:errcheck // casts do not fail
		return newFill(t, elem, n.shape)
	}
	return newOp(opCast, t, n)
}

// unary builds o of a.
func unary(o op, a *node) *node {
	if f := firstErr(a); f != nil {
		return f
	}
	if a.weak {
		if s, ok := a.num.unary(o); ok {
			return newScalar(s)
		}
		a = a.strong()
	}
	in, out, err := o.types(a.typ)
	if err != nil {
		return failed(err)
	}
	switch {
	case classes[o] == classKeepInt && !a.typ.Float(),
		o == opAbs && (a.typ == dtype.Bool || isInt(a.typ) && !isSigned(a.typ)):
		return a
	}
	return newOp(o, out, castTo(a, in))
}

// commonType is the type arguments are promoted to; numbers without a type
// take part as NEP 50 has it.
func commonType(args ...*node) dtype.Type {
	var t dtype.Type
	for _, a := range args {
		switch {
		case a.weak:
		case t == 0:
			t = a.typ
		default:
			t = promote(t, a.typ)
		}
	}
	if t == 0 {
		for _, a := range args { // all without a type
			if t == 0 || a.num.rank() > rankOf(t) {
				t = a.num.typ
			}
		}
		return t
	}
	strong := t
	for _, a := range args {
		if a.weak {
			t = promote(t, a.num.with(strong))
		}
	}
	return t
}

// binary builds o of a and b.
func binary(o op, a, b *node) *node {
	if f := firstErr(a, b); f != nil {
		return f
	}
	if a.weak && b.weak {
		if s, ok, err := fold(o, a.num, b.num); err != nil {
			return failed(err)
		} else if ok {
			return newScalar(s)
		}
	}
	t := commonType(a, b)
	in, out, err := o.types(t)
	if err != nil {
		return failed(err)
	}
	switch classes[o] {
	case classCompare:
		if n := compareOutOfRange(o, a, b, in); n != nil {
			return n
		}
		if mixed64(a, b) {
			return newOp(o, out, a, b)
		}
	case classTruth:
		a, b = a.strong(), b.strong()
	}
	if o == opPow && b.weak && in.Float() {
		switch b.num.float() { // as NumPy: exact where the power's function is not
		case 2:
			x := castTo(a, in)
			return newOp(opMul, out, x, x)
		case 0.5:
			return newOp(opSqrt, out, castTo(a, in))
		}
	}
	a, b = castTo(a, in), castTo(b, in)
	if f := firstErr(a, b); f != nil {
		return f
	}
	return newOp(o, out, a, b)
}

// mixed64 reports a pair that no type holds: it is compared exactly.
func mixed64(a, b *node) bool {
	return !a.weak && !b.weak && isInt(a.typ) && isInt(b.typ) && promote(a.typ, b.typ) == dtype.Float64 &&
		a.typ.Size() == 8 && b.typ.Size() == 8
}

// compareOutOfRange is a comparison with an integer that the array's type does
// not hold, so that the answer is the same everywhere; nil when it is not.
func compareOutOfRange(o op, a, b *node, t dtype.Type) *node {
	num, other, flip := b, a, false
	if a.weak {
		num, other, flip = a, b, true
	}
	if !num.weak || other.weak || num.num.fits(t) {
		return nil
	}
	above := num.num.typ == dtype.Uint64 || num.num.i > 0 // the number is above all elements
	if flip {
		above = !above
	}
	yes := o == opNe || (o == opLt || o == opLe) && above || (o == opGt || o == opGe) && !above
	elem := []byte{0}
	if yes {
		elem[0] = 1
	}
	return newFill(dtype.Bool, elem, other.shape)
}

// selection builds where(c, a, b).
func selection(c, a, b *node) *node {
	if f := firstErr(c, a, b); f != nil {
		return f
	}
	t := commonType(a, b)
	c, a, b = castTo(c.strong(), dtype.Bool), castTo(a, t), castTo(b, t)
	if f := firstErr(c, a, b); f != nil {
		return f
	}
	return newOp(opWhere, t, c, a, b)
}
