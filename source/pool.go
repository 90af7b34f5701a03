package source

import (
	"errors"
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
}

var _ Memory = (*Pool)(nil)

// Fill makes r what slabs are taken from; nil empties the pool, which whoever
// filled it does before r is released. Slabs already taken stay valid.
func (p *Pool) Fill(r *memory.Reservation) { p.r.Store(r) }

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
