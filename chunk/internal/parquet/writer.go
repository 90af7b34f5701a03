package parquet

import (
	"encoding/binary"
	"io"
)

const magic = "PAR1"

// A Writer writes row groups, in order, as a file. Not safe for concurrent use.
type Writer struct {
	w      io.Writer
	e      *Encoder
	off    int64
	rows   int64
	groups []*RowGroup // without their bytes
	starts []int64
}

// NewWriter starts a file of row groups that e encodes.
func NewWriter(w io.Writer, e *Encoder) (*Writer, error) {
	f := &Writer{w: w, e: e}
	return f, f.put([]byte(magic))
}

func (f *Writer) put(b []byte) error {
	n, err := f.w.Write(b)
	f.off += int64(n)
	return err
}

// Rows is the number of rows written.
func (f *Writer) Rows() int64 { return f.rows }

// Bytes is the number of bytes written.
func (f *Writer) Bytes() int64 { return f.off }

// Append writes a row group, whose memory the next one takes. One without rows
// is left out.
func (f *Writer) Append(g *RowGroup) error {
	if g.Rows == 0 {
		return nil
	}
	f.starts = append(f.starts, f.off)
	f.groups = append(f.groups, g)
	f.rows += g.Rows
	parts := g.parts
	g.parts = nil
	var err error
	for i, b := range parts {
		if err == nil {
			err = f.put(b)
		}
		f.e.give(i, b)
	}
	return err
}

// Close writes the footer and returns the size of the file.
func (f *Writer) Close() (int64, error) {
	b := f.footer()
	b = binary.LittleEndian.AppendUint32(b, uint32(len(b)))
	err := f.put(append(b, magic...))
	return f.off, err
}

// footer is the FileMetaData.
func (f *Writer) footer() []byte {
	t := &thrift{}
	t.begin()
	t.i32(1, 2)
	t.list(2, thriftStruct, len(f.e.columns)+1)
	t.begin()
	t.text(4, "schema")
	t.i32(5, int32(len(f.e.columns)))
	t.end()
	for j := range f.e.columns {
		f.e.columns[j].write(t)
	}
	t.i64(3, f.rows)
	t.list(4, thriftStruct, len(f.groups))
	for i := range f.groups {
		f.group(t, i)
	}
	t.text(6, "outcore")
	t.list(7, thriftStruct, len(f.e.columns))
	for range f.e.columns {
		t.begin()
		t.empty(1) // compared by the type's own order
		t.end()
	}
	t.end()
	return t.b
}

// group writes the RowGroup of group i.
func (f *Writer) group(t *thrift, i int) {
	g, start := f.groups[i], f.starts[i]
	var raw, stored int64
	for _, k := range g.chunk {
		raw += k.raw
		stored += k.end - k.start
	}
	t.begin()
	t.list(1, thriftStruct, len(g.chunk))
	for j := range g.chunk {
		f.chunk(t, &g.chunk[j], &f.e.columns[j], start, g.Rows)
	}
	t.i64(2, raw)
	t.i64(3, g.Rows)
	t.i64(5, start)
	t.i64(6, stored)
	if i <= 1<<15-1 {
		t.i16(7, int16(i))
	}
	t.end()
}

// chunk writes the ColumnChunk of column c.
func (f *Writer) chunk(t *thrift, k *columnChunk, c *column, start, rows int64) {
	t.begin()
	t.i64(2, start+k.end)
	t.open(3)
	t.i32(1, c.phys)
	encodings := []int32{encodingRLE, encodingPlain}
	if k.dictionary {
		encodings = append(encodings, encodingDictionary)
	}
	t.list(2, thriftI32, len(encodings))
	for _, e := range encodings {
		t.zigzag(int64(e))
	}
	t.list(3, thriftBinary, 1)
	t.raw(c.name)
	t.i32(4, int32(f.e.codec))
	t.i64(5, rows)
	t.i64(6, k.raw)
	t.i64(7, k.end-k.start)
	t.i64(9, start+k.data)
	if k.dictionary {
		t.i64(11, start+k.start)
	}
	k.stats.write(t, 12, k.present)
	t.end()
	t.end()
}
