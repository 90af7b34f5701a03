package source

import (
	"context"
	"iter"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A tabular is a Dataset of dense blocks as one of records: a column for each
// of theirs, and one for the labels.
type tabular struct {
	Dataset
	schema *Schema
	arrow  *arrow.Schema
	pool   *buffers
}

// Tabular gives the rows of a Dataset of dense blocks as records. Labels become
// a last column, named label (with underscores behind it where there is one
// already). Closing either Dataset closes both. Buffers come from mem. Sparse
// blocks are errs.Unsupported: a table has no place for what is not there.
func Tabular(ds Dataset, mem Memory) (Dataset, error) {
	from := ds.Schema()
	if from.Sparse {
		return nil, errs.New(errs.Unsupported, "sparse rows are not read as a table")
	}
	t := &tabular{Dataset: ds, schema: &Schema{Table: true}, pool: newBuffers(mem, int(ds.Cost()))}
	names := map[string]bool{}
	for _, f := range from.Fields {
		if f.Type == dtype.Bool {
			f.Type = dtype.Uint8 // blocks hold a byte for each
		}
		names[f.Name] = true
		t.schema.Fields = append(t.schema.Fields, f)
	}
	if from.Labels {
		name := "label"
		for names[name] {
			name += "_"
		}
		t.schema.Fields = append(t.schema.Fields, Field{Name: name, Kind: Number, Type: dtype.Float64})
	}
	fields := make([]arrow.Field, len(t.schema.Fields))
	for j, f := range t.schema.Fields {
		fields[j] = arrow.Field{Name: f.Name, Type: arrowTypes[f.Type], Nullable: true}
	}
	t.arrow = arrow.NewSchema(fields, nil)
	return t, nil
}

var arrowTypes = map[dtype.Type]arrow.DataType{
	dtype.Int8: arrow.PrimitiveTypes.Int8, dtype.Int16: arrow.PrimitiveTypes.Int16, dtype.Int32: arrow.PrimitiveTypes.Int32,
	dtype.Int64: arrow.PrimitiveTypes.Int64, dtype.Uint8: arrow.PrimitiveTypes.Uint8, dtype.Uint16: arrow.PrimitiveTypes.Uint16,
	dtype.Uint32: arrow.PrimitiveTypes.Uint32, dtype.Uint64: arrow.PrimitiveTypes.Uint64,
	dtype.Float32: arrow.PrimitiveTypes.Float32, dtype.Float64: arrow.PrimitiveTypes.Float64,
}

// Schema names the columns.
func (t *tabular) Schema() *Schema { return t.schema }

// Cost is that of the blocks, and of their columns beside them.
func (t *tabular) Cost() int64 {
	return 2*t.Dataset.Cost() + slabbed(8*len(t.schema.Fields)) // columns begin at 8 bytes
}

// Segments yields the segments of the blocks.
func (t *tabular) Segments(ctx context.Context, c Cursor) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		for s, err := range t.Dataset.Segments(ctx, c) {
			if err == nil {
				s = tabularSegment{s, t}
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

// A tabularSegment is a segment of blocks.
type tabularSegment struct {
	Segment
	t *tabular
}

// Decode parses the rows and turns them into columns.
func (s tabularSegment) Decode(ctx context.Context) (*Batch, error) {
	b, err := s.Segment.Decode(ctx)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	rec, err := s.t.record(b)
	if err != nil {
		return nil, err
	}
	out := *b
	out.Block, out.Labels, out.Record, out.free = nil, nil, rec, nil
	out.OnRelease(rec.Release)
	return &out, nil
}

// record copies the values of b into columns.
func (t *tabular) record(b *Batch) (arrow.RecordBatch, error) {
	rows, cols, size := b.Rows, b.Block.Cols, b.Block.Type.Size()
	stride := round8(rows * size)
	buf, err := t.pool.get(cols*stride + round8(8*len(b.Labels)))
	if err != nil {
		return nil, err
	}
	defer buf.Release() // the record holds it
	switch size {
	case 1:
		turn(dtype.View[uint8](buf.b[:cols*stride]), dtype.View[uint8](b.Block.Data), rows, cols, stride)
	case 2:
		turn(dtype.View[uint16](buf.b[:cols*stride]), dtype.View[uint16](b.Block.Data), rows, cols, stride/2)
	case 4:
		turn(dtype.View[uint32](buf.b[:cols*stride]), dtype.View[uint32](b.Block.Data), rows, cols, stride/4)
	case 8:
		turn(dtype.View[uint64](buf.b[:cols*stride]), dtype.View[uint64](b.Block.Data), rows, cols, stride/8)
	}
	columns := make([]arrow.Array, 0, len(t.schema.Fields))
	for j := range cols {
		columns = append(columns, t.column(buf, buf.b[j*stride:][:rows*size], len(columns), rows))
	}
	if len(columns) < len(t.schema.Fields) {
		values := buf.b[cols*stride:][:8*rows]
		copy(values, dtype.Bytes(b.Labels))
		columns = append(columns, t.column(buf, values, len(columns), rows))
	}
	rec := array.NewRecordBatch(t.arrow, columns, int64(rows))
	for _, c := range columns {
		c.Release() // rec holds it
	}
	return rec, nil
}

// column wraps values, a part of buf, as column j.
func (t *tabular) column(buf *buffer, values []byte, j, rows int) arrow.Array {
	b := buf.arrow(values)
	defer b.Release()
	data := array.NewData(t.arrow.Field(j).Type, rows, []*memory.Buffer{nil, b}, nil, 0, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// turn writes rows × cols values column by column, a few columns at a time so
// that the lines of both stay in the cache.
func turn[T uint8 | uint16 | uint32 | uint64](dst, src []T, rows, cols, stride int) {
	const tile = 16
	for lo := 0; lo < cols; lo += tile {
		hi := min(lo+tile, cols)
		for i := range rows {
			for j, v := range src[i*cols+lo : i*cols+hi] {
				dst[(lo+j)*stride+i] = v
			}
		}
	}
}
