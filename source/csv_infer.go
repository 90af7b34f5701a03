package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source/internal/number"
)

// sample is the start of the first file with two rows or more, else of the
// first with one, in whole rows, without a byte order mark. It is a MiB, or more
// when that does not hold two rows.
func (c *csv) sample(ctx context.Context, files []*handle) (h *handle, b []byte, err error) {
	for _, f := range files {
		start, rows, err := c.startOf(ctx, f)
		if err != nil {
			return nil, nil, err
		}
		if rows > 1 || rows == 1 && h == nil {
			h, b = f, start
		}
		if rows > 1 || f.stdin != nil {
			break
		}
	}
	if h == nil {
		return nil, nil, errs.New(errs.Invalid, "found no rows: %s", emptyNames(files)).At(errs.Position{File: files[0].Address})
	}
	return h, b, nil
}

// startOf is the start of h and the rows in it; a row without an end counts.
func (c *csv) startOf(ctx context.Context, h *handle) (b []byte, rows int, err error) {
	for n := sampleBytes; ; n = min(2*n, c.opt.MaxRow) {
		head, all, err := h.head(ctx, n, c.opt)
		if err != nil {
			return nil, 0, err
		}
		skip, _, _, err := byteOrderMark(h, head, true)
		if err != nil {
			return nil, 0, err
		}
		b = head[skip:]
		if all && len(b) > 0 && b[len(b)-1] != '\n' {
			b = append(bytes.Clone(b), '\n')
		}
		w := c.walk(b, c.opt.Sample+1)
		switch {
		case w.rows < 2 && !all && n < c.opt.MaxRow && len(head) == n:
			continue // a row longer than the sample
		case w.rows == 0 && len(b) > w.blankEnd:
			return append(bytes.Clone(b), '\n'), 1, nil // the parser says why it has no end
		}
		return b[:w.end], w.rows, nil
	}
}

// infer finds dialect, names and types from a sample.
func (c *csv) infer(h *handle, b []byte) error {
	if err := c.setQuote(c.opt.Quote); err != nil {
		return err
	}
	switch {
	case c.opt.Format == "tsv" && c.opt.Delimiter == "":
		c.delim = '\t'
	case c.opt.Delimiter != "":
		if err := c.setDelimiter(c.opt.Delimiter); err != nil {
			return err
		}
	default:
		c.sniffDelimiter(b)
	}
	c.trim = c.opt.Trim == Yes || c.opt.Trim == Auto && c.sniffTrim(b)

	start := 0
	for {
		j := bytes.IndexByte(b[start:], '\n') + 1
		if j == 0 || !blank(b[start:start+j]) {
			break
		}
		start += j
	}
	first, next, bad := c.row(b, start, nil)
	if bad != nil {
		return bad.err.At(errs.Position{File: h.Address, Line: 1 + int64(bytes.Count(b[:bad.at], []byte{'\n'})),
			Column: strconv.Itoa(bad.at - bytes.LastIndexByte(b[:bad.at], '\n'))})
	}
	c.header = c.opt.Header == Yes || c.opt.Header == Auto && c.looksHeader(b, first)
	if err := c.setNames(h, b, first, start); err != nil {
		return err
	}
	if !c.header {
		next = start
	}
	c.setKinds(b, next)
	return c.choose()
}

// looksHeader reports whether no field of the first row is a number, a time, a
// truth value or missing, but for one empty name (that of an index).
func (c *csv) looksHeader(b []byte, first []field) bool {
	empty := 0
	for _, f := range first {
		s := f.text(&c.dialect, b)
		if len(s) == 0 {
			empty++
		} else if c.na.is(s) || kindsOf(s) != 0 {
			return false
		}
	}
	return empty == 0 || empty == 1 && len(first) > 1
}

func (c *csv) setNames(h *handle, b []byte, first []field, at int) error {
	line := int64(1 + bytes.Count(b[:at], []byte{'\n'}))
	seen := map[string]int{}
	for j, f := range first {
		name := "f" + strconv.Itoa(j)
		if c.header {
			if s := bytes.TrimSpace(f.text(&c.dialect, b)); len(s) > 0 {
				name = string(s)
			}
		}
		if before, dup := seen[name]; dup {
			return errs.New(errs.Invalid, "columns %d and %d have the same name %q", before+1, j+1, name).
				At(errs.Position{File: h.Address, Line: line, Column: strconv.Itoa(j + 1)}).
				WithFix("rename one, or --header no when the first row is data")
		}
		seen[name] = j
		c.columns = append(c.columns, csvColumn{name: name})
	}
	return nil
}

// setKinds looks at the rows of the sample behind the header. Rows that are
// wrong tell nothing here: they are reported when they are read.
func (c *csv) setKinds(b []byte, i int) {
	possible := make([]kinds, len(c.columns))
	seen := make([]bool, len(c.columns))
	for j := range possible {
		possible[j] = anyKind
	}
	plain, byRow := c.newStrip(), 0 // up to byRow rows are looked at one by one
	if plain != nil {
		defer c.strips.Put(plain)
	}
	var fields []field
	var room numbers
	for rows := 0; rows < c.opt.Sample; rows++ {
		if plain != nil && i >= byRow {
			looked := plain.cut(b, i, c.opt.Sample-rows, c.quotes)
			byRow = max(looked, i+1)
			if plain.rows > 0 {
				i, byRow = plain.end(), looked
				rows += plain.rows - 1
				for j := range possible {
					if j == len(possible)-1 {
						plain.dropCR(b)
					}
					c.narrow(plain, b, j, &possible[j], &seen[j], &room)
				}
				continue
			}
		}
		for {
			j := bytes.IndexByte(b[i:], '\n') + 1
			if j == 0 || !blank(b[i:i+j]) {
				break
			}
			i += j
		}
		if i >= len(b) {
			break
		}
		var bad *rowError
		if fields, i, bad = c.row(b, i, fields[:0]); bad != nil {
			break
		}
		if len(fields) != len(c.columns) {
			continue
		}
		for j, f := range fields {
			if possible[j] == 0 {
				continue
			}
			if s := f.text(&c.dialect, b); !c.na.is(s) {
				possible[j] &= kindsOf(s)
				seen[j] = true
			}
		}
	}
	for j := range c.columns {
		c.columns[j].kind = possible[j].kind(seen[j])
	}
}

// numbers is room for what is parsed only to see whether it can be.
type numbers struct {
	ints   []int64
	floats []float64
}

// narrow is what column j of the rows of s leaves of possible, many numbers at a
// time.
func (c *csv) narrow(s *strip, b []byte, j int, possible *kinds, seen *bool, room *numbers) {
	for r := 0; r < s.rows && *possible != 0; r++ {
		ends, n := s.ends[r*s.cols+j:], 0
		switch {
		case c.na.numbers:
		case *possible&(1<<intColumn) != 0:
			room.ints = slices.Grow(room.ints[:0], s.rows)[:s.rows-r]
			n = number.Ints(room.ints, b, ends, s.cols)
		case *possible&(1<<floatColumn) != 0:
			room.floats = slices.Grow(room.floats[:0], s.rows)[:s.rows-r]
			n = number.Floats(room.floats, b, ends, s.cols)
		}
		if n > 0 {
			*possible &= 1<<intColumn | 1<<floatColumn
			*seen = true
			if r += n; r == s.rows {
				return
			}
		}
		text := b[s.ends[r*s.cols+j]+1 : s.ends[r*s.cols+j+1]]
		if c.trim {
			text = bytes.TrimLeft(text, " ")
		}
		if !c.na.is(text) {
			*possible &= kindsOf(text)
			*seen = true
		}
	}
}

// allColumns stands in Options.Types for all columns that are not named there.
const allColumns = "*"

// choose applies Options.Types and Options.Columns.
func (c *csv) choose() error {
	index := map[string]int{}
	names := make([]string, len(c.columns))
	for j, col := range c.columns {
		index[col.name], names[j] = j, col.name
	}
	unknown := func(option, name string) error {
		return errs.New(errs.NotFound, "%s: no column %q%s; have %s", option, name, errs.Suggest(name, names), listed(names))
	}
	var all []error
	if err := c.expect(); err != nil {
		return err
	}
	if as, ok := c.opt.Types[allColumns]; ok {
		kind, err := kindNamed(allColumns, as)
		if err != nil {
			return err
		}
		for j := range c.columns {
			c.columns[j].kind = kind
		}
	}
	for name, as := range c.opt.Types {
		if name == allColumns {
			continue
		}
		j, ok := index[name]
		if !ok {
			all = append(all, unknown("--types", name))
			continue
		}
		kind, err := kindNamed(name, as)
		if err != nil {
			all = append(all, err)
			continue
		}
		c.columns[j].kind = kind
	}
	if err := errors.Join(all...); err != nil {
		return err
	}
	chosen := c.opt.Columns
	if chosen == nil {
		chosen = names
	}
	for j := range c.columns {
		c.columns[j].out = -1
	}
	for out, name := range chosen {
		j, ok := index[name]
		if !ok {
			return unknown("--columns", name)
		}
		if c.columns[j].out >= 0 {
			return errs.New(errs.Invalid, "--columns: %q is named twice", name)
		}
		c.columns[j].out = out
		c.out = append(c.out, j)
	}
	for j := range c.columns {
		if c.columns[j].out < 0 {
			c.columns[j].kind = skipColumn
		}
	}
	if len(c.out) == 0 {
		return errs.New(errs.Invalid, "--columns names no column; have %s", listed(names))
	}
	return nil
}

// expect applies Options.Expect where what was inferred is of another kind.
func (c *csv) expect() error {
	for j := range c.columns {
		col := &c.columns[j]
		as, ok := c.opt.Expect[col.name]
		if !ok {
			continue
		}
		kind, err := kindNamed(col.name, as)
		if err != nil {
			return err
		}
		if columnKinds[col.kind].field.Kind != columnKinds[kind].field.Kind {
			col.kind = kind
		}
	}
	return nil
}

// listed joins names, leaving out the end of a long list.
func listed(names []string) string {
	const shown = 20
	s := ""
	for i, name := range names {
		if i == shown {
			return s + fmt.Sprintf(" and %d more", len(names)-shown)
		}
		if i > 0 {
			s += ", "
		}
		s += name
	}
	return s
}
