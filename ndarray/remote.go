package ndarray

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
	"github.com/outcore/outcore/zarr"
)

// The ops that portable plans are run by. Bytes and CPU are what the caller
// predicts.
type need struct {
	Bytes int64   `json:"bytes"`
	CPU   float64 `json:"cpu"`
}

func (n need) cost() task.Cost { return task.Cost{Bytes: n.Bytes, CPU: n.CPU} }

func (j *job) need() need { return need{j.bytes, j.cpu} }

// tileArgs ask for the elements of the tiles of a task.
type tileArgs struct {
	Plan  json.RawMessage `json:"plan"`
	Task  task.Index      `json:"task"`
	Grid  grid            `json:"grid"`
	Group int             `json:"group"`
	Need  need            `json:"need"`
}

// tileBytes is the most bytes a task gives back.
const tileBytes = 512 << 10

var tileOp = task.Register("ndarray.tile/v1", evalTask, func(a tileArgs) task.Cost { return a.Need.cost() })

// evalTask gives the tiles of a task one after another, each in C order.
func evalTask(ctx context.Context, a tileArgs) ([]byte, error) {
	j, err := cached(ctx, fmt.Sprint("tile", a.Grid, a.Group), a.Plan, func(n *node) (*job, error) {
		if len(a.Grid) != len(n.shape) || a.Group < 1 {
			return nil, errs.New(errs.Invalid, "plan of an array: grid of %d axes", len(a.Grid))
		}
		return &job{what: "compute", prog: compile(n), grid: a.Grid, tiles: a.Grid.counts(n.shape), group: a.Group}, nil
	})
	if err != nil {
		return nil, err
	}
	var out []byte
	size := j.prog.typ().Size()
	err = j.evalTiles(ctx, int64(a.Task), func(b box) strided {
		shape := b.shape()
		tile := make([]byte, count(shape)*size)
		out = append(out, tile...)
		return strided{buf: out[len(out)-len(tile):], strides: cStrides(shape)}
	})
	return out, err
}

// place puts what evalTask gave for task i into dst, an array of the job's shape.
func (j *job) place(i int64, data []byte, dst strided) error {
	size := j.prog.typ().Size()
	return j.each(i, func(b box) error {
		shape := b.shape()
		n := count(shape) * size
		if n > len(data) {
			return errs.New(errs.Invalid, "the result of a task has %d bytes too few", n-len(data))
		}
		to := dst
		for k, lo := range b.lo {
			to.off += lo * dst.strides[k]
		}
		copyBox(to, strided{buf: data[:n], strides: cStrides(shape)}, shape, size)
		data = data[n:]
		return nil
	})
}

// reduceArgs ask for the state of a part of a reduction.
type reduceArgs struct {
	Plan   json.RawMessage `json:"plan"`
	Reduce reduction       `json:"reduce"`
	Task   task.Index      `json:"task"`
	Need   need            `json:"need"`
}

var reduceOpTask = task.Register("ndarray.reduce/v1", reduceTask, func(a reduceArgs) task.Cost { return a.Need.cost() })

func reduceTask(ctx context.Context, a reduceArgs) ([]byte, error) {
	key, err := json.Marshal(a.Reduce)
	if err != nil {
		return nil, err
	}
	p, err := cached(ctx, "reduce"+string(key), a.Plan, func(n *node) (*pass, error) {
		if _, err := normalAxes(a.Reduce.Axes, len(n.shape)); err != nil {
			return nil, err
		}
		return newPass(n, &a.Reduce), nil
	})
	if err != nil {
		return nil, err
	}
	j := newReduceJob(p.arg, p.r, p.state)
	o := int(a.Task) / j.parts
	acc := p.make(o, count(j.outBox(o).shape()))
	if err := j.accumulate(ctx, o, int(a.Task)%j.parts, acc); err != nil {
		return nil, err
	}
	return pack(acc), nil
}

// writeArgs ask for chunks of a stored array to be made and staged.
type writeArgs struct {
	Plan    json.RawMessage `json:"plan"`
	Address string          `json:"address"`
	Path    string          `json:"path"`
	Doc     []byte          `json:"doc"` // zarr.json of the array
	Axes    []axis          `json:"axes"`
	From    int64           `json:"from"` // chunks of the part that is written
	To      int64           `json:"to"`
	Group   int             `json:"group"`
	Task    task.Index      `json:"task"`
	Need    need            `json:"need"`
}

var writeOp = task.Register("ndarray.write/v1", writeTask, func(a writeArgs) task.Cost { return a.Need.cost() })

func writeTask(ctx context.Context, a writeArgs) ([]staged, error) {
	out, err := newStaging(ctx, a.Address, a.Path, a.Doc)
	if err != nil {
		return nil, err
	}
	array, err := zarr.OpenArray(ctx, out, a.Path)
	if err != nil {
		return nil, err
	}
	n, err := cached(ctx, "write", a.Plan, func(n *node) (*node, error) { return n, nil })
	if err != nil {
		return nil, err
	}
	t, err := targetOf(array, a.Axes, n.shape)
	if err != nil {
		return nil, err
	}
	j := &job{prog: compile(n)}
	lo := a.From + int64(a.Task)*int64(a.Group)
	if err := t.write(ctx, j, lo, min(a.To, lo+int64(a.Group))); err != nil {
		return nil, err
	}
	if err := out.to.Sync(ctx); err != nil {
		return nil, err
	}
	return out.done, nil
}
