package chunk

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/outcore/outcore/blob/faultblob"
	"github.com/outcore/outcore/event"
)

// TestProgressGoesOn breaks a job that reads what is known by rows only (Parquet), and
// looks where the next one starts its bar, and ends it.
func TestProgressGoesOn(t *testing.T) {
	bucket := emptyRepository(t)
	from := t.TempDir()
	if _, err := (setup{from: []string{tableText(t, 3000)}, options: Options{Layout: Parquet, Rows: 3000, RowGroup: 250}}).run(t, open(t, from)); err != nil {
		t.Fatal(err)
	}
	s := nodeSetup{from: []string{from}, node: NodeOptions{ChunkRows: 100, CommitEvery: 10}, jobs: 1}
	gone := errors.New("gone")
	whole := faultblob.Wrap(emptyRepository(t))
	if _, err := s.run(t, whole.Bucket); err != nil {
		t.Fatal(err)
	}
	var puts atomic.Int64
	broken := faultblob.Wrap(bucket, faultblob.Fault{Op: faultblob.Put, Do: func(context.Context) error {
		if puts.Add(1) > int64(whole.Calls(faultblob.Put)/2) { // in the second commit of three
			return gone
		}
		return nil
	}})
	if _, err := s.run(t, broken.Bucket); !errors.Is(err, gone) {
		t.Fatal(err)
	}
	var start, end event.Event
	s.events = func(e event.Event) {
		switch {
		case e.Kind == event.Start:
			start = e
		case e.Kind == event.End:
			end = e
		}
	}
	if r, err := s.run(t, bucket); err != nil || !r.Resumed {
		t.Fatalf("%+v, %v", r, err)
	}
	if start.Rows != 1000 || start.Done < start.Total*3/10 || start.Done > start.Total*4/10 {
		t.Errorf("it starts with %d rows and %d of %d bytes", start.Rows, start.Done, start.Total)
	}
	if end.Done < end.Total*9/10 || end.Done > end.Total*11/10 {
		t.Errorf("it ends with %d of %d bytes", end.Done, end.Total)
	}
}
