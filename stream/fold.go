package stream

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/outcore/outcore/event"
)

// progressEvery is the time between two Progress events: 5 a second is as much
// as an eye follows, and keeps an hour's log below 20,000 lines.
const progressEvery = 200 * time.Millisecond

// A Fold consumes a sequence in order, one item at a time, with checkpoints
// and progress. Only Step is needed. Nothing of it is called concurrently.
type Fold[T any] struct {
	// Step folds one item, which it owns. After an error the state it folds
	// into counts as broken: no checkpoint is taken any more.
	Step func(context.Context, T) error

	// Checkpoint saves the state after the items folded so far; nil means none.
	// It runs between two steps: Every and EveryBytes after the last one, after
	// a cancel, and after an error of the input, but not at the end of the
	// input, where the caller has a result to commit.
	Checkpoint func(context.Context) error
	Every      time.Duration // default 10 s
	EveryBytes int64         // 0: by time alone

	// Progress measures an item before it is folded; nil counts nothing.
	Progress func(T) (bytes, rows int64)
	Events   event.Sink
	Name     string // Step of the events
	Total    int64  // bytes to come in all, 0 when unknown
	Done     int64  // bytes done before, by the run that is resumed
	Unit     string // of what Progress, Total and Done call bytes, in events; default "bytes"
	Rows     int64  // rows done before

	Now func() time.Time // default time.Now
}

// Run folds in. It returns nil at its end, else the first error: of the input,
// of Step, of Checkpoint, or ctx.Err(). When ctx is done, the step under way is
// finished and a last checkpoint is taken (with a context that is not done)
// before ctx.Err() is returned; if that fails too, both are joined.
//
// It sends Start, Progress at most five times a second, and End when it
// reaches the end of in.
func (f Fold[T]) Run(ctx context.Context, in iter.Seq2[T, error]) error {
	if f.Every <= 0 {
		f.Every = 10 * time.Second
	}
	if f.Now == nil {
		f.Now = time.Now
	}
	if f.Unit == "" {
		f.Unit = "bytes"
	}
	now := f.Now()
	saved, savedBytes, told := now, f.Done, now
	f.send(event.Start, now)
	for x, err := range in {
		if err != nil {
			return f.save(ctx, err)
		}
		if f.Progress != nil {
			n, rows := f.Progress(x)
			f.Done += n
			f.Rows += rows
		}
		if err := f.Step(ctx, x); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return f.save(ctx, err)
		}
		now = f.Now()
		if now.Sub(told) >= progressEvery {
			told = now
			f.send(event.Progress, now)
		}
		if f.Checkpoint == nil {
			continue
		}
		if now.Sub(saved) >= f.Every || f.EveryBytes > 0 && f.Done-savedBytes >= f.EveryBytes {
			if err := f.Checkpoint(ctx); err != nil {
				if ctx.Err() != nil { // it was cut short: once more, undisturbed
					return f.save(ctx, ctx.Err())
				}
				return err
			}
			saved, savedBytes = f.Now(), f.Done
		}
	}
	if err := ctx.Err(); err != nil {
		return f.save(ctx, err)
	}
	f.send(event.End, f.Now())
	return nil
}

// save takes the last checkpoint of a fold that err ends, and returns err.
func (f *Fold[T]) save(ctx context.Context, err error) error {
	if f.Checkpoint == nil {
		return err
	}
	if cerr := f.Checkpoint(context.WithoutCancel(ctx)); cerr != nil {
		return errors.Join(err, cerr)
	}
	return err
}

func (f *Fold[T]) send(k event.Kind, now time.Time) {
	f.Events.Send(event.Event{Time: now, Kind: k, Step: f.Name, Done: f.Done, Total: f.Total, Unit: f.Unit, Rows: f.Rows})
}
