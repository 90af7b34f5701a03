package train

import (
	"context"
	"fmt"
	"math"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/feature/profile"
	"github.com/outcore/outcore/ml"
	"github.com/outcore/outcore/stream"
)

// A lesson is one batch, ready to be learned from.
type lesson struct {
	place
	frame *feature.Frame // nil when every row is held out
	look  *profile.Part  // of a sampled batch
	raw   feature.Matrix // the rows of a sampled batch as they came, where they are wide and sparse; valid as long as frame
}

func (l lesson) drop() {
	if l.frame != nil {
		l.frame.Release()
	}
}

// learn makes the learner's epochs.
func (t *trainer) learn(ctx context.Context) error {
	if t.Pipeline.Learner() == nil {
		return nil
	}
	s := &t.state
	for len(s.Result.Epochs) < t.Epochs && s.Result.Diverged == nil {
		name := "learn"
		if t.Epochs > 1 {
			name = fmt.Sprintf("learn epoch %d", len(s.Result.Epochs)+1)
		}
		if err := t.epoch(ctx, name); err != nil {
			return err
		}
		if s.Kept == 0 && s.Result.Diverged == nil {
			t.hopeless.Store(true)
			return t.feed.noRow(s.Rows)
		}
		e := Epoch{Rows: s.LossRows}
		if e.Rows > 0 {
			e.Loss = compose.Score(s.Loss / float64(e.Rows))
		}
		s.Result.Epochs = append(s.Result.Epochs, e)
		s.Loss, s.LossRows = 0, 0
		s.nextPass(name, t.feed)
		t.Pipeline.Rest()
		if err := t.save(ctx); err != nil {
			return err
		}
	}
	return nil
}

// epoch is one pass of the learner: batches are transformed by the workers and
// learned from in order.
func (t *trainer) epoch(ctx context.Context, name string) error {
	if len(t.state.Result.Epochs) == 0 && t.state.look == nil && t.state.wide == nil {
		if t.wide() {
			t.state.wide = profile.NewWide(len(t.feed.asm.Schema().Fields))
		} else {
			t.state.look = profile.New(t.feed.asm.Schema())
		}
	}
	m := stream.Mapper[*feature.Cut, lesson]{
		New:     func() func(context.Context, *feature.Cut) (lesson, error) { return t.prepare },
		Workers: t.Jobs,
		Window:  batchWindow(t.Jobs),
		DropIn:  (*feature.Cut).Release,
		DropOut: lesson.drop,
	}
	diverged := fmt.Errorf("diverged")
	fold := fold(t, name, func(_ context.Context, l lesson) error {
		err := t.failed(t.study(l), l.mark)
		t.state.advance(l.place)
		if err == nil && t.state.Result.Diverged != nil {
			return diverged
		}
		return err
	})
	err := fold.Run(ctx, m.Map(ctx, t.cuts(ctx, t.Batch)))
	if err == diverged {
		t.Events.Send(event.Event{Kind: event.End, Step: name, Unit: unit(t.Data), Done: t.feed.read.Load(), Rows: t.state.Rows, Message: "diverged"})
		if t.KeepDiverged {
			return nil
		}
		t.hopeless.Store(true)
		return t.state.Result.Diverged.err(t.Pipeline)
	}
	return err
}

// prepare makes a lesson of one batch, in a worker.
func (t *trainer) prepare(_ context.Context, c *feature.Cut) (lesson, error) {
	defer t.Trace.begin("transform")()
	l := lesson{place: placeOf(c)}
	f, err := t.take(c, t.trained)
	if err != nil {
		return l, err
	}
	l.kept = f.N
	if f.N == 0 {
		f.Release()
		return l, nil
	}
	if t.Online { // the steps learn first, in order
		l.frame = f
		return l, nil
	}
	x, first := f.X, f.First
	if l.frame, err = t.Pipeline.Transform(f); err != nil {
		return l, t.failed(err, l.mark)
	}
	if t.sampled(first) {
		err = t.lookAt(x, &l, l.frame.Y)
	}
	return l, err
}

// mostLooked is the most columns of sparse data that are profiled: a profile
// goes through the zeros too, and would take longer than learning.
const mostLooked = 2048

// wide says whether there are more.
func (t *trainer) wide() bool {
	return t.Data.Schema().Sparse && len(t.feed.asm.Schema().Fields) > mostLooked
}

// sampled says which batches are looked at for suspicious columns: the first
// 64 and one in 16 of the others, in the first epoch.
func (t *trainer) sampled(first int64) bool {
	i := first / int64(t.Batch)
	return len(t.state.Result.Epochs) == 0 && (i < 64 || i%16 == 0)
}

// lookAt notes in l the columns as they came, beside the target as it is learned.
func (t *trainer) lookAt(x feature.Matrix, l *lesson, y []float64) (err error) {
	if k := len(t.Pipeline.Classes()); x == nil || k > 2 {
		return nil
	}
	if t.state.wide != nil {
		l.raw = x
		return nil
	}
	l.look, err = t.state.look.Part(&feature.Frame{N: len(y), X: x, Y: y})
	return err
}

// study learns from a lesson and notes what it shows.
func (t *trainer) study(l lesson) error {
	s := &t.state
	if l.frame == nil {
		return nil
	}
	defer t.Trace.begin("learn")()
	f := l.frame
	if t.Online {
		x := f.X
		var err error
		if f, err = t.Pipeline.Online(f); err != nil {
			return err
		}
		defer f.Release()
		if t.sampled(l.first) {
			if err = t.lookAt(x, &l, f.Y); err != nil {
				return err
			}
		}
	} else {
		defer f.Release()
		if err := t.Pipeline.PartialFit(f); err != nil {
			return err
		}
	}
	if len(s.Result.Epochs) == 0 {
		if s.Target.Count == nil && t.Pipeline.Classifier() {
			s.Target.Count = make([]float64, len(t.Pipeline.Classes()))
		}
		s.Target.add(f.Y, f.W)
	}
	if l.look != nil {
		s.look.Merge(l.look)
	}
	if l.raw != nil {
		if err := s.wide.Add(l.raw, f.Y); err != nil {
			return err
		}
	}
	if r, ok := t.Pipeline.Learner().(ml.LossReporter); ok {
		sum, rows := r.LastLoss()
		s.Loss = min(s.Loss+sum, math.MaxFloat64)
		s.LossRows += int64(rows)
		t.tell(l, sum, rows)
		t.watch(l, sum, rows)
	}
	return nil
}

// tell reports the progressive loss of batches 1, 2, 4, 8 and so on of an epoch.
func (t *trainer) tell(l lesson, sum float64, rows int) {
	if n := l.first/int64(t.Batch) + 1; n&(n-1) == 0 {
		t.Events.Send(event.Event{Kind: event.Metric, Step: "learn", Rows: l.next, Fields: map[string]float64{"loss": sum / float64(rows)}})
	}
}
