package table

import (
	"context"

	"github.com/outcore/outcore/zarr"
)

// An axis is the first axis of an array that grows while chunks of it are
// stored. The array is longer than what it holds until the end is settled.
type axis struct {
	array *zarr.Array
	room  int64 // its length
}

// roomChunks is how many chunks longer an array becomes when it is full: while
// it changes its length nothing may be stored in it.
const roomChunks = 64

// reserve makes the array long enough for n elements.
func (a *axis) reserve(ctx context.Context, p *putter, n int64) error {
	if n <= a.room {
		return nil
	}
	chunk := int64(a.array.Meta().ChunkShape[0])
	return a.resize(ctx, p, (n+chunk-1)/chunk*chunk+roomChunks*chunk)
}

func (a *axis) resize(ctx context.Context, p *putter, n int64) error {
	if n == a.room {
		return nil
	}
	if err := p.wait(); err != nil {
		return err
	}
	shape := append([]uint64{uint64(n)}, a.array.Meta().Shape[1:]...)
	if err := a.array.Resize(ctx, shape); err != nil {
		return err
	}
	a.room = n
	return nil
}

// A series appends elements of fixed size to an array, chunk by chunk. Of an
// array of two dimensions an element is a row, or the part of it in one chunk.
type series struct {
	p     *putter
	axis  *axis
	at    []uint32 // index of the chunk along the other axes
	chunk int      // elements of a chunk
	fill  []byte   // one element
	n     int64    // elements so far, those before this series too
	buf   lump     // the chunk being filled, when some are in it
}

// newSeries goes on behind the n elements that the array has.
func newSeries(ctx context.Context, p *putter, a *axis, n int64, at ...uint32) (*series, error) {
	m := a.array.Meta()
	s := &series{p: p, axis: a, at: at, chunk: int(m.ChunkShape[0]), fill: m.Fill, n: n}
	for range len(at) {
		s.fill = repeat(m.Fill, int(m.ChunkShape[1]))
	}
	if s.used() == 0 {
		return s, nil
	}
	var err error
	if s.buf, err = p.get(s.chunk * len(s.fill)); err != nil {
		return nil, err
	}
	var scratch zarr.Scratch
	_, err = a.array.Read(ctx, s.index(), s.buf.b, &scratch)
	return s, err
}

func repeat(b []byte, n int) []byte {
	out := make([]byte, 0, n*len(b))
	for range n {
		out = append(out, b...)
	}
	return out
}

// used is the elements in the chunk being filled.
func (s *series) used() int { return int(s.n % int64(s.chunk)) }

func (s *series) index() []uint32 {
	return append([]uint32{uint32(s.n / int64(s.chunk))}, s.at...)
}

// space gives room for up to n more elements, at least one, not cleared.
func (s *series) space(n int) ([]byte, error) {
	if s.used() == 0 && s.buf.b == nil {
		var err error
		if s.buf, err = s.p.get(s.chunk * len(s.fill)); err != nil {
			return nil, err
		}
	}
	at := s.used()
	return s.buf.b[at*len(s.fill) : min(at+n, s.chunk)*len(s.fill)], nil
}

// advance says that the first n elements of the space were filled.
func (s *series) advance(ctx context.Context, n int) error {
	index := s.index()
	s.n += int64(n)
	if s.used() > 0 || n == 0 {
		return nil
	}
	full := s.buf
	s.buf = lump{}
	if err := s.axis.reserve(ctx, s.p, s.n); err != nil {
		s.p.back(full)
		return err
	}
	array := s.axis.array
	s.p.put(ctx, func() { s.p.back(full) }, func(ctx context.Context, scratch *zarr.Scratch) error {
		return array.Write(ctx, index, full.b, scratch)
	})
	return s.p.failed()
}

// add appends elements.
func (s *series) add(ctx context.Context, b []byte) error {
	for len(b) > 0 {
		room, err := s.space(len(b) / len(s.fill))
		if err != nil {
			return err
		}
		n := copy(room, b)
		b = b[n:]
		if err := s.advance(ctx, n/len(s.fill)); err != nil {
			return err
		}
	}
	return nil
}

// addFill appends n elements of fill value.
func (s *series) addFill(ctx context.Context, n int) error {
	for n > 0 {
		room, err := s.space(n)
		if err != nil {
			return err
		}
		repeatInto(room, s.fill)
		k := len(room) / len(s.fill)
		n -= k
		if err := s.advance(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

// repeatInto fills b with copies of one.
func repeatInto(b, one []byte) {
	for n := copy(b, one); n < len(b) && n > 0; n *= 2 {
		copy(b[n:], b[:n])
	}
}

// flush stores the chunk that is not full, and keeps filling it.
func (s *series) flush(ctx context.Context) error {
	if s.used() == 0 {
		return nil
	}
	if err := s.axis.reserve(ctx, s.p, s.n); err != nil {
		return err
	}
	repeatInto(s.buf.b[s.used()*len(s.fill):], s.fill)
	index, buf, array := s.index(), s.buf, s.axis.array
	s.p.put(ctx, nothing, func(ctx context.Context, scratch *zarr.Scratch) error {
		return array.Write(ctx, index, buf.b, scratch)
	})
	return nil
}

// settle makes the array as long as what it holds.
func (s *series) settle(ctx context.Context) error { return s.axis.resize(ctx, s.p, s.n) }

// drop gives the memory back.
func (s *series) drop() {
	if s.buf.b != nil {
		s.p.back(s.buf)
		s.buf = lump{}
	}
}
