package train

import (
	"context"
	"fmt"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
	"github.com/outcore/outcore/stream"
)

// A summary is what a worker made of one canonical block.
type summary struct {
	place
	parts compose.Parts
}

// fit makes the passes that exact steps need.
func (t *trainer) fit(ctx context.Context) error {
	if t.Online {
		return nil
	}
	for {
		plan := t.Pipeline.Plan()
		if len(plan) == 0 || plan[0].Learn {
			return nil
		}
		pass := plan[0]
		if err := t.fitPass(ctx, pass); err != nil {
			return fmt.Errorf("%s: %w", pass.Name(), err)
		}
		if err := t.Pipeline.Finish(pass); err != nil {
			t.hopeless.Store(true)
			if t.state.Kept == 0 {
				return t.feed.noRow(t.state.Rows)
			}
			return err
		}
		t.state.nextPass(pass.Name(), t.feed)
		t.Pipeline.Rest()
		if err := t.widen(); err != nil {
			return err
		}
		if err := t.save(ctx); err != nil {
			return err
		}
	}
}

// fitPass folds the summaries of all canonical blocks.
func (t *trainer) fitPass(ctx context.Context, pass compose.Pass) error {
	summarise := func(_ context.Context, c *feature.Cut) (summary, error) {
		defer t.Trace.begin("transform")()
		s := summary{place: placeOf(c)}
		f, err := t.take(c, t.trained)
		if err != nil {
			return s, err
		}
		s.kept = f.N
		if f.N == 0 {
			f.Release()
			return s, nil
		}
		s.parts, err = t.Pipeline.Part(pass, f)
		return s, t.failed(err, s.mark)
	}
	m := stream.Mapper[*feature.Cut, summary]{
		New:     func() func(context.Context, *feature.Cut) (summary, error) { return summarise },
		Workers: t.Jobs,
		Window:  blockWindow(t.Jobs),
		DropIn:  (*feature.Cut).Release,
	}
	fold := fold(t, pass.Name(), func(_ context.Context, s summary) error {
		if s.kept > 0 {
			if err := t.Pipeline.Merge(pass, s.parts); err != nil {
				return t.failed(err, s.mark)
			}
		}
		t.state.advance(s.place)
		return t.count()
	})
	return fold.Run(ctx, m.Map(ctx, t.cuts(ctx, ml.BlockRows)))
}
