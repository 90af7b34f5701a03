// Package sourcetest is the conformance suite of package source: what every
// format must do whatever its bytes are. A format's test calls Run with some
// data and the ways it can be cut.
package sourcetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/outcore/outcore/source"
)

// A Case is one data set.
type Case struct {
	Addresses []string
	Options   source.Options
	// Plain, when set, are files with the same rows that are stored in another
	// way, such as not compressed.
	Plain []string
	// Cuts are Options that must not change the rows: other sizes of segments,
	// numbers of workers, places of memory. Each is applied to a copy of Options.
	Cuts []func(*source.Options)
	// Open opens what is no file; nil = source.Open.
	Open func(context.Context, []string, source.Options) (source.Dataset, error)
}

// Sizes are cuts of text into segments of about these many bytes.
func Sizes(bytes ...int) (cuts []func(*source.Options)) {
	for _, n := range bytes {
		cuts = append(cuts, func(o *source.Options) { o.SegmentBytes = n })
	}
	return cuts
}

// Run checks that c can be cut anywhere, resumed at every cursor, decoded in
// any order, left and cancelled, and read again.
func Run(t *testing.T, c Case) {
	t.Helper()
	whole := c.open(t, nil)
	want := Rows(t, whole, source.Cursor{})
	if len(want) == 0 {
		t.Fatal("the case has no rows")
	}
	if n := whole.Rows(); n >= 0 && n != int64(len(want)) {
		t.Errorf("Rows() = %d, but %d rows were read", n, len(want))
	}
	if again := Rows(t, whole, source.Cursor{}); !slices.Equal(again, want) {
		t.Errorf("a second reading differs: %s", firstDifference(again, want))
	}
	if c.Plain != nil {
		plain := Case{Addresses: c.Plain, Options: c.Options}
		if other := Rows(t, plain.open(t, nil), source.Cursor{}); !slices.Equal(withoutFile(other), withoutFile(want)) {
			t.Errorf("the plain files differ: %s", firstDifference(withoutFile(want), withoutFile(other)))
		}
	}
	cursors := map[int64]source.Cursor{}
	for i, cut := range append(c.Cuts, nil) {
		ds := c.open(t, cut)
		t.Run("parts equal whole", func(t *testing.T) {
			if got := Rows(t, ds, source.Cursor{}); !slices.Equal(got, want) {
				t.Errorf("cut %d: %s", i, firstDifference(got, want))
			}
		})
		t.Run("resume equals tail", func(t *testing.T) { resume(t, ds, whole, want) })
		t.Run("cursors agree", func(t *testing.T) { agree(t, ds, cursors) })
		t.Run("decode in any order", func(t *testing.T) { shuffled(t, ds, want) })
		t.Run("leave and cancel", func(t *testing.T) { leave(t, ds) })
	}
}

func (c Case) open(t *testing.T, cut func(*source.Options)) source.Dataset {
	t.Helper()
	opt := c.Options
	if cut != nil {
		cut(&opt)
	}
	open := c.Open
	if open == nil {
		open = source.Open
	}
	ds, err := open(t.Context(), c.Addresses, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ds.Close(); err != nil {
			t.Error(err)
		}
	})
	return ds
}

// resume reads from the cursor behind every batch, with the same cuts and whole.
func resume(t *testing.T, ds, whole source.Dataset, want []string) {
	t.Helper()
	var cursors []source.Cursor
	for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
		b := decode(t, s, err)
		cursors = append(cursors, b.Next)
		b.Release()
	}
	if len(cursors) > 12 { // all borders matter alike; reading all tails is quadratic
		r := rand.New(rand.NewPCG(1, uint64(len(cursors))))
		r.Shuffle(len(cursors), func(i, j int) { cursors[i], cursors[j] = cursors[j], cursors[i] })
		cursors = cursors[:12]
	}
	for _, at := range cursors {
		for _, ds := range []source.Dataset{ds, whole} {
			if got := Rows(t, ds, at); !slices.Equal(got, want[at.Row:]) {
				t.Fatalf("from %+v: %s", at, firstDifference(got, want[at.Row:]))
			}
		}
	}
}

// agree checks that one place between two rows has one cursor, however the data
// was cut before it and wherever reading began: what is stored with a cursor in
// it must come out the same after a resumption. seen has the cursors of other
// cuts by row.
func agree(t *testing.T, ds source.Dataset, seen map[int64]source.Cursor) {
	t.Helper()
	from := source.Cursor{}
	for range 2 {
		first := source.Cursor{}
		for s, err := range ds.Segments(t.Context(), from) {
			b := decode(t, s, err)
			if first.Row == 0 {
				first = b.Next
			}
			if old, ok := seen[b.Next.Row]; ok && old != b.Next {
				t.Fatalf("before row %d the cursor was %+v, now it is %+v", b.Next.Row, old, b.Next)
			}
			seen[b.Next.Row] = b.Next
			b.Release()
		}
		from = first
	}
}

// shuffled decodes all segments at once, in another order than they came.
func shuffled(t *testing.T, ds source.Dataset, want []string) {
	t.Helper()
	var segments []source.Segment
	for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
		if err != nil {
			t.Fatal(err)
		}
		segments = append(segments, s)
	}
	rows := make([][]string, len(segments))
	var wg sync.WaitGroup
	for _, i := range rand.New(rand.NewPCG(2, 3)).Perm(len(segments)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			b, err := segments[i].Decode(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			rows[i] = Render(b)
			b.Release()
		}()
	}
	wg.Wait()
	if got := slices.Concat(rows...); !slices.Equal(got, want) {
		t.Error(firstDifference(got, want))
	}
}

// leave stops reading in the middle in two ways; no goroutine may stay.
func leave(t *testing.T, ds source.Dataset) {
	t.Helper()
	before := runtime.NumGoroutine()
	for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
		if err != nil {
			t.Fatal(err)
		}
		s.Discard()
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for s, err := range ds.Segments(ctx, source.Cursor{}) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("after cancel: %v", err)
			}
			break
		}
		cancel()
		if b, err := s.Decode(ctx); err == nil {
			b.Release()
		} else if !errors.Is(err, context.Canceled) {
			t.Errorf("Decode after cancel: %v", err)
		}
		n++
	}
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
	}
}
