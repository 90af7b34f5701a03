package source

import (
	"context"
	"errors"
	"io"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/outcore/outcore/errs"
)

// A parquetSegment is rows lo to hi of a file, which it holds open: a whole row
// group (or its end, when reading goes on from a cursor), or a piece of a large
// one that the producer has read.
type parquetSegment struct {
	d      *parquetData
	p      *parquetPart
	g      int
	lo, hi int64
	bytes  int64
	record arrow.RecordBatch // the columns of p.leaves as stored; nil for a whole group
}

// Segments yields the rows from c on.
func (d *parquetData) Segments(ctx context.Context, c Cursor) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		if c.Row < 0 || c.Row > d.rows {
			yield(nil, errs.New(errs.Invalid, "cursor at row %d, the data has %d", c.Row, d.rows))
			return
		}
		for _, p := range d.parts {
			for g := range p.groups {
				from := max(c.Row-p.first-p.groups[g].first, 0)
				if from >= p.groups[g].rows {
					continue
				}
				if !d.groupSegments(ctx, p, g, from, yield) {
					return
				}
			}
		}
	}
}

// groupSegments yields the rows of row group g from its row from on; false ends
// the loop.
func (d *parquetData) groupSegments(ctx context.Context, p *parquetPart, g int, from int64, yield func(Segment, error) bool) bool {
	if ctx.Err() != nil {
		yield(nil, context.Cause(ctx))
		return false
	}
	if err := p.file.hold(ctx); err != nil {
		yield(nil, err)
		return false
	}
	group := p.groups[g]
	if group.decoded <= wholeGroup {
		return yield(&parquetSegment{d: d, p: p, g: g, lo: group.first + from, hi: group.first + group.rows,
			bytes: share(group, from, group.rows)}, nil)
	}
	defer p.file.release()

	piece := max(1, int64(float64(group.rows)*(pieceBytes/float64(group.decoded))))
	if d.opt.SegmentRows > 0 {
		piece = int64(d.opt.SegmentRows)
	}
	var r pqarrow.RecordReader
	err := guard(p.h.Address, func() (err error) {
		r, err = p.records(ctx, g, piece)
		return err
	})
	if err != nil {
		yield(nil, err)
		return false
	}
	defer r.Release()
	for at := int64(0); at < group.rows; {
		var rec arrow.RecordBatch
		err := guard(p.h.Address, func() (err error) {
			rec, err = r.Read()
			return cutParquet(err)
		})
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = p.file.hold(ctx)
		}
		if err != nil {
			yield(nil, err)
			return false
		}
		lo, next := max(at, from), at+rec.NumRows()
		if next <= lo {
			p.file.release() // before the cursor
			at = next
			continue
		}
		s := &parquetSegment{d: d, p: p, g: g, lo: group.first + lo, hi: group.first + next,
			bytes: share(group, lo, next), record: rec.NewSlice(lo-at, next-at)}
		at = next
		if !yield(s, nil) {
			return false
		}
	}
	return true
}

func share(g parquetGroup, lo, hi int64) int64 {
	part := func(row int64) int64 { return int64(float64(g.stored) * (float64(row) / float64(g.rows))) }
	return part(hi) - part(lo)
}

// records reads the chosen columns of row group g in batches.
func (p *parquetPart) records(ctx context.Context, g int, batch int64) (pqarrow.RecordReader, error) {
	r, err := p.reader(p.meta)
	if err != nil {
		return nil, err
	}
	fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{BatchSize: batch}, memory.DefaultAllocator)
	if err != nil {
		return nil, err
	}
	return fr.GetRecordReader(ctx, p.leaves, []int{g})
}

// cutParquet turns the end of a row group before its last row into an error.
func cutParquet(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Bytes is the stored bytes of the columns that are read.
func (s *parquetSegment) Bytes() int64 { return s.bytes }

// Discard gives the memory back.
func (s *parquetSegment) Discard() {
	if s.record != nil {
		s.record.Release()
	}
	s.p.file.release()
}

// Decode reads and converts the rows.
func (s *parquetSegment) Decode(ctx context.Context) (*Batch, error) {
	defer s.Discard()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var rec arrow.RecordBatch
	err := guard(s.p.h.Address, func() (err error) {
		if s.record == nil {
			err = s.readGroup(ctx)
		}
		if err == nil {
			rec, err = s.convert()
		}
		return err
	})
	if err != nil {
		return nil, at(err, s.p.h.Address)
	}
	b := &Batch{
		Rows:   int(s.hi - s.lo),
		First:  s.p.first + s.lo,
		Record: rec,
		Start:  errs.Position{File: s.p.h.Address, Row: s.lo + 1},
		Next:   Cursor{File: s.p.index, Row: s.p.first + s.hi},
		Bytes:  s.bytes,
	}
	b.OnRelease(rec.Release)
	return b, nil
}

// readGroup reads the whole row group as one record.
func (s *parquetSegment) readGroup(ctx context.Context) error {
	group := s.p.groups[s.g]
	r, err := s.p.records(ctx, s.g, group.rows)
	if err != nil {
		return err
	}
	defer r.Release()
	var pieces []arrow.RecordBatch
	defer func() {
		for _, rec := range pieces {
			rec.Release()
		}
	}()
	for n := int64(0); n < group.rows; {
		rec, err := r.Read()
		if err != nil {
			return cutParquet(err)
		}
		rec.Retain()
		pieces = append(pieces, rec)
		n += rec.NumRows()
	}
	whole := pieces[0]
	if len(pieces) == 1 {
		whole.Retain()
	} else if whole, err = joinRecords(pieces); err != nil {
		return err
	}
	defer whole.Release()
	s.record = whole.NewSlice(s.lo-group.first, s.hi-group.first)
	return nil
}

// joinRecords copies records of one schema behind each other.
func joinRecords(pieces []arrow.RecordBatch) (arrow.RecordBatch, error) {
	schema := pieces[0].Schema()
	columns := make([]arrow.Array, schema.NumFields())
	var rows int64
	for _, rec := range pieces {
		rows += rec.NumRows()
	}
	for j := range columns {
		parts := make([]arrow.Array, len(pieces))
		for i, rec := range pieces {
			parts[i] = rec.Column(j)
		}
		var err error
		if columns[j], err = array.Concatenate(parts, memory.DefaultAllocator); err != nil {
			return nil, err
		}
		defer columns[j].Release()
	}
	return array.NewRecordBatch(schema, columns, rows), nil
}

// convert gives the record in the order and types of the schema.
func (s *parquetSegment) convert() (arrow.RecordBatch, error) {
	columns := make([]arrow.Array, len(s.p.order))
	for j, k := range s.p.order {
		c, err := toRecordType(s.record.Column(k))
		if err != nil {
			var e *errs.Error
			if errors.As(err, &e) {
				e.Pos.Column = s.d.schema.Fields[j].Name
			}
			return nil, err
		}
		defer c.Release()
		columns[j] = c
	}
	return array.NewRecordBatch(s.d.arrow, columns, s.hi-s.lo), nil
}
