package train

import (
	"context"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/feature/profile"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/ml"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/stream"
)

// LookConfig says what to look at.
type LookConfig struct {
	Data   source.Dataset
	Roles  feature.Roles // with a target, correlations are found too
	Jobs   int
	Budget *memory.Budget
	Pool   *source.Pool
	Events event.Sink
}

// Look profiles the number columns of a data set in one pass.
func Look(ctx context.Context, c LookConfig) (*profile.Profile, error) {
	asm, err := feature.NewAssembler(columns(c.Data.Schema()), c.Roles)
	if err != nil {
		return nil, err
	}
	schema := asm.Schema()
	x := shapeOf(c.Data, asm, nil, room(c.Budget))
	c.Jobs = fewer(c.Jobs, c.Budget, func(jobs int) int64 { return c.need(x, jobs) })
	release, err := reserve(ctx, c.Budget, c.Pool, "looking", c.need(x, c.Jobs))
	if err != nil {
		return nil, err
	}
	defer release()
	asm.Alloc = frames(c.Pool)
	f := &feed{ds: c.Data, asm: asm, jobs: c.Jobs}
	whole := profile.New(schema)
	m := stream.Mapper[*feature.Cut, *profile.Part]{
		New: func() func(context.Context, *feature.Cut) (*profile.Part, error) {
			return func(_ context.Context, c *feature.Cut) (*profile.Part, error) {
				frame, err := c.Frame()
				if err != nil {
					return nil, err
				}
				defer frame.Release()
				return whole.Part(frame)
			}
		},
		Workers: c.Jobs,
		Window:  blockWindow(c.Jobs),
		DropIn:  (*feature.Cut).Release,
	}
	var before int64
	fold := stream.Fold[*profile.Part]{
		Name: "look", Events: c.Events, Total: size(c.Data), Unit: unit(c.Data),
		Progress: func(p *profile.Part) (bytes, rows int64) {
			read := f.read.Load()
			bytes, before = read-before, read
			return bytes, p.Rows()
		},
		Step: func(_ context.Context, p *profile.Part) error { whole.Merge(p); return nil },
	}
	cuts := feature.Cutter{Rows: ml.BlockRows, Alloc: asm.Alloc}.Cut(f.frames(ctx, mark{}))
	if err := fold.Run(ctx, m.Map(ctx, cuts)); err != nil {
		return nil, err
	}
	return whole, nil
}

// Use gives the named columns of a data set, as Roles.Inputs takes them.
func Use(ds source.Dataset, names []string) ([]feature.Field, error) {
	all := feature.Schema{Fields: fields(ds.Schema())}
	var out []feature.Field
	for _, name := range names {
		f, _, err := all.Lookup(name)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	if out == nil {
		return nil, errs.New(errs.Invalid, "no columns to learn from")
	}
	return out, nil
}
