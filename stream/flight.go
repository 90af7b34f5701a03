package stream

import (
	"context"
	"iter"
	"sync"
)

// A slot carries one item from the input to the consumer. Its channel says when
// a worker has let go of it.
type slot[In, Out any] struct {
	in   In
	out  Out
	err  error
	bug  *Panic
	stat status
	done chan struct{}
}

type status uint8

const (
	waiting status = iota // in is valid
	failed                // neither is
	mapped                // out is valid
)

// A flight is the items of one Map under way. There are exactly Window slots;
// each channel has room for all of them, so that only taking a free slot, work
// or a result can block, never handing one on.
type flight[In, Out any] struct {
	m     *Mapper[In, Out]
	free  chan *slot[In, Out]
	tasks chan *slot[In, Out] // to the workers
	queue chan *slot[In, Out] // the same slots, to the consumer, in order
	last  *slot[In, Out]      // the slot the consumer waits for or has met an error in
	bug   *Panic              // of the input; read after queue is closed
}

func newFlight[In, Out any](m *Mapper[In, Out]) *flight[In, Out] {
	f := &flight[In, Out]{
		m:     m,
		free:  make(chan *slot[In, Out], m.Window),
		tasks: make(chan *slot[In, Out], m.Window),
		queue: make(chan *slot[In, Out], m.Window),
	}
	for range m.Window {
		f.free <- &slot[In, Out]{done: make(chan struct{}, 1)}
	}
	return f
}

// feed ranges over in. It asks for the next item only when it has a slot for it.
func (f *flight[In, Out]) feed(ctx context.Context, in iter.Seq2[In, error]) {
	defer close(f.queue)
	defer close(f.tasks)
	guard(&f.bug, func() {
		s, ok := take(ctx, f.free)
		if !ok {
			return
		}
		for x, err := range in {
			if err != nil {
				s.err, s.stat = err, failed
				s.done <- struct{}{}
				f.queue <- s
				return
			}
			s.in, s.stat = x, waiting
			f.queue <- s
			f.tasks <- s
			if s, ok = take(ctx, f.free); !ok {
				return
			}
		}
	})
}

// work maps slots until there are no more, or one panics.
func (f *flight[In, Out]) work(ctx context.Context, making *sync.Mutex) {
	var fn func(context.Context, In) (Out, error)
	for s := range f.tasks {
		if !f.one(ctx, s, &fn, making) {
			return
		}
	}
}

// one maps one slot with *fn, made when it is nil, and reports whether it ended
// without a panic. Once it has told so to done, the slot is the consumer's.
func (f *flight[In, Out]) one(ctx context.Context, s *slot[In, Out], fn *func(context.Context, In) (Out, error), making *sync.Mutex) (ok bool) {
	defer func() { // also when the goroutine exits in fn
		ok = s.bug == nil
		s.done <- struct{}{}
	}()
	if ctx.Err() != nil {
		return true
	}
	guard(&s.bug, func() {
		if *fn == nil {
			*fn = f.newFunc(making)
		}
		var none In
		x := s.in
		s.in, s.stat = none, failed
		if s.out, s.err = (*fn)(ctx, x); s.err == nil {
			s.stat = mapped
		}
	})
	return true
}

func (f *flight[In, Out]) newFunc(making *sync.Mutex) func(context.Context, In) (Out, error) {
	making.Lock()
	defer making.Unlock()
	return f.m.New()
}

// next waits for the next slot in order. It returns nil and no error at the end
// of the input, and an error when the slot holds one or ctx is done. It panics
// with the *Panic a slot or the input ended in.
func (f *flight[In, Out]) next(ctx context.Context) (*slot[In, Out], error) {
	s, ok := take(ctx, f.queue)
	if !ok {
		if err := ctx.Err(); err != nil { // the queue may still be open
			return nil, err
		}
		if f.bug != nil {
			panic(f.bug)
		}
		return nil, nil
	}
	f.last = s
	if _, ok := take(ctx, s.done); !ok {
		return nil, ctx.Err()
	}
	if s.bug != nil {
		panic(s.bug)
	}
	if s.stat == waiting { // a worker saw that ctx was done before we did
		return nil, ctx.Err()
	}
	if s.err != nil {
		return nil, s.err
	}
	f.last = nil
	return s, nil
}

// recycle gives the slot of a yielded result back to the input.
func (f *flight[In, Out]) recycle(s *slot[In, Out]) {
	var none Out
	s.out = none
	f.free <- s
}

// drop gives what is left to DropIn and DropOut. All goroutines have ended.
func (f *flight[In, Out]) drop() {
	if f.last != nil {
		f.dropSlot(f.last)
		f.last = nil
	}
	for s := range f.queue {
		f.dropSlot(s)
	}
}

func (f *flight[In, Out]) dropSlot(s *slot[In, Out]) {
	switch s.stat {
	case waiting:
		f.m.DropIn(s.in)
	case mapped:
		f.m.DropOut(s.out)
	}
}

// take receives from c, or reports false when c is closed or ctx is done. What
// is ready is taken without looking at ctx, which costs a third of a select.
func take[T any](ctx context.Context, c <-chan T) (x T, ok bool) {
	select {
	case x, ok = <-c:
		return x, ok
	default:
	}
	select {
	case x, ok = <-c:
		return x, ok
	case <-ctx.Done():
		return x, false
	}
}
