package source

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source/internal/number"
)

// decode parses the rows of s into a record.
func (c *csv) decode(s *textSegment) (*Batch, error) {
	if err := c.checkUTF8(s); err != nil {
		return nil, err
	}
	t, err := c.newTable(s.of.pool, s.rows)
	if err != nil {
		return nil, err
	}
	pl := places{base: s.start.Row}
	b := s.b
	line := s.start.Line + 1
	plain := c.newStrip()
	if plain != nil {
		defer c.strips.Put(plain)
	}
	byRow := 0 // up to here rows are parsed one by one
	if plain == nil || s.torn {
		byRow = len(b)
	}
	for i := 0; i < len(b); {
		if i >= byRow {
			looked := plain.cut(b, i, s.rows-t.rows, c.quotes)
			end := plain.end()
			if plain.rows > 0 && t.strip(plain, b) {
				pl.addRows(line, plain.rows)
				t.rows += plain.rows
				line += int64(plain.rows)
				i, byRow = end, looked
				continue
			}
			byRow = max(looked, end, i+1)
		}
		if b[i] <= ' ' {
			if j := bytes.IndexByte(b[i:], '\n') + 1; blank(b[i : i+j]) {
				i += j
				line++
				continue
			}
		}
		end, inner, bad := t.row(b, i)
		if bad != nil {
			if end, err = t.leave(s, i, line, bad); err != nil {
				t.release()
				return nil, err
			}
			pl.leave()
			line += lineOf(b[i:], end-i)
			i = end
			continue
		}
		if s.torn && end == len(b) {
			t.release()
			return nil, tooLong(errs.Position{File: s.address(), Line: line}, c.opt.MaxRow)
		}
		pl.add(line)
		t.rows++
		line += 1 + int64(inner)
		i = end
	}
	rec, err := t.record(s.of.pool, b)
	if err != nil {
		return nil, err
	}
	out := pl.batch()
	out.Record = rec
	out.OnRelease(rec.Release)
	return out, nil
}

// leave takes back the bad row that begins at b[i], on the given line, and
// returns where the next one begins; err when it may not be left out.
func (t *table) leave(s *textSegment, i int, line int64, bad *rowError) (end int, err error) {
	t.undo(t.rows)
	if !bad.fatal {
		// A quote out of place further on is worse than what was found, and a
		// wrong number of columns explains a wrong type.
		fields, next, worse := t.c.row(s.b, i, nil)
		if n := len(fields); worse == nil && n != len(t.cols) {
			bad = t.wrongCount(fields[min(n-1, len(t.cols))].lo, n)
		}
		if worse == nil {
			t.place(s, i, line, bad)
			return next, s.bad.skip(bad.err)
		}
		bad = worse
	}
	t.place(s, i, line, bad)
	return i, bad.err
}

// place says where bad, of the row at b[i], is.
func (t *table) place(s *textSegment, i int, line int64, bad *rowError) {
	p := &bad.err.Pos
	p.File, p.Line = s.address(), line+lineOf(s.b[i:], bad.at-i)
	if p.Column == "" {
		p.Column = strconv.Itoa(bad.at - bytes.LastIndexByte(s.b[:bad.at], '\n'))
	}
}

// row parses the row at b[i] as row t.rows; end is behind its line end, and
// inner is how many line ends its fields hold.
func (t *table) row(b []byte, i int) (end, inner int, bad *rowError) {
	c := t.c
	delim, row := c.delim, t.rows
	last := len(t.cols) - 1
	for j := range t.cols {
		col := &t.cols[j]
		for c.trim && b[i] == ' ' {
			i++
		}
		var next int
		switch col.kind {
		case intColumn:
			v, e, ok := number.Int(b, i)
			if b[e] == '\r' && b[e+1] == '\n' {
				e++
			}
			if !ok || b[e] != delim && b[e] != '\n' {
				if next, inner, bad = t.slow(b, i, j, inner); bad != nil {
					return next, inner, bad
				}
				break
			}
			col.ints[row], next = v, e
		case floatColumn:
			v, e, ok := number.Float(b, i)
			if b[e] == '\r' && b[e+1] == '\n' {
				e++
			}
			if !ok || b[e] != delim && b[e] != '\n' {
				if next, inner, bad = t.slow(b, i, j, inner); bad != nil {
					return next, inner, bad
				}
				break
			}
			col.floats[row], next = v, e
		case textColumn:
			f, e, bad := c.field(b, i)
			if bad != nil {
				return e, inner, bad
			}
			n := uint32(f.hi - f.lo)
			if f.quoted {
				inner += bytes.Count(b[f.lo:f.hi], []byte{'\n'})
			}
			if f.doubled {
				n |= spanDoubled
			}
			col.lo[row], col.n[row], next = uint32(f.lo), n, e
			if c.na.is(b[f.lo:f.hi]) || f.doubled && c.na.is(f.text(&c.dialect, b)) {
				col.null(row)
			}
		case skipColumn:
			f, e, bad := c.field(b, i)
			if bad != nil {
				return e, inner, bad
			}
			if f.quoted {
				inner += bytes.Count(b[f.lo:f.hi], []byte{'\n'})
			}
			next = e
		default:
			if next, inner, bad = t.slow(b, i, j, inner); bad != nil {
				return next, inner, bad
			}
		}
		if b[next] == '\n' {
			if j != last {
				return next, inner, t.wrongCount(i, j+1)
			}
			return next + 1, inner, nil
		}
		if j == last {
			return next, inner, t.wrongCount(next+1, j+2) // leave counts them all
		}
		i = next + 1
	}
	return i, inner, nil
}

// slow parses the field at b[i] for column j: what is missing, quoted, spaced,
// at the end of a line with CR, a time, a truth value, or wrong.
func (t *table) slow(b []byte, i, j, inner int) (next, innerOut int, bad *rowError) {
	c := t.c
	if (b[i] == c.delim || b[i] == '\n') && c.na.empty {
		t.cols[j].null(t.rows)
		return i, inner, nil
	}
	f, next, bad := c.field(b, i)
	if bad != nil {
		return next, inner, bad
	}
	s := b[f.lo:f.hi]
	if f.quoted {
		inner += bytes.Count(s, []byte{'\n'})
		s = f.text(&c.dialect, b)
	}
	col, row := &t.cols[j], t.rows
	if c.na.is(s) {
		col.null(row)
		return next, inner, nil
	}
	s = bytes.TrimSpace(s)
	if len(s) == 0 && c.na.empty {
		col.null(row)
		return next, inner, nil
	}
	if !col.set(row, s, f.doubled) {
		return next, inner, t.wrongType(i, j, s)
	}
	return next, inner, nil
}

// set parses s as value i. A byte that is no part of a number stands behind s
// in the segment, unless it was copied out of doubled quotes.
func (col *tableColumn) set(i int, s []byte, copied bool) (ok bool) {
	if len(s) == 0 || copied {
		return false // no number, time or truth value holds a quote
	}
	switch col.kind {
	case intColumn:
		v, end, ok := number.Int(s[:len(s)+1], 0)
		col.ints[i] = v
		return ok && end == len(s)
	case floatColumn, float32Column:
		v, end, ok := number.Float(s[:len(s)+1], 0)
		if !ok || end != len(s) {
			if v, ok = number.Special(s); !ok {
				return false
			}
		}
		if col.kind == floatColumn {
			col.floats[i] = v
		} else {
			col.singles[i] = float32(v)
		}
		return true
	case boolColumn:
		v, ok := parseBool(s)
		if v {
			col.bits[i/8] |= 1 << (i % 8)
		}
		return ok
	}
	v, ok := parseTime(s)
	col.ints[i] = v
	return ok
}

// wrongType is the error for s, found in column j at b[at].
func (t *table) wrongType(at, j int, s []byte) *rowError {
	name, kind := t.c.columns[j].name, t.cols[j].kind
	as := textColumn
	if k := kindsOf(s); kind == intColumn && k&(1<<floatColumn) != 0 {
		as = floatColumn
	}
	e := errs.New(errs.Invalid, "found %s, expected %v", quoteText(s), kind).At(errs.Position{Column: name}).
		WithFix("--types %s=%v, --na %s if it means missing, or --skip-bad-rows N to leave the row out", name, as, quoteText(s))
	return &rowError{at: at, err: e}
}

// wrongCount is the error for a row of n columns; at is its first one too many,
// or its last.
func (t *table) wrongCount(at, n int) *rowError {
	return &rowError{at: at, err: errs.New(errs.Invalid, "found %d columns, expected %d", n, len(t.cols)).
		WithFix("mend the row, or --skip-bad-rows N to leave it out; a delimiter inside a field needs quotes")}
}

// checkUTF8 refuses text in another encoding when texts are asked for.
func (c *csv) checkUTF8(s *textSegment) error {
	if c.texts == 0 || utf8.Valid(s.b) {
		return nil
	}
	i := 0
	for i < len(s.b) {
		r, n := utf8.DecodeRune(s.b[i:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	return errs.New(errs.Invalid, "found byte 0x%02x, which is not UTF-8", s.b[min(i, len(s.b)-1)]).
		At(errs.Position{File: s.address(), Line: s.start.Line + 1 + lineOf(s.b, i), Column: strconv.Itoa(i - bytes.LastIndexByte(s.b[:i], '\n'))}).
		WithFix("iconv -f LATIN1 -t UTF-8 %s > utf8.csv", s.address())
}
