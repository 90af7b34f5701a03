package memory

import (
	"sync"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/internal/image"
)

// What the process needs before any job: docs/memory.md says how it was
// measured.
const (
	imageBytes = 16 << 20 // resident pages of the program file at work: 13 to 16 MiB of its 68
	heapFloor  = 11 << 20 // least GOMEMLIMIT: 7 MiB that an idle Go runtime maps, and garbage
	untouched  = 4 << 20  // of what the Go runtime maps, and counts, but never writes to

	// Base is what a reservation cannot have.
	Base = imageBytes + heapFloor - untouched // 23 MiB

	// Least is what starting takes, and so the least cap that a job can have.
	Least = 28 << 20
)

// Need is the least cap that a reservation of n bytes fits.
func Need(n int64) int64 { return max(Least, Base+n) }

// Options say how a Budget is made. The zero value is useful.
type Options struct {
	Cap    int64      // bytes; default 60 % of Limit
	Events event.Sink // gets event.Memory four times a second, and warnings
}

// A Budget shares out the memory of the process. All methods may be called
// concurrently. A process has one; several are allowed (tests), and the Go heap
// is then bounded by the tightest.
type Budget struct {
	cap    int64
	events event.Sink
	dog    watchdog
	goheap *heapLimit

	planned sync.Once // before the first reservation

	mu       sync.Mutex
	reserved int64 // by reservations, and by slabs that outlive theirs
	outside  int64 // of it, for C code
	held     int   // reservations not released
	told     int   // of them, those that told their heap
	heap     int64 // bytes, sum of what they told
	queue    []*waiter
	paused   bool // by the watchdog
	closed   bool
	pool     pool
}

// New makes a Budget and starts its watchdog; Close ends both. A Cap that is
// negative is an error, and so is an unknown limit when no Cap is given. A Cap
// too small for any job is not: the first Reserve says what it needs.
func New(o Options) (*Budget, error) {
	if o.Cap < 0 {
		return nil, errs.New(errs.Invalid, "memory cap of %d bytes, expected a positive size", o.Cap).WithFix("--memory 512MiB")
	}
	if o.Cap == 0 {
		limit, _ := Limit()
		if limit == 0 {
			return nil, errs.New(errs.Unsupported, "the memory of this machine is unknown").WithFix("--memory 512MiB")
		}
		o.Cap = limit / 10 * 6
	}
	image.Drop() // of starting
	b := &Budget{cap: o.Cap, events: o.Events, goheap: newHeapLimit()}
	b.pool.init(min(o.Cap/32, 4<<20))
	b.goheap.set(b.heapRoom(0, 0), o.Cap-Base >= lazyRoom)
	b.dog.start(b)
	return b, nil
}

// Cap is the most bytes the process may have resident.
func (b *Budget) Cap() int64 { return b.cap }

// Room is the most bytes one reservation can have: Cap − Base, or 0 below Least.
func (b *Budget) Room() int64 {
	if b.cap < Least {
		return 0
	}
	return b.cap - Base
}

// heapRoom is the Go heap's part when slabs and C code have theirs. b.mu is held.
func (b *Budget) heapRoom(slabs, outside int64) int64 {
	room := b.cap - imageBytes + untouched - slabs - outside
	if b.held > 0 && b.told == b.held {
		room = min(room, heapFloor+min(b.heap, max(0, b.reserved-slabs-outside)))
	}
	return max(heapFloor, room)
}

// lazyRoom is what must be free for garbage to be left lying: more than it comes
// to beside a heap of the jobs that small caps are for.
const lazyRoom = 64 << 20

// moveHeapLimit follows a change of the slabs, of what C code has, or of what was
// told. Where everybody who holds a reservation has told what garbage may take
// with the heap, and half of a large cap is free, or nobody holds one, twice the garbage
// saves half the collections: the heap beside slabs is a few MiB, and soon twice
// what it was. It is called without b.mu.
func (b *Budget) moveHeapLimit() {
	b.mu.Lock()
	want := b.heapRoom(b.pool.live+b.pool.cached, b.outside)
	free := b.cap - Base - b.reserved
	lazy := free >= lazyRoom && (b.held == 0 || b.told == b.held && b.reserved <= free)
	b.mu.Unlock()
	b.goheap.move(want, min(b.cap/64, 4<<20), lazy)
}

// Close ends the watchdog, fails the reservations that wait and gives cached
// slabs back to the kernel. Slabs and reservations still held stay valid until
// they are released. Close may be called again.
func (b *Budget) Close() {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return
	}
	b.closed = true
	for _, w := range b.queue {
		w.err = errs.New(errs.Unavailable, "memory: the budget was closed while %q waited", w.what)
		close(w.ready)
	}
	b.queue = nil
	b.pool.spare = 0
	dead := b.pool.trim(0)
	b.mu.Unlock()
	unmap(dead)
	b.dog.stop()
	b.goheap.drop()
}

// Stats is a picture of a Budget in bytes.
type Stats struct {
	Cap       int64
	Reserved  int64
	Slabs     int64 // in use
	Cached    int64 // slabs kept for the next use
	Outside   int64 // reserved for C code
	HeapLimit int64 // GOMEMLIMIT as last set
	Waiting   int   // reservations not yet granted
	Usage
}

// Stats returns the state of now; it asks the kernel (ReadUsage).
func (b *Budget) Stats() Stats {
	u := ReadUsage()
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{
		Cap: b.cap, Reserved: b.reserved, Slabs: b.pool.live, Cached: b.pool.cached,
		Outside: b.outside, HeapLimit: b.goheap.last(), Waiting: len(b.queue), Usage: u,
	}
}
