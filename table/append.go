package table

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/outcore/outcore/source"
)

// append appends the elements of a to a column.
func (cw *columnWriter) append(ctx context.Context, w *Writer, a arrow.Array) error {
	if a.NullN() > 0 && cw.valid == nil {
		if err := cw.nulls(ctx, w, w.rows); err != nil {
			return err
		}
	}
	var err error
	switch {
	case cw.c.field.Kind == source.Text:
		err = cw.appendTexts(ctx, a)
	case !arrow.TypeEqual(a.DataType(), recordType(cw.c.field)):
		err = cw.unsuitable(a)
	default:
		err = cw.appendFixed(ctx, a)
	}
	if err != nil || cw.valid == nil {
		return err
	}
	return cw.appendValid(ctx, a)
}

// appendFixed appends numbers, truth values or times; a null is fill value.
func (cw *columnWriter) appendFixed(ctx context.Context, a arrow.Array) error {
	bits, _ := a.(*array.Boolean)
	size := len(cw.fixed.fill)
	var values []byte
	if d := a.Data(); bits == nil && d.Len() > 0 && d.Buffers()[1] != nil {
		values = d.Buffers()[1].Bytes()[d.Offset()*size : (d.Offset()+d.Len())*size]
	}
	for lo, n := 0, a.Len(); lo < n; {
		room, err := cw.fixed.space(n - lo)
		if err != nil {
			return err
		}
		k := len(room) / size
		switch {
		case bits != nil:
			for i := range room {
				room[i] = 0
				if bits.Value(lo + i) {
					room[i] = 1
				}
			}
		case values != nil:
			copy(room, values[lo*size:])
		}
		if a.NullN() > 0 {
			for i := range k {
				if a.IsNull(lo + i) {
					copy(room[i*size:(i+1)*size], cw.fixed.fill)
				}
			}
		}
		if err := cw.fixed.advance(ctx, k); err != nil {
			return err
		}
		lo += k
	}
	return nil
}

// appendTexts appends texts, plain or by dictionary; a null is empty.
func (cw *columnWriter) appendTexts(ctx context.Context, a arrow.Array) error {
	t := cw.texts
	for lo, n := 0, a.Len(); lo < n; {
		hi := min(n, lo+t.room())
		switch c := a.(type) {
		case *array.String:
			offsets := c.ValueOffsets()[lo : hi+1]
			if err := t.grow(int(offsets[hi-lo] - offsets[0])); err != nil {
				return err
			}
			if c.NullN() == 0 {
				base := c.ValueOffsets()[0]
				t.addRun(offsets, c.ValueBytes()[offsets[0]-base:offsets[hi-lo]-base])
				break
			}
			for i := lo; i < hi; i++ {
				if c.IsNull(i) {
					t.addOne("")
				} else {
					t.addOne(c.Value(i))
				}
			}
		case *array.Dictionary:
			words, ok := c.Dictionary().(*array.String)
			if !ok {
				return cw.unsuitable(a)
			}
			for i := lo; i < hi; i++ {
				word := ""
				if c.IsValid(i) {
					word = words.Value(c.GetValueIndex(i))
				}
				if err := t.grow(len(word)); err != nil {
					return err
				}
				t.addOne(word)
			}
		default:
			return cw.unsuitable(a)
		}
		if err := t.advance(ctx, hi-lo); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

// appendValid appends which elements of a are there.
func (cw *columnWriter) appendValid(ctx context.Context, a arrow.Array) error {
	if a.NullN() == 0 {
		return cw.valid.addFill(ctx, a.Len())
	}
	for lo, n := 0, a.Len(); lo < n; {
		room, err := cw.valid.space(n - lo)
		if err != nil {
			return err
		}
		for i := range room {
			room[i] = 0
			if a.IsValid(lo + i) {
				room[i] = 1
			}
		}
		if err := cw.valid.advance(ctx, len(room)); err != nil {
			return err
		}
		lo += len(room)
	}
	return nil
}
