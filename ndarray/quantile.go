package ndarray

import (
	"context"
	"math"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
)

// The memory that quantiles take: values of one tile are kept up to gather
// bytes, histograms up to tables; small in tests.
var gatherBytes, tableBytes = 16 << 20, 64 << 20

// Quantiles gives the exact quantiles q (0 ≤ q ≤ 1) of a over axes, as float64
// of the shape (len(q), kept axes…), interpolated linearly as NumPy does. NaN
// gives NaN, unless it is skipped.
//
// Where the values of a tile of the result fit into 16 MiB it takes one pass.
// Else the first pass counts how elements begin, in histograms of up to 64 MiB,
// and the next ones look at those alone that begin as the quantiles do. Over all
// axes it is two passes for elements of up to 32 bits; for those of 64 two where
// at most 2 Mi elements begin so (of some 10⁸ that are spread), or whole numbers
// lie within 65,536 of each other, else three, and at most four. Many outputs
// take more.
func (a Any) Quantiles(ctx context.Context, run task.Runner, q []float64, over []ReduceOption, opts ...RunOption) (*Values, error) {
	r := reduction{Op: redCount}
	for _, o := range over {
		o(&r)
	}
	n := newReduce(a.n, r)
	if n.err != nil {
		return nil, n.err
	}
	for _, x := range q {
		if !(x >= 0 && x <= 1) {
			return nil, errs.New(errs.Invalid, "quantile %v, expected 0 to 1", x)
		}
	}
	c := newConfig(opts)
	arg, err := settle(ctx, run, n.args[0], c)
	if err != nil {
		return nil, err
	}
	v := &Values{Type: TypeOf[float64](), Shape: append([]int{len(q)}, n.shape...)}
	s := &search{arg: arg, r: n.reduce, q: q, outputs: count(n.shape), width: 8 * arg.typ.Size()}
	out := make([]float64, len(q)*s.outputs)
	v.Data = bytesOf(out)
	if len(out) == 0 {
		return v, nil
	}
	if count(arg.shape) == 0 {
		return nil, errs.New(errs.Shape, "quantile of no elements: shape %s along axes %v", shapeText(arg.shape), n.reduce.Axes)
	}
	return v, s.run(ctx, run, c, out)
}

// A search finds order statistics by their keys: unsigned numbers in the order
// of the elements.
type search struct {
	arg     *node
	r       *reduction
	q       []float64
	outputs int
	width   int // bits of a key

	n       []int64     // elements of each output, those skipped not
	nan     []int64     // of each output
	ranks   []int64     // 2·len(q) an output: of the elements below and above q
	keys    []uint64    // their keys, as far as they are known
	known   int         // bits of keys that are known
	bits    int         // that a pass finds
	targets int         // ranks an output
	ends    [][2]uint64 // between which the keys lie, from the last pass
	near    []int64     // elements that begin as the keys of each output do, at most
}

func (s *search) run(ctx context.Context, run task.Runner, c *runConfig, out []float64) error {
	j := newReduceJob(s.arg, s.r, 0)
	tile := 1
	over := 1
	for k, n := range j.grid.largest(s.arg.shape) {
		if j.mask[k] {
			over *= s.arg.shape[k]
		} else {
			tile *= n
		}
	}
	s.n, s.nan = make([]int64, s.outputs), make([]int64, s.outputs)
	if over <= gatherBytes/8/tile {
		return s.gather(ctx, run, c, over, out)
	}
	s.targets = 2 * len(s.q)
	s.ranks, s.keys = make([]int64, s.outputs*s.targets), make([]uint64, s.outputs*s.targets)
	s.ends, s.near = make([][2]uint64, s.outputs*s.targets), make([]int64, s.outputs)
	for s.known < s.width {
		tables := 1
		s.bits = 16
		if s.known > 0 {
			tables = s.targets
			if done, err := s.pick(ctx, run, c); done || err != nil {
				if err != nil {
					return err
				}
				break
			}
		} else if s.width == 64 && tile == 1 {
			s.bits = firstBits
		}
		for s.bits > 4 && tables*tile<<s.bits > tableBytes/8 {
			s.bits--
		}
		s.bits = min(s.bits, s.width-s.known)
		if err := s.pass(ctx, run, c, tables); err != nil {
			return err
		}
		s.skip()
	}
	for o := range s.outputs {
		for i, q := range s.q {
			at := o*s.targets + 2*i
			out[i*s.outputs+o] = s.value(o, q, valueOf(s.arg.typ, s.keys[at]), valueOf(s.arg.typ, s.keys[at+1]))
		}
	}
	return nil
}

// rank gives the places of the two elements that quantile q of n lies between,
// and how far it is from the first.
func rank(q float64, n int64) (below, above int64, t float64) {
	v := q * float64(n-1)
	below = min(int64(v), n-1)
	return below, min(below+1, n-1), v - float64(below)
}

// value interpolates as NumPy does, from the nearer end.
func (s *search) value(o int, q, a, b float64) float64 {
	if s.nan[o] > 0 && !s.r.Skip || s.n[o] == 0 {
		return math.NaN()
	}
	_, _, t := rank(q, s.n[o])
	if a == b {
		return a
	}
	if t >= 0.5 {
		return b - float64((b-a)*(1-t))
	}
	return a + float64((b-a)*t)
}

// gather keeps all values of a tile and sorts them.
func (s *search) gather(ctx context.Context, run task.Runner, c *runConfig, over int, out []float64) error {
	p := &pass{arg: s.arg, r: s.r, state: 8 * over, make: func(_, outputs int) accumulator {
		return newKeyAcc(s.arg.typ, &gathered{values: make([][]uint64, outputs), nan: make([]int64, outputs)})
	}}
	return p.run(ctx, run, c, func(_ int, _ int64, dst strided, shape []int, acc accumulator) error {
		g := acc.(keyAcc).sink().(*gathered)
		return eachOutput(dst, shape, func(i, o int) {
			keys := g.values[i]
			slices.Sort(keys)
			s.n[o], s.nan[o] = int64(len(keys)), g.nan[i]
			for k, q := range s.q {
				var a, b float64
				if len(keys) > 0 {
					below, above, _ := rank(q, s.n[o])
					a, b = valueOf(s.arg.typ, keys[below]), valueOf(s.arg.typ, keys[above])
				}
				out[k*s.outputs+o] = s.value(o, q, a, b)
			}
		})
	})
}

// eachOutput calls f with the number of each output in its tile and in all.
func eachOutput(dst strided, shape []int, f func(i, o int)) error {
	at := make([]int, len(shape))
	for i := range count(shape) {
		unravel(i, shape, at)
		o := dst.off
		for k, x := range at {
			o += x * dst.strides[k]
		}
		f(i, o)
	}
	return nil
}

// pass finds the next bits of all keys.
func (s *search) pass(ctx context.Context, run task.Runner, c *runConfig, tables int) error {
	state := (tables << s.bits) * 8
	maps := s.places()
	p := &pass{arg: s.arg, r: s.r, state: state, make: func(tile, outputs int) accumulator {
		var prefix []uint64
		if s.known > 0 {
			prefix = make([]uint64, outputs*tables)
			for i, o := range maps[tile] {
				copy(prefix[i*tables:(i+1)*tables], s.keys[o*s.targets:])
			}
		}
		return newKeyAcc(s.arg.typ, newHistogram(outputs, tables, s.bits, s.width-s.known-s.bits, prefix))
	}}
	first := s.known == 0
	err := p.run(ctx, run, c, func(_ int, elems int64, dst strided, shape []int, acc accumulator) error {
		h := acc.(keyAcc).sink().(*histogram)
		return eachOutput(dst, shape, func(i, o int) {
			if first {
				s.nan[o] = h.nan[i]
				s.n[o] = elems - h.nan[i]
				for k, q := range s.q {
					s.ranks[o*s.targets+2*k], s.ranks[o*s.targets+2*k+1], _ = rank(q, max(s.n[o], 1))
				}
			}
			s.near[o] = 0
			for t := range s.targets {
				at := o*s.targets + t
				n := h.find(i, t%tables, &s.keys[at], &s.ranks[at])
				s.ends[at] = h.ends[i*tables+t%tables]
				if t == 0 || s.keys[at] != s.keys[at-1] {
					s.near[o] += n
				}
			}
		})
	})
	s.known += s.bits
	return err
}

// places gives, for each tile of the result, the numbers of its outputs.
func (s *search) places() [][]int {
	j := newReduceJob(s.arg, s.r, 0)
	var kept []int
	for k, n := range s.arg.shape {
		if !j.mask[k] {
			kept = append(kept, n)
		}
	}
	strides := cStrides(kept)
	out := make([][]int, j.outTiles)
	for tile := range out {
		dst, shape := j.outPlace(tile, strides)
		out[tile] = make([]int, count(shape))
		_ = eachOutput(dst, shape, func(i, o int) { out[tile][i] = o }) // never fails
	}
	return out
}
