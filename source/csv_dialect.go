package source

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/outcore/outcore/errs"
)

// A dialect is how the fields of a text table stand in its lines. A field in
// quotes may hold delimiters and line ends; a quote in it is doubled. A quote
// elsewhere is an error: where one is out of place, no row end after it is sure.
type dialect struct {
	delim  byte
	quote  byte
	quotes bool // false: a quote is a character like others
	trim   bool // spaces behind a delimiter are left out
}

// A field is b[lo:hi] of the text it was found in.
type field struct {
	lo, hi  int
	quoted  bool
	doubled bool // holds doubled quotes
}

// text gives the field's text; the result is over b unless quotes are doubled.
func (f field) text(d *dialect, b []byte) []byte {
	if !f.doubled {
		return b[f.lo:f.hi]
	}
	return undouble(nil, b[f.lo:f.hi], d.quote)
}

// undouble appends s to dst with one quote for every two.
func undouble(dst, s []byte, quote byte) []byte {
	for {
		i := bytes.IndexByte(s, quote)
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i+1]...)
		s = s[i+2:]
	}
}

// field finds the field at b[i]; next is its delimiter or line end ('\n').
// b must end with a line end.
func (d *dialect) field(b []byte, i int) (f field, next int, bad *rowError) {
	if d.trim {
		for b[i] == ' ' {
			i++
		}
	}
	if d.quotes && b[i] == d.quote {
		return d.quotedField(b, i)
	}
	f.lo = i
	if d.quotes {
		for c := b[i]; c != d.delim && c != '\n'; c = b[i] {
			if c == d.quote {
				return f, i, &rowError{at: f.lo, fatal: true, err: errs.New(errs.Invalid, "found a quote inside a field that does not begin with one: %s", d.show(b, f.lo)).
					WithFix("put the field in quotes and double the quote, or --quote none to take quotes as text")}
			}
			i++
		}
	} else {
		for c := b[i]; c != d.delim && c != '\n'; c = b[i] {
			i++
		}
	}
	f.hi = i
	if b[i] == '\n' && i > f.lo && b[i-1] == '\r' {
		f.hi--
	}
	return f, i, nil
}

// quotedField finds the field whose opening quote is b[i].
func (d *dialect) quotedField(b []byte, i int) (f field, next int, bad *rowError) {
	open := i
	f = field{lo: i + 1, quoted: true}
	for i++; ; i += 2 {
		j := bytes.IndexByte(b[i:], d.quote)
		if j < 0 {
			return f, i, &rowError{at: open, fatal: true, err: errs.New(errs.Invalid, "a quote is opened here and never closed: %s", d.show(b, open)).
				WithFix("close it, or --quote none to take quotes as text")}
		}
		i += j
		if i+1 == len(b) || b[i+1] != d.quote {
			break
		}
		f.doubled = true
	}
	f.hi = i
	i++
	if d.trim {
		for b[i] == ' ' {
			i++
		}
	}
	if b[i] == '\r' && b[i+1] == '\n' {
		i++
	}
	if b[i] != d.delim && b[i] != '\n' {
		return f, i, &rowError{at: open, fatal: true, err: errs.New(errs.Invalid, "found %s behind a closing quote, expected a delimiter or a line end", d.show(b, i)).
			WithFix("double the quotes inside the field, or --quote none to take quotes as text")}
	}
	return f, i, nil
}

// row finds all fields of the row at b[i]; end is behind its line end.
func (d *dialect) row(b []byte, i int, fields []field) (out []field, end int, bad *rowError) {
	for {
		f, next, bad := d.field(b, i)
		if bad != nil {
			return fields, next, bad
		}
		fields = append(fields, f)
		if b[next] == '\n' {
			return fields, next + 1, nil
		}
		i = next + 1
	}
}

// show is the text at b[i] for a message, up to the end of its line.
func (d *dialect) show(b []byte, i int) string {
	line, _, _ := bytes.Cut(b[i:], []byte{'\n'})
	return quoteText(bytes.TrimSuffix(line, []byte{'\r'}))
}

// blank reports whether a line, with its line end, holds no row.
func blank(line []byte) bool {
	for _, c := range line {
		if c != '\n' && c != '\r' && c != ' ' {
			return false
		}
	}
	return true
}

// walk finds the line ends outside of quotes.
func (d *dialect) walk(b []byte, limit int) (w walked) {
	if limit >= fewRows {
		w = d.walkPlain(b, limit)
	}
	return d.walkLines(b, limit, w)
}

// walkLines goes on line by line from w, which ends with a row.
func (d *dialect) walkLines(b []byte, limit int, w walked) walked {
	i, lines := w.blankEnd, w.blanks
	quote := d.nextQuote(b, i)
	for w.rows < limit {
		start, odd := i, false
		for {
			j := bytes.IndexByte(b[i:], '\n')
			if j < 0 {
				return w
			}
			j += i
			if quote < j {
				odd = odd != (bytes.Count(b[quote:j], []byte{d.quote})&1 == 1)
				quote = d.nextQuote(b, j)
			}
			lines++
			i = j + 1
			if !odd {
				break
			}
		}
		if c := b[start]; c > ' ' || !blank(b[start:i]) {
			w.rows++
			w.end, w.lines = i, lines
		}
		w.blankEnd, w.blanks = i, lines
	}
	return w
}

// nextQuote is a place at or behind b[i] before which there is no quote: that of
// the next one, unless it is far away.
func (d *dialect) nextQuote(b []byte, i int) int {
	const far = 32 << 10
	if !d.quotes {
		return len(b)
	}
	near := b[i:min(i+far, len(b))]
	if j := bytes.IndexByte(near, d.quote); j >= 0 {
		return i + j
	}
	return i + len(near)
}

// setDelimiter and setQuote read the options.
func (d *dialect) setDelimiter(s string) error {
	switch {
	case s == "tab" || s == `\t` || s == "\t":
		d.delim = '\t'
	case len(s) != 1 || s[0] >= 0x80 || s[0] <= ' ' || strings.ContainsAny(s, `+-."`) || alphanumeric(s[0]):
		return errs.New(errs.Invalid, "--delimiter is %q, expected one character such as , ; | or the word tab", s)
	default:
		d.delim = s[0]
	}
	return nil
}

func (d *dialect) setQuote(s string) error {
	switch {
	case s == "":
		d.quote, d.quotes = '"', true
	case s == "none":
		d.quotes = false
	case len(s) != 1 || s[0] >= 0x80 || s[0] <= ' ' || alphanumeric(s[0]) || s[0] == d.delim:
		return errs.New(errs.Invalid, "--quote is %s, expected one character or the word none", strconv.Quote(s))
	default:
		d.quote, d.quotes = s[0], true
	}
	return nil
}

func alphanumeric(c byte) bool { return c-'0' <= 9 || c|0x20-'a' <= 'z'-'a' }
