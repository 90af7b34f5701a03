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
	slabs   []*memory.Slab
	scratch *zarr.Scratch
	cache   *Cache
}

// scratches keep decoders between tasks.
var scratches = sync.Pool{New: func() any { return new(zarr.Scratch) }}

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
		return make([]byte, (n+7)&^7)[:n], nil
	}
	s, err := w.room.Slab(n)
	if err != nil {
		return nil, err
	}
	w.slabs = append(w.slabs, s)
	return s.Bytes(), nil
}

// mark and release bracket what is allocated for one step.
func (w *worker) mark() int { return len(w.slabs) }

func (w *worker) release(mark int) {
	for i, s := range w.slabs[mark:] {
		s.Release()
		w.slabs[mark+i] = nil
	}
	w.slabs = w.slabs[:mark]
}
