package chunk

import (
	"errors"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
)

// A columnsEncoder makes dense rows of the columns of records. It serves one
// worker.
type columnsEncoder struct {
	to     dtype.Type
	scale  float64
	fields []source.Field
	mem    source.Memory

	bits   []uint8 // of one column of truth values
	column []byte  // one column in type to
}

// encode gives the rows of rec as a block of its own. Missing values become NaN.
// An error has the row, from 1, and the column.
func (e *columnsEncoder) encode(rec arrow.RecordBatch) (*Rows, error) {
	n, d := int(rec.NumRows()), int(rec.NumCols())
	size := e.to.Size()
	data, owner, err := e.mem.Slab(max(n*d*size, 1))
	if err != nil {
		return nil, err
	}
	out := &dtype.Block{Type: e.to, Rows: n, Cols: d, Data: data[:n*d*size], Owner: owner}
	if cap(e.column) < n*size {
		e.column = buffer(n * size)
	}
	e.column = e.column[:n*size]
	for j := range d {
		if err := e.convert(rec.Column(j)); err != nil {
			out.Release()
			var fault *errs.Error
			if errors.As(err, &fault) {
				fault.Pos.Column = e.fields[j].Name
			}
			return nil, err
		}
		switch size {
		case 1:
			strew(dtype.View[uint8](out.Data), dtype.View[uint8](e.column), j, d)
		case 2:
			strew(dtype.View[uint16](out.Data), dtype.View[uint16](e.column), j, d)
		case 4:
			strew(dtype.View[uint32](out.Data), dtype.View[uint32](e.column), j, d)
		case 8:
			strew(dtype.View[uint64](out.Data), dtype.View[uint64](e.column), j, d)
		}
	}
	return &Rows{Block: out}, nil
}

// strew writes a column to column j of rows of d.
func strew[T dtype.Number](dst, column []T, j, d int) {
	for _, v := range column {
		dst[j] = v
		j += d
	}
}

// convert brings a into e.column.
func (e *columnsEncoder) convert(a arrow.Array) error {
	from, values, err := e.values(a)
	if err != nil {
		return err
	}
	if a.NullN() > 0 && !e.to.Float() {
		for i := range a.Len() {
			if a.IsNull(i) {
				return errs.New(errs.Invalid, "found a missing value, which %v has no place for", e.to).At(errs.Position{Row: int64(i) + 1}).
					WithFix("--dtype float32 writes NaN there, or --columns without this one")
			}
		}
	}
	if at, err := dtype.Convert(e.column, e.to, values, from, e.scale); err != nil {
		var fault *errs.Error
		if errors.As(err, &fault) {
			fault.Pos.Row = int64(at) + 1
		}
		return err
	}
	if a.NullN() == 0 {
		return nil
	}
	if e.to == dtype.Float32 {
		missing(dtype.View[float32](e.column), a, float32(math.NaN()))
	} else {
		missing(dtype.View[float64](e.column), a, math.NaN())
	}
	return nil
}

func missing[T float32 | float64](column []T, a arrow.Array, nan T) {
	for i := range column {
		if a.IsNull(i) {
			column[i] = nan
		}
	}
}

// values gives the elements of a as bytes.
func (e *columnsEncoder) values(a arrow.Array) (dtype.Type, []byte, error) {
	types := map[arrow.Type]dtype.Type{
		arrow.INT8: dtype.Int8, arrow.INT16: dtype.Int16, arrow.INT32: dtype.Int32, arrow.INT64: dtype.Int64,
		arrow.UINT8: dtype.Uint8, arrow.UINT16: dtype.Uint16, arrow.UINT32: dtype.Uint32, arrow.UINT64: dtype.Uint64,
		arrow.FLOAT32: dtype.Float32, arrow.FLOAT64: dtype.Float64,
	}
	if b, ok := a.(*array.Boolean); ok {
		e.bits = e.bits[:0]
		for i := range b.Len() {
			var v uint8
			if b.IsValid(i) && b.Value(i) {
				v = 1
			}
			e.bits = append(e.bits, v)
		}
		return dtype.Uint8, e.bits, nil
	}
	t, ok := types[a.DataType().ID()]
	if !ok {
		return 0, nil, errs.New(errs.Unsupported, "a column of %v is not a number", a.DataType())
	}
	d := a.Data()
	if d.Len() == 0 || d.Buffers()[1] == nil {
		return t, nil, nil
	}
	return t, d.Buffers()[1].Bytes()[d.Offset()*t.Size() : (d.Offset()+d.Len())*t.Size()], nil
}
