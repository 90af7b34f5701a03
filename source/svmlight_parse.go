package source

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source/internal/number"
)

// rowError is a bad row found at byte at of the segment.
type rowError struct {
	at    int
	err   *errs.Error
	fatal bool // not to be left out by Options.SkipBadRows
}

// parseSVMLight decodes the rows of s. T is an integer type, or a floating one.
func parseSVMLight[T dtype.Number](g *svmlight, s *textSegment) (*Batch, error) {
	if s.torn {
		return nil, tooLong(errs.Position{File: s.address(), Line: s.start.Line + 1}, g.opt.MaxRow)
	}
	p, err := newSVMParser[T](g, s)
	if err != nil {
		return nil, err
	}
	b := s.b
	line, lineStart := s.start.Line+1, 0
	pl := places{base: s.start.Row}
	for i := 0; i < len(b); {
		switch c := b[i]; {
		case c == '\n':
			line++
			i++
			lineStart = i
			continue
		case c == ' ' || c-'\t' <= '\r'-'\t':
			i++
			continue
		case c == '#':
			i += bytes.IndexByte(b[i:], '\n')
			continue
		}
		end, bad := p.row(b, i)
		if bad != nil {
			p.undo()
			bad.err.At(errs.Position{File: s.address(), Line: line, Column: strconv.Itoa(bad.at - lineStart + 1)})
			if err := s.bad.skip(bad.err); err != nil {
				p.buf.Release()
				return nil, err
			}
			pl.leave()
			i += bytes.IndexByte(b[i:], '\n')
			continue
		}
		pl.add(line)
		i = end // at the line end
	}
	out := pl.batch()
	out.Block, out.Labels = p.block(), p.labels[:p.rows]
	out.OnRelease(p.buf.Release)
	return out, nil
}

// A svmParser fills the arrays of one block. All are cut from buf.
type svmParser[T dtype.Number] struct {
	g       *svmlight
	scale   float64
	check   bool // T is an integer type: values must fit
	base    int
	width   int
	dense   bool
	buf     *buffer
	rows    int
	n       int // values
	labels  []float64
	indptr  []int64
	indices []int32
	values  []T
}

func newSVMParser[T dtype.Number](g *svmlight, s *textSegment) (*svmParser[T], error) {
	p := &svmParser[T]{g: g, scale: g.opt.Scale, check: !g.dtype.Float(), base: g.base, width: g.width, dense: g.opt.Dense}
	size := g.dtype.Size()
	var err error
	if p.dense {
		if p.buf, err = s.of.pool.get(8*s.rows + round8(s.rows*g.width*size)); err != nil {
			return nil, err
		}
		c := carve{p.buf.b}
		p.labels, p.values = take[float64](&c, s.rows), take[T](&c, s.rows*g.width)
		clear(p.values)
		return p, nil
	}
	nnz := bytes.Count(s.b, []byte{':'})
	if p.buf, err = s.of.pool.get(8*s.rows + 8*(s.rows+1) + round8(nnz*size) + round8(nnz*4)); err != nil {
		return nil, err
	}
	c := carve{p.buf.b}
	p.labels, p.indptr = take[float64](&c, s.rows), take[int64](&c, s.rows+1)
	p.values, p.indices = take[T](&c, nnz), take[int32](&c, nnz)
	p.indptr[0] = 0
	return p, nil
}

// block is the rows parsed so far.
func (p *svmParser[T]) block() *dtype.Block {
	b := &dtype.Block{Type: p.g.dtype, Rows: p.rows, Cols: p.width, Owner: p.buf}
	if p.dense {
		b.Data = dtype.Bytes(p.values[:p.rows*p.width])
		return b
	}
	b.Data, b.Indices, b.Indptr = dtype.Bytes(p.values[:p.n]), p.indices[:p.n], p.indptr[:p.rows+1]
	return b
}

// undo takes back what a bad row has written.
func (p *svmParser[T]) undo() {
	if p.dense {
		clear(p.values[p.rows*p.width:][:p.width])
	} else {
		p.n = int(p.indptr[p.rows])
	}
}

// row parses the row at b[i] and returns where its line ends.
func (p *svmParser[T]) row(b []byte, i int) (end int, bad *rowError) {
	label, i, bad := p.label(b, i)
	if bad != nil {
		return i, bad
	}
	var dst []T
	if p.dense {
		dst = p.values[p.rows*p.width:][:p.width]
	}
	n, prev := p.n, -1
	for {
		for b[i] == ' ' {
			i++
		}
		d := b[i] - '0'
		if d > 9 {
			c := b[i]
			if c == '\n' {
				break
			}
			if c-'\t' <= '\r'-'\t' {
				i++
				continue
			}
			if c == '#' {
				i += bytes.IndexByte(b[i:], '\n')
				break
			}
			if c == 'q' && prev < 0 && n == p.n && bytes.HasPrefix(b[i:], []byte("qid:")) {
				_, end, ok := number.Int(b, i+4)
				if !ok || !space(b[end]) {
					return i, p.badNumber(b, i+4, "a query number behind qid:")
				}
				i = end
				continue
			}
			return i, &rowError{at: i, err: errs.New(errs.Invalid, "found %s, expected index:value", quoteToken(b, i))}
		}
		start := i
		idx := int(d)
		for i++; ; i++ {
			d := b[i] - '0'
			if d > 9 {
				break
			}
			idx = min(idx*10+int(d), 1<<40)
		}
		if b[i] != ':' {
			return i, &rowError{at: start, err: errs.New(errs.Invalid, "found %s, expected index:value", quoteToken(b, start))}
		}
		i++
		idx -= p.base
		if idx <= prev || idx >= p.width {
			return i, p.badIndex(start, idx, prev)
		}
		prev = idx

		// Most values are short integers: read them here, all others in number.Float.
		from := i
		var v float64
		m := uint32(0)
		for ; i < from+9; i++ {
			d := b[i] - '0'
			if d > 9 {
				break
			}
			m = m*10 + uint32(d)
		}
		if c := b[i]; (c == ' ' || c == '\n') && i > from {
			v = float64(m)
		} else {
			var ok bool
			v, i, ok = number.Float(b, from)
			if !ok || !space(b[i]) {
				if v, i, bad = p.special(b, from); bad != nil {
					return i, bad
				}
			}
		}
		v *= p.scale
		x := T(v)
		if p.check && float64(x) != v {
			return i, &rowError{at: from, err: errs.New(errs.Invalid, "the value %v does not fit %v", v, p.g.dtype).WithFix("--dtype float32")}
		}
		if dst != nil {
			dst[idx] = x
		} else {
			p.indices[n], p.values[n] = int32(idx), x
			n++
		}
	}
	p.labels[p.rows] = label
	p.rows++
	if !p.dense {
		p.n = n
		p.indptr[p.rows] = int64(n)
	}
	return i, nil
}

// label parses the label at b[i].
func (p *svmParser[T]) label(b []byte, i int) (v float64, end int, bad *rowError) {
	v, end, ok := number.Float(b, i)
	switch {
	case ok && space(b[end]):
		return v, end, nil
	case ok && b[end] == ',':
		return 0, i, &rowError{at: i, err: errs.New(errs.Unsupported, "found several labels, %s, expected one", quoteToken(b, i))}
	case ok && b[end] == ':', b[i] == 'q' && bytes.HasPrefix(b[i:], []byte("qid:")):
		return 0, i, &rowError{at: i, err: errs.New(errs.Invalid, "found %s, expected a label before the first index:value", quoteToken(b, i))}
	}
	if _, nonFinite := number.Special(token(b, i)); nonFinite {
		return 0, i, &rowError{at: i, err: errs.New(errs.Invalid, "found the label %s, expected a finite number", quoteToken(b, i))}
	}
	return 0, i, p.badNumber(b, i, "a number as label")
}

// special parses what number.Float does not take: nan and inf, where allowed.
func (p *svmParser[T]) special(b []byte, i int) (v float64, end int, bad *rowError) {
	tok := token(b, i)
	v, ok := number.Special(tok)
	if ok && p.g.opt.AllowNonFinite && !p.check {
		return v, i + len(tok), nil
	}
	if ok {
		return 0, i, &rowError{at: i, err: errs.New(errs.Invalid, "found %s, expected a finite number", quoteToken(b, i)).
			WithFix("--allow-non-finite to take it, --skip-bad-rows N to leave the row out")}
	}
	return 0, i, p.badNumber(b, i, "a number")
}

func (p *svmParser[T]) badNumber(b []byte, i int, want string) *rowError {
	tok := token(b, i)
	if v, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(tok), len(tok)), 64); err != nil && math.IsInf(v, 0) {
		return &rowError{at: i, err: errs.New(errs.Invalid, "found %s, which is beyond float64", quoteToken(b, i))}
	}
	return &rowError{at: i, err: errs.New(errs.Invalid, "found %s, expected %s", quoteToken(b, i), want)}
}

func (p *svmParser[T]) badIndex(at, idx, prev int) *rowError {
	e := &rowError{at: at}
	shown := idx + p.base
	switch {
	case idx < 0:
		e.err = errs.New(errs.Invalid, "found feature %d, expected 1 or more", shown).WithFix("--zero-based yes")
	case idx >= p.width && idx > prev:
		e.err = errs.New(errs.Invalid, "feature %d is beyond the width: --features is %d", shown, p.width).
			WithFix("--features %d or more, or leave --features out to find it", idx+1)
		if p.g.opt.Features == 0 {
			e.err = errs.New(errs.Invalid, "feature %d is beyond the width %d that the pass over the data found in rising indices", shown, p.width)
		}
	case idx == prev:
		e.err = errs.New(errs.Invalid, "found feature %d twice", shown)
	default:
		e.err = errs.New(errs.Invalid, "found feature %d behind %d, expected rising ones", shown, prev+p.base)
	}
	return e
}

// space reports whether c ends a token.
func space(c byte) bool { return c == ' ' || c-'\t' <= '\r'-'\t' || c == '#' }

// token is the text at b[i] up to the next space.
func token(b []byte, i int) []byte {
	end := i
	for !space(b[end]) {
		end++
	}
	return b[i:end]
}

// quoteToken is token for a message, cut when long.
func quoteToken(b []byte, i int) string { return quoteText(token(b, i)) }

func quoteText(s []byte) string {
	if len(s) > 40 {
		return strconv.Quote(string(s[:40])) + "…"
	}
	return strconv.Quote(string(s))
}
