package ndarray

import (
	"slices"

	"github.com/outcore/outcore/errs"
)

// arity is the arguments of each operation that has not two.
func (o op) arity() int {
	switch {
	case o == opWhere:
		return 3
	case o == opNot || o == opInvert || o == opNeg || o == opAbs || o == opSign:
		return 1
	}
	switch classes[o] {
	case classFloat, classKeepInt, classTest, classCast:
		return 1
	}
	return 2
}

// check reports a node of a plan that no builder makes, before anything is
// evaluated.
func (n *node) check() error {
	bad := func(format string, args ...any) error {
		return errs.New(errs.Invalid, "plan of an array: "+format, args...)
	}
	if !n.typ.Valid() {
		return bad("no element type")
	}
	if err := checkShape(n.shape, n.typ); err != nil {
		return err
	}
	if len(n.grid) != len(n.shape) || slices.ContainsFunc(n.grid, func(g axisGrid) bool { return g.First < 1 || g.Size < 1 || g.First > 1<<48 || g.Size > 1<<48 }) {
		return bad("grid %v of shape %s", n.grid, shapeText(n.shape))
	}
	args := map[nodeKind]int{kindView: 1, kindMap: 1, kindMatMul: 2}[n.kind]
	if n.kind == kindOp {
		if _, ok := classes[n.op]; !ok {
			return bad("no operation %q", n.op)
		}
		args = n.op.arity()
	}
	if len(n.args) != args {
		return bad("%d arguments for %s", len(n.args), n.name())
	}
	switch n.kind {
	case kindValues:
		if len(n.data) != count(n.shape)*n.typ.Size() {
			return bad("%d bytes of values for shape %s", len(n.data), shapeText(n.shape))
		}
	case kindFill:
		if len(n.elem) != n.typ.Size() {
			return bad("a fill value of %d bytes", len(n.elem))
		}
	case kindRange:
		if len(n.shape) != 1 {
			return bad("a range of %d axes", len(n.shape))
		}
	case kindView:
		return n.checkView(bad)
	case kindMap:
		if n.args[0].typ != n.fn.in || n.typ != n.fn.out || !slices.Equal(n.shape, n.args[0].shape) {
			return bad("a map of %v", n.args[0].typ)
		}
	case kindMatMul:
		a, b := n.args[0], n.args[1]
		if len(a.shape) != 2 || len(b.shape) != 2 || a.shape[1] != b.shape[0] || a.typ != n.typ || b.typ != n.typ ||
			!slices.Equal(n.shape, []int{a.shape[0], b.shape[1]}) {
			return bad("a matrix product of %s and %s", shapeText(a.shape), shapeText(b.shape))
		}
	case kindOp:
		return n.checkOp(bad)
	case kindReduce:
		return bad("a reduction inside")
	}
	return nil
}

func (n *node) checkView(bad func(string, ...any) error) error {
	src := n.args[0]
	if src.kind == kindOp || src.kind == kindView || len(n.axes) != len(src.shape) {
		return bad("a view of %d axes of %s", len(n.axes), kindNames[src.kind])
	}
	for k, a := range n.axes {
		last := a.Start
		if a.Out >= len(n.shape) || a.Start < 0 || a.Start >= max(1, src.shape[k]) {
			return bad("a view of axis %d from %d", k, a.Start)
		}
		if a.Out >= 0 {
			if a.Step == 0 || max(a.Step, -a.Step) > max(1, src.shape[k]) || n.shape[a.Out] > src.shape[k] {
				return bad("a view of axis %d by %d", k, a.Step)
			}
			last += a.Step * (n.shape[a.Out] - 1)
		}
		if count(n.shape) > 0 && (last < 0 || last >= src.shape[k]) {
			return bad("a view of axis %d to %d", k, last)
		}
	}
	return nil
}

// checkOp builds the operation again and compares.
func (n *node) checkOp(bad func(string, ...any) error) error {
	shape := n.args[0].shape
	for _, a := range n.args[1:] {
		s, ok := broadcast(shape, a.shape)
		if !ok {
			return bad("%s of shapes %s and %s", n.op, shapeText(shape), shapeText(a.shape))
		}
		shape = s
	}
	fits := slices.Equal(shape, n.shape)
	in := n.args[0].typ
	switch classes[n.op] {
	case classCast:
	case classSelection:
		fits = fits && in == TypeOf[bool]() && n.args[1].typ == n.typ && n.args[2].typ == n.typ
	default:
		same := len(n.args) == 1 || n.args[1].typ == in || classes[n.op] == classCompare && mixed64(n.args[0], n.args[1])
		want, out, err := n.op.types(in)
		fits = fits && err == nil && same && want == in && out == n.typ
		if classes[n.op] == classKeepInt || n.op == opAbs {
			fits = fits && (in.Float() || n.op == opAbs && isSigned(in))
		}
	}
	if !fits {
		return bad("%s of %v %s gives no %v %s", n.op, in, shapeText(shape), n.typ, shapeText(n.shape))
	}
	return nil
}
