package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/outcore/outcore/errs"
)

func init() { register("parquet", openParquet) }

// wholeGroup is the decoded size up to which a row group is one segment,
// decoded in any worker. Larger ones are read in order, a piece at a time.
const wholeGroup = 48 << 20

// pieceBytes is about how much of a larger one is decoded at a time.
const pieceBytes = 12 << 20

// parquetData is a Dataset of rows in Parquet files.
type parquetData struct {
	files  []*handle
	parts  []*parquetPart
	opt    Options
	schema *Schema
	arrow  *arrow.Schema // of the records
	rows   int64
	cost   int64
}

var _ Dataset = (*parquetData)(nil)

// A parquetPart is one file.
type parquetPart struct {
	h      *handle
	index  int   // in Dataset.Files
	first  int64 // rows of the Dataset before it
	rows   int64
	file   lazyFile
	meta   *metadata.FileMetaData
	leaves []int // columns of the file that are read, ascending
	order  []int // place in leaves of each column of the schema
	groups []parquetGroup
}

// A parquetGroup is what is known of a row group before it is read.
type parquetGroup struct {
	first, rows int64 // rows of the file before it, and in it
	stored      int64 // bytes of the columns that are read
	decoded     int64 // an estimate
}

// largeCost is what a piece of a large row group of so many columns holds: a
// piece as read and converted, and its share of the pages and dictionaries
// that the reader holds once, about 2 MiB a column, for four in flight.
func largeCost(columns int) int64 { return 2*pieceBytes + int64(columns)*(512<<10) }

// openParquet reads the footers of all files.
func openParquet(ctx context.Context, files []*handle, opt Options) (Dataset, error) {
	if len(opt.Types) > 0 {
		return nil, errs.New(errs.Unsupported, "Parquet columns have the types the file says").WithFix("leave --types out")
	}
	d := &parquetData{files: files, opt: opt}
	for i, h := range files {
		p := &parquetPart{h: h, index: i, first: d.rows, file: lazyFile{h: h}}
		schema, columns, err := d.openPart(ctx, p)
		if err != nil {
			return nil, at(err, h.Address)
		}
		if d.schema == nil {
			d.schema, d.arrow = columns, schema
		} else if !slices.Equal(d.schema.Fields, columns.Fields) {
			return nil, errs.New(errs.Shape, "columns are %v, expected %v as in %s", columns.Fields, d.schema.Fields, files[0].Address).
				At(errs.Position{File: h.Address}).WithFix("name files of one schema, or the columns they share with --columns")
		}
		d.parts = append(d.parts, p)
		d.rows += p.rows
	}
	return d, nil
}

// openPart reads the footer of p: which columns are read, and the row groups.
func (d *parquetData) openPart(ctx context.Context, p *parquetPart) (schema *arrow.Schema, columns *Schema, err error) {
	if err := p.file.hold(ctx); err != nil {
		return nil, nil, err
	}
	defer p.file.release()
	err = guard(p.h.Address, func() error {
		r, err := p.reader(nil)
		if err != nil {
			return err
		}
		p.meta = r.MetaData()
		fr, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
		if err != nil {
			return err
		}
		full, err := fr.Schema()
		if err != nil {
			return err
		}
		schema, columns, err = d.choose(p, full)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	p.rows = p.meta.GetNumRows()
	return schema, columns, d.measure(p, columns)
}

// choose picks the columns Options name, or all.
func (d *parquetData) choose(p *parquetPart, full *arrow.Schema) (*arrow.Schema, *Schema, error) {
	byName := map[string]int{}
	var names []string
	for i, f := range full.Fields() {
		if _, twice := byName[f.Name]; twice {
			return nil, nil, errs.New(errs.Invalid, "two columns are named %q", f.Name).WithFix("rename one of them")
		}
		byName[f.Name] = i
		names = append(names, f.Name)
	}
	want := d.opt.Columns
	if want == nil {
		want = names
	}
	leafOf := map[string]int{}
	for i := range p.meta.Schema.NumColumns() {
		leafOf[p.meta.Schema.Column(i).ColumnPath()[0]] = i
	}
	columns := &Schema{Table: true}
	var fields []arrow.Field
	for _, name := range want {
		i, ok := byName[name]
		if !ok {
			return nil, nil, errs.New(errs.NotFound, "no column %q%s", name, errs.Suggest(name, names)).WithFix("--columns with names the file has")
		}
		f := full.Field(i)
		kind, numeric, ok := parquetKind(f.Type)
		if !ok {
			return nil, nil, errs.New(errs.Unsupported, "column of type %v, which is neither number, text nor time", f.Type).
				At(errs.Position{File: p.h.Address, Column: name}).WithFix("--columns with the others: %s", others(full))
		}
		columns.Fields = append(columns.Fields, Field{Name: name, Kind: kind, Type: numeric})
		fields = append(fields, arrow.Field{Name: name, Type: recordType(f.Type), Nullable: true})
		if slices.Contains(p.leaves, leafOf[name]) {
			return nil, nil, errs.New(errs.Invalid, "column %q is named twice", name).WithFix("--columns with each name once")
		}
		p.leaves = append(p.leaves, leafOf[name])
	}
	leaves := slices.Clone(p.leaves)
	slices.Sort(p.leaves)
	for _, leaf := range leaves {
		p.order = append(p.order, slices.Index(p.leaves, leaf))
	}
	return arrow.NewSchema(fields, nil), columns, nil
}

// measure lists the row groups of p and what they cost.
func (d *parquetData) measure(p *parquetPart, columns *Schema) error {
	var first int64
	for i := range p.meta.NumRowGroups() {
		rg := p.meta.RowGroup(i)
		g := parquetGroup{first: first, rows: rg.NumRows()}
		for k, leaf := range p.leaves {
			c, err := rg.ColumnChunk(leaf)
			if err != nil {
				return corruptParquet(p.h.Address, err)
			}
			if c.TotalCompressedSize() < 0 || c.TotalUncompressedSize() < 0 || g.rows < 0 {
				return corruptParquet(p.h.Address, fmt.Errorf("row group %d has negative sizes", i))
			}
			g.stored += c.TotalCompressedSize()
			wide := int64(8)
			if columns.Fields[slices.Index(p.order, k)].Kind == Text {
				// A dictionary makes the stored size say little of the texts.
				wide = 24
			}
			g.decoded += c.TotalCompressedSize() + max(c.TotalUncompressedSize(), g.rows*wide)
		}
		first += g.rows
		p.groups = append(p.groups, g)
		cost := g.decoded
		if cost > wholeGroup {
			cost = largeCost(len(p.leaves))
		}
		d.cost = max(d.cost, cost)
	}
	if first != p.rows {
		return corruptParquet(p.h.Address, fmt.Errorf("row groups have %d rows, the footer says %d", first, p.rows))
	}
	return nil
}

// reader opens the file's Parquet reader; meta saves reading the footer again.
// The file must be held.
func (p *parquetPart) reader(meta *metadata.FileMetaData) (*file.Reader, error) {
	props := parquet.NewReaderProperties(memory.DefaultAllocator)
	props.BufferedStreamEnabled = true // else a column of a whole row group is read before its first page
	props.BufferSize = 256 << 10
	opts := []file.ReadOption{file.WithReadProps(props)}
	if meta != nil {
		opts = append(opts, file.WithMetadata(meta))
	}
	return file.NewParquetReader(io.NewSectionReader(&p.file, 0, p.h.Size), opts...)
}

// Files lists the files in order.
func (d *parquetData) Files() []File { return fileList(d.files) }

// Schema names the columns.
func (d *parquetData) Schema() *Schema { return d.schema }

// Rows is the number of rows.
func (d *parquetData) Rows() int64 { return d.rows }

// Cost is an estimate of the most bytes one segment holds: the file does not
// say how long texts are once decoded. They are Go heap, where garbage needs a
// quarter more.
func (d *parquetData) Cost() int64 { return d.cost + d.cost/4 }

// Close closes the files.
func (d *parquetData) Close() error { return closeAll(d.files) }

// guard runs fn, which reads a file that may be damaged in ways the Parquet
// library meets with a panic, and names the file in its errors.
func guard(address string, fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = corruptParquet(address, fmt.Errorf("%v", r))
		}
	}()
	return corruptParquet(address, fn())
}

// corruptParquet makes an error of the Parquet library ours; ours and nil pass.
func corruptParquet(address string, err error) error {
	var e *errs.Error
	if err == nil || errors.As(err, &e) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errs.New(errs.Corrupt, "not a Parquet file that can be read: %w", err).At(errs.Position{File: address}).
		WithFix("write it again, or check it: python -c \"import pyarrow.parquet as p; p.read_table('%s')\"", address)
}
