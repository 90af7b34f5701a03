package source

import (
	"bytes"
	"context"
	"strconv"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/errs"
)

func init() {
	register("csv", openCSV)
	register("tsv", openCSV)
}

// csv is a text table: rows of fields behind one delimiter (RFC 4180, and what
// else a dialect allows). All files have the same columns.
type csv struct {
	dialect
	opt     Options
	na      *missing
	header  bool // of every file
	columns []csvColumn
	out     []int // columns of the record, as indices into columns
	arrow   *arrow.Schema
	texts   int // text columns in out
	strips  sync.Pool
}

type csvColumn struct {
	name string
	kind columnKind
	out  int // column of the record; -1 = left out
}

var _ grammar = (*csv)(nil)

func openCSV(ctx context.Context, files []*handle, opt Options) (Dataset, error) {
	c := &csv{opt: opt, na: newMissing(opt.NA)}
	if err := c.setQuote(opt.Quote); err != nil { // the sample is cut by it
		return nil, err
	}
	h, sample, err := c.sample(ctx, files)
	if err != nil {
		return nil, err
	}
	if err := c.infer(h, sample); err != nil {
		return nil, err
	}
	schema := &Schema{Table: true}
	var fields []arrow.Field
	perRow := 0
	for _, j := range c.out {
		col := c.columns[j]
		f := columnKinds[col.kind].field
		f.Name = col.name
		schema.Fields = append(schema.Fields, f)
		fields = append(fields, arrow.Field{Name: col.name, Type: columnKinds[col.kind].arrow, Nullable: true})
		perRow += columnKinds[col.kind].size + 1
		if col.kind == textColumn {
			perRow += spanBytes
			c.texts++
		}
	}
	c.arrow = arrow.NewSchema(fields, nil)
	t := &text{grammar: c, files: files, opt: opt, schema: schema}
	// Room for the rows that a segment has by the sample and a quarter more, at
	// most four times the text; where rows are shorter, it ends before.
	decoded := 4 * opt.SegmentBytes
	if w := c.walk(sample, len(sample)); w.rows > 0 {
		decoded = min(decoded, int(float64(opt.SegmentBytes)*float64(w.rows)/float64(w.end)*float64(perRow)*1.25))
	}
	decoded = max(decoded, perRow)
	t.maxRows = max(1, decoded/perRow)
	decoded += 64 * len(c.columns) // rounding of each column
	// Beside the columns: the text, and the texts copied out of it.
	t.cost = slabbed(2*opt.SegmentBytes + decoded)
	t.pool = newBuffers(opt.Memory, max(opt.SegmentBytes, decoded)+4096)
	return t, nil
}

// begin skips the byte order mark and the header, which must be that of the
// first file.
func (c *csv) begin(h *handle, b []byte, all bool) (skip int, lines int64, more bool, err error) {
	skip, _, more, err = byteOrderMark(h, b, all)
	if err != nil || more || !c.header {
		return skip, 0, more, err
	}
	w := c.walk(b[skip:], 1)
	if w.rows == 0 {
		return skip, 0, !all, nil
	}
	start := skip
	for {
		j := bytes.IndexByte(b[start:], '\n') + 1
		if !blank(b[start : start+j]) {
			break
		}
		start += j
	}
	fields, _, bad := c.row(b, start, nil)
	if bad != nil {
		return 0, 0, false, bad.err.At(errs.Position{File: h.Address, Line: int64(w.lines)})
	}
	return skip + w.end, int64(w.lines), false, c.checkHeader(h, b, fields, int64(w.lines))
}

func (c *csv) checkHeader(h *handle, b []byte, fields []field, line int64) error {
	at := errs.Position{File: h.Address, Line: line}
	const fix = "give files with the same columns, or --header no when the first row is data"
	if len(fields) != len(c.columns) {
		return errs.New(errs.Invalid, "the header has %d columns, expected the %d of the first file", len(fields), len(c.columns)).At(at).WithFix(fix)
	}
	for j, f := range fields {
		name := string(bytes.TrimSpace(f.text(&c.dialect, b)))
		if name == "" {
			name = "f" + strconv.Itoa(j)
		}
		if want := c.columns[j].name; name != want {
			at.Column = strconv.Itoa(j + 1)
			return errs.New(errs.Invalid, "the header names column %d %q, expected %q as in the first file", j+1, name, want).At(at).WithFix(fix)
		}
	}
	return nil
}
