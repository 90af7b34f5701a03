package parquet

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/klauspost/compress/zstd"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/stream"
)

// Encode encodes the rows of all records as one row group. It keeps nothing of
// them. Its bytes do not depend on the number of workers.
func (e *Encoder) Encode(records []arrow.RecordBatch) (*RowGroup, error) {
	g := &RowGroup{}
	for _, r := range records {
		if int(r.NumCols()) != len(e.columns) {
			return nil, errs.New(errs.Shape, "record of %d columns written to a table of %d", r.NumCols(), len(e.columns))
		}
		g.Rows += r.NumRows()
	}
	parts := stream.Mapper[int, part]{
		New: func() func(context.Context, int) (part, error) {
			return func(_ context.Context, i int) (part, error) { return e.part(i, g.Rows, records) }
		},
		Workers: e.workers,
		Window:  len(e.room),
		DropOut: func(p part) { e.give(p.i, p.bytes) },
	}
	at := int64(0)
	for p, err := range parts.Map(context.Background(), numbered(len(e.room))) {
		if err != nil {
			return nil, err
		}
		for _, k := range p.chunks {
			k.start, k.data, k.end = k.start+at, k.data+at, k.end+at
			g.chunk = append(g.chunk, k)
		}
		g.parts = append(g.parts, p.bytes)
		at += int64(len(p.bytes))
	}
	return g, nil
}

// numbered yields 0 to n-1.
func numbered(n int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
	}
}

// A part is some columns of a row group, encoded. Offsets count from its start.
type part struct {
	i      int
	bytes  []byte
	chunks []columnChunk
}

// part encodes part i of records of so many rows.
func (e *Encoder) part(i int, rows int64, records []arrow.RecordBatch) (p part, err error) {
	e.using <- struct{}{}
	defer func() { <-e.using }()
	s, out := e.take(i, rows)
	if s == nil {
		s = &scratch{texts: newTexts()}
		s.codec = e.codec
		if e.codec == Zstd {
			if s.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBetterCompression)); err != nil {
				return p, err
			}
		}
	}
	defer e.put(s)
	s.out = out
	p.i = i
	for j := e.parts[i]; j < e.parts[i+1]; j++ {
		s.pieces = s.pieces[:0]
		for _, r := range records {
			if got, err := columnOf(arrow.Field{Name: e.columns[j].name, Type: r.Column(j).DataType()}); err != nil || got != e.columns[j] {
				return p, errs.New(errs.Shape, "record with a column of type %v, expected as in the first record", r.Column(j).DataType()).
					At(errs.Position{Column: e.columns[j].name})
			}
			s.pieces = append(s.pieces, r.Column(j))
		}
		p.chunks = append(p.chunks, s.column(&e.columns[j]))
	}
	p.bytes, s.out = s.out, nil
	e.mu.Lock()
	defer e.mu.Unlock()
	r := &e.room[i]
	r.most = max(r.most, len(p.bytes))
	if r.first == 0 && rows > 0 {
		r.first = float64(len(p.bytes)) / float64(rows)
	}
	return p, nil
}

// put keeps s for the next part, without what a very long text made it hold.
func (e *Encoder) put(s *scratch) {
	clear(s.pieces) // let the records go
	for _, b := range []*[]byte{&s.raw, &s.packed, &s.plain, &s.texts.bytes} {
		if cap(*b) > 8*pageBytes {
			*b = nil
		}
	}
	e.mu.Lock()
	e.free = append(e.free, s)
	e.mu.Unlock()
}

// mostForeseen is how large a part of a row group is taken to be, at most, before
// there was one as large.
const mostForeseen = 4 * pageBytes

// take gives a scratch, nil when a new one is to be made, and the memory for part
// i of a row group of so many rows. What is not in use is kept here and not in a
// sync.Pool, which each collection empties: large blocks of it are cleared when
// they are made anew.
func (e *Encoder) take(i int, rows int64) (s *scratch, out []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.free); n > 0 {
		s = e.free[n-1]
		e.free = e.free[:n-1]
	}
	r := &e.room[i]
	if n := len(r.spare); n > 0 {
		out = r.spare[n-1][:0]
		r.spare = r.spare[:n-1]
	} else if r.most > 0 {
		most := max(r.most, int(min(r.first*float64(rows), mostForeseen)))
		out = make([]byte, 0, most+most/16)
	}
	return s, out
}

// give takes back the memory of part i of a row group.
func (e *Encoder) give(i int, b []byte) {
	e.mu.Lock()
	e.room[i].spare = append(e.room[i].spare, b)
	e.mu.Unlock()
}
