package icechunk

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/outcore/outcore/errs"
)

// waiting waits until n wait for the flight of key.
func (f *flights) waiting(key cacheKey, n int) {
	for have := -1; have < n; runtime.Gosched() {
		f.mu.Lock()
		fl := f.open[key]
		f.mu.Unlock()
		fl.mu.Lock()
		have = len(fl.to)
		fl.mu.Unlock()
	}
}

func TestWhatIsAskedForAtOnceIsReadOnce(t *testing.T) {
	ctx := context.Background()
	var f flights
	key := cacheKey{span: span{0, 4}}
	const others = 20
	var requests atomic.Int32
	began, end := make(chan struct{}), make(chan struct{})
	read := func(ctx context.Context) ([]byte, error) {
		p := make([]byte, 4)
		return p, f.read(ctx, key, p, func() error {
			if requests.Add(1) == 1 {
				close(began)
			}
			<-end
			copy(p, "data")
			return nil
		})
	}
	var all sync.WaitGroup
	check := func(want error) func() {
		return func() {
			if p, err := read(ctx); !errors.Is(err, want) || err == nil && !bytes.Equal(p, []byte("data")) {
				t.Errorf("%q, %v", p, err)
			}
		}
	}
	all.Go(check(nil))
	<-began
	gone, cancel := context.WithCancel(ctx)
	left := make(chan struct{})
	go func() {
		defer close(left)
		if p, err := read(gone); !errors.Is(err, context.Canceled) || !bytes.Equal(p, make([]byte, 4)) {
			t.Errorf("one who left: %q, %v", p, err)
		}
	}()
	for range others {
		all.Go(check(nil))
	}
	f.waiting(key, others+1)
	cancel()
	<-left
	close(end)
	all.Wait()
	if n := requests.Load(); n != 1 || len(f.open) != 0 {
		t.Fatalf("%d requests, %d still open", n, len(f.open))
	}
}

// TestWhoWasFirstFails: his error is everyone's, but for the end of his context.
func TestWhoWasFirstFails(t *testing.T) {
	damaged := errs.New(errs.Corrupt, "damaged")
	for _, first := range []error{damaged, context.Canceled} {
		var f flights
		key := cacheKey{span: span{7, 4}}
		var requests atomic.Int32
		began, end := make(chan struct{}), make(chan struct{})
		read := func(p []byte) error {
			return f.read(context.Background(), key, p, func() error {
				if requests.Add(1) == 1 {
					close(began)
					<-end
					return first
				}
				copy(p, "data")
				return nil
			})
		}
		var all sync.WaitGroup
		all.Go(func() {
			if err := read(make([]byte, 4)); !errors.Is(err, first) {
				t.Errorf("the first: %v", err)
			}
		})
		<-began
		all.Go(func() {
			p := make([]byte, 4)
			switch err := read(p); {
			case first == damaged && !errors.Is(err, damaged):
				t.Errorf("the second: %v, expected the error of the first", err)
			case first != damaged && (err != nil || string(p) != "data"):
				t.Errorf("the second: %q, %v", p, err)
			}
		})
		f.waiting(key, 1)
		close(end)
		all.Wait()
		if n, want := requests.Load(), map[bool]int32{true: 1, false: 2}[first == damaged]; n != want {
			t.Errorf("%d requests after %v, expected %d", n, first, want)
		}
	}
}

// TestAPanicLeavesNoFlight: those who wait read for themselves, and so do later ones.
func TestAPanicLeavesNoFlight(t *testing.T) {
	ctx := t.Context()
	var f flights
	key := cacheKey{span: span{0, 1}}
	began, end := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic got lost")
			}
		}()
		_ = f.read(ctx, key, make([]byte, 1), func() error {
			close(began)
			<-end
			panic("a bug")
		})
	})
	<-began
	for range 3 {
		all.Go(func() {
			p := make([]byte, 1)
			if err := f.read(ctx, key, p, func() error { p[0] = 7; return nil }); err != nil || p[0] != 7 {
				t.Errorf("%v, %v", p, err)
			}
		})
	}
	f.waiting(key, 3)
	close(end)
	all.Wait()
	if len(f.open) != 0 {
		t.Errorf("%d flights are left", len(f.open))
	}
}
