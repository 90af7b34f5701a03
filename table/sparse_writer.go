package table

import (
	"context"
	"errors"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A SparseWriter appends sparse rows, as a Writer does to a table.
type SparseWriter struct {
	m                     *Sparse
	p                     *putter
	data, indices, starts *series
	y                     *series // nil without labels
	rows                  int64
	longest               int64
	run                   []int64 // of starts
}

// NewWriter goes on behind the last row.
func (m *Sparse) NewWriter(ctx context.Context, o WriterOptions) (_ *SparseWriter, err error) {
	w := &SparseWriter{m: m, p: newPutter(o), rows: m.rows, longest: m.longest}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if w.data, err = newSeries(ctx, w.p, &axis{array: m.data, room: m.values}, m.values); err != nil {
		return nil, err
	}
	if w.indices, err = newSeries(ctx, w.p, &axis{array: m.indices, room: m.values}, m.values); err != nil {
		return nil, err
	}
	if w.starts, err = newSeries(ctx, w.p, &axis{array: m.indptr, room: m.rows + 1}, m.rows+1); err != nil {
		return nil, err
	}
	if m.y != nil {
		w.y, err = newSeries(ctx, w.p, &axis{array: m.y, room: m.rows}, m.rows)
	}
	return w, err
}

// SparseMemory is the most that a SparseWriter of so many jobs holds.
func SparseMemory(t dtype.Type, jobs int) int64 {
	chunk := int64(SparseValues) * int64(max(t.Size(), 4))
	return int64(t.Size()+4)*SparseValues + 2*8*sparseRows + 3*int64(jobs)*chunk
}

// Write appends the rows of b, which are sparse and of the type of the values,
// and their labels. It keeps nothing of them.
func (w *SparseWriter) Write(ctx context.Context, b *dtype.Block, labels []float64) error {
	t := w.m.data.Meta().Type.Number
	switch {
	case !b.Sparse() || b.Type != t || b.Cols != len(w.m.schema.Fields):
		return errs.New(errs.Shape, "found rows of %d columns of %v, expected sparse ones of %d of %v", b.Cols, b.Type, len(w.m.schema.Fields), t)
	case (w.y != nil) != (labels != nil) && b.Rows > 0 || labels != nil && len(labels) != b.Rows:
		return errs.New(errs.Shape, "found %d labels of %d rows; the group has labels: %v", len(labels), b.Rows, w.y != nil)
	}
	lo, hi := b.Indptr[0], b.Indptr[b.Rows]
	shift := w.data.n - lo
	w.run = w.run[:0]
	for i, end := range b.Indptr[1 : b.Rows+1] {
		w.longest = max(w.longest, end-b.Indptr[i])
		w.run = append(w.run, end+shift)
	}
	size := int64(t.Size())
	if err := w.data.add(ctx, b.Data[lo*size:hi*size]); err != nil {
		return err
	}
	if err := w.indices.add(ctx, dtype.Bytes(b.Indices[lo:hi])); err != nil {
		return err
	}
	if err := w.starts.add(ctx, dtype.Bytes(w.run)); err != nil {
		return err
	}
	if w.y != nil {
		if err := w.y.add(ctx, dtype.Bytes(labels)); err != nil {
			return err
		}
	}
	w.rows += int64(b.Rows)
	return nil
}

// Rows is the rows of the group with those written so far.
func (w *SparseWriter) Rows() int64 { return w.rows }

func (w *SparseWriter) parts() (list []*series) {
	for _, s := range []*series{w.data, w.indices, w.starts, w.y} {
		if s != nil {
			list = append(list, s)
		}
	}
	return list
}

// Flush stores what was written and makes it rows of the group. More may be
// written then.
func (w *SparseWriter) Flush(ctx context.Context) error {
	if err := flushAll(ctx, w.p, w.parts()); err != nil {
		return err
	}
	if w.longest > w.m.longest {
		a, err := readAttribute(ctx, w.m.store, w.m.path)
		if err != nil {
			return err
		}
		a.Longest = w.longest
		if err := a.put(ctx, w.m.store, w.m.path); err != nil {
			return err
		}
	}
	w.m.rows, w.m.values, w.m.longest = w.rows, w.data.n, w.longest
	return nil
}

// Close ends the writer. What was not flushed is no part of the group.
func (w *SparseWriter) Close() error { return closeAll(w.p, w.parts()) }
