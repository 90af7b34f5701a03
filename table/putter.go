package table

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/zarr"
)

// WriterOptions say how a writer works, not what it writes.
type WriterOptions struct {
	Jobs   int           // chunks encoded at once; default 1
	Memory source.Memory // where chunks are gathered; nil = the Go heap
	// Texts is the bytes of text that room was made for (WriterMemory). What
	// texts take beyond is asked of Memory, where it has an Extra, as source.Pool.
	Texts int64
}

// An extender makes room beside what was reserved.
type extender interface {
	Extra(n int64) error
	Return(n int64)
}

// A putter encodes and stores full chunks, some at once, while its owner fills
// others. It serves one goroutine.
type putter struct {
	jobs    int
	mem     source.Memory
	group   *errgroup.Group // of the chunks under way; nil when there are none
	ctx     context.Context // of the group
	scratch chan *zarr.Scratch

	room  int64 // for texts
	held  int64 // by texts
	extra int64 // of it beyond the room

	mu   sync.Mutex
	free map[int][]lump // by length
}

func newPutter(o WriterOptions) *putter {
	p := &putter{jobs: max(o.Jobs, 1), mem: o.Memory, room: o.Texts, free: map[int][]lump{}}
	p.scratch = make(chan *zarr.Scratch, p.jobs)
	for range p.jobs {
		p.scratch <- &zarr.Scratch{Alloc: scratchAlloc(o.Memory)}
	}
	return p
}

// get gives a buffer of n bytes, not cleared.
func (p *putter) get(n int) (lump, error) {
	p.mu.Lock()
	if have := p.free[n]; len(have) > 0 {
		l := have[len(have)-1]
		p.free[n] = have[:len(have)-1]
		p.mu.Unlock()
		return l, nil
	}
	p.mu.Unlock()
	return alloc(p.mem, n)
}

// back takes a buffer back, to be used again.
func (p *putter) back(l lump) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free[len(l.b)] = append(p.free[len(l.b)], l)
}

// hold makes room for n more bytes of text.
func (p *putter) hold(n int64) error {
	p.held += n
	e, ok := p.mem.(extender)
	if more := p.held - p.room - p.extra; ok && more > 0 {
		if err := e.Extra(more); err != nil {
			return err
		}
		p.extra += more
	}
	return nil
}

// put runs store beside its caller, who waits while too many run, and then done.
// After an error nothing is stored any more; wait tells it.
func (p *putter) put(ctx context.Context, done func(), store func(context.Context, *zarr.Scratch) error) {
	if p.group == nil {
		p.group, p.ctx = errgroup.WithContext(ctx)
		p.group.SetLimit(p.jobs)
	}
	ctx = p.ctx
	p.group.Go(func() error {
		defer done()
		if err := ctx.Err(); err != nil {
			return err
		}
		s := <-p.scratch
		defer func() { p.scratch <- s }()
		return store(ctx, s)
	})
}

// failed is why nothing is stored any more, nil while all goes well.
func (p *putter) failed() error {
	if p.group == nil || p.ctx.Err() == nil {
		return nil
	}
	return p.wait()
}

func nothing() {}

// wait waits for all that put began.
func (p *putter) wait() error {
	if p.group == nil {
		return nil
	}
	err := p.group.Wait()
	p.group = nil
	return err
}

// close waits and gives all memory back.
func (p *putter) close() error {
	err := p.wait()
	for range p.jobs {
		s := <-p.scratch
		s.Release()
	}
	for _, list := range p.free {
		for _, l := range list {
			l.release()
		}
	}
	p.free = nil
	if e, ok := p.mem.(extender); ok {
		e.Return(p.extra)
	}
	return err
}
