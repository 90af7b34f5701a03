package ndarray

import (
	"context"
	"sync"

	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/task"
	"github.com/outcore/outcore/zarr"
)

// A worker evaluates in one task: its memory, its buffers, its context. It is
// used by one goroutine.
type worker struct {
	ctx     context.Context
	room    *memory.Reservation // nil: the Go heap
	held    []buffer
	scratch *zarr.Scratch
	cache   *Cache
}

// scratches keep decoders between tasks.
var scratches = sync.Pool{New: func() any { return new(zarr.Scratch) }}

// A buffer is memory that a worker gives back: a slab, or without a reservation
// a piece of the Go heap, kept for the next user as collecting it and mapping
// pages anew would take longer than copying a chunk.
type buffer struct {
	slab *memory.Slab
	heap *[]byte
}

var heapBuffers sync.Pool // of *[]byte

// newWorker takes memory from the reservation of the task, if there is one.
func newWorker(ctx context.Context, cache *Cache) *worker {
	w := &worker{ctx: ctx, scratch: scratches.Get().(*zarr.Scratch), cache: cache}
	w.room, _ = task.Reserved[*memory.Reservation](ctx)
	return w
}

// close gives everything back.
func (w *worker) close() {
	w.release(0)
	scratches.Put(w.scratch)
}

// alloc gives n bytes that are not zero, valid until release of a mark before.
func (w *worker) alloc(n int) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	if w.room == nil {
		p, _ := heapBuffers.Get().(*[]byte)
		if p == nil || cap(*p) < n {
			b := make([]byte, (n+7)&^7) // aligned for every element type
			p = &b
		}
		w.held = append(w.held, buffer{heap: p})
		return (*p)[:n], nil
	}
	s, err := w.room.Slab(n)
	if err != nil {
		return nil, err
	}
	w.held = append(w.held, buffer{slab: s})
	return s.Bytes(), nil
}

// mark and release bracket what is allocated for one step.
func (w *worker) mark() int { return len(w.held) }

func (w *worker) release(mark int) {
	for i, b := range w.held[mark:] {
		if b.slab != nil {
			b.slab.Release()
		} else {
			heapBuffers.Put(b.heap)
		}
		w.held[mark+i] = buffer{}
	}
	w.held = w.held[:mark]
}
