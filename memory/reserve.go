package memory

import (
	"context"
	"fmt"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/internal/image"
)

// A RefusedError says that a reservation can never fit the cap.
type RefusedError struct {
	What string // the job
	Want int64  // bytes it asked for
	Need int64  // the cap (--memory) that would do
	Cap  int64
}

// Error names the job, what it needs, and the flag.
func (e *RefusedError) Error() string { return e.detail().Error() }

// Unwrap gives the same as an *errs.Error of the kind errs.TooLarge.
func (e *RefusedError) Unwrap() error { return e.detail() }

func (e *RefusedError) detail() *errs.Error {
	return errs.New(errs.TooLarge, "%s needs %s of memory (%s for its data, %s for the program), the cap is %s",
		e.What, FormatSize(e.Need), FormatSize(e.Want), FormatSize(e.Need-e.Want), FormatSize(e.Cap)).
		WithFix("--memory %s", FlagSize(e.Need))
}

// A waiter is a reservation that is not granted yet.
type waiter struct {
	n     int64
	what  string
	ready chan struct{} // closed when granted, or when err is set
	err   error
}

// Reserve takes n bytes for the job called what, waiting until they are free.
// Waiting jobs are served in the order they came, also when a later one would
// fit: none starves. What can never fit (n > Room) is refused at once with a
// *RefusedError. Other errors are ctx.Err() and a closed budget; n < 0 panics.
//
// Whoever holds a reservation must not ask for another: two such jobs may wait
// for each other forever.
func (b *Budget) Reserve(ctx context.Context, n int64, what string) (*Reservation, error) {
	if n < 0 {
		panic(fmt.Sprintf("memory: %s reserves %d bytes", what, n))
	}
	if n > b.Room() || b.cap < Least {
		return nil, &RefusedError{What: what, Want: n, Need: Need(roundUp(n, 1<<20)), Cap: b.cap}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &waiter{n: n, what: what, ready: make(chan struct{})}
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil, errs.New(errs.Unavailable, "memory: %q reserves from a closed budget", what)
	}
	b.queue = append(b.queue, w)
	b.admit()
	b.mu.Unlock()
	select {
	case <-w.ready:
	case <-ctx.Done():
		if b.withdraw(w) {
			return nil, ctx.Err()
		}
		<-w.ready // granted meanwhile
	}
	if w.err != nil {
		return nil, w.err
	}
	b.planned.Do(image.Drop) // of planning
	r := &Reservation{b: b, size: n, what: what, heap: -1}
	track(r, what)
	b.moveHeapLimit() // others may have told their heap, and this one has not
	return r, nil
}

// admit grants what fits, in order. A pause does not hold when nobody has a
// reservation: then nobody could end it. b.mu is held.
func (b *Budget) admit() {
	for len(b.queue) > 0 {
		w := b.queue[0]
		if b.reserved+w.n > b.Room() || b.paused && b.held > 0 {
			return
		}
		b.queue = slices.Delete(b.queue, 0, 1)
		b.reserved += w.n
		b.held++
		close(w.ready)
	}
}

// withdraw takes w out of the queue and reports whether it was still there.
func (b *Budget) withdraw(w *waiter) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.queue, w)
	if i < 0 {
		return false
	}
	b.queue = slices.Delete(b.queue, i, i+1)
	b.admit() // w may have been the one in the way
	return true
}

// A Reservation is a job's part of the budget: slabs, C memory, and for the
// rest Go heap. Its methods may be called concurrently.
type Reservation struct {
	b    *Budget
	size int64
	what string

	// Guarded by b.mu.
	slabs    int64
	outside  int64
	heap     int64 // of Heap; -1 when not told
	released bool
}

// Size is the bytes reserved.
func (r *Reservation) Size() int64 {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	return r.size
}

// Free is the bytes not yet taken for slabs or C code.
func (r *Reservation) Free() int64 {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	return r.size - r.slabs - r.outside
}

// Outside sets n bytes of r aside for memory that neither slabs nor the Go heap
// show (C code), until r is released; the Go heap's limit shrinks by as much.
// It is an error of the kind errs.TooLarge when r has less left.
func (r *Reservation) Outside(n int64) error {
	if err := r.take(n, &r.outside); err != nil {
		return err
	}
	r.b.mu.Lock()
	r.b.outside += n
	r.b.mu.Unlock()
	r.b.moveHeapLimit()
	return nil
}

// Grow adds n bytes to r if they are free now: it does not wait, so that holders
// of reservations cannot wait for each other. Otherwise it is a *RefusedError,
// whose Need is a cap with room for r alone.
func (r *Reservation) Grow(n int64) error {
	if err := r.grow(n); err != nil {
		return err
	}
	r.b.moveHeapLimit()
	return nil
}

func (r *Reservation) grow(n int64) error {
	b := r.b
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.released {
		panic("memory: " + r.what + " grows a released reservation")
	}
	if want := r.size + n; b.reserved+n > b.Room() {
		return &RefusedError{What: r.what, Want: want, Need: Need(roundUp(want, 1<<20)), Cap: b.cap}
	}
	r.size += n
	b.reserved += n
	if r.heap >= 0 { // it may be Go heap
		r.heap += n
		b.heap += n
	}
	return nil
}

// Heap says that no more than n bytes of r, and of what it grows by, will be Go
// heap, garbage included, nor more than slabs and C code leave of it. While
// everybody who holds a reservation has said so, the collector keeps the heap to
// the sum, so that the peak follows the jobs and not the cap; otherwise garbage
// may fill what the cap leaves.
func (r *Reservation) Heap(n int64) {
	b := r.b
	b.mu.Lock()
	if r.released {
		b.mu.Unlock()
		panic("memory: " + r.what + " tells the heap of a released reservation")
	}
	if r.heap < 0 {
		b.told++
		r.heap = 0
	}
	b.heap += n - r.heap
	r.heap = n
	b.mu.Unlock()
	b.moveHeapLimit()
}

// take moves n bytes of r to one of its counters.
func (r *Reservation) take(n int64, counter *int64) error {
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	if r.released {
		panic("memory: " + r.what + " takes from a released reservation")
	}
	if left := r.size - r.slabs - r.outside; n > left {
		return errs.New(errs.TooLarge, "%s takes %s of memory, has %s left of the %s it reserved",
			r.what, FormatSize(n), FormatSize(left), FormatSize(r.size))
	}
	*counter += n
	return nil
}

// Release gives r back. Slabs taken from it that are still held stay valid and
// stay counted until they are released. Release may be called again.
func (r *Reservation) Release() {
	b := r.b
	b.mu.Lock()
	if r.released {
		b.mu.Unlock()
		return
	}
	r.released = true
	b.held--
	b.reserved -= r.size - r.slabs
	b.outside -= r.outside
	if r.heap >= 0 {
		b.told--
		b.heap -= r.heap
	}
	dead := b.pool.trim(b.reserved)
	b.admit()
	b.mu.Unlock()
	untrack(r)
	unmap(dead)
	b.moveHeapLimit()
}
