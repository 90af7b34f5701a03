package ndarray

import (
	"slices"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A reduction is what a reduce node does to its argument. Its JSON is part of
// the portable plan.
type reduction struct {
	Op   reduceOp `json:"op"`
	Axes []int    `json:"axes"` // increasing
	Keep bool     `json:"keep,omitempty"`
	DDoF int      `json:"ddof,omitempty"` // of var and std
	Skip bool     `json:"skip,omitempty"` // NaN
}

type reduceOp string

const (
	redSum    reduceOp = "sum"
	redProd   reduceOp = "prod"
	redMean   reduceOp = "mean"
	redVar    reduceOp = "var"
	redStd    reduceOp = "std"
	redMin    reduceOp = "min"
	redMax    reduceOp = "max"
	redArgMin reduceOp = "argmin"
	redArgMax reduceOp = "argmax"
	redAny    reduceOp = "any"
	redAll    reduceOp = "all"
	redCount  reduceOp = "count"
	redNaN    reduceOp = "nan"
	redStats  reduceOp = "stats" // all that Summary holds; never a node's
)

// result is the element type of r over elements of t.
func (r *reduction) result(t dtype.Type) dtype.Type {
	switch r.Op {
	case redSum, redProd:
		switch {
		case t.Float():
			return t
		case isInt(t) && !isSigned(t):
			return dtype.Uint64
		}
		return dtype.Int64
	case redMean, redVar, redStd:
		if t.Float() {
			return t
		}
		return dtype.Float64
	case redArgMin, redArgMax, redCount, redNaN:
		return dtype.Int64
	case redAny, redAll:
		return dtype.Bool
	}
	return t
}

// reducedMask tells the axes that are reduced.
func (r *reduction) mask(dims int) []bool {
	m := make([]bool, dims)
	for _, k := range r.Axes {
		m[k] = true
	}
	return m
}

// newReduce builds a reduction of n; no axes means all.
func newReduce(n *node, r reduction) *node {
	if f := firstErr(n); f != nil {
		return f
	}
	n = n.strong()
	if len(r.Axes) == 0 {
		for k := range n.shape {
			r.Axes = append(r.Axes, k)
		}
	}
	axes, err := normalAxes(r.Axes, len(n.shape))
	if err != nil {
		return failed(err)
	}
	slices.Sort(axes)
	r.Axes = axes
	mask := r.mask(len(n.shape))
	var shape []int
	var g grid
	over := 1
	in := reduceGrid(n)
	for k, s := range n.shape {
		switch {
		case mask[k]:
			over *= min(s, 1)
			if r.Keep {
				shape, g = append(shape, 1), append(g, axisGrid{1, 1})
			}
		default:
			shape, g = append(shape, s), append(g, in[k])
		}
	}
	if over == 0 {
		switch r.Op {
		case redMin, redMax, redArgMin, redArgMax:
			return failed(errs.New(errs.Shape, "%s of no elements: shape %s along axes %v", r.Op, shapeText(n.shape), axes))
		}
	}
	if !n.typ.Float() {
		r.Skip = false // no NaN to skip
	}
	return &node{kind: kindReduce, typ: r.result(n.typ), shape: shape, grid: g, args: []*node{n}, reduce: &r}
}

// reduceGrid is the tiles a reduction of n works on. It follows from shape and
// chunks alone, and so do the bits of the result.
func reduceGrid(n *node) grid { return n.grid.coarse(n.shape, max(1, taskElems/4)) }

// A ReduceOption changes a reduction.
type ReduceOption func(*reduction)

// Axes are those that are reduced; without them all are. Negative counts from
// the end.
func Axes(axes ...int) ReduceOption {
	return func(r *reduction) { r.Axes = slices.Clone(axes) }
}

// KeepDims leaves reduced axes with length 1.
func KeepDims() ReduceOption { return func(r *reduction) { r.Keep = true } }

// DDoF is what var and std take from the number of elements they divide by;
// default 0.
func DDoF(n int) ReduceOption { return func(r *reduction) { r.DDoF = n } }

// SkipNaN leaves NaN out: NumPy's nansum, nanmean, …. Where nothing is left,
// sums are 0 and the others NaN.
func SkipNaN() ReduceOption { return func(r *reduction) { r.Skip = true } }

func (a Any) reduced(o reduceOp, opts []ReduceOption) Any {
	r := reduction{Op: o}
	for _, opt := range opts {
		opt(&r)
	}
	return Any{newReduce(a.n, r)}
}

// Sum adds up: integers in int64 or uint64, wrapping around, floats in float64
// and rounded once.
func (a Any) Sum(opts ...ReduceOption) Any { return a.reduced(redSum, opts) }

// Prod multiplies, as Sum adds.
func (a Any) Prod(opts ...ReduceOption) Any { return a.reduced(redProd, opts) }

// Mean is the arithmetic mean: float64 of integers.
func (a Any) Mean(opts ...ReduceOption) Any { return a.reduced(redMean, opts) }

// Var is the variance, Std its root; see DDoF.
func (a Any) Var(opts ...ReduceOption) Any { return a.reduced(redVar, opts) }

// Std is the standard deviation.
func (a Any) Std(opts ...ReduceOption) Any { return a.reduced(redStd, opts) }

// Min and Max are NaN where there is one.
func (a Any) Min(opts ...ReduceOption) Any { return a.reduced(redMin, opts) }

// Max is the largest element.
func (a Any) Max(opts ...ReduceOption) Any { return a.reduced(redMax, opts) }

// ArgMin and ArgMax give the place of the first smallest or largest element, or
// of the first NaN, counted in C order over the reduced axes. They skip no NaN.
func (a Any) ArgMin(opts ...ReduceOption) Any { return a.reduced(redArgMin, opts) }

// ArgMax is the place of the first largest element.
func (a Any) ArgMax(opts ...ReduceOption) Any { return a.reduced(redArgMax, opts) }

// AnyTrue is whether an element is not zero, AllTrue whether none is.
func (a Any) AnyTrue(opts ...ReduceOption) Any { return a.reduced(redAny, opts) }

// AllTrue is whether no element is zero.
func (a Any) AllTrue(opts ...ReduceOption) Any { return a.reduced(redAll, opts) }

// CountNonzero counts elements that are not zero; NaN is not.
func (a Any) CountNonzero(opts ...ReduceOption) Any { return a.reduced(redCount, opts) }

// CountNaN counts the NaN.
func (a Any) CountNaN(opts ...ReduceOption) Any { return a.reduced(redNaN, opts) }

// Mean is the arithmetic mean over axes, all when none are given, in float64.
func Mean[T Element](a Array[T], axes ...int) Array[float64] {
	return Convert[float64](a.Any().Mean(Axes(axes...)))
}

// Sum adds up over axes, all when none are given: in the type NumPy's sum has,
// which U must be.
func Sum[U, T Element](a Array[T], axes ...int) Array[U] {
	return Typed[U](a.Any().Sum(Axes(axes...)))
}
