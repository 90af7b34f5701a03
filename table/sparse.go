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

// A Sparse is compressed rows of numbers in a Store, with labels or without: a
// group of data, indices, indptr and y. Reading it is safe for concurrent use;
// one SparseWriter at a time may append to it.
type Sparse struct {
	store                 zarr.Store
	path                  string
	data, indices, indptr *zarr.Array
	y                     *zarr.Array // nil when there are no labels
	rows, values          int64
	longest               int64 // most values of a row
	schema                *source.Schema
}

// SparseOptions say what new sparse rows are like.
type SparseOptions struct {
	Schema   *source.Schema // the columns, of which the number counts, and whether there are labels
	Type     dtype.Type     // of the values; 0 = that of the first column
	Compress string         // None, Fast or Max; "" = Fast

	chunkValues, chunkRows int // for tests; 0 = the format's
}

// The chunks of the format.
const (
	SparseValues = 1 << 19 // of data and indices, in elements
	sparseRows   = 1 << 17 // of indptr and y
)

// CreateSparse makes a group without rows at path, and the groups above it that
// are missing: errs.Exists when there is a node.
func CreateSparse(ctx context.Context, s zarr.Store, path string, o SparseOptions) (*Sparse, error) {
	cols := len(o.Schema.Fields)
	if cols == 0 {
		return nil, errs.New(errs.Shape, "sparse rows without columns")
	}
	if o.Type == 0 {
		o.Type = o.Schema.Fields[0].Type
	}
	if o.chunkValues == 0 {
		o.chunkValues, o.chunkRows = SparseValues, sparseRows
	}
	a := attribute{Format: SparseFormat, Columns: json.RawMessage(strconv.Itoa(cols))}
	if err := a.create(ctx, s, path); err != nil {
		return nil, err
	}
	vectors := []struct {
		name      string
		t         dtype.Type
		chunk     int
		n         uint64
		dimension string
	}{
		{"data", o.Type, o.chunkValues, 0, "value"},
		{"indices", dtype.Int32, o.chunkValues, 0, "value"},
		{"indptr", dtype.Int64, o.chunkRows, 1, "start"}, // the first start is 0, the fill value
		{"y", dtype.Float64, o.chunkRows, 0, "row"},
	}
	if !o.Schema.Labels {
		vectors = vectors[:3]
	}
	for _, v := range vectors {
		if err := createVector(ctx, s, join(path, v.name), v.t, v.chunk, v.n, v.dimension, o.Compress); err != nil {
			return nil, err
		}
	}
	return OpenSparse(ctx, s, path)
}

// OpenSparse opens the group at path.
func OpenSparse(ctx context.Context, s zarr.Store, path string) (*Sparse, error) {
	a, err := readAttribute(ctx, s, path)
	if err != nil {
		return nil, err
	}
	if err := a.is(SparseFormat, path); err != nil {
		return nil, err
	}
	var cols int
	if err := json.Unmarshal(a.Columns, &cols); err != nil || cols < 1 || cols > maxColumns || a.Longest < 0 || a.Longest > int64(cols) {
		return nil, errs.New(errs.Corrupt, "the attribute has columns %s and longest %d", a.Columns, a.Longest).At(errs.Position{File: path})
	}
	m := &Sparse{store: s, path: path, longest: a.Longest}
	for _, v := range []struct {
		name string
		to   **zarr.Array
	}{{"data", &m.data}, {"indices", &m.indices}, {"indptr", &m.indptr}, {"y", &m.y}} {
		array, err := zarr.OpenArray(ctx, s, join(path, v.name))
		if errors.Is(err, errs.NotFound) && v.name == "y" {
			continue
		}
		if err == nil && (len(array.Meta().Shape) != 1 || !array.Meta().Type.Number.Valid()) {
			err = errs.New(errs.Shape, "%s has shape %v of %s, expected numbers in one dimension", v.name, array.Meta().Shape, array.Meta().Type.Name).At(errs.Position{File: path})
		}
		if err != nil {
			return nil, err
		}
		*v.to = array
	}
	starts, values, indices := m.indptr.Meta().Shape[0], m.data.Meta().Shape[0], m.indices.Meta().Shape[0]
	m.rows, m.values = int64(starts)-1, int64(values)
	switch {
	case starts == 0 || values != indices:
		return nil, errs.New(errs.Shape, "%d row starts, %d values and %d columns of values", starts, values, indices).At(errs.Position{File: path})
	case m.indptr.Meta().Type.Number != dtype.Int64 || m.indices.Meta().Type.Number != dtype.Int32:
		return nil, errs.New(errs.Unsupported, "indptr is %s and indices are %s, expected int64 and int32", m.indptr.Meta().Type.Name, m.indices.Meta().Type.Name).At(errs.Position{File: path})
	case m.y != nil && int64(m.y.Meta().Shape[0]) != m.rows:
		return nil, errs.New(errs.Shape, "%d labels of %d rows", m.y.Meta().Shape[0], m.rows).At(errs.Position{File: path})
	}
	m.schema = &source.Schema{Sparse: true, Labels: m.y != nil}
	for j := range cols {
		m.schema.Fields = append(m.schema.Fields, source.Field{Name: "f" + strconv.Itoa(j), Kind: source.Number, Type: m.data.Meta().Type.Number})
	}
	return m, nil
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Path is where the rows are in their store.
func (m *Sparse) Path() string { return m.path }

// Rows is the number of rows.
func (m *Sparse) Rows() int64 { return m.rows }

// Schema names the columns. The caller must not change it.
func (m *Sparse) Schema() *source.Schema { return m.schema }
