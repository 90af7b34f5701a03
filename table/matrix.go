package table

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/zarr"
)

// A Matrix is rows of numbers in a Store, with labels or without: a group of X
// and y, or an array of two dimensions alone. Reading it is safe for concurrent
// use; one MatrixWriter at a time may append to it.
type Matrix struct {
	store  zarr.Store
	path   string
	x      *zarr.Array
	y      *zarr.Array // nil when there are no labels
	rows   int64
	schema *source.Schema
}

// MatrixOptions say what a new matrix is like.
type MatrixOptions struct {
	Schema    *source.Schema // its columns, and whether there are labels
	Type      dtype.Type     // of X; 0 = that of the first column
	ChunkRows int            // of X; 0 = MatrixChunkRows
	Compress  string         // None, Fast or Max; "" = Fast
}

// MatrixChunkRows is the rows of a chunk of a new matrix: the most, a power of
// two, that take at most 8 MiB, or 1.
func MatrixChunkRows(t dtype.Type, cols int) int {
	n := mostRows
	for n > 1 && n*cols*t.Size() > chunkBytes {
		n /= 2
	}
	return n
}

// chunkColumns is how many columns are in a chunk.
func chunkColumns(t dtype.Type, cols int) int {
	if cols*t.Size() <= 2*chunkBytes {
		return cols
	}
	return chunkBytes / t.Size()
}

// labelRows is the labels in a chunk beside chunks of so many rows.
func labelRows(rows int) int { return max(rows, min(16*rows, mostRows)) }

// CreateMatrix makes an empty matrix at path, and the groups above it that are
// missing: errs.Exists when there is a node.
func CreateMatrix(ctx context.Context, s zarr.Store, path string, o MatrixOptions) (*Matrix, error) {
	cols := len(o.Schema.Fields)
	if cols == 0 {
		return nil, errs.New(errs.Shape, "a matrix without columns")
	}
	if o.Type == 0 {
		o.Type = o.Schema.Fields[0].Type
	}
	if o.ChunkRows == 0 {
		o.ChunkRows = MatrixChunkRows(o.Type, cols)
	}
	if o.ChunkRows < 0 {
		return nil, errs.New(errs.Invalid, "--chunk-rows is %d, expected a number of rows", o.ChunkRows)
	}
	a := attribute{Format: MatrixFormat}
	if !numbered(o.Schema) {
		var names []string
		for _, f := range o.Schema.Fields {
			names = append(names, f.Name)
		}
		var err error
		if err = checkNames(names); err != nil {
			return nil, err
		}
		if a.Columns, err = json.Marshal(names); err != nil {
			return nil, err
		}
	}
	if err := a.create(ctx, s, path); err != nil {
		return nil, err
	}
	x := &zarr.ArrayMeta{
		Shape: []uint64{0, uint64(cols)}, ChunkShape: []uint64{uint64(o.ChunkRows), uint64(chunkColumns(o.Type, cols))},
		Type: zarr.NumberType(o.Type), Fill: make([]byte, o.Type.Size()), Names: []string{"row", "column"},
	}
	var err error
	if x.Codecs, err = codecs(o.Compress, o.Type.Size()); err != nil {
		return nil, err
	}
	if _, err := zarr.CreateArray(ctx, s, join(path, "X"), x); err != nil {
		return nil, err
	}
	if o.Schema.Labels {
		if err := createVector(ctx, s, join(path, "y"), dtype.Float64, labelRows(o.ChunkRows), 0, "row", o.Compress); err != nil {
			return nil, err
		}
	}
	return OpenMatrix(ctx, s, path)
}

// createVector makes an array of one dimension and n elements, all 0.
func createVector(ctx context.Context, s zarr.Store, path string, t dtype.Type, chunk int, n uint64, dimension, compress string) error {
	m := &zarr.ArrayMeta{
		Shape: []uint64{n}, ChunkShape: []uint64{uint64(chunk)}, Type: zarr.NumberType(t), Fill: make([]byte, t.Size()), Names: []string{dimension},
	}
	var err error
	if m.Codecs, err = codecs(compress, t.Size()); err != nil {
		return err
	}
	_, err = zarr.CreateArray(ctx, s, path, m)
	return err
}

// numbered reports whether the columns are f0, f1, ….
func numbered(s *source.Schema) bool {
	for j, f := range s.Fields {
		if f.Name != "f"+strconv.Itoa(j) {
			return false
		}
	}
	return true
}

// maxColumns bounds the width that metadata may claim before it costs memory.
const maxColumns = 1 << 22

// OpenMatrix opens the group, or the array of two dimensions, at path.
func OpenMatrix(ctx context.Context, s zarr.Store, path string) (*Matrix, error) {
	a, err := readAttribute(ctx, s, path)
	if err != nil {
		return nil, err
	}
	if a != nil && a.Format != MatrixFormat {
		return nil, a.is(MatrixFormat, path)
	}
	m := &Matrix{store: s, path: path}
	doc, err := s.Metadata(ctx, path)
	if err != nil {
		return nil, err
	}
	kind, err := zarr.NodeType(doc)
	if err != nil {
		return nil, err
	}
	at := path
	if kind == "group" {
		at = join(path, "X")
		if m.y, err = zarr.OpenArray(ctx, s, join(path, "y")); err != nil && !errors.Is(err, errs.NotFound) {
			return nil, err
		}
	}
	if m.x, err = zarr.OpenArray(ctx, s, at); err != nil {
		return nil, err
	}
	x := m.x.Meta()
	switch {
	case len(x.Shape) != 2:
		return nil, errs.New(errs.Shape, "the array has %d dimensions, expected rows and columns", len(x.Shape)).At(errs.Position{File: at})
	case !x.Type.Number.Valid():
		return nil, errs.New(errs.Unsupported, "elements of %s are no numbers", x.Type.Name).At(errs.Position{File: at})
	case x.Shape[1] == 0 || x.Shape[1] > maxColumns:
		return nil, errs.New(errs.Unsupported, "%d columns, expected 1 to %d", x.Shape[1], maxColumns).At(errs.Position{File: at})
	}
	m.rows = int64(x.Shape[0])
	if m.y != nil {
		if y := m.y.Meta(); len(y.Shape) != 1 || int64(y.Shape[0]) != m.rows || !y.Type.Number.Valid() {
			return nil, errs.New(errs.Shape, "y has shape %v of %s, expected %d numbers, one a row of X", y.Shape, y.Type.Name, m.rows).
				At(errs.Position{File: path}).WithFix("name the array alone: %s", join(path, "X"))
		}
	}
	m.schema = &source.Schema{Labels: m.y != nil}
	for j := range x.Shape[1] {
		m.schema.Fields = append(m.schema.Fields, source.Field{Name: "f" + strconv.FormatUint(j, 10), Kind: source.Number, Type: x.Type.Number})
	}
	if a == nil || a.Columns == nil {
		return m, nil
	}
	var names []string
	if err := json.Unmarshal(a.Columns, &names); err != nil || len(names) != len(m.schema.Fields) {
		return nil, errs.New(errs.Corrupt, "the attribute names %d columns, X has %d", len(names), len(m.schema.Fields)).At(errs.Position{File: path})
	}
	for j, name := range names {
		m.schema.Fields[j].Name = name
	}
	return m, nil
}

// Path is where the matrix is in its store.
func (m *Matrix) Path() string { return m.path }

// Rows is the number of rows.
func (m *Matrix) Rows() int64 { return m.rows }

// ChunkRows is the rows of a chunk of X.
func (m *Matrix) ChunkRows() int { return int(m.x.Meta().ChunkShape[0]) }

// Schema names the columns. The caller must not change it.
func (m *Matrix) Schema() *source.Schema { return m.schema }
