package ndarray

import (
	"context"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
)

// Compute runs a and gives the result in memory, on the Go heap. Errors are the
// first mistake of building, or of reading, with the array and chunk.
func (a Any) Compute(ctx context.Context, run task.Runner, opts ...RunOption) (*Values, error) {
	if err := a.Err(); err != nil {
		return nil, err
	}
	return computeNode(ctx, run, a.n, newConfig(opts))
}

// ComputeInto is Compute into memory that is there: v must have a's type and
// shape. After an error its values are unspecified.
func (a Any) ComputeInto(ctx context.Context, run task.Runner, v *Values, opts ...RunOption) error {
	if err := a.Err(); err != nil {
		return err
	}
	if v.Type != a.n.typ || !slices.Equal(v.Shape, a.n.shape) || len(v.Data) != count(v.Shape)*v.Type.Size() {
		return errs.New(errs.Shape, "values of %v %s (%d bytes) for a result of %v %s", v.Type, shapeText(v.Shape), len(v.Data), a.n.typ, shapeText(a.n.shape))
	}
	c := newConfig(opts)
	c.into = v
	got, err := computeNode(ctx, run, a.n, c)
	if err == nil && got != v {
		copy(v.Data, got.Data)
	}
	return err
}

func computeNode(ctx context.Context, run task.Runner, n *node, c *runConfig) (*Values, error) {
	if n.kind == kindReduce {
		return computeReduce(ctx, run, n, c)
	}
	n, err := settle(ctx, run, n, c)
	if err != nil {
		return nil, err
	}
	size := n.typ.Size()
	j := newJob("compute", n, n.grid.coarse(n.shape, taskElems))
	j.use(c)
	bytes := int64(count(n.shape) * size)
	v := c.into
	if v == nil {
		release, err := c.hold(ctx, bytes, j.bytes, "the result of shape "+shapeText(n.shape))
		if err != nil {
			return nil, err
		}
		defer release()
		v = &Values{Type: n.typ, Shape: slices.Clone(n.shape), Data: make([]byte, bytes)}
	} else if _, err := c.hold(ctx, 0, j.bytes, ""); err != nil {
		return nil, err
	}
	strides := cStrides(n.shape)
	if plan, why := portable(n); why == "" && len(v.Data) > 0 {
		if p := newJob("compute", n, n.grid.coarse(n.shape, tileBytes/size)); count(p.grid.largest(n.shape))*size <= tileBytes {
			p.group = min(p.group, max(1, tileBytes/size/count(p.grid.largest(n.shape))))
			in := tileArgs{Plan: plan, Grid: p.grid, Group: p.group, Need: p.need()}
			return v, runOp(ctx, run, c, tileOp, p.what, p.tasks(), in, func(i int64, data []byte) error {
				return p.place(i, data, strided{buf: v.Data, strides: strides})
			})
		}
	}
	do := func(ctx context.Context, i int64) (none, error) {
		return none{}, j.evalTiles(ctx, i, func(b box) strided {
			dst := strided{buf: v.Data, strides: strides}
			for k, lo := range b.lo {
				dst.off += lo * strides[k]
			}
			return dst
		})
	}
	return v, runTasks(ctx, run, c, j, j.tasks(), do, ignore)
}

// Settle computes the reductions in a, one after another, and gives a with
// their values, which stay in memory, in their places: for what is used several
// times, as an Assign in parts is.
func (a Any) Settle(ctx context.Context, run task.Runner, opts ...RunOption) (Any, error) {
	if err := a.Err(); err != nil {
		return Any{}, err
	}
	n, err := settle(ctx, run, a.n, newConfig(opts))
	return Any{n}, err
}

// settle computes the reductions below n and puts their values in their places.
func settle(ctx context.Context, run task.Runner, n *node, c *runConfig) (*node, error) {
	return replaced(n, func(r *node) (*node, error) {
		v, err := computeReduce(ctx, run, r, c)
		if err != nil {
			return nil, err
		}
		return newValues(v.Type, v.Data, v.Shape), nil
	})
}

// planned is n as it will be when the reductions are computed, but for their
// values.
func planned(n *node) *node {
	n, _ = replaced(n, func(r *node) (*node, error) { // never fails
		return newValues(r.typ, nil, r.shape), nil
	})
	return n
}

// replaced is n with other nodes for its reductions, the innermost first.
func replaced(n *node, by func(*node) (*node, error)) (*node, error) {
	done := map[*node]*node{}
	var failure error
	n.walk(func(m *node) {
		if failure != nil {
			return
		}
		r := m
		if slices.ContainsFunc(m.args, func(a *node) bool { return done[a] != a }) {
			copied := *m
			copied.args = make([]*node, len(m.args))
			for i, a := range m.args {
				copied.args[i] = done[a]
			}
			r = &copied
		}
		if r.kind == kindReduce {
			if r, failure = by(r); failure != nil {
				return
			}
			r.grid = m.grid
		}
		done[m] = r
	})
	return done[n], failure
}
