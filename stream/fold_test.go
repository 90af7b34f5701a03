package stream

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/outcore/outcore/event"
)

func TestFoldSavesPointsBetweenSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sum int
		var saved []int
		f := Fold[int]{
			Step:       func(_ context.Context, i int) error { time.Sleep(time.Second); sum += i; return nil },
			Checkpoint: func(context.Context) error { saved = append(saved, sum); time.Sleep(5 * time.Second); return nil },
			Every:      4 * time.Second,
		}
		if err := f.Run(t.Context(), count(10, nil)); err != nil {
			t.Fatal(err)
		}
		if want := []int{6, 28}; !slices.Equal(saved, want) || sum != 45 { // after items 0–3 and 4–7
			t.Errorf("checkpoints %v of %d, want %v", saved, sum, want)
		}
	})
}

func TestFoldSavesPointsByBytes(t *testing.T) {
	var saved []int
	n := 0
	f := Fold[int]{
		Step:       func(context.Context, int) error { n++; return nil },
		Checkpoint: func(context.Context) error { saved = append(saved, n); return nil },
		Progress:   func(int) (int64, int64) { return 10, 1 },
		Every:      time.Hour,
		EveryBytes: 25,
	}
	if err := f.Run(t.Context(), count(10, nil)); err != nil {
		t.Fatal(err)
	}
	if want := []int{3, 6, 9}; !slices.Equal(saved, want) {
		t.Errorf("checkpoints after %v items, want %v", saved, want)
	}
}

func TestFoldEndsWithACheckpoint(t *testing.T) {
	bad := errors.New("bad")
	for _, c := range []struct {
		name  string
		input error
		step  error
		stop  bool
		saved []int
		want  error
	}{
		{name: "end of input: the caller commits", saved: nil, want: nil},
		{name: "error of the input", input: bad, saved: []int{8}, want: bad},
		{name: "cancel", stop: true, saved: []int{5}, want: context.Canceled},
		{name: "broken step: the state is not to be kept", step: bad, saved: nil, want: bad},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			n := 0
			var saved []int
			f := Fold[int]{
				Step: func(context.Context, int) error {
					if n++; n == 5 {
						if c.stop {
							cancel()
						}
						return c.step
					}
					return nil
				},
				Checkpoint: func(ctx context.Context) error { saved = append(saved, n); return ctx.Err() },
			}
			m := Mapper[int, int]{New: apply(func(i int) (int, error) { return i, nil }), Workers: 3}
			err := f.Run(ctx, m.Map(ctx, count(8, c.input)))
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || !slices.Equal(saved, c.saved) {
				t.Errorf("ended with %v and checkpoints after %v, want %v and %v", err, saved, c.want, c.saved)
			}
		})
	}
}

func TestFoldRepeatsACheckpointThatACancelCut(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	f := Fold[int]{
		Step:  func(context.Context, int) error { return nil },
		Every: 1,
		Checkpoint: func(c context.Context) error {
			calls++
			cancel()
			return c.Err()
		},
	}
	if err := f.Run(ctx, count(3, nil)); !errors.Is(err, context.Canceled) || calls != 2 {
		t.Errorf("%v after %d checkpoints", err, calls)
	}
}

func TestFoldTellsProgressSparingly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []event.Event
		f := Fold[int]{
			Step:     func(context.Context, int) error { time.Sleep(10 * time.Millisecond); return nil },
			Progress: func(int) (int64, int64) { return 100, 3 },
			Events:   func(e event.Event) { got = append(got, e) },
			Name:     "learn", Total: 30000, Done: 10000, Rows: 300,
		}
		if err := f.Run(t.Context(), count(200, nil)); err != nil { // two seconds
			t.Fatal(err)
		}
		first, last := got[0], got[len(got)-1]
		if first.Kind != event.Start || first.Done != 10000 || first.Total != 30000 || first.Step != "learn" {
			t.Errorf("first event %+v", first)
		}
		if last.Kind != event.End || last.Done != 30000 || last.Rows != 900 || last.Unit != "bytes" {
			t.Errorf("last event %+v", last)
		}
		if n := len(got) - 2; n < 8 || n > 10 {
			t.Errorf("%d progress events in two seconds", n)
		}
	})
}
