package feature

import (
	"math/bits"
	"sync"

	"github.com/outcore/outcore/dtype"
)

// An Alloc gives n bytes of unspecified content, aligned to 8, and the func
// that gives them back. It must be safe for concurrent use. A nil Alloc means
// Recycled; a job under a memory budget passes one that takes slabs from its
// reservation.
type Alloc func(n int) (b []byte, free func(), err error)

// recycled holds buffers of 2^i bytes that were given back.
var recycled [64]sync.Pool

// smallest is the least buffer worth recycling.
const smallest = 4 << 10

// Recycled is the Alloc over the Go heap: buffers of 4 KiB and more are used
// again, so that a pass over many batches makes garbage only once.
func Recycled(n int) (b []byte, free func(), err error) {
	if n < smallest {
		return dtype.Bytes(make([]uint64, (n+7)/8))[:n], func() {}, nil
	}
	class := bits.Len(uint(n - 1))
	p, _ := recycled[class].Get().(*[]uint64)
	if p == nil {
		s := make([]uint64, 1<<class/8)
		p = &s
	}
	return dtype.Bytes(*p)[:n], func() { recycled[class].Put(p) }, nil
}

// An arena takes the buffers of one frame from an Alloc and remembers how to
// give them back. The first error stays; slices taken after it are nil.
type arena struct {
	alloc Alloc
	free  []func()
	err   error
}

func (a *arena) bytes(n int) []byte {
	if a.err != nil || n == 0 {
		return nil
	}
	alloc := a.alloc
	if alloc == nil {
		alloc = Recycled
	}
	b, free, err := alloc(n)
	if err != nil {
		a.err = err
		return nil
	}
	a.free = append(a.free, free)
	return b[:n]
}

// take gives n numbers of unspecified value from a, or nil when a has failed.
func take[T dtype.Number](a *arena, n int) []T {
	return dtype.View[T](a.bytes(n * dtype.TypeOf[T]().Size()))
}

// release gives everything back.
func (a *arena) release() {
	for _, fn := range a.free {
		fn()
	}
	a.free = nil
}

// Take gives n numbers of unspecified value that live as long as f, from alloc.
func Take[T dtype.Number](f *Frame, alloc Alloc, n int) ([]T, error) {
	a := &arena{alloc: alloc}
	s := take[T](a, n)
	f.free = append(f.free, a.free...)
	return s, a.err
}
