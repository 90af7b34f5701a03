package memory

import (
	"fmt"
	"sync/atomic"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A Slab is a large buffer outside the Go heap. The collector does not see it:
// it must not hold Go pointers, and whoever looks into it holds a reference.
//
// It starts with one reference. Retain and Release may be called concurrently;
// at the last Release the memory is used again or goes back to the kernel, and
// every slice of it is then invalid.
type Slab struct {
	r    *Reservation
	mem  []byte // whole pages
	n    int
	refs atomic.Int32
}

var _ dtype.Owner = (*Slab)(nil)

// Slab takes a buffer of n bytes from r, which is charged SlabSize(n). Its
// contents are not zero: they are what the last user left. It starts at a page,
// so it is aligned for every element type. The error, of the kind
// errs.TooLarge, says that r has less left; the call never waits. n ≤ 0 panics.
func (r *Reservation) Slab(n int) (*Slab, error) {
	if n <= 0 {
		panic(fmt.Sprintf("memory: %s takes a slab of %d bytes", r.what, n))
	}
	size := SlabSize(int64(n))
	if err := r.take(size, &r.slabs); err != nil {
		return nil, err
	}
	b := r.b
	b.mu.Lock()
	mem, dead := b.pool.get(size, b.reserved)
	b.mu.Unlock()
	cached := mem != nil
	if !cached && len(dead) > 0 { // pages that are resident already
		var old []byte
		old, dead = largest(dead)
		mem = resizePages(old, size)
	}
	unmap(dead)
	if mem == nil {
		var err error
		if mem, err = mapPages(size); err != nil {
			r.giveBack(nil, size)
			return nil, errs.New(errs.TooLarge, "%s: the system gives no %s of memory: %w", r.what, FormatSize(size), err)
		}
	}
	if !cached {
		b.moveHeapLimit()
	}
	s := &Slab{r: r, mem: mem, n: n}
	s.refs.Store(1)
	track(s, r.what)
	return s, nil
}

// giveBack returns the bytes of a slab to r and its memory, nil when there is
// none, to the pool.
func (r *Reservation) giveBack(mem []byte, size int64) {
	b := r.b
	b.mu.Lock()
	r.slabs -= size
	if r.released {
		b.reserved -= size
	}
	var dead [][]byte
	if mem == nil {
		b.pool.live -= size
	} else {
		dead = b.pool.put(mem, b.reserved)
	}
	if r.released {
		b.admit()
	}
	b.mu.Unlock()
	if len(dead) > 0 {
		unmap(dead)
		b.moveHeapLimit()
	}
}

// Bytes is the buffer, n bytes long.
func (s *Slab) Bytes() []byte { return s.mem[:s.n:len(s.mem)] }

// Retain adds a reference. It panics when there is none left to copy.
func (s *Slab) Retain() {
	if s.refs.Add(1) <= 1 {
		panic("memory: slab retained after its last release")
	}
}

// Release drops a reference. It panics when there is none left.
func (s *Slab) Release() {
	switch n := s.refs.Add(-1); {
	case n > 0:
		return
	case n < 0:
		panic("memory: slab released twice")
	}
	untrack(s)
	mem := s.mem
	s.mem = nil // a late Bytes panics rather than reads another's data
	poison(mem)
	s.r.giveBack(mem, int64(len(mem)))
}
