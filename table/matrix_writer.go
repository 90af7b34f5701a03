package table

import (
	"context"
	"errors"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A MatrixWriter appends rows to a matrix, as a Writer does to a table.
type MatrixWriter struct {
	m    *Matrix
	p    *putter
	x    []*series // one for the chunks beside each other in a row of chunks
	cols int       // of a chunk
	y    *series   // nil without labels
	rows int64
}

// NewWriter goes on behind the last row.
func (m *Matrix) NewWriter(ctx context.Context, o WriterOptions) (_ *MatrixWriter, err error) {
	w := &MatrixWriter{m: m, p: newPutter(o), rows: m.rows, cols: int(m.x.Meta().ChunkShape[1])}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	a := &axis{array: m.x, room: m.rows}
	for j := range m.x.Meta().Grid()[1] {
		s, err := newSeries(ctx, w.p, a, m.rows, j)
		if err != nil {
			return nil, err
		}
		w.x = append(w.x, s)
	}
	if m.y != nil {
		if m.y.Meta().Type.Number != dtype.Float64 {
			return nil, errs.New(errs.Unsupported, "labels are appended as float64, y is %s", m.y.Meta().Type.Name)
		}
		w.y, err = newSeries(ctx, w.p, &axis{array: m.y, room: m.rows}, m.rows)
	}
	return w, err
}

// MatrixMemory is the most that a MatrixWriter of so many jobs holds. Room for
// what a chunk is compressed into is hardly used, but for one as it is.
func MatrixMemory(t dtype.Type, cols, chunkRows int, compress string, jobs int) int64 {
	wide := chunkColumns(t, cols)
	chunk := int64(chunkRows) * int64(wide) * int64(t.Size())
	beside := int64((cols + wide - 1) / wide)
	copies := int64(2)
	if compress == None {
		copies = 3
	}
	return (beside+copies*int64(jobs))*chunk + 2*8*int64(labelRows(chunkRows))
}

// Write appends the rows of b, whose type is that of X, and their labels.
// Sparse rows are spread out. It keeps nothing of them.
func (w *MatrixWriter) Write(ctx context.Context, b *dtype.Block, labels []float64) error {
	x := w.m.x.Meta()
	switch {
	case b.Type != x.Type.Number || uint64(b.Cols) != x.Shape[1]:
		return errs.New(errs.Shape, "found rows of %d columns of %v, expected %d of %v", b.Cols, b.Type, x.Shape[1], x.Type.Number)
	case (w.y != nil) != (labels != nil) && b.Rows > 0 || labels != nil && len(labels) != b.Rows:
		return errs.New(errs.Shape, "found %d labels of %d rows; the matrix has labels: %v", len(labels), b.Rows, w.y != nil)
	}
	size := b.Type.Size()
	for j, s := range w.x {
		first := j * w.cols
		last := min(first+w.cols, b.Cols)
		for lo := 0; lo < b.Rows; {
			room, err := s.space(b.Rows - lo)
			if err != nil {
				return err
			}
			n := len(room) / len(s.fill)
			switch {
			case b.Sparse():
				clear(room)
				spreadRows(room, len(s.fill), b.Slice(lo, lo+n), first, last)
			case w.cols == b.Cols:
				copy(room, b.Data[lo*b.Cols*size:(lo+n)*b.Cols*size])
			default:
				for i := range n {
					k := copy(room[i*len(s.fill):], b.Data[((lo+i)*b.Cols+first)*size:((lo+i)*b.Cols+last)*size])
					clear(room[i*len(s.fill)+k : (i+1)*len(s.fill)])
				}
			}
			if err := s.advance(ctx, n); err != nil {
				return err
			}
			lo += n
		}
	}
	if w.y != nil {
		if err := w.y.add(ctx, dtype.Bytes(labels)); err != nil {
			return err
		}
	}
	w.rows += int64(b.Rows)
	return nil
}

// spreadRows writes the values of columns first to last of sparse rows to dst,
// which is zero, rows of so many bytes.
func spreadRows(dst []byte, stride int, b *dtype.Block, first, last int) {
	size := b.Type.Size()
	for i := range b.Rows {
		row := dst[i*stride : (i+1)*stride]
		for k := b.Indptr[i]; k < b.Indptr[i+1]; k++ {
			if j := int(b.Indices[k]); j >= first && j < last {
				copy(row[(j-first)*size:(j-first+1)*size], b.Data[int(k)*size:])
			}
		}
	}
}

// Rows is the rows of the matrix with those written so far.
func (w *MatrixWriter) Rows() int64 { return w.rows }

func (w *MatrixWriter) parts() []*series {
	if w.y == nil {
		return w.x
	}
	return append(append([]*series{}, w.x...), w.y)
}

// Flush stores what was written and makes it rows of the matrix. More may be
// written then.
func (w *MatrixWriter) Flush(ctx context.Context) error {
	if err := flushAll(ctx, w.p, w.parts()); err != nil {
		return err
	}
	w.m.rows = w.rows
	return nil
}

// flushAll stores what the series hold and settles their ends.
func flushAll(ctx context.Context, p *putter, list []*series) error {
	for _, s := range list {
		if err := s.flush(ctx); err != nil {
			return err
		}
	}
	if err := p.wait(); err != nil {
		return err
	}
	for _, s := range list {
		if err := s.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the writer. What was not flushed is no part of the matrix.
func (w *MatrixWriter) Close() error { return closeAll(w.p, w.parts()) }

func closeAll(p *putter, list []*series) error {
	err := p.wait() // before memory that chunks are encoded from goes
	for _, s := range list {
		s.drop()
	}
	return errors.Join(err, p.close())
}
