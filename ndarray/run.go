package ndarray

import (
	"context"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/task"
	"github.com/outcore/outcore/zarr"
)

// A RunOption changes one Compute, Save or Assign.
type RunOption func(*runConfig)

type runConfig struct {
	task   task.RunOptions
	budget *memory.Budget
	cache  *Cache
	into   *Values
	meta   zarr.MetaOptions
	from   int64 // chunks to write; to < 0: all
	to     int64
}

func newConfig(opts []RunOption) *runConfig {
	c := &runConfig{task: task.RunOptions{Name: "array"}, to: -1}
	for _, o := range opts {
		o(c)
	}
	return c
}

// WithEvents names the steps and reports them to sink.
func WithEvents(name string, sink event.Sink) RunOption {
	return func(c *runConfig) { c.task.Name, c.task.Sink = name, sink }
}

// WithBudget counts a result in memory against b, and refuses one that does not
// fit. The runner reserves for the tasks.
func WithBudget(b *memory.Budget) RunOption { return func(c *runConfig) { c.budget = b } }

// WithCache keeps decoded chunks that are needed more than once in cache.
func WithCache(cache *Cache) RunOption { return func(c *runConfig) { c.cache = cache } }

// WithMeta says how Save makes an array: chunks (default: those of what is
// read), codecs, fill value, names, attributes.
func WithMeta(m zarr.MetaOptions) RunOption { return func(c *runConfig) { c.meta = m } }

// OnlyChunks makes Assign write the chunks from ≤ i < to of those it would,
// in C order, so that a long job can commit in between; see AssignChunks. With
// none, Assign says whether it could be done.
func OnlyChunks(from, to int64) RunOption {
	return func(c *runConfig) { c.from, c.to = from, to }
}

// hold reserves n bytes of Go heap for a result. Tasks of need bytes must still
// fit beside it, and beside the cache.
func (c *runConfig) hold(ctx context.Context, n, need int64, what string) (release func(), err error) {
	b := c.budget
	if c.cache != nil && c.cache.budget != nil {
		b, need = c.cache.budget, need+c.cache.limit
	}
	if b == nil {
		return func() {}, nil
	}
	if n > b.Room()-need {
		want := memory.Need((n + need + 1<<20) &^ (1<<20 - 1))
		var e *errs.Error
		if what == "" || n == 0 {
			e = errs.New(errs.TooLarge, "a task needs %s of memory; the cap is %s", memory.FormatSize(need), memory.FormatSize(b.Cap())).
				WithFix("--memory %s", memory.FlagSize(want))
			if c.cache != nil {
				e = errs.New(errs.TooLarge, "a task needs %s of memory, its cache counted; the cap is %s", memory.FormatSize(need), memory.FormatSize(b.Cap())).
					WithFix("a smaller cache, or --memory %s", memory.FlagSize(want))
			}
		} else {
			e = errs.New(errs.TooLarge, "%s is %s, and %s are needed to compute it; the cap is %s",
				what, memory.FormatSize(n), memory.FormatSize(need), memory.FormatSize(b.Cap())).
				WithFix("--memory %s, or a smaller part of it at a time", memory.FlagSize(want))
		}
		e.Err = &memory.RefusedError{What: what, Want: n + need, Need: want, Cap: b.Cap()}
		return nil, e
	}
	if c.budget == nil || n == 0 {
		return func() {}, nil
	}
	r, err := c.budget.Reserve(ctx, n, what)
	if err != nil {
		return nil, err
	}
	return r.Release, nil
}

// runTasks runs n tasks of do and gives their results to each, in order.
func runTasks[Out any](ctx context.Context, run task.Runner, c *runConfig, j *job, n int64, do func(context.Context, int64) (Out, error), each func(int64, Out) error) error {
	if n == 0 {
		return nil
	}
	type in struct{ I task.Index }
	op := task.Local("ndarray."+j.what, func(ctx context.Context, a in) (Out, error) { return do(ctx, int64(a.I)) },
		func(in) task.Cost { return task.Cost{Bytes: j.bytes, CPU: j.cpu} })
	return runOp(ctx, run, c, op, j.what, n, in{}, each)
}

// runOp runs n tasks of op.
func runOp[In, Out any](ctx context.Context, run task.Runner, c *runConfig, op task.Op[In, Out], key string, n int64, in In, each func(int64, Out) error) error {
	var g task.Graph
	span := op.Range(&g, task.Key(key), n, in)
	return collect(run.Run(ctx, &g, c.task, span.Key()), each)
}
