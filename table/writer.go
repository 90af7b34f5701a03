package table

import (
	"context"
	"errors"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/zarr"
)

// A Writer appends rows to a table. Full chunks are stored as they come, some
// at once, but the table has the rows only after Flush. It serves one
// goroutine; after an error only Close is allowed.
type Writer struct {
	t       *Table
	p       *putter
	columns []*columnWriter
	rows    int64
}

// A columnWriter appends to one column.
type columnWriter struct {
	c     *column
	fixed *series // of numbers and times
	texts *texts
	valid *series // nil until the first null
}

// NewWriter goes on behind the last row.
func (t *Table) NewWriter(ctx context.Context, o WriterOptions) (_ *Writer, err error) {
	w := &Writer{t: t, p: newPutter(o), rows: t.rows}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	for _, c := range t.columns {
		cw := &columnWriter{c: c}
		w.columns = append(w.columns, cw)
		a := &axis{array: c.array, room: t.rows}
		if c.field.Kind == source.Text {
			cw.texts, err = newTexts(ctx, w.p, a, t.rows)
		} else {
			cw.fixed, err = newSeries(ctx, w.p, a, t.rows)
		}
		if err == nil && c.valid != nil {
			cw.valid, err = newSeries(ctx, w.p, &axis{array: c.valid, room: t.rows}, t.rows)
		}
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}

// WriterMemory is the most that a Writer of so many jobs holds for a new table
// of these columns, whose texts have so many bytes on average (as for
// ChunkRows): a chunk of every column that is being filled, and those that are
// being encoded. texts is the part of it for WriterOptions.Texts.
func WriterMemory(s *source.Schema, chunk int, mean []float64, jobs int) (all, texts int64) {
	var widest int64
	for j, f := range s.Fields {
		width := int64(f.Type.Size())
		switch {
		case f.Kind == source.Time:
			width = 8
		case f.Kind == source.Text:
			width = textGuess
			if mean != nil {
				width = int64(mean[j] + 1)
			}
			texts += textCopies * width * int64(chunk)
			all += (textCopies*width + 2*4) * int64(chunk) // with two sets of offsets
			widest = max(widest, (width+4)*int64(chunk))
			continue
		}
		all += (width + 1) * int64(chunk) // perhaps with what says which are there
		widest = max(widest, width*int64(chunk))
	}
	return all + 3*int64(jobs)*widest, texts
}

// textCopies is how often a column's texts are held: those of the chunk that is
// filled and of one that is encoded, in memory that grows by doubling.
const textCopies = 4

// Write appends the rows of rec, whose columns are those of the table, in
// order. It keeps nothing of rec.
func (w *Writer) Write(ctx context.Context, rec arrow.RecordBatch) error {
	if err := w.t.sameNames(rec.Schema()); err != nil {
		return err
	}
	for j, cw := range w.columns {
		if err := cw.append(ctx, w, rec.Column(j)); err != nil {
			return inColumn(err, w.t.path, cw.c.field.Name)
		}
	}
	w.rows += rec.NumRows()
	return nil
}

// Rows is the rows of the table with those written so far.
func (w *Writer) Rows() int64 { return w.rows }

// Flush stores what was written and makes it rows of the table. More may be
// written then.
func (w *Writer) Flush(ctx context.Context) error {
	for _, cw := range w.columns {
		for _, flush := range cw.parts() {
			if err := flush.flush(ctx); err != nil {
				return err
			}
		}
	}
	if err := w.p.wait(); err != nil {
		return err
	}
	for _, cw := range w.columns {
		for _, s := range cw.parts() {
			if err := s.settle(ctx); err != nil {
				return err
			}
		}
	}
	w.t.rows = w.rows
	return nil
}

// A part is what a column is appended to.
type part interface {
	flush(context.Context) error
	settle(context.Context) error
}

func (cw *columnWriter) parts() (list []part) {
	if cw.texts != nil {
		list = append(list, cw.texts)
	}
	if cw.fixed != nil {
		list = append(list, cw.fixed)
	}
	if cw.valid != nil {
		list = append(list, cw.valid)
	}
	return list
}

// Close ends the writer. What was not flushed is no part of the table.
func (w *Writer) Close() error {
	err := w.p.wait() // before memory that chunks are encoded from goes
	for _, cw := range w.columns {
		for _, s := range []*series{cw.fixed, cw.valid} {
			if s != nil {
				s.drop()
			}
		}
	}
	return errors.Join(err, w.p.close())
}

// nulls makes the array that says which rows are there, all of them so far.
func (cw *columnWriter) nulls(ctx context.Context, w *Writer, before int64) error {
	m := cw.c.array.Meta()
	v := &zarr.ArrayMeta{
		Shape: []uint64{0}, ChunkShape: m.ChunkShape, Names: m.Names,
		Type: zarr.NumberType(dtype.Bool), Fill: []byte{1},
	}
	for _, c := range m.Codecs { // compressed as the column
		switch c.Name {
		case "bytes", "vlen-utf8":
			v.Codecs = append(v.Codecs, zarr.CodecSpec{Name: "bytes"})
		default:
			v.Codecs = append(v.Codecs, c)
		}
	}
	array, err := zarr.CreateArray(ctx, w.t.store, cw.c.array.Path()+validSuffix, v)
	if err != nil {
		return err
	}
	cw.c.valid = array
	a := &axis{array: array}
	if err := a.reserve(ctx, w.p, before); err != nil {
		return err
	}
	cw.valid, err = newSeries(ctx, w.p, a, before)
	return err
}

// unsuitable is the error for an Arrow column of another type than the table's.
func (cw *columnWriter) unsuitable(a arrow.Array) error {
	return errs.New(errs.Unsupported, "found %v, expected %v", a.DataType(), recordType(cw.c.field))
}
