package stream

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// count yields 0 to n-1, then err unless nil.
func count(n int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(0, err)
		}
	}
}

// apply makes a New of a function without state.
func apply[In, Out any](f func(In) (Out, error)) func() func(context.Context, In) (Out, error) {
	return func() func(context.Context, In) (Out, error) {
		return func(_ context.Context, x In) (Out, error) { return f(x) }
	}
}

// shapes are the ways a Map can be configured.
var shapes = []struct{ workers, window int }{{0, 0}, {1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 3}, {7, 0}, {7, 3}, {3, 100}}

func eachShape(t *testing.T, f func(t *testing.T, m Mapper[int, string])) {
	for _, s := range shapes {
		t.Run(fmt.Sprintf("workers=%d,window=%d", s.workers, s.window), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // ends only when no goroutine is left
				f(t, Mapper[int, string]{Workers: s.workers, Window: s.window})
			})
		})
	}
}

func jitter(i int) { time.Sleep(time.Duration(i*7919%13) * time.Millisecond) } // of the bubble's clock

func TestResultsComeInTheOrderOfInputs(t *testing.T) {
	eachShape(t, func(t *testing.T, m Mapper[int, string]) {
		m.New = apply(func(i int) (string, error) { jitter(i); return fmt.Sprint(i), nil })
		i := 0
		for s, err := range m.Map(t.Context(), count(100, nil)) {
			if err != nil || s != fmt.Sprint(i) {
				t.Fatalf("item %d is %q, %v", i, s, err)
			}
			i++
		}
		if i != 100 {
			t.Errorf("%d items of 100", i)
		}
	})
}

func TestFirstErrorInOrderComesAfterAllBefore(t *testing.T) {
	bad := errors.New("bad")
	eachShape(t, func(t *testing.T, m Mapper[int, string]) {
		m.New = apply(func(i int) (string, error) {
			if i >= 20 { // later ones fail sooner
				time.Sleep(time.Duration(100-i) * time.Millisecond)
				return "", fmt.Errorf("%d: %w", i, bad)
			}
			jitter(i)
			return fmt.Sprint(i), nil
		})
		n := 0
		var last error
		for _, err := range m.Map(t.Context(), count(90, nil)) {
			if last != nil {
				t.Fatal("an item after the error")
			}
			if last = err; err == nil {
				n++
			}
		}
		if n != 20 || !errors.Is(last, bad) || last.Error() != "20: bad" {
			t.Errorf("%d items, then %v", n, last)
		}
	})
}

func TestErrorOfTheInputComesLast(t *testing.T) {
	bad := errors.New("bad")
	eachShape(t, func(t *testing.T, m Mapper[int, string]) {
		m.New = apply(func(i int) (string, error) { jitter(i); return "", nil })
		n := 0
		var last error
		for _, err := range m.Map(t.Context(), count(30, bad)) {
			if last = err; err == nil {
				n++
			}
		}
		if n != 30 || last != bad {
			t.Errorf("%d items, then %v", n, last)
		}
	})
}

// ledger counts what becomes of items: each must end in exactly one place.
type ledger struct {
	mu                                  sync.Mutex
	given, live, most                   int
	mapped, droppedIn, droppedOut, used int
}

func (l *ledger) add(f func()) { l.mu.Lock(); defer l.mu.Unlock(); f() }

func (l *ledger) source(n int, err error) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		l.add(func() { l.live++; l.most = max(l.most, l.live) }) // asked for the first
		for i := range n {
			l.add(func() { l.given++ })
			if !yield(i, nil) {
				return
			}
			l.add(func() { l.live++; l.most = max(l.most, l.live) })
		}
		if err != nil {
			yield(0, err)
		}
	}
}

func (l *ledger) check(t *testing.T, failed int) {
	t.Helper()
	if l.given != l.mapped+l.droppedIn+failed || l.mapped != l.used+l.droppedOut {
		t.Errorf("items are lost: given %d, mapped %d, failed %d, dropped in %d, out %d, used %d",
			l.given, l.mapped, failed, l.droppedIn, l.droppedOut, l.used)
	}
}

func (l *ledger) mapper(m Mapper[int, string], fail int) Mapper[int, string] {
	m.New = apply(func(i int) (string, error) {
		jitter(i)
		if i == fail {
			return "", errors.New("bad")
		}
		l.add(func() { l.mapped++ })
		return fmt.Sprint(i), nil
	})
	m.DropIn = func(int) { l.add(func() { l.droppedIn++ }) }
	m.DropOut = func(string) { l.add(func() { l.droppedOut++ }) }
	return m
}

func TestEveryItemIsUsedOrDropped(t *testing.T) {
	for _, how := range []string{"end", "break", "error", "cancel", "panic"} {
		t.Run(how, func(t *testing.T) {
			eachShape(t, func(t *testing.T, m Mapper[int, string]) {
				var l ledger
				fail, failed := -1, 0
				if how == "error" {
					fail, failed = 40, 1
				}
				m = l.mapper(m, fail)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var last error
				func() {
					defer func() {
						if r := recover(); r != nil && r != "mine" {
							panic(r)
						}
					}()
					for s, err := range m.Map(ctx, l.source(100, nil)) {
						if last = err; err != nil {
							break
						}
						l.used++
						switch {
						case s == "50" && how == "break":
							return
						case s == "50" && how == "cancel":
							cancel()
						case s == "50" && how == "panic":
							panic("mine")
						}
					}
				}()
				if how == "cancel" && !errors.Is(last, context.Canceled) {
					t.Errorf("after cancel: %v", last)
				}
				l.check(t, failed)
			})
		})
	}
}

func TestWindowBoundsWhatExists(t *testing.T) {
	for _, window := range []int{1, 2, 3, 8} {
		synctest.Test(t, func(t *testing.T) {
			var l ledger
			m := l.mapper(Mapper[int, string]{Workers: 4, Window: window}, -1)
			for _, err := range m.Map(t.Context(), l.source(50, nil)) {
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second) // slower than the source: it fills the window
				l.add(func() { l.live-- })
			}
			if l.most != window {
				t.Errorf("%d items existed at once, window %d", l.most, window)
			}
		})
	}
}

func TestMapOfMap(t *testing.T) {
	eachShape(t, func(t *testing.T, m Mapper[int, string]) {
		m.New = apply(func(i int) (string, error) { jitter(i); return strings.Repeat("x", i), nil })
		back := Mapper[string, int]{Workers: m.Workers, Window: m.Window,
			New: apply(func(s string) (int, error) { jitter(len(s) + 5); return len(s), nil })}
		i := 0
		for n, err := range back.Map(t.Context(), m.Map(t.Context(), count(60, nil))) {
			if n != i || err != nil {
				t.Fatalf("item %d is %d, %v", i, n, err)
			}
			if i++; i == 50 {
				break
			}
		}
	})
}

func TestPanicComesOutWithItsStack(t *testing.T) {
	caught := func(f func()) (v any) {
		defer func() { v = recover() }()
		f()
		return nil
	}
	boom := func(i int) (string, error) {
		if i == 10 {
			panic(fmt.Errorf("boom %d", i))
		}
		return "", nil
	}
	drain := func(seq iter.Seq2[string, error]) {
		for _, err := range seq {
			if err != nil {
				t.Error(err)
			}
		}
	}
	for name, seq := range map[string]iter.Seq2[string, error]{
		"worker": Mapper[int, string]{New: apply(boom), Workers: 3}.Map(t.Context(), count(50, nil)),
		"input": Mapper[int, string]{New: apply(func(int) (string, error) { return "", nil }), Workers: 3}.Map(t.Context(),
			func(yield func(int, error) bool) { _, _ = boom(10) }),
		"inner map": Mapper[string, string]{New: apply(func(s string) (string, error) { return s, nil }), Workers: 2}.Map(t.Context(),
			Mapper[int, string]{New: apply(boom), Workers: 2}.Map(t.Context(), count(50, nil))),
		"new": Mapper[int, string]{New: func() func(context.Context, int) (string, error) { _, _ = boom(10); return nil }, Workers: 3}.Map(t.Context(), count(5, nil)),
	} {
		v := caught(func() { drain(seq) })
		p, ok := v.(*Panic)
		if !ok || !strings.Contains(p.String(), "boom 10") || !strings.Contains(string(p.Stack), "map_test.go") || errors.Unwrap(p) == nil {
			t.Errorf("%s: recovered %v", name, v)
		}
	}
	quit := apply(func(i int) (string, error) { runtime.Goexit(); return "", nil })
	if p, ok := caught(func() { drain(Mapper[int, string]{New: quit, Workers: 2}.Map(t.Context(), count(5, nil))) }).(*Panic); !ok || !errors.Is(p, errGoexit) {
		t.Errorf("Goexit in a worker: %v", p)
	}
}

func TestCancelIsNotTakenForTheEnd(t *testing.T) {
	eachShape(t, func(t *testing.T, m Mapper[int, string]) {
		m.New = apply(func(i int) (string, error) { return "", nil })
		ctx, cancel := context.WithCancel(t.Context())
		quiet := func(yield func(int, error) bool) { // a source that only stops
			yield(1, nil)
			cancel()
		}
		var last error
		for _, err := range m.Map(ctx, quiet) {
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("ended with %v", last)
		}
	})
}

func TestWorkersKeepWhatNewMade(t *testing.T) {
	var made atomic.Int32
	m := Mapper[int, *[]byte]{Workers: 3, New: func() func(context.Context, int) (*[]byte, error) {
		made.Add(1)
		buf := make([]byte, 8)
		return func(context.Context, int) (*[]byte, error) { buf[0]++; return &buf, nil }
	}}
	var sum int
	seen := map[*[]byte]bool{}
	for p, err := range m.Map(t.Context(), count(100, nil)) {
		if err != nil {
			t.Fatal(err)
		}
		seen[p] = true
	}
	for p := range seen {
		sum += int((*p)[0])
	}
	if sum != 100 || int(made.Load()) != len(seen) || len(seen) > 3 {
		t.Errorf("%d items by %d functions of %d made", sum, len(seen), made.Load())
	}
}

func TestMapCanBeRangedOverAgain(t *testing.T) {
	seq := Mapper[int, int]{Workers: 2, New: apply(func(i int) (int, error) { return i, nil })}.Map(t.Context(), count(10, nil))
	for range 3 {
		n := 0
		for _, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 10 {
			t.Fatalf("%d items", n)
		}
	}
}
