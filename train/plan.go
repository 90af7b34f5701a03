package train

import (
	"context"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
)

// A Plan is what Run would do.
type Plan struct {
	Passes    []string `json:"passes"`
	NeedBytes int64    `json:"need_bytes"` // the --memory that would do
}

// Rehearse checks a Config as Run does and says what Run would do.
func Rehearse(c Config) (*Plan, error) {
	t, err := newTrainer(&c)
	if err != nil {
		return nil, err
	}
	t.measure()
	p := &Plan{NeedBytes: memory.Need(t.need(t.Jobs))}
	if c.Online {
		p.Passes = []string{"learn online"}
	} else {
		for _, pass := range c.Pipeline.Plan() {
			p.Passes = append(p.Passes, pass.Name())
		}
	}
	if c.Holdout > 0 {
		p.Passes = append(p.Passes, "score")
	}
	return p, nil
}

// autoRows is how many rows Auto looks at.
const autoRows = 10_000

// Auto chooses a pipeline by the first rows of the data, and says why.
func Auto(ctx context.Context, ds source.Dataset, roles feature.Roles) (*compose.Pipeline, []string, error) {
	roles.Labels = roles.Target == "" && ds.Schema().Labels
	roles.DropMissing = true
	if roles.Target == "" && !roles.Labels {
		return nil, nil, errs.New(errs.Invalid, "nothing says what to predict; the columns are %s", feature.Schema{Fields: fields(ds.Schema())}.Brief()).
			WithFix("--target COLUMN")
	}
	for _, f := range ds.Files() {
		if f.Size < 0 {
			return nil, nil, errs.New(errs.Unsupported, "auto looks at the first rows, and standard input can be read once").
				WithFix("--pipeline with steps, or save it to a file")
		}
	}
	asm, err := feature.NewAssembler(columns(ds.Schema()), roles)
	if err != nil {
		return nil, nil, err
	}
	f := &feed{ds: ds, asm: asm, jobs: 1}
	for cut, err := range (feature.Cutter{Rows: autoRows}).Cut(f.frames(ctx, mark{})) {
		if err != nil {
			return nil, nil, err
		}
		sample, err := cut.Frame()
		if err != nil {
			return nil, nil, err
		}
		defer sample.Release()
		c, err := compose.Auto(asm.Schema(), sample)
		if err != nil {
			return nil, nil, err
		}
		return c.Pipeline.Clone(), c.Lines, nil
	}
	return nil, nil, f.noRow(0)
}
