package train

import (
	"context"
	"errors"

	"github.com/outcore/outcore/memory"
)

// count makes room for values that no sample foretold. Without room it is a
// *memory.RefusedError.
func (t *trainer) count() error {
	now := t.Pipeline.Footprint()
	t.counts = [2]footprint{t.counts[1], {now, t.state.Rows}}
	if now <= t.shape.state || t.Pool == nil {
		return nil
	}
	x := t.shape
	x.state = counted(now)
	return t.grow(x)
}

// A footprint is what steps had counted after so many rows of a pass.
type footprint struct{ bytes, rows int64 }

// counted is room for what is counted and a little more: not for every block.
func counted(now int64) int64 { return now + now/8 + 1<<20 }

// widen does the same for columns, once a step has settled how many there are.
func (t *trainer) widen() error {
	out, err := t.Pipeline.Output()
	n := int64(len(out.Fields))
	if err != nil || n <= t.shape.outs || t.Pool == nil { // or not settled yet
		return nil
	}
	return t.grow(t.shape.wider(n))
}

// mostDense is the columns up to which rows that one-hot widens stay dense.
const mostDense = 256

// wider is x with n columns that the learner sees.
func (x shape) wider(n int64) shape {
	if n <= mostDense {
		x.made += 8 * max(0, n-x.outs)
	}
	x.outs = n
	return x
}

// grow makes the job one of shape x, also where there is no room for it: then
// it has to be reserved anew (again).
func (t *trainer) grow(x shape) error {
	before := t.need(t.Jobs)
	t.shape = x
	return t.Pool.Extra(max(0, t.need(t.Jobs)-before))
}

// again reserves anew for a run that was refused room while it worked: with one
// worker, from where it stands, as if it had been killed there. What it held is
// released before. Where one worker has no room either, what was done is kept in
// a checkpoint, and the error names memory that does for the rows to come.
func (t *trainer) again(ctx context.Context, refused error, release func()) (func(), error) {
	var r *memory.RefusedError
	if !errors.As(refused, &r) || t.Pool == nil {
		return release, refused
	}
	release()
	if more := *r; t.Jobs == 1 {
		more.Want = max(more.Want, t.needs(t.foretold(), 1))
		return func() {}, t.giveUp(ctx, &more)
	}
	t.Jobs, t.feed.jobs = 1, 1
	release, err := reserve(ctx, t.Budget, t.Pool, r.What, t.need(1))
	switch {
	case err == nil:
		return release, nil
	case errors.As(err, &r):
		more := *r
		more.Want = max(more.Want, t.needs(t.foretold(), 1))
		err = t.giveUp(ctx, &more)
	}
	return func() {}, err
}

// giveUp keeps what was done and gives r with the cap that it wants.
func (t *trainer) giveUp(ctx context.Context, r *memory.RefusedError) error {
	r.Need = memory.Need((r.Want + 1<<20 - 1) >> 20 << 20)
	if err := t.save(ctx); err != nil {
		return errors.Join(r, err)
	}
	return r
}

// foretold is the shape at the end of the pass when the rows that are still to
// come have new values as often as the last ones had, or all before, or one
// column has a new one in each. Every value is a column for the learner.
func (t *trainer) foretold() shape {
	x := t.shape
	was, is := t.counts[0], t.counts[1]
	now := is.bytes
	if left := x.rows - is.rows; is.rows > 0 && left > 0 {
		often := float64(now) / float64(is.rows)
		if is.rows > was.rows {
			often = max(often, float64(now-was.bytes)/float64(is.rows-was.rows))
		}
		now += max(int64(often*float64(min(left, mostValues))), min(left, mostValues)*bytesCounted*5/4)
	}
	x.state = max(x.state, counted(now))
	return x.wider(max(x.outs, x.cols+now/bytesCounted))
}

const (
	bytesCounted = 100     // the least that a value takes that a step counts
	mostValues   = 1 << 18 // of a column: with more of them one-hot refuses it
)
