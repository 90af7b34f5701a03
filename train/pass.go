package train

import (
	"context"
	"iter"

	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/stream"
)

// A place is where a batch lies: enough to go on right after it.
type place struct {
	first, next int64 // numbers, in the pass, of its first row and of the one after its last
	kept        int   // rows of it that this pass uses
	mark        mark  // before the segment that holds its last row
	markRow     int64 // number, in the pass, of that segment's first row
}

func placeOf(c *feature.Cut) place {
	return place{first: c.First, next: c.First + int64(c.N), mark: c.Mark.(mark), markRow: c.MarkRow}
}

// size is the number of rows, those that the pass does not use included.
func (p place) size() int64 { return p.next - p.first }

// batchWindow is how many batches exist between the cutter and the fold. Batches
// come in bursts, a segment at a time, and are learned from evenly: with three
// a worker the fold has always one to go on with (a quarter less time than
// with one).
func batchWindow(jobs int) int { return 3*jobs + 2 }

// blockWindow is the same where a fold costs next to nothing: of canonical
// blocks that are summarised.
func blockWindow(jobs int) int { return jobs + 2 }

// answerWindow is the same of blocks that are answered.
func answerWindow(jobs int) int { return jobs + 1 }

// cuts yields the batches of a pass, from where the state stands on.
func (t *trainer) cuts(ctx context.Context, rows int) iter.Seq2[*feature.Cut, error] {
	s := &t.state
	c := feature.Cutter{Rows: rows, Start: s.MarkRow, From: s.Rows, Alloc: t.feed.asm.Alloc}
	return c.Cut(t.feed.frames(ctx, s.Mark))
}

// take makes a frame of the rows of a batch that keep wants. It takes over c.
func (t *trainer) take(c *feature.Cut, keep func(int64) bool) (*feature.Frame, error) {
	f, err := c.Frame()
	if err != nil || t.Holdout == 0 {
		return f, err
	}
	return feature.Keep(f, keep, t.feed.asm.Alloc)
}

// fold is the end of a pass: step in order, with checkpoints and progress.
func fold[T interface{ size() int64 }](t *trainer, name string, step func(context.Context, T) error) stream.Fold[T] {
	before := t.feed.done(t.state.Mark)
	f := stream.Fold[T]{
		Step:   step,
		Name:   name,
		Events: t.Events,
		Total:  size(t.Data),
		Unit:   unit(t.Data),
		Done:   before,
		Rows:   t.state.Rows,
		Every:  t.CheckpointEvery,
		Progress: func(x T) (bytes, rows int64) {
			read := t.feed.read.Load()
			bytes, before = read-before, read
			return bytes, x.size()
		},
	}
	if t.Checkpoints != nil {
		f.Checkpoint = t.save
	}
	return f
}
