package npy

import (
	"strconv"
	"strings"

	"github.com/outcore/outcore/errs"
)

// parseDict parses the dictionary of a .npy header, a Python literal such as
//
//	{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
//
// Exactly these three keys in any order, no escapes, no other types. base is
// the offset of s in the file, for errors.
func parseDict(s string, base int64) (Header, error) {
	p := &literal{s: s, base: base}
	h, err := p.dict()
	if err != nil {
		return Header{}, err
	}
	return h, h.check(base)
}

// A literal is a Python literal being parsed.
type literal struct {
	s    string
	i    int
	base int64
}

func (p *literal) at() int64 { return p.base + int64(p.i) }

// next skips white space and returns the byte there, 0 at the end.
func (p *literal) next() byte {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
	if p.i == len(p.s) {
		return 0
	}
	return p.s[p.i]
}

// take consumes c if it comes next.
func (p *literal) take(c byte) bool {
	if p.next() != c || c == 0 {
		return false
	}
	p.i++
	return true
}

func (p *literal) want(c byte) error {
	if !p.take(c) {
		return p.unexpected(strconv.QuoteRune(rune(c)))
	}
	return nil
}

func (p *literal) unexpected(expected string) error {
	end := min(p.i+12, len(p.s))
	return corrupt(p.at(), "header has %q, expected %s", p.s[p.i:end], expected)
}

func (p *literal) dict() (h Header, err error) {
	if err := p.want('{'); err != nil {
		return h, err
	}
	seen := map[string]bool{}
	for !p.take('}') {
		key, err := p.text()
		if err != nil {
			return h, err
		}
		if seen[key] {
			return h, corrupt(p.at(), "header has the key %q twice", key)
		}
		seen[key] = true
		if err := p.want(':'); err != nil {
			return h, err
		}
		switch key {
		case "descr":
			err = p.descr(&h)
		case "fortran_order":
			h.Fortran, err = p.truth()
		case "shape":
			h.Shape, err = p.shape()
		default:
			err = corrupt(p.at(), "header has the key %q, expected descr, fortran_order and shape", key)
		}
		if err != nil {
			return h, err
		}
		if !p.take(',') && p.next() != '}' {
			return h, p.unexpected("',' or '}'")
		}
	}
	if p.next() != 0 {
		return h, p.unexpected("the end of the header")
	}
	if len(seen) != 3 {
		return h, corrupt(p.base, "header lacks one of descr, fortran_order, shape")
	}
	return h, nil
}

// text parses a quoted string.
func (p *literal) text() (string, error) {
	q := p.next()
	if q != '\'' && q != '"' {
		return "", p.unexpected("a string")
	}
	n := strings.IndexByte(p.s[p.i+1:], q)
	if n < 0 {
		return "", p.unexpected("the end of the string")
	}
	t := p.s[p.i+1 : p.i+1+n]
	if strings.ContainsAny(t, "\\\n") {
		return "", p.unexpected("a string without escapes")
	}
	p.i += n + 2
	return t, nil
}

func (p *literal) descr(h *Header) error {
	if p.next() == '[' {
		return errs.New(errs.Unsupported, "structured array (named fields)").At(errs.Position{Byte: p.at()}).
			WithFix("save each field apart in Python, or write Parquet: pandas.DataFrame(a).to_parquet(path)")
	}
	at := p.at()
	d, err := p.text()
	if err != nil {
		return err
	}
	return h.setDescr(d, at)
}

func (p *literal) truth() (bool, error) {
	p.next()
	for _, v := range []string{"True", "False"} {
		if strings.HasPrefix(p.s[p.i:], v) {
			p.i += len(v)
			return v == "True", nil
		}
	}
	return false, p.unexpected("True or False")
}

// shape parses a tuple of whole numbers: (), (3,) or (3, 4).
func (p *literal) shape() ([]int64, error) {
	if err := p.want('('); err != nil {
		return nil, err
	}
	shape := []int64{}
	comma := true
	for !p.take(')') {
		if !comma {
			return nil, p.unexpected("',' or ')'")
		}
		p.next()
		j := p.i
		for j < len(p.s) && '0' <= p.s[j] && p.s[j] <= '9' {
			j++
		}
		n, err := strconv.ParseInt(p.s[p.i:j], 10, 64)
		if err != nil {
			return nil, p.unexpected("a dimension")
		}
		p.i = j
		p.take('L') // Python 2 wrote long integers so
		if len(shape) == maxDims {
			return nil, corrupt(p.at(), "more than %d dimensions", maxDims)
		}
		shape = append(shape, n)
		comma = p.take(',')
	}
	if len(shape) == 1 && !comma {
		return nil, p.unexpected("a tuple, (n,)")
	}
	return shape, nil
}
