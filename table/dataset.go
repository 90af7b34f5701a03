package table

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/zarr"
)

// An Origin is where the data of a Dataset is: its one File.
type Origin struct {
	Address string       // as a user would give it, with the snapshot
	Version string       // of the snapshot, or of the content
	Close   func() error // called by the Dataset's Close; may be nil
}

// rows is what the Datasets of this package have in common: rows in an order
// that chunks give, any of which reading can begin at.
type rows struct {
	Origin
	schema  *source.Schema
	n       int64
	width   int64 // nominal bytes of a row
	cost    int64
	mem     source.Memory
	scratch sync.Pool // of *zarr.Scratch

	// next gives where the segment that begins at row lo ends, and the bytes it
	// takes stored (0: its rows times width).
	next func(ctx context.Context, lo int64) (hi, bytes int64, err error)
	// decode gives rows lo to hi, which next made one segment.
	decode func(ctx context.Context, lo, hi int64, s *zarr.Scratch) (*source.Batch, error)
}

func newRows(o Origin, s *source.Schema, opt source.Options) *rows {
	d := &rows{Origin: o, schema: s, mem: opt.Memory}
	d.scratch.New = func() any { return &zarr.Scratch{} } // the Go heap's: it outlives a reservation
	return d
}

// checkOptions refuses what makes no sense for data with types of its own.
func checkOptions(opt source.Options) error {
	switch {
	case opt.Format != "":
		return errs.New(errs.Invalid, "--format %s is for files; what a repository holds says itself what it is", opt.Format).WithFix("leave --format out")
	case len(opt.Types) > 0:
		return errs.New(errs.Unsupported, "columns in a repository have the types they were stored with").WithFix("leave --types out")
	}
	return nil
}

// CountedInRows says that width is not what a row takes in the store.
func (d *rows) CountedInRows() {}

// Files is one file: the node.
func (d *rows) Files() []source.File {
	return []source.File{{Address: d.Address, Size: d.n * d.width, Version: d.Version}}
}

// Schema names the columns.
func (d *rows) Schema() *source.Schema { return d.schema }

// Rows is the number of rows.
func (d *rows) Rows() int64 { return d.n }

// Cost is the most bytes one segment holds.
func (d *rows) Cost() int64 { return d.cost }

// Close closes the repository, where the Dataset opened it.
func (d *rows) Close() error {
	if d.Origin.Close == nil {
		return nil
	}
	return d.Origin.Close()
}

// Segments yields the rows from c on.
func (d *rows) Segments(ctx context.Context, c source.Cursor) iter.Seq2[source.Segment, error] {
	return func(yield func(source.Segment, error) bool) {
		if c.Row < 0 || c.Row > d.n {
			yield(nil, errs.New(errs.Invalid, "cursor at row %d, the data has %d", c.Row, d.n).At(errs.Position{File: d.Address}))
			return
		}
		for lo := c.Row; lo < d.n; {
			if ctx.Err() != nil {
				yield(nil, context.Cause(ctx))
				return
			}
			hi, bytes, err := d.next(ctx, lo)
			if err != nil {
				yield(nil, d.at(err, lo))
				return
			}
			s := &segment{d: d, lo: lo, hi: min(hi, d.n), bytes: bytes}
			lo = s.hi
			if !yield(s, nil) {
				return
			}
		}
	}
}

// A segment is rows that are decoded together. It holds nothing.
type segment struct {
	d      *rows
	lo, hi int64
	bytes  int64
}

var _ source.Measured = (*segment)(nil)

// Extent is its rows and the bytes of their values.
func (s *segment) Extent() (rows, bytes int64) {
	if s.bytes > 0 {
		return s.hi - s.lo, s.bytes
	}
	return s.hi - s.lo, s.Bytes()
}

// Bytes is the nominal bytes of the rows.
func (s *segment) Bytes() int64 { return (s.hi - s.lo) * s.d.width }

// Discard does nothing.
func (s *segment) Discard() {}

// Decode reads and decodes the chunks.
func (s *segment) Decode(ctx context.Context) (*source.Batch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	scratch := s.d.scratch.Get().(*zarr.Scratch)
	defer s.d.scratch.Put(scratch)
	b, err := s.d.decode(ctx, s.lo, s.hi, scratch)
	if err != nil {
		return nil, s.d.at(err, s.lo)
	}
	b.Rows, b.First, b.Bytes = int(s.hi-s.lo), s.lo, s.Bytes()
	b.Start = errs.Position{File: s.d.Address, Row: s.lo + 1}
	b.Next = source.Cursor{Row: s.hi}
	return b, nil
}

// at names the node and the first row of an error that does not say where it is.
func (d *rows) at(err error, lo int64) error {
	var e *errs.Error
	if errors.As(err, &e) && e.Pos == (errs.Position{}) {
		moved := *e
		return moved.At(errs.Position{File: d.Address, Row: lo + 1})
	}
	return err
}

// grid makes segments end at multiples of chunk.
func grid(chunk, fixed int) func(context.Context, int64) (int64, int64, error) {
	return func(_ context.Context, lo int64) (int64, int64, error) { return gridEnd(lo, chunk, fixed), 0, nil }
}

// gridEnd is the end of the segment at lo where segments end at multiples of
// chunk, and of fixed where that is given.
func gridEnd(lo int64, chunk, fixed int) int64 {
	end := (lo/int64(chunk) + 1) * int64(chunk)
	if fixed > 0 {
		end = min(end, (lo/int64(fixed)+1)*int64(fixed))
	}
	return end
}

// Dataset gives the rows of the table, or of some of its columns
// (opt.Columns), as records.
func (t *Table) Dataset(o Origin, opt source.Options) (source.Dataset, error) {
	if err := checkOptions(opt); err != nil {
		return nil, err
	}
	chosen, err := t.choose(opt.Columns)
	if err != nil {
		return nil, err
	}
	schema := &source.Schema{Table: true}
	for _, c := range chosen {
		schema.Fields = append(schema.Fields, c.field)
	}
	d := newRows(o, schema, opt)
	d.n = t.rows
	var stored int64 // of the widest column
	for _, c := range chosen {
		d.width += c.width()
		d.cost += c.cost(t.chunk)
		stored = max(stored, c.cost(t.chunk))
	}
	d.cost += stored + scratchBytes
	record := recordSchema(schema)
	d.next = grid(t.chunk, opt.SegmentRows)
	d.decode = func(ctx context.Context, lo, hi int64, s *zarr.Scratch) (*source.Batch, error) {
		columns := make([]arrow.Array, 0, len(chosen))
		defer func() {
			for _, c := range columns {
				c.Release()
			}
		}()
		for _, c := range chosen {
			a, err := c.decode(ctx, t.chunk, lo, hi, d.mem, s)
			if err != nil {
				return nil, inColumn(err, d.Address, c.field.Name)
			}
			columns = append(columns, a)
		}
		return recordBatch(record, columns, hi-lo), nil
	}
	return d, nil
}

// choose gives the columns by name, in that order; nil = all.
func (t *Table) choose(names []string) ([]*column, error) {
	if len(names) == 0 {
		return t.columns, nil
	}
	have := map[string]*column{}
	for _, c := range t.columns {
		have[c.field.Name] = c
	}
	var chosen []*column
	for _, name := range names {
		c, ok := have[name]
		if !ok {
			return nil, errs.New(errs.NotFound, "no column %q%s", name, errs.Suggest(name, t.names())).WithFix("--columns with names the table has")
		}
		if c == nil {
			return nil, errs.New(errs.Invalid, "column %q is named twice", name).WithFix("--columns with each name once")
		}
		have[name] = nil
		chosen = append(chosen, c)
	}
	return chosen, nil
}
