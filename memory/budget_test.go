package memory

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
)

// newBudget has room bytes for reservations.
func newBudget(t testing.TB, room int64) *Budget {
	t.Helper()
	b, err := New(Options{Cap: room + Base})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func reserve(t testing.TB, b *Budget, n int64) *Reservation {
	t.Helper()
	r, err := b.Reserve(t.Context(), n, "test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatCannotFitIsRefusedWithItsNeed(t *testing.T) {
	b := newBudget(t, 10<<20)
	_, err := b.Reserve(t.Context(), 15<<20+1, "chunk a.csv")
	var refused *RefusedError
	if !errors.As(err, &refused) || !errors.Is(err, errs.TooLarge) {
		t.Fatalf("got %v", err)
	}
	if want := int64(16<<20 + Base); refused.Need != want {
		t.Errorf("need %d, want %d", refused.Need, want)
	}
	if s := err.Error(); !strings.Contains(s, "chunk a.csv needs 39 MiB") || !strings.Contains(s, "(fix: --memory 39MiB)") {
		t.Errorf("message: %s", s)
	}
	again, err := New(Options{Cap: refused.Need})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	r, err := again.Reserve(t.Context(), refused.Want, "chunk a.csv")
	if err != nil {
		t.Fatalf("with what it needs: %v", err)
	}
	r.Release()
}

// TestTheLeastCap: less than starting takes has no room for a job, however small.
func TestTheLeastCap(t *testing.T) {
	for limit, want := range map[int64]bool{Least - 1: false, Least: true} {
		b, err := New(Options{Cap: limit})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		r, err := b.Reserve(t.Context(), 0, "a job")
		if err == nil {
			r.Release()
		}
		if (err == nil) != want {
			t.Errorf("with %s: %v", FormatSize(limit), err)
		}
		var refused *RefusedError
		if err != nil && (!errors.As(err, &refused) || refused.Need != Least) {
			t.Errorf("refused with %v, want to be told %d", err, Least)
		}
	}
}

func TestDefaultCapIsPartOfTheLimit(t *testing.T) {
	b, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if limit, _ := Limit(); b.Cap() > limit*6/10 || b.Cap() < limit/2 {
		t.Errorf("cap %d of %d", b.Cap(), limit)
	}
	if _, err := New(Options{Cap: -1}); !errors.Is(err, errs.Invalid) {
		t.Errorf("negative cap: %v", err)
	}
}

func waiting(b *Budget) int { b.mu.Lock(); defer b.mu.Unlock(); return len(b.queue) }

// until waits for a state another goroutine is about to reach.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(100 * time.Microsecond) { //nolint:forbidigo // waiting in a queue is no event
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func TestReservationsAreServedInOrder(t *testing.T) {
	b := newBudget(t, 100<<20)
	first := reserve(t, b, 60<<20)
	granted := make(chan int, 3)
	var all sync.WaitGroup
	for i, n := range []int64{80 << 20, 10 << 20, 10 << 20} { // the small ones would fit at once
		all.Go(func() {
			r, err := b.Reserve(t.Context(), n, "test")
			if err != nil {
				t.Error(err)
				return
			}
			granted <- i
			r.Release()
		})
		until(t, "queued", func() bool { return waiting(b) == i+1 })
	}
	if len(granted) != 0 {
		t.Errorf("%d overtook a larger one", <-granted)
	}
	first.Release()
	all.Wait()
	if s := b.Stats(); s.Reserved != 0 || s.Waiting != 0 {
		t.Errorf("left: %+v", s)
	}
}

func TestCancelledWaiterMakesWay(t *testing.T) {
	b := newBudget(t, 100<<20)
	first := reserve(t, b, 60<<20)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() { _, err := b.Reserve(ctx, 80<<20, "large"); gone <- err }()
	until(t, "queued", func() bool { return waiting(b) == 1 })
	got := make(chan *Reservation)
	go func() { r, _ := b.Reserve(t.Context(), 10<<20, "small"); got <- r }()
	until(t, "queued", func() bool { return waiting(b) == 2 })
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	(<-got).Release()
	first.Release()
}

func TestCloseFailsWaiters(t *testing.T) {
	b := newBudget(t, 10<<20)
	r := reserve(t, b, 10<<20)
	s, err := r.Slab(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan error)
	go func() { _, err := b.Reserve(t.Context(), 1, "late"); gone <- err }()
	until(t, "queued", func() bool { return waiting(b) == 1 })
	b.Close()
	if err := <-gone; !errors.Is(err, errs.Unavailable) {
		t.Error(err)
	}
	if _, err := b.Reserve(t.Context(), 1, "later"); !errors.Is(err, errs.Unavailable) {
		t.Error(err)
	}
	s.Bytes()[0] = 1 // still valid
	s.Release()
	r.Release()
	b.Close()
	if st := b.Stats(); st.Cached != 0 || st.Slabs != 0 || st.Reserved != 0 {
		t.Errorf("left: %+v", st)
	}
}

func TestHighMemoryPausesAdmission(t *testing.T) {
	var events atomic.Int32
	b, err := New(Options{Cap: 1 << 40, Events: func(e event.Event) {
		if e.Kind == event.Memory && e.Fields["cap"] == 1<<40 {
			events.Add(1)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	high, low := Usage{Anon: 1 << 40}, Usage{Anon: 1 << 30}
	b.dog.stop() // we play it
	b.watch(high)
	first := reserve(t, b, 1) // nobody holds any: a pause would never end
	got := make(chan *Reservation)
	go func() { r, _ := b.Reserve(t.Context(), 1, "test"); got <- r }()
	until(t, "queued", func() bool { return waiting(b) == 1 })
	b.watch(high)
	if waiting(b) != 1 {
		t.Error("admitted above the mark")
	}
	b.watch(low)
	second := <-got
	b.watch(high)
	go func() { r, _ := b.Reserve(t.Context(), 1, "test"); got <- r }()
	until(t, "queued", func() bool { return waiting(b) == 1 })
	first.Release()
	if waiting(b) != 1 {
		t.Error("admitted above the mark")
	}
	second.Release()
	(<-got).Release()
	if events.Load() < 4 {
		t.Errorf("%d events", events.Load())
	}
	b.dog.start(b) // for Close
}

func TestHeapLimitFollowsSlabs(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	b := newBudget(t, 1<<30)
	limit := func() int64 { return debug.SetMemoryLimit(-1) }
	if want := int64(1<<30 + heapFloor); limit() != want {
		t.Errorf("at the start %d, want %d", limit(), want)
	}
	r := reserve(t, b, 1<<30)
	s, err := r.Slab(512 << 20) // never touched: costs nothing
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(512<<20 + heapFloor); limit() != want {
		t.Errorf("with a slab %d, want %d", limit(), want)
	}
	if err := r.Outside(512 << 20); err != nil {
		t.Fatal(err)
	}
	if limit() != heapFloor {
		t.Errorf("with C code %d, want %d", limit(), heapFloor)
	}
	if err := r.Outside(1); !errors.Is(err, errs.TooLarge) {
		t.Errorf("more than reserved: %v", err)
	}
	s.Release()
	r.Release()
	if want := int64(1<<30 + heapFloor); limit() < want-b.cap/32-b.cap/64 {
		t.Errorf("at the end %d, want about %d", limit(), want)
	}
	b.Close()
	if limit() != before {
		t.Errorf("after Close %d, want %d", limit(), before)
	}
}

// TestManyJobs is a random mix of jobs, for -race and for the arithmetic.
func TestManyJobs(t *testing.T) {
	CheckLeaks(t)
	b := newBudget(t, 8<<20)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(g)))
			for range 60 {
				n := rnd.Int64N(8 << 20)
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(3000))*time.Microsecond)
				r, err := b.Reserve(ctx, n, "job")
				cancel()
				if err != nil {
					continue
				}
				var slabs []*Slab
				for range rnd.IntN(8) {
					s, err := r.Slab(1 + rnd.IntN(2<<20))
					if err != nil {
						break
					}
					buf := s.Bytes()
					buf[0], buf[len(buf)-1] = byte(g), byte(g)
					slabs = append(slabs, s)
				}
				early := rnd.IntN(2) == 0
				if early {
					r.Release()
				}
				for _, s := range slabs {
					s.Retain()
					s.Release()
					if buf := s.Bytes(); buf[0] != byte(g) || buf[len(buf)-1] != byte(g) {
						t.Error("a slab has two users")
					}
					s.Release()
				}
				r.Release()
			}
		})
	}
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if s := b.Stats(); s.Reserved > 8<<20 || s.Slabs > s.Reserved || s.Reserved < 0 {
				t.Errorf("too much: %+v", s)
				return
			}
		}
	})
	all.Wait()
	close(stop)
	watch.Wait()
	if s := b.Stats(); s.Reserved != 0 || s.Slabs != 0 || s.Outside != 0 || s.Cached > b.Cap()/32 {
		t.Errorf("left: %+v", s)
	}
}

func TestHeapLimitFollowsWhatJobsTold(t *testing.T) {
	b := newBudget(t, 1<<30)
	limit := func() int64 { return debug.SetMemoryLimit(-1) }
	first, second := reserve(t, b, 100<<20), reserve(t, b, 50<<20)
	first.Heap(10 << 20)
	if want := int64(1<<30 + heapFloor); limit() != want {
		t.Errorf("with one that did not tell %d, want %d", limit(), want)
	}
	second.Heap(20 << 20)
	second.Heap(30 << 20)
	if want := int64(40<<20 + heapFloor); limit() != want {
		t.Errorf("with both told %d, want %d", limit(), want)
	}
	third := reserve(t, b, 1<<20)
	if want := int64(1<<30 + heapFloor); limit() != want {
		t.Errorf("with a third that did not tell %d, want %d", limit(), want)
	}
	third.Release()
	first.Release()
	if want := int64(30<<20 + heapFloor); limit() != want {
		t.Errorf("with the last of them %d, want %d", limit(), want)
	}
	second.Release()
	if want := int64(1<<30 + heapFloor); limit() != want {
		t.Errorf("with none %d, want %d", limit(), want)
	}
}

func TestGrowTakesWhatIsFreeAndNeverWaits(t *testing.T) {
	b := newBudget(t, 10<<20)
	r := reserve(t, b, 4<<20)
	if err := r.Grow(6 << 20); err != nil {
		t.Fatal(err)
	}
	if r.Size() != 10<<20 || r.Free() != 10<<20 {
		t.Errorf("size %d, free %d", r.Size(), r.Free())
	}
	var refused *RefusedError
	if err := r.Grow(1); !errors.As(err, &refused) || refused.Need != 11<<20+Base {
		t.Errorf("grown beyond the cap: %v", err)
	}
	r.Release()
	reserve(t, b, 10<<20).Release()
}
