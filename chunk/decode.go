package chunk

import (
	"context"
	"errors"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
)

// errLeft says that the consumer left the loop.
var errLeft = errors.New("chunk: the consumer left the loop")

// asRecords reports whether rows are written as records, not as blocks.
func (w *work) asRecords() bool { return w.opt.Layout == Parquet || w.opt.Layout == TableLayout }

// asSparse reports whether blocks are written sparse.
func (w *work) asSparse() bool { return w.opt.Layout == NPZCSR || w.opt.Layout == SparseLayout }

// decoder makes the function of one worker, which decodes a segment and brings
// its numbers into the type of the files.
func (w *work) decoder() func(context.Context, source.Segment) (segment, error) {
	var columns columnsEncoder
	if w.table && !w.asRecords() {
		columns = columnsEncoder{to: w.opt.DType, scale: w.opt.Scale, mem: w.Pool, fields: w.Data.Schema().Fields}
	}
	blocks := RowsEncoder{Type: w.opt.DType, Cols: w.cols, Sparse: w.asSparse(), Scale: w.opt.Scale, KeepSparse: true, Memory: w.Pool}
	if w.Ready {
		blocks.Scale = 1
	}
	return func(ctx context.Context, in source.Segment) (segment, error) {
		b, err := in.Decode(ctx)
		if err != nil {
			return segment{}, err
		}
		s := segment{Batch: b}
		switch {
		case w.asRecords() || b.Rows == 0:
			return s, nil
		case w.table:
			s.rows, err = columns.encode(b.Record)
			if err == nil && blocks.Sparse {
				s.rows.Block = sparse(s.rows.Block)
			}
		default:
			s.rows, err = blocks.Encode(b.Block, b.Labels, 0)
		}
		if err != nil {
			b.Release()
			return segment{}, within(err, b)
		}
		s.free = s.rows.Block.Release
		if s.rows.Block == b.Block {
			s.free = nil // the batch releases it
		}
		return s, nil
	}
}

// within says where in the source row err.Pos.Row of b, from 1, is.
func within(err error, b *source.Batch) error {
	var e *errs.Error
	if !errors.As(err, &e) || e.Pos.Row == 0 {
		return err
	}
	i := int(e.Pos.Row - 1)
	e.Pos.File = b.Start.File
	if b.Start.Line > 0 {
		e.Pos.Row, e.Pos.Line = 0, b.Line(i)
	} else {
		e.Pos.Row = b.Number(i) + 1
	}
	return err
}
