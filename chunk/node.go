package chunk

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/table"
)

// The layouts of a node in a repository (docs/format/table.md).
const (
	TableLayout  = "table" // named columns
	ArrayLayout  = "array" // X, and y where there are labels
	SparseLayout = "csr"   // data, indices, indptr, and y
)

// NodeLayouts lists them.
func NodeLayouts() []string { return []string{TableLayout, ArrayLayout, SparseLayout} }

// DefaultCommitEvery is the chunks of rows in a commit: some hundred megabytes.
const DefaultCommitEvery = 64

// NodeOptions say what a node is like. The zero value is useful. All but
// CommitEvery change what is stored, so a job is resumed only with the options
// it began with.
type NodeOptions struct {
	Layout    string     `json:"layout"`               // default: table for tables, csr for sparse rows that would be 20 times as large dense, else array
	DType     dtype.Type `json:"dtype,omitempty"`      // of array and csr; default: that of the data, float64 for tables
	Scale     float64    `json:"scale,omitempty"`      // values are multiplied by it in float64; 0 = 1
	Compress  string     `json:"compress"`             // none, fast or max; default fast
	ChunkRows int        `json:"chunk_rows,omitempty"` // of table and array; default: chosen by the width of a row

	CommitEvery int `json:"-"` // chunks of rows; default DefaultCommitEvery

	commitRows int64 // rows of a commit, for tests; 0 = by CommitEvery
}

// fill sets the defaults that depend on what the data is like, all but
// ChunkRows, and refuses what makes no sense for it.
func (o NodeOptions) fill(s *source.Schema) (NodeOptions, error) {
	if o.Compress == "" {
		o.Compress = table.Fast
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	if o.CommitEvery == 0 {
		o.CommitEvery = DefaultCommitEvery
	}
	if o.Layout == "" {
		o.Layout = ArrayLayout
		if s.Table {
			o.Layout = TableLayout
		}
	}
	others := notNumbers(s)
	switch {
	case !slices.Contains(NodeLayouts(), o.Layout):
		return o, errs.New(errs.Invalid, "--layout is %q%s; a repository has %s", o.Layout, errs.Suggest(o.Layout, NodeLayouts()), strings.Join(NodeLayouts(), ", "))
	case !slices.Contains(table.Compressions(), o.Compress):
		return o, errs.New(errs.Invalid, "--compress is %q%s; have %s", o.Compress, errs.Suggest(o.Compress, table.Compressions()), strings.Join(table.Compressions(), ", "))
	case o.CommitEvery < 0:
		return o, errs.New(errs.Invalid, "--commit-every is %d, expected a number of chunks", o.CommitEvery)
	case o.ChunkRows < 0 || o.ChunkRows > 1<<30:
		return o, errs.New(errs.Invalid, "--chunk-rows is %d, expected 1 to %d", o.ChunkRows, 1<<30)
	case o.ChunkRows != 0 && o.Layout == SparseLayout:
		return o, errs.New(errs.Invalid, "--chunk-rows is for tables and arrays; chunks of csr hold a number of values").WithFix("leave --chunk-rows out")
	case math.IsNaN(o.Scale) || math.IsInf(o.Scale, 0):
		return o, errs.New(errs.Invalid, "--scale is %v, expected a finite number", o.Scale)
	case o.Layout == TableLayout && s.Sparse:
		return o, errs.New(errs.Unsupported, "sparse rows are not written as a table, tables and dense rows are").WithFix("--layout csr, or array")
	case o.Layout == TableLayout && (o.DType != 0 || o.Scale != 1):
		return o, errs.New(errs.Invalid, "--dtype and --scale are for arrays; a table keeps the types of its columns").WithFix("--types COLUMN=float32, or --layout array")
	case o.Layout != TableLayout && len(others) > 0:
		return o, errs.New(errs.Invalid, "%s are not numbers, and %s holds numbers only", strings.Join(others, ", "), o.Layout).
			WithFix("--layout table, or --columns without them")
	}
	if o.Layout == TableLayout {
		return o, nil
	}
	if o.DType == 0 {
		o.DType = dtype.Float64
		if !s.Table {
			o.DType = s.Fields[0].Type
		}
	}
	if !o.DType.Valid() || o.DType == dtype.Bool {
		return o, errs.New(errs.Unsupported, "--dtype %v cannot be written", o.DType).WithFix("--dtype uint8")
	}
	return o, nil
}

// String says what is written, as in array of float32.
func (o NodeOptions) String() string {
	if o.Layout == TableLayout {
		return o.Layout
	}
	return fmt.Sprintf("%s of %v", o.Layout, o.DType)
}
