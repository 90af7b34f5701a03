package chunk

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/chunk/internal/parquet"
	"github.com/outcore/outcore/npy"
)

// DefaultGroupRows is the rows of a Parquet row group: DuckDB's, whose scans
// give each thread one.
const DefaultGroupRows = 122_880

// A TableEncoder encodes record batches as Parquet row groups: the work that is
// done in parallel, before groups are written in order. It is safe for
// concurrent use.
type TableEncoder struct{ e *parquet.Encoder }

// A TableGroup is an encoded row group.
type TableGroup = parquet.RowGroup

// NewTableEncoder encodes records of one schema. Numbers, booleans, times in
// microseconds UTC and texts (plain or by dictionary) can be written; anything
// else is errs.Unsupported. Compression is none (None), Snappy (Fast) or Zstd
// (Max).
func NewTableEncoder(schema *arrow.Schema, c npy.Compression) (*TableEncoder, error) {
	codec := parquet.Uncompressed
	switch c {
	case npy.Fast:
		codec = parquet.Snappy
	case npy.Max:
		codec = parquet.Zstd
	}
	e, err := parquet.NewEncoder(schema, codec)
	if err != nil {
		return nil, err
	}
	return &TableEncoder{e}, nil
}

// Workers says how many columns are encoded at once, of one row group or of
// several; at first it is one. It is called while nothing is encoded.
func (t *TableEncoder) Workers(n int) { t.e.Workers(n) }

// Encode encodes records as one row group. It keeps nothing of them.
func (t *TableEncoder) Encode(records []arrow.RecordBatch) (*TableGroup, error) {
	return t.e.Encode(records)
}

// A ParquetFile writes the row groups of one chunk (layout parquet). The
// sha256 is computed as they are written.
type ParquetFile struct {
	f   *os.File
	buf *bufio.Writer
	sum hash.Hash
	w   *parquet.Writer
}

var _ FileWriter[*TableGroup] = (*ParquetFile)(nil)

// NewParquetFile writes groups that t encoded to f, from its start.
func NewParquetFile(f *os.File, t *TableEncoder) (*ParquetFile, error) {
	p := &ParquetFile{f: f, sum: sha256.New()}
	p.buf = bufio.NewWriterSize(io.MultiWriter(io.NewOffsetWriter(f, 0), p.sum), 256<<10)
	var err error
	p.w, err = parquet.NewWriter(p.buf, t.e)
	return p, writing(f, err)
}

// Write appends a row group and lets its memory go.
func (p *ParquetFile) Write(g *TableGroup) error {
	from := p.w.Bytes()
	err := p.w.Append(g)
	if err == nil {
		err = p.buf.Flush()
	}
	if err != nil {
		return writing(p.f, err)
	}
	writeBack(p.f, from, p.w.Bytes()-from)
	return nil
}

// Rows is the number of rows written.
func (p *ParquetFile) Rows() int64 { return p.w.Rows() }

// Close completes the file.
func (p *ParquetFile) Close() (Stats, error) {
	size, err := p.w.Close()
	if err == nil {
		err = p.buf.Flush()
	}
	if err != nil {
		return Stats{}, writing(p.f, err)
	}
	return Stats{Rows: p.w.Rows(), Bytes: size, SHA256: hex.EncodeToString(p.sum.Sum(nil))}, nil
}

// Abort does nothing: there is nothing to end.
func (p *ParquetFile) Abort() {}
