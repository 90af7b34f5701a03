package source

import (
	"bytes"
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A span is a text in the segment: where it begins, and its length, with the
// highest bit set when its quotes are doubled. Columns keep the two apart.
const (
	spanBytes   = 8
	spanDoubled = 1 << 31
)

// A table is the columns of a record being filled. All values and bitmaps are
// cut from one buffer; texts are noted as spans first and copied when their
// size is known.
type table struct {
	c     *csv
	fixed *buffer // values, offsets, validity
	spans *buffer // nil without text columns
	rows  int
	cols  []tableColumn // as c.columns; those left out are empty
}

type tableColumn struct {
	kind    columnKind
	valid   []byte // bitmap, 1 = there
	nulls   int
	ints    []int64 // intColumn, timeColumn
	floats  []float64
	singles []float32
	bits    []byte // boolColumn
	offsets []int32
	lo, n   []uint32 // of spans
}

// newTable makes room for rows rows.
func (c *csv) newTable(pool *buffers, rows int) (*table, error) {
	t := &table{c: c, cols: make([]tableColumn, len(c.columns))}
	bitmap := (rows + 7) / 8
	size := 0
	for _, j := range c.out {
		k := c.columns[j].kind
		size += round8(bitmap) + round8(columnKinds[k].size*(rows+1)) + round8(bitmap)
	}
	var err error
	if t.fixed, err = pool.get(size); err != nil {
		return nil, err
	}
	if c.texts > 0 {
		if t.spans, err = pool.get(c.texts * 2 * round8(4*rows)); err != nil {
			t.fixed.Release()
			return nil, err
		}
	}
	from := carve{t.fixed.b}
	var spans carve
	if t.spans != nil {
		spans.rest = t.spans.b
	}
	for _, j := range c.out {
		col := &t.cols[j]
		col.kind = c.columns[j].kind
		col.valid = take[byte](&from, bitmap)
		for i := range col.valid {
			col.valid[i] = 0xff
		}
		switch col.kind {
		case intColumn, timeColumn:
			col.ints = take[int64](&from, rows)
		case floatColumn:
			col.floats = take[float64](&from, rows)
		case float32Column:
			col.singles = take[float32](&from, rows)
		case boolColumn:
			col.bits = take[byte](&from, bitmap)
			clear(col.bits)
		case textColumn:
			col.offsets = take[int32](&from, rows+1)
			col.lo, col.n = take[uint32](&spans, rows), take[uint32](&spans, rows)
		}
	}
	return t, nil
}

// null makes value i missing.
func (col *tableColumn) null(i int) {
	col.valid[i/8] &^= 1 << (i % 8)
	col.nulls++
	switch col.kind {
	case intColumn, timeColumn:
		col.ints[i] = 0
	case floatColumn:
		col.floats[i] = 0
	case float32Column:
		col.singles[i] = 0
	case textColumn:
		col.n[i] = 0
	}
}

// undo takes back what a bad row has written as row i.
func (t *table) undo(i int) {
	for _, j := range t.c.out {
		col := &t.cols[j]
		if col.valid[i/8]&(1<<(i%8)) == 0 {
			col.valid[i/8] |= 1 << (i % 8)
			col.nulls--
		}
		if col.kind == boolColumn {
			col.bits[i/8] &^= 1 << (i % 8)
		}
	}
}

// release gives all memory back.
func (t *table) release() {
	t.fixed.Release()
	if t.spans != nil {
		t.spans.Release()
	}
}

// record makes the record of t.rows rows; src is what the spans are places of.
// The record holds the memory; t must not be used after.
func (t *table) record(pool *buffers, src []byte) (arrow.RecordBatch, error) {
	defer t.release()
	total := 0
	for _, j := range t.c.out {
		for _, n := range t.cols[j].n[:min(t.rows, len(t.cols[j].n))] {
			total += int(n &^ spanDoubled)
		}
	}
	texts, err := pool.get(total)
	if err != nil {
		return nil, err
	}
	defer texts.Release()
	rest := texts.b[:0]
	columns := make([]arrow.Array, len(t.c.out))
	for out, j := range t.c.out {
		col := &t.cols[j]
		buffers := []*memory.Buffer{nil, nil, nil}[:2]
		if col.nulls > 0 {
			buffers[0] = t.fixed.arrow(col.valid)
		}
		switch col.kind {
		case intColumn, timeColumn:
			buffers[1] = t.fixed.arrow(arrow.Int64Traits.CastToBytes(col.ints[:t.rows]))
		case floatColumn:
			buffers[1] = t.fixed.arrow(arrow.Float64Traits.CastToBytes(col.floats[:t.rows]))
		case float32Column:
			buffers[1] = t.fixed.arrow(arrow.Float32Traits.CastToBytes(col.singles[:t.rows]))
		case boolColumn:
			buffers[1] = t.fixed.arrow(col.bits)
		case textColumn:
			var data []byte
			data, rest = col.gather(rest, src, t.rows, t.c.quote)
			buffers[1] = t.fixed.arrow(arrow.Int32Traits.CastToBytes(col.offsets[:t.rows+1]))
			buffers = append(buffers, texts.arrow(data))
		}
		data := array.NewData(columnKinds[col.kind].arrow, t.rows, buffers, nil, col.nulls, 0)
		columns[out] = array.MakeFromData(data)
		data.Release()
		for _, b := range buffers {
			if b != nil {
				b.Release() // data holds it
			}
		}
	}
	rec := array.NewRecordBatch(t.c.arrow, columns, int64(t.rows))
	for _, col := range columns {
		col.Release() // rec holds it
	}
	return rec, nil
}

// gather copies the texts of col behind each other to the end of dst and
// returns them, and what is left of dst.
func (col *tableColumn) gather(dst, src []byte, rows int, quote byte) (data, rest []byte) {
	lo, n, offsets := col.lo[:rows], col.n[:rows], col.offsets[:rows+1]
	offsets[0] = 0
	to, end := dst[:cap(dst)], 0
	for i, size := range n {
		from := int(lo[i])
		switch {
		case size <= 16 && from+16 <= len(src) && end+16 <= len(to):
			// What is too much is overwritten by the text behind it.
			a, b := src[from:from+16:from+16], to[end:end+16:end+16]
			binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(a))
			binary.LittleEndian.PutUint64(b[8:], binary.LittleEndian.Uint64(a[8:]))
			end += int(size)
		case size&spanDoubled != 0:
			end = len(undouble(to[:end], src[from:from+int(size&^spanDoubled)], quote))
		default:
			end += copy(to[end:], src[from:from+int(size)])
		}
		offsets[i+1] = int32(end)
	}
	return to[:end], to[end:end]
}

// arrow wraps part of b as an Arrow buffer that holds b.
func (b *buffer) arrow(part []byte) *memory.Buffer {
	b.Retain()
	return memory.NewBufferWithAllocator(part, bufferAllocator{b})
}

// bufferAllocator lets Arrow give up its hold of a buffer; it allocates nothing.
type bufferAllocator struct{ b *buffer }

func (bufferAllocator) Allocate(int) []byte { panic("source: records are not grown") }

func (bufferAllocator) Reallocate(int, []byte) []byte { panic("source: records are not grown") }

func (a bufferAllocator) Free([]byte) { a.b.Release() }

var _ memory.Allocator = bufferAllocator{}

// lineOf counts the line ends of b before at.
func lineOf(b []byte, at int) int64 { return int64(bytes.Count(b[:at], []byte{'\n'})) }
