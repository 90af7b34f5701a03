package ndarray

import (
	"context"
	"math"
	"slices"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/task"
)

// A Summary is several reductions of one array, made in one pass. All values
// have the shape of the axes that are kept.
type Summary struct {
	N    int64   // elements that went into each value, those skipped too
	Min  *Values // of the array's type
	Max  *Values
	Sum  *Values // int64 or uint64 of integers (wrapping around), else float64
	Mean *Values // float64
	Std  *Values // float64; of the deviations from the mean, divided by N − ddof
	NaN  *Values // int64: how many there are
}

// Stats summarises a over axes in one pass over the data. As in NumPy one NaN
// makes all but the counts NaN, unless it is skipped.
func (a Any) Stats(ctx context.Context, run task.Runner, over []ReduceOption, opts ...RunOption) (*Summary, error) {
	r := reduction{Op: redMin}
	for _, o := range over {
		o(&r)
	}
	n := newReduce(a.n, r)
	if n.err != nil {
		return nil, n.err
	}
	c := newConfig(opts)
	arg, err := settle(ctx, run, n.args[0], c)
	if err != nil {
		return nil, err
	}
	all := *n.reduce
	all.Op = redStats
	sum := dtype.Float64
	if !arg.typ.Float() {
		sum = (&reduction{Op: redSum}).result(arg.typ)
	}
	pass := newPass(arg, &all)
	each := int64(2*arg.typ.Size() + sum.Size() + 2*dtype.Float64.Size() + dtype.Int64.Size())
	release, err := c.hold(ctx, int64(count(n.shape))*each, newReduceJob(arg, pass.r, pass.state).bytes, "the summary of shape "+shapeText(n.shape))
	if err != nil {
		return nil, err
	}
	defer release()
	values := func(t dtype.Type) *Values {
		return &Values{Type: t, Shape: slices.Clone(n.shape), Data: make([]byte, count(n.shape)*t.Size())}
	}
	s := &Summary{Min: values(arg.typ), Max: values(arg.typ), Sum: values(sum),
		Mean: values(dtype.Float64), Std: values(dtype.Float64), NaN: values(dtype.Int64)}
	err = pass.run(ctx, run, c, func(_ int, elems int64, dst strided, shape []int, acc accumulator) error {
		s.N = elems
		put := func(v *Values, data []byte) {
			dst.buf = v.Data
			copyBox(dst, strided{buf: data, strides: cStrides(shape)}, shape, v.Type.Size())
		}
		p := acc.(summarizer).summary(elems)
		put(s.Min, p.min)
		put(s.Max, p.max)
		put(s.Sum, p.sum)
		put(s.Mean, bytesOf(p.mean))
		put(s.Std, bytesOf(p.std))
		put(s.NaN, bytesOf(p.nan))
		return nil
	})
	return s, err
}

// parts is the values of a Summary for the outputs of one tile.
type parts struct {
	min, max, sum []byte
	mean, std     []float64
	nan           []int64
}

type summarizer interface{ summary(n int64) parts }

func (a *acc[T]) summary(n int64) parts {
	outputs := len(a.n)
	p := parts{min: bytesOf(a.lo), max: bytesOf(a.hi), mean: make([]float64, outputs), std: make([]float64, outputs),
		nan: make([]int64, outputs)}
	a.blank(p.min)
	a.blank(p.max)
	sums := make([]float64, outputs)
	for i := range outputs {
		m := a.moments(i)
		sums[i], p.mean[i] = m.sum(), m.mean()
		if m.n == 0 {
			p.mean[i] = math.NaN()
		}
		p.std[i] = math.Sqrt(a.variance(i, n))
	}
	copy(p.nan, a.nan)
	if p.sum = bytesOf(sums); a.isum != nil {
		p.sum = bytesOf(a.isum)
	}
	return p
}
