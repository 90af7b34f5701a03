package table

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/zarr"
)

// A Table is named columns of one length in a Store (docs/format/table.md).
// Reading it is safe for concurrent use, also while others write to the store;
// one Writer at a time may append to it.
type Table struct {
	store   zarr.Store
	path    string
	columns []*column
	rows    int64
	chunk   int // rows
	schema  *source.Schema
	record  *arrow.Schema
}

// A column is one column and its arrays.
type column struct {
	field source.Field
	array *zarr.Array
	valid *zarr.Array // which rows are there; nil while all are
}

// Options say what a new table is like.
type Options struct {
	Schema    *source.Schema // names and types of the columns
	ChunkRows int            // of every column; 0 = ChunkRows of the schema
	Compress  string         // None, Fast or Max; "" = Fast
}

// Create makes an empty table at path, and the groups above it that are
// missing: errs.Exists when there is a node.
func Create(ctx context.Context, s zarr.Store, path string, o Options) (*Table, error) {
	names := make([]string, len(o.Schema.Fields))
	for j, f := range o.Schema.Fields {
		names[j] = f.Name
	}
	if err := checkNames(names); err != nil {
		return nil, err
	}
	if o.ChunkRows == 0 {
		o.ChunkRows = ChunkRows(o.Schema, nil)
	}
	if o.ChunkRows < 0 {
		return nil, errs.New(errs.Invalid, "--chunk-rows is %d, expected a number of rows", o.ChunkRows)
	}
	a := attribute{Format: TableFormat}
	var err error
	if a.Columns, err = json.Marshal(names); err != nil {
		return nil, err
	}
	if err := a.create(ctx, s, path); err != nil {
		return nil, err
	}
	for _, f := range o.Schema.Fields {
		m, err := columnMeta(f, o.ChunkRows, o.Compress)
		if err != nil {
			return nil, err
		}
		if _, err := zarr.CreateArray(ctx, s, join(path, arrayName(f.Name)), m); err != nil {
			return nil, err
		}
	}
	return Open(ctx, s, path)
}

// columnMeta describes the array of a new column.
func columnMeta(f source.Field, chunk int, compress string) (*zarr.ArrayMeta, error) {
	m := &zarr.ArrayMeta{Shape: []uint64{0}, ChunkShape: []uint64{uint64(chunk)}, Names: []string{"row"}}
	switch f.Kind {
	case source.Text:
		m.Type, m.Fill = zarr.StringType(), []byte{}
	case source.Time:
		m.Type, m.Fill = zarr.NumberType(dtype.Int64), binary.LittleEndian.AppendUint64(nil, 1<<63)
		m.Attributes = map[string]json.RawMessage{
			"units":      json.RawMessage(`"` + timeUnits + `"`),
			"calendar":   json.RawMessage(`"proleptic_gregorian"`),
			"_FillValue": json.RawMessage("-9223372036854775808"),
		}
	default:
		if !f.Type.Valid() {
			return nil, errs.New(errs.Unsupported, "a column of type %v is no number", f.Type).At(errs.Position{Column: f.Name})
		}
		m.Type = zarr.NumberType(f.Type)
		switch f.Type {
		case dtype.Float32:
			m.Fill = binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(math.NaN())))
		case dtype.Float64:
			m.Fill = binary.LittleEndian.AppendUint64(nil, 0x7ff8000000000000) // the NaN that Zarr's "NaN" is
		default:
			m.Fill = make([]byte, f.Type.Size())
		}
	}
	var err error
	m.Codecs, err = codecs(compress, m.Type.Size)
	return m, err
}

const timeUnits = "microseconds since 1970-01-01"

// Open opens the table at path: errs.NotFound when the node is none.
func Open(ctx context.Context, s zarr.Store, path string) (*Table, error) {
	a, err := readAttribute(ctx, s, path)
	if err != nil {
		return nil, err
	}
	if err := a.is(TableFormat, path); err != nil {
		return nil, err
	}
	var names []string
	err = json.Unmarshal(a.Columns, &names)
	if err == nil {
		err = checkNames(names)
	}
	if err != nil {
		return nil, errs.New(errs.Corrupt, "the columns of the table: %w", err).At(errs.Position{File: path})
	}
	t := &Table{store: s, path: path, schema: &source.Schema{Table: true}}
	for _, name := range names {
		if err := t.open(ctx, name); err != nil {
			return nil, inColumn(err, path, name)
		}
	}
	t.record = recordSchema(t.schema)
	return t, nil
}

func inColumn(err error, path, name string) error {
	var e *errs.Error
	if errors.As(err, &e) && e.Pos == (errs.Position{}) {
		moved := *e
		return moved.At(errs.Position{File: path, Column: name})
	}
	return err
}

// open finds the arrays of a column.
func (t *Table) open(ctx context.Context, name string) error {
	path := join(t.path, arrayName(name))
	array, err := zarr.OpenArray(ctx, t.store, path)
	if err != nil {
		return err
	}
	c := &column{array: array, field: source.Field{Name: name}}
	m := array.Meta()
	var units string
	if raw, ok := m.Attributes["units"]; ok && json.Unmarshal(raw, &units) != nil {
		units = ""
	}
	switch {
	case len(m.Shape) != 1:
		return errs.New(errs.Shape, "the array has %d dimensions, expected 1", len(m.Shape))
	case m.Type.Name == "string":
		c.field.Kind = source.Text
	case m.Type.Number == dtype.Int64 && units == timeUnits:
		c.field.Kind = source.Time
	case m.Type.Number.Valid():
		c.field.Kind, c.field.Type = source.Number, m.Type.Number
	default:
		return errs.New(errs.Unsupported, "elements of %s are neither numbers, texts nor times", m.Type.Name)
	}
	if c.valid, err = zarr.OpenArray(ctx, t.store, path+validSuffix); errors.Is(err, errs.NotFound) {
		c.valid = nil
	} else if err != nil {
		return err
	} else if v := c.valid.Meta(); v.Type.Number != dtype.Bool || len(v.Shape) != 1 || v.Shape[0] != m.Shape[0] || v.ChunkShape[0] != m.ChunkShape[0] {
		return errs.New(errs.Shape, "%s is not of type bool, of the length and chunks of its column", path+validSuffix)
	}
	if len(t.columns) == 0 {
		t.rows, t.chunk = int64(m.Shape[0]), int(m.ChunkShape[0])
	} else if int64(m.Shape[0]) != t.rows || int(m.ChunkShape[0]) != t.chunk {
		return errs.New(errs.Shape, "%d rows in chunks of %d, expected %d in chunks of %d as in column %s",
			m.Shape[0], m.ChunkShape[0], t.rows, t.chunk, t.columns[0].field.Name)
	}
	t.columns = append(t.columns, c)
	t.schema.Fields = append(t.schema.Fields, c.field)
	return nil
}

// Path is where the table is in its store.
func (t *Table) Path() string { return t.path }

// Rows is the number of rows.
func (t *Table) Rows() int64 { return t.rows }

// ChunkRows is the rows of a chunk.
func (t *Table) ChunkRows() int { return t.chunk }

// Schema names the columns. The caller must not change it.
func (t *Table) Schema() *source.Schema { return t.schema }

// recordSchema is the Arrow schema of records of s.
func recordSchema(s *source.Schema) *arrow.Schema {
	fields := make([]arrow.Field, len(s.Fields))
	for j, f := range s.Fields {
		fields[j] = arrow.Field{Name: f.Name, Type: recordType(f), Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}

var numberTypes = map[dtype.Type]arrow.DataType{
	dtype.Bool: arrow.FixedWidthTypes.Boolean, dtype.Int8: arrow.PrimitiveTypes.Int8, dtype.Int16: arrow.PrimitiveTypes.Int16,
	dtype.Int32: arrow.PrimitiveTypes.Int32, dtype.Int64: arrow.PrimitiveTypes.Int64, dtype.Uint8: arrow.PrimitiveTypes.Uint8,
	dtype.Uint16: arrow.PrimitiveTypes.Uint16, dtype.Uint32: arrow.PrimitiveTypes.Uint32, dtype.Uint64: arrow.PrimitiveTypes.Uint64,
	dtype.Float32: arrow.PrimitiveTypes.Float32, dtype.Float64: arrow.PrimitiveTypes.Float64,
}

func recordType(f source.Field) arrow.DataType {
	switch f.Kind {
	case source.Text:
		return arrow.BinaryTypes.String
	case source.Time:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	}
	return numberTypes[f.Type]
}

// ChunkRows is the rows of a chunk of a new table: the most, a power of two,
// that take at most 8 MiB in the widest column and 16 MiB together; fewer than
// 4,096 only because of long texts. texts says how many bytes the texts of each
// column have on average, at the places of the text columns; nil = 24.
func ChunkRows(s *source.Schema, texts []float64) int {
	var widest, row, longest, long float64
	for j, f := range s.Fields {
		width := float64(f.Type.Size())
		switch {
		case f.Kind == source.Time:
			width = 8
		case f.Kind == source.Text && texts == nil:
			width = 4 + textGuess
		case f.Kind == source.Text:
			width = 4 + texts[j]
			longest, long = max(longest, width), long+width
		}
		widest, row = max(widest, width), row+width
	}
	n := mostRows
	for n > leastRows && (float64(n)*widest > chunkBytes || float64(n)*row > stripeBytes) {
		n /= 2
	}
	for n > 1 && (float64(n)*longest > chunkBytes || float64(n)*long > stripeBytes) {
		n /= 2
	}
	return n
}

const (
	mostRows    = 1 << 20
	leastRows   = 1 << 12 // of numbers: the canonical block of exact learners
	chunkBytes  = 8 << 20
	stripeBytes = 16 << 20 // of all columns: what a reader decodes at once
	textGuess   = 24
)

// sameNames reports columns that are not those of the table, in order.
func (t *Table) sameNames(s *arrow.Schema) error {
	if s.NumFields() != len(t.columns) {
		return errs.New(errs.Shape, "found records of %d columns, the table has %d", s.NumFields(), len(t.columns))
	}
	for j, f := range s.Fields() {
		if f.Name != t.columns[j].field.Name {
			return errs.New(errs.Shape, "found column %q, expected %q", f.Name, t.columns[j].field.Name).
				WithFix("give the columns in the order of the table: %s", strings.Join(t.names(), ", "))
		}
	}
	return nil
}

func (t *Table) names() (names []string) {
	for _, c := range t.columns {
		names = append(names, c.field.Name)
	}
	return names
}
