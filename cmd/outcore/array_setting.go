package main

import (
	"context"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/ndarray"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/table"
	"github.com/outcore/outcore/zarr"
)

// A setting is a value and the part of an array that it is written to.
type setting struct {
	node   string
	index  []ndarray.Index
	column *table.Column // nil when the array is no column of a table
	value  any           // a number; of texts the text
	texts  *zarr.Array   // nil unless they are
	chunks int64         // that are written
}

// openSetting checks that value can be written.
func openSetting(ctx context.Context, s *icechunk.Session, node string, index []ndarray.Index, value string) (*setting, error) {
	t := &setting{node: node, index: index, value: value}
	var err error
	if t.column, err = table.ColumnOf(ctx, s, node); err != nil {
		return nil, err
	}
	stored, err := zarr.OpenArray(ctx, s, node)
	if err != nil {
		return nil, err
	}
	if m := stored.Meta(); m.Type.Name == zarr.StringType().Name && len(m.Shape) == 1 {
		t.texts = stored
		rows := t.rows()
		if err := rows.Err(); err != nil {
			return nil, err
		}
		t.chunks = int64(rows.Size())
		if n := int64(m.ChunkShape[0]); t.chunks > 0 { // as many as a range of so many rows touches
			ends, err := spanOf(rows)
			if err != nil {
				return nil, err
			}
			t.chunks = min(t.chunks, ends[1]/n-ends[0]/n+1)
		}
		return t, nil
	}
	a, err := ndarray.OpenAny(ctx, s, node)
	if err != nil {
		return nil, err
	}
	if t.column != nil && t.column.Field.Kind == source.Time {
		t.value, err = micros1970(value)
	} else {
		t.value, err = number(a.Type(), value)
	}
	if err != nil {
		return nil, err
	}
	t.chunks, err = ndarray.AssignChunks(ctx, s, node, index)
	return t, err
}

// rows are the numbers of the rows of texts that are set.
func (t *setting) rows() ndarray.Any {
	return ndarray.Arange[int64](0, 1, int(t.texts.Meta().Shape[0])).Any().Slice(t.index...)
}

// write writes the value, and that the elements are there.
func (t *setting) write(ctx context.Context, j *job, s *icechunk.Session) error {
	opts := []ndarray.RunOption{ndarray.WithBudget(j.budget), ndarray.WithEvents("set", j.events)}
	if t.column != nil && t.column.Valid != nil {
		if err := ndarray.Assign(ctx, j.runner(), s, t.column.Valid.Path(), t.index, true, ndarray.WithBudget(j.budget)); err != nil {
			return err
		}
	}
	if t.texts == nil {
		return ndarray.Assign(ctx, j.runner(), s, t.node, t.index, t.value, opts...)
	}
	text := t.value.(string)
	if room := int64(t.texts.Meta().ChunkShape[0]) * int64(len(text)); room > 1<<30 {
		return errs.New(errs.TooLarge, "a chunk of %d texts of %d bytes is larger than 1 GiB", t.texts.Meta().ChunkShape[0], len(text))
	}
	r, err := j.budget.Reserve(ctx, textsRoom+2*int64(t.texts.Meta().ChunkShape[0])*int64(len(text)), "texts")
	if err != nil {
		return err
	}
	defer r.Release()
	write := newTextReader(t.texts)
	return eachPiece(ctx, j, j.piece()/16, func(v []*ndarray.Values) error {
		return write.set(ctx, dtype.View[int64](v[0].Data), text)
	}, t.rows())
}
