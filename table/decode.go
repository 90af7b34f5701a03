package table

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/zarr"
)

// width is the nominal bytes of a row: a text counts as 16.
func (c *column) width() int64 {
	if c.field.Kind == source.Text {
		return 16
	}
	return int64(c.array.Meta().Type.Size)
}

// cost is about the most bytes that a decoded chunk of so many rows takes.
// The array does not say how long its texts are.
func (c *column) cost(chunk int) int64 {
	n := c.width()
	if c.field.Kind == source.Text {
		n = 2 * (4 + textGuess) // as it grows
	}
	if c.valid != nil {
		n++
	}
	return int64(chunk) * n
}

// decode gives rows lo to hi, which are in one chunk, as an Arrow array, to be
// released by the caller.
func (c *column) decode(ctx context.Context, chunk int, lo, hi int64, mem source.Memory, s *zarr.Scratch) (arrow.Array, error) {
	index := []uint32{uint32(lo / int64(chunk))}
	from := int(lo % int64(chunk))
	n := int(hi - lo)
	valid, nulls, err := c.decodeValid(ctx, index, from, n, chunk, mem, s)
	if err != nil {
		return nil, err
	}
	if c.field.Kind == source.Text {
		return c.decodeTexts(ctx, index, from, n, valid, nulls, s)
	}
	l, err := alloc(mem, c.array.ChunkBytes())
	if err != nil {
		return nil, err
	}
	defer l.release() // the array holds what it needs
	if _, err := c.array.Read(ctx, index, l.b, s); err != nil {
		return nil, err
	}
	size := c.array.Meta().Type.Size
	values := l.b[from*size : (from+n)*size]
	var buf *memory.Buffer
	if c.field.Kind == source.Number && c.field.Type == dtype.Bool {
		buf = memory.NewBufferBytes(packBits(values))
	} else {
		buf = l.arrow(values)
	}
	return makeArray(recordType(c.field), n, nulls, valid, buf), nil
}

// makeArray wraps buffers, which it takes over but for valid.
func makeArray(t arrow.DataType, n, nulls int, valid *memory.Buffer, rest ...*memory.Buffer) arrow.Array {
	data := array.NewData(t, n, append([]*memory.Buffer{valid}, rest...), nil, nulls, 0)
	defer data.Release()
	for _, b := range rest {
		b.Release()
	}
	return array.MakeFromData(data)
}

// packBits gives a bit for each byte that is not zero.
func packBits(b []byte) []byte {
	bits := make([]byte, (len(b)+7)/8)
	for i, v := range b {
		if v != 0 {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return bits
}

// decodeValid gives the bits of rows that are there, nil when all are, and how
// many are not.
func (c *column) decodeValid(ctx context.Context, index []uint32, from, n, chunk int, mem source.Memory, s *zarr.Scratch) (*memory.Buffer, int, error) {
	if c.valid == nil {
		return nil, 0, nil
	}
	l, err := alloc(mem, chunk)
	if err != nil {
		return nil, 0, err
	}
	defer l.release()
	if ok, err := c.valid.Read(ctx, index, l.b, s); err != nil || !ok {
		return nil, 0, err
	}
	var nulls int
	for _, v := range l.b[from : from+n] {
		if v == 0 {
			nulls++
		}
	}
	if nulls == 0 {
		return nil, 0, nil
	}
	return memory.NewBufferBytes(packBits(l.b[from : from+n])), nulls, nil
}

// decodeTexts gives texts. Those of the rows before and behind stay with them.
func (c *column) decodeTexts(ctx context.Context, index []uint32, from, n int, valid *memory.Buffer, nulls int, s *zarr.Scratch) (arrow.Array, error) {
	offsets, data, err := c.array.ReadStrings(ctx, index, nil, nil, s)
	if err != nil {
		return nil, err
	}
	cut := dtype.Bytes(offsets[from : from+n+1])
	return makeArray(arrow.BinaryTypes.String, n, nulls, valid, memory.NewBufferBytes(cut), memory.NewBufferBytes(data)), nil
}

func recordBatch(s *arrow.Schema, columns []arrow.Array, n int64) *source.Batch {
	b := &source.Batch{Record: array.NewRecordBatch(s, columns, n)}
	b.OnRelease(b.Record.Release)
	return b
}
