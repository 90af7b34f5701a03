package feature

import (
	"iter"
	"sync/atomic"
)

// A Cutter recuts the frames of a pass into batches of Rows rows, counted from
// the first row of the pass, whatever rows the frames have: the last batch may
// be shorter. So no border of a file, chunk or segment shows in a result.
//
// To go on inside a pass, give the frames from an earlier one on: Start is the
// number, in the pass, of the first row given, and rows before From, a
// multiple of Rows, are dropped.
type Cutter struct {
	Rows  int
	Start int64
	From  int64
	Alloc Alloc // of the batches that lie in two frames or more; nil is Recycled
}

// A Cut is the rows of one batch, lying in one frame or more. Its frames live
// until the Cut, or the Frame made of it, is released.
type Cut struct {
	N     int
	First int64 // number in the pass of the first row
	// Mark is that of the frame that holds the last row, and MarkRow the number
	// in the pass of that frame's first row: a Cutter{Start: MarkRow, From:
	// First+N} given the frames from Mark on yields what follows this cut.
	Mark    any
	MarkRow int64

	parts []*Frame
	from  []*shared
	alloc Alloc
}

// A shared is a frame that several cuts look into.
type shared struct {
	frame *Frame
	users atomic.Int32
}

func (s *shared) drop() {
	if s.users.Add(-1) == 0 {
		s.frame.Release()
	}
}

// Cut yields the batches of in, in order, without copying anything: Cut.Frame
// copies, in whatever worker calls it, the rows of a batch that lies in
// several frames. It takes over the frames of in; whoever gets a Cut calls
// Frame or Release. An error of in ends it, after the whole batches before.
func (c Cutter) Cut(in iter.Seq2[*Frame, error]) iter.Seq2[*Cut, error] {
	return func(yield func(*Cut, error) bool) {
		row := c.Start
		open := &Cut{First: max(c.Start, c.From), alloc: c.Alloc}
		for f, err := range in {
			if err != nil {
				open.Release()
				yield(nil, err)
				return
			}
			s := &shared{frame: f}
			s.users.Store(1)
			start := row
			row += int64(f.N)
			for lo := int(min(max(c.From-start, 0), int64(f.N))); lo < f.N; {
				hi := min(f.N, lo+c.Rows-open.N)
				open.add(s, lo, hi, start)
				lo = hi
				if open.N < c.Rows {
					continue
				}
				full := open
				open = &Cut{First: full.First + int64(full.N), alloc: c.Alloc}
				if !yield(full, nil) {
					s.drop()
					return
				}
			}
			s.drop()
		}
		if open.N > 0 {
			yield(open, nil)
		}
	}
}

// Frames is Cut with the frame of every cut made at once, in the caller's
// goroutine; its frames carry the cut's Mark.
func (c Cutter) Frames(in iter.Seq2[*Frame, error]) iter.Seq2[*Frame, error] {
	return func(yield func(*Frame, error) bool) {
		for cut, err := range c.Cut(in) {
			var f *Frame
			if err == nil {
				f, err = cut.Frame()
			}
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// add appends rows lo to hi of s, whose row 0 is row start of the pass.
func (c *Cut) add(s *shared, lo, hi int, start int64) {
	s.users.Add(1)
	part := s.frame
	if lo > 0 || hi < part.N {
		part = part.Slice(lo, hi)
	}
	c.parts = append(c.parts, part)
	c.from = append(c.from, s)
	c.N += hi - lo
	c.Mark, c.MarkRow = s.frame.Mark, start
}

// Frame gives the rows of c as one frame: a view when they lie in one frame,
// else a copy. It takes over c, also on error.
func (c *Cut) Frame() (*Frame, error) {
	if len(c.parts) == 1 {
		f := *c.parts[0]
		f.First, f.Mark, f.free = c.First, c.Mark, nil
		f.OnRelease(c.from[0].drop)
		return &f, nil
	}
	f, err := Join(c.parts, c.alloc)
	c.Release()
	if err != nil {
		return nil, err
	}
	f.First, f.Mark = c.First, c.Mark
	return f, nil
}

// Release gives up the rows of a Cut that no Frame was made of.
func (c *Cut) Release() {
	for _, s := range c.from {
		s.drop()
	}
	c.parts, c.from = nil, nil
}
