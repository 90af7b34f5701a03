package source

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
)

// A Pool is the memory of one job's data set, which must be opened before the
// job knows what it needs: the data set is opened with it, and the job then
// fills it with its one reservation. It is safe for concurrent use. The zero
// Pool is empty.
type Pool struct {
	r atomic.Pointer[memory.Reservation]

	mu     sync.Mutex
	extra  int64 // bytes of Extra in use
	grown  int64 // most of them at once: what the reservation has grown by
	filled int64 // size of the reservation before
}

var (
	_ Memory     = (*Pool)(nil)
	_ longMemory = (*Pool)(nil)
)

// Fill makes r what slabs are taken from; nil empties the pool, which whoever
// filled it does before r is released. Slabs already taken stay valid.
func (p *Pool) Fill(r *memory.Reservation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.extra, p.grown, p.filled = 0, 0, 0
	if r != nil {
		p.filled = r.Size()
	}
	p.r.Store(r)
}

// Extra makes room for n bytes that nobody could foresee, such as those of a
// very long row, beside what was reserved. It does not wait: when the budget
// has no room it is a *memory.RefusedError. Return(n) gives the room back. An
// empty Pool has all the room there is.
func (p *Pool) Extra(n int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r := p.r.Load(); r != nil && p.extra+n > p.grown {
		if err := r.Grow(p.extra + n - p.grown); err != nil {
			return err
		}
		p.grown = p.extra + n
	}
	p.extra += n
	return nil
}

// Return gives the room of Extra(n) back, to be used by the next.
func (p *Pool) Return(n int64) {
	p.mu.Lock()
	p.extra = max(p.extra-n, 0) // the Pool may have been emptied meanwhile
	p.mu.Unlock()
}

// Grown is what Extra has added to the reservation.
func (p *Pool) Grown() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.grown
}

// longCopies is how often about a long row is held at once: its text as it is
// read, decoded, encoded and compressed, in buffers of the next power of two.
const longCopies = 8

// longSlab gives n bytes for a row longer than a segment, which nobody could
// foresee.
func (p *Pool) longSlab(n int) ([]byte, dtype.Owner, error) {
	r := p.r.Load()
	if r == nil {
		return heap(n)
	}
	size := memory.SlabSize(int64(n))
	if err := p.Extra(size); err != nil {
		var refused *memory.RefusedError
		if errors.As(err, &refused) {
			more := *refused
			p.mu.Lock()
			more.Want = max(more.Want, p.filled+longCopies*size)
			p.mu.Unlock()
			more.Need = max(more.Need, memory.Need((more.Want+1<<20-1)>>20<<20))
			more.What += ", with a row longer than a segment,"
			return nil, nil, &more
		}
		return nil, nil, err
	}
	s, err := r.Slab(n)
	if err != nil {
		p.Return(size)
		return nil, nil, err
	}
	l := &long{slab: s, p: p, n: size}
	l.holds.Store(1)
	return s.Bytes(), l, nil
}

// long owns a slab of Extra.
type long struct {
	slab  *memory.Slab
	p     *Pool
	n     int64
	holds atomic.Int32
}

func (l *long) Retain() { l.holds.Add(1) }

func (l *long) Release() {
	if l.holds.Add(-1) == 0 {
		l.slab.Release()
		l.p.Return(l.n)
	}
}

// Slab gives n bytes of the reservation, or of the Go heap while there is none
// (what Open reads to find the schema) or it has no more: a job reserves by an
// estimate, and ends rather than stops when it was too low.
func (p *Pool) Slab(n int) ([]byte, dtype.Owner, error) {
	r := p.r.Load()
	if r == nil {
		return heap(n)
	}
	s, err := r.Slab(n)
	if errors.Is(err, errs.TooLarge) {
		return heap(n)
	}
	if err != nil {
		return nil, nil, err
	}
	return s.Bytes(), s, nil
}

func heap(n int) ([]byte, dtype.Owner, error) {
	return dtype.Bytes(make([]uint64, (n+7)/8))[:n], collected{}, nil
}

// collected owns memory that the garbage collector looks after.
type collected struct{}

func (collected) Retain()  {}
func (collected) Release() {}
