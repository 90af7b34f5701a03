package ndarray

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/outcore/outcore/errs"
)

// An Index says what is taken along an axis: At, R, From, To, Step, All,
// NewAxis or Ellipsis.
type Index struct {
	kind             indexKind
	start, stop      int
	step             int
	hasStart, hasEnd bool
}

type indexKind uint8

const (
	indexAt indexKind = iota
	indexRange
	indexNew
	indexRest
)

// At takes one element, and the axis with it. Negative counts from the end.
func At(i int) Index { return Index{kind: indexAt, start: i} }

// R is lo:hi, Python's slice: negative ends count from the end of the axis, and
// what lies outside is cut off.
func R(lo, hi int) Index {
	return Index{kind: indexRange, start: lo, stop: hi, step: 1, hasStart: true, hasEnd: true}
}

// From is lo: and To is :hi.
func From(lo int) Index { return Index{kind: indexRange, start: lo, step: 1, hasStart: true} }

// To is :hi.
func To(hi int) Index { return Index{kind: indexRange, stop: hi, step: 1, hasEnd: true} }

// By takes every step-th of a range; a negative step goes backwards.
func (x Index) By(step int) Index { x.step = max(step, -math.MaxInt); return x }

var (
	All      = Index{kind: indexRange, step: 1} // :
	NewAxis  = Index{kind: indexNew}            // an axis of length 1
	Ellipsis = Index{kind: indexRest}           // all axes that are not mentioned
)

// String writes x as Python does.
func (x Index) String() string {
	switch x.kind {
	case indexAt:
		return strconv.Itoa(x.start)
	case indexNew:
		return "None"
	case indexRest:
		return "..."
	}
	var b strings.Builder
	if x.hasStart {
		fmt.Fprint(&b, x.start)
	}
	b.WriteByte(':')
	if x.hasEnd {
		fmt.Fprint(&b, x.stop)
	}
	if x.step != 1 {
		fmt.Fprintf(&b, ":%d", x.step)
	}
	return b.String()
}

// rangeOf is the start, step and length of a range of an axis of n elements.
func (x Index) rangeOf(n int) (start, step, length int) {
	step = x.step
	lo, hi := 0, n // where start and stop may be
	if step < 0 {
		lo, hi = -1, n-1
	}
	clip := func(i int) int {
		if i < 0 {
			i += n
		}
		return min(max(i, lo), hi)
	}
	start, stop := lo, hi
	if step < 0 {
		start, stop = hi, lo
	}
	if x.hasStart {
		start = clip(x.start)
	}
	if x.hasEnd {
		stop = clip(x.stop)
	}
	switch {
	case step > 0 && stop > start:
		length = (stop-start-1)/step + 1
	case step < 0 && stop < start:
		length = (start-stop-1)/-step + 1
	}
	if length < 2 {
		step = 1 // so that no product of indexes overflows
	}
	return start, step, length
}

// resolve gives the view that index takes of an array of the given shape.
func resolve(index []Index, shape []int) (axes []axis, out []int, err error) {
	taken, rest := 0, false
	for _, x := range index {
		switch x.kind {
		case indexAt, indexRange:
			taken++
		case indexRest:
			if rest {
				return nil, nil, errs.New(errs.Invalid, "selection %s has two ellipses", SelectionText(index))
			}
			rest = true
		}
	}
	if taken > len(shape) {
		return nil, nil, errs.New(errs.Shape, "selection %s takes %d axes of an array of shape %s", SelectionText(index), taken, shapeText(shape))
	}
	if !rest {
		index = append(index[:len(index):len(index)], Ellipsis)
	}
	k := 0
	for _, x := range index {
		switch x.kind {
		case indexAt:
			i := x.start
			if i < 0 {
				i += shape[k]
			}
			if i < 0 || i >= shape[k] {
				return nil, nil, outside(x.start, k, shape)
			}
			axes = append(axes, axis{Start: i, Out: -1})
			k++
		case indexRange:
			if x.step == 0 {
				return nil, nil, errs.New(errs.Invalid, "selection %s has a step of 0", SelectionText(index))
			}
			start, step, n := x.rangeOf(shape[k])
			axes = append(axes, axis{Start: start, Step: step, Out: len(out)})
			out = append(out, n)
			k++
		case indexNew:
			out = append(out, 1)
		case indexRest:
			for range len(shape) - taken {
				axes = append(axes, axis{Step: 1, Out: len(out)})
				out = append(out, shape[k])
				k++
			}
		}
	}
	return axes, out, nil
}

// outside is the error for an index that axis k does not have.
func outside(i, k int, shape []int) error {
	if shape[k] == 0 {
		return errs.New(errs.Shape, "index %d is out of range for axis %d of shape %s, which is empty", i, k, shapeText(shape))
	}
	return errs.New(errs.Shape, "index %d is out of range for axis %d of shape %s, expected %d to %d", i, k, shapeText(shape), -shape[k], shape[k]-1)
}

// SelectionText writes a selection as ParseSelection reads it.
func SelectionText(index []Index) string {
	parts := make([]string, len(index))
	for i, x := range index {
		parts[i] = x.String()
	}
	return strings.Join(parts, ",")
}

// ParseSelection reads a selection as it stands between the brackets of NumPy:
// "0:3,:,::-1", "...,5", "None,2". The empty text selects everything. Errors
// are errs.Invalid and name the column.
func ParseSelection(text string) ([]Index, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var out []Index
	at := 0 // bytes before the part
	parts := strings.Split(text, ",")
	for i, part := range parts {
		if i > 0 && i == len(parts)-1 && strings.TrimSpace(part) == "" {
			break // a comma at the end, as Python's tuples may have
		}
		x, err := parseIndex(part)
		if err != nil {
			return nil, err.At(errs.Position{File: fmt.Sprintf("selection %q", text), Column: strconv.Itoa(at + 1)}).
				WithFix("write ranges as in NumPy: 0:3,:,::-1")
		}
		out = append(out, x)
		at += len(part) + 1
	}
	return out, nil
}

func parseIndex(part string) (Index, *errs.Error) {
	t := strings.TrimSpace(part)
	switch t {
	case "":
		return Index{}, errs.New(errs.Invalid, "nothing between two commas")
	case "...":
		return Ellipsis, nil
	case "None", "newaxis", "np.newaxis":
		return NewAxis, nil
	}
	if !strings.Contains(t, ":") {
		i, err := parseInt(t)
		return At(i), err
	}
	ends := strings.Split(t, ":")
	if len(ends) > 3 {
		return Index{}, errs.New(errs.Invalid, "%q has more than two colons", t)
	}
	x := All
	var err *errs.Error
	if s := strings.TrimSpace(ends[0]); s != "" {
		x.hasStart = true
		if x.start, err = parseInt(s); err != nil {
			return x, err
		}
	}
	if s := strings.TrimSpace(ends[1]); s != "" {
		x.hasEnd = true
		if x.stop, err = parseInt(s); err != nil {
			return x, err
		}
	}
	if len(ends) == 3 {
		if s := strings.TrimSpace(ends[2]); s != "" {
			if x.step, err = parseInt(s); err != nil {
				return x, err
			}
			if x.step == 0 || x.step == math.MinInt {
				return x, errs.New(errs.Invalid, "a step of %d", x.step)
			}
		}
	}
	return x, nil
}

func parseInt(s string) (int, *errs.Error) {
	i, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errs.New(errs.Invalid, "found %q, expected a whole number", s)
	}
	return int(i), nil
}
