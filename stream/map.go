package stream

import (
	"context"
	"iter"
	"runtime"
	"sync"
)

// A Mapper applies a function to the items of a sequence in several workers
// and yields the results in the order of the inputs.
//
// The zero values of all fields but New are useful. A Mapper may be used for
// any number of sequences, also concurrently, if its functions may.
type Mapper[In, Out any] struct {
	// New makes the function of one worker; what it closes over (buffers,
	// decoders) belongs to that worker. Calls of New do not overlap, and come
	// only when the worker has its first item. The function owns its In, also
	// when it fails; its Out is ignored then.
	New func() func(context.Context, In) (Out, error)

	Workers int // default runtime.GOMAXPROCS(0)

	// Window is the most items that exist between the input and the return of
	// the loop body that got their result, counting the one the input is about
	// to give. Default 2×Workers, and 1 for one worker.
	Window int

	DropIn  func(In)  // given every input that is never mapped (error, cancel, loop left); may be nil
	DropOut func(Out) // given every result that is never yielded; may be nil
}

// Map returns the results of in as a sequence. It does nothing until ranged
// over, and may be ranged over again if in may.
//
// The first error in the order of the inputs (of in or of a worker) is yielded
// after all results before it, and is the last item; so is ctx.Err() once ctx
// is done. When the loop ends, in whichever way, no goroutine of it runs any
// more; that waits for the calls to in and to workers that are under way, so
// these should watch the same ctx if they may block for long.
//
// A panic in a worker or in the input comes out of the loop as a *Panic, after
// the results before it. With Window 1, or one worker and no Window given,
// everything runs in the caller's goroutine and panics are not wrapped.
func (m Mapper[In, Out]) Map(ctx context.Context, in iter.Seq2[In, error]) iter.Seq2[Out, error] {
	if m.Workers <= 0 {
		m.Workers = runtime.GOMAXPROCS(0)
	}
	if m.Window <= 0 {
		m.Window = 2 * m.Workers
		if m.Workers == 1 {
			m.Window = 1
		}
	}
	m.Workers = min(m.Workers, m.Window)
	if m.DropIn == nil {
		m.DropIn = func(In) {}
	}
	if m.DropOut == nil {
		m.DropOut = func(Out) {}
	}
	if m.Window == 1 {
		return func(yield func(Out, error) bool) { m.serial(ctx, in, yield) }
	}
	return func(yield func(Out, error) bool) { m.parallel(ctx, in, yield) }
}

// serial maps in the caller's goroutine.
func (m Mapper[In, Out]) serial(ctx context.Context, in iter.Seq2[In, error], yield func(Out, error) bool) {
	var none Out
	var fn func(context.Context, In) (Out, error)
	for x, err := range in {
		if err != nil {
			yield(none, err)
			return
		}
		if err := ctx.Err(); err != nil {
			m.DropIn(x)
			yield(none, err)
			return
		}
		if fn == nil {
			fn = m.New()
		}
		y, err := fn(ctx, x)
		if err != nil {
			yield(none, err)
			return
		}
		if !yield(y, nil) {
			return
		}
	}
	if err := ctx.Err(); err != nil {
		yield(none, err)
	}
}

// parallel maps in m.Workers goroutines, with one more that ranges over in.
func (m Mapper[In, Out]) parallel(parent context.Context, in iter.Seq2[In, error], yield func(Out, error) bool) {
	ctx, cancel := context.WithCancel(parent)
	f := newFlight(&m)
	var running sync.WaitGroup
	running.Go(func() { f.feed(ctx, in) })
	var making sync.Mutex
	for range m.Workers {
		running.Go(func() { f.work(ctx, &making) })
	}
	land := sync.OnceFunc(func() {
		cancel()
		running.Wait()
		f.drop()
	})
	defer land() // also when the loop body panics

	for {
		s, err := f.next(ctx)
		if s == nil || err != nil {
			land()
			if err != nil {
				var none Out
				yield(none, err)
			}
			return
		}
		y := s.out
		if !yield(y, nil) {
			return
		}
		f.recycle(s)
	}
}
