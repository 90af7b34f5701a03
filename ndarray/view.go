package ndarray

import (
	"slices"

	"github.com/outcore/outcore/errs"
)

// newView is n through axes, of the given shape. Views of operations become
// operations on views, and views of views one view, so that only what is asked
// for is read.
func newView(n *node, axes []axis, shape []int) *node {
	if n.err == nil && len(shape) == len(n.shape) && slices.Equal(shape, n.shape) && identity(axes) {
		return n
	}
	return pushView(n, axes, shape, map[*node]*node{})
}

func identity(axes []axis) bool {
	for k, a := range axes {
		if a.Start != 0 || a.Step != 1 || a.Out != k {
			return false
		}
	}
	return true
}

// pushView keeps in done what n's shared parts became.
func pushView(n *node, axes []axis, shape []int, done map[*node]*node) *node {
	if m := done[n]; m != nil {
		return m
	}
	var out *node
	switch n.kind {
	case kindOp:
		args := make([]*node, len(n.args))
		for i, a := range n.args {
			args[i] = pushView(a, narrow(axes, n.shape, a.shape), shape, done)
		}
		m := *n
		m.args, m.shape, m.grid = args, shape, joinGrids(shape, args)
		out = &m
	case kindView:
		inner := make([]axis, len(n.axes))
		for k, a := range n.axes {
			if a.Out < 0 {
				inner[k] = a
				continue
			}
			b := axes[a.Out]
			inner[k] = axis{Start: a.Start + a.Step*b.Start, Step: a.Step * b.Step, Out: b.Out}
		}
		out = pushView(n.args[0], inner, shape, done)
	case kindFill:
		m := *newFill(n.typ, n.elem, shape)
		m.weak, m.num = n.weak, n.num
		out = &m
	default:
		out = &node{kind: kindView, typ: n.typ, shape: shape, args: []*node{n}, axes: axes, grid: viewGrid(n, axes, shape)}
	}
	done[n] = out
	return out
}

// narrow is axes of an operation's result as axes of an argument of the shape
// arg: what is broadcast along an axis does not move with it.
func narrow(axes []axis, result, arg []int) []axis {
	pad := len(result) - len(arg)
	out := make([]axis, len(arg))
	for k := range arg {
		out[k] = axes[pad+k]
		if arg[k] == 1 && result[pad+k] != 1 {
			out[k] = axis{Out: -1}
		}
	}
	return out
}

// viewGrid is how the tiles of n look through axes.
func viewGrid(n *node, axes []axis, shape []int) grid {
	g := wholeGrid(shape)
	for k, a := range axes {
		if a.Out >= 0 && a.Step != 0 && shape[a.Out] > 0 {
			g[a.Out] = n.grid[k].through(a.Start, a.Step, shape[a.Out])
		}
	}
	return g
}

// broadcastTo is n repeated to shape.
func broadcastTo(n *node, shape []int) *node {
	if f := firstErr(n); f != nil {
		return f
	}
	if s, ok := broadcast(n.shape, shape); !ok || !slices.Equal(s, shape) {
		return failed(errs.New(errs.Shape, "shape %s cannot be broadcast to %s", shapeText(n.shape), shapeText(shape)))
	}
	if err := checkShape(shape, n.typ); err != nil {
		return failed(err)
	}
	pad := len(shape) - len(n.shape)
	axes := make([]axis, len(n.shape))
	for k, s := range n.shape {
		axes[k] = axis{Step: 1, Out: pad + k}
		if s == 1 && shape[pad+k] != 1 {
			axes[k] = axis{Out: -1}
		}
	}
	return newView(n, axes, shape)
}

// transpose orders the axes; none given reverses them.
func transpose(n *node, order []int) *node {
	if f := firstErr(n); f != nil {
		return f
	}
	if len(order) == 0 {
		for k := len(n.shape) - 1; k >= 0; k-- {
			order = append(order, k)
		}
	}
	order, err := normalAxes(order, len(n.shape))
	if err == nil && len(order) != len(n.shape) {
		err = errs.New(errs.Shape, "%d axes for an array of %d dimensions", len(order), len(n.shape))
	}
	if err != nil {
		return failed(err)
	}
	axes := make([]axis, len(n.shape))
	shape := make([]int, len(n.shape))
	for out, k := range order {
		axes[k] = axis{Step: 1, Out: out}
		shape[out] = n.shape[k]
	}
	return newView(n, axes, shape)
}

// normalAxes makes negative axes positive and reports those that are out of
// range or given twice. The order is kept.
func normalAxes(axes []int, dims int) ([]int, error) {
	out := make([]int, len(axes))
	for i, k := range axes {
		if k < 0 {
			k += dims
		}
		if k < 0 || k >= dims {
			return nil, errs.New(errs.Shape, "axis %d of an array of %d dimensions", axes[i], dims)
		}
		if slices.Contains(out[:i], k) {
			return nil, errs.New(errs.Shape, "axis %d is given twice", k)
		}
		out[i] = k
	}
	return out, nil
}
