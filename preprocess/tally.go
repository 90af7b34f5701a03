package preprocess

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// mostValues is how many different values of one column are counted. A column
// with more is not a category, and counting it would break the memory cap: a
// value takes about 100 bytes beside its text, so this is 26 MB.
const mostValues = 1 << 18

// A tally counts the values of one column: text or numbers, and what is
// missing.
type tally struct {
	numeric bool
	text    map[string]*int64
	number  map[float64]*int64
	missing int64
	bytes   int64 // of the texts
}

// valueBytes is what a value takes in a tally beside its text.
const valueBytes = 100

// footprint is about the bytes of t.
func (t *tally) footprint() int64 {
	return t.bytes + valueBytes*int64(len(t.text)+len(t.number))
}

// unseen estimates how many values there are in so many rows that are not in t,
// by how many came once, twice, three and four times: the lower bound of Chao
// 1984, bias-corrected, and what Chiu, Wang, Walther and Chao 2014 add to it where
// some values are much rarer than others. It is 0 when t has all rows.
func (t *tally) unseen(rows int64) int64 {
	n := t.missing
	var came [5]float64 // values, by how often they came
	note := func(count int64) {
		n += count
		if count < int64(len(came)) {
			came[count]++
		}
	}
	for _, c := range t.text {
		note(*c)
	}
	for _, c := range t.number {
		note(*c)
	}
	most := min(mostValues-int64(len(t.text)+len(t.number)), rows-n)
	once, twice, ratio := came[1], came[2], came[3]/max(came[4], 1)
	more := once*(once-1)/2/(twice+1) + ratio/4*max(once-twice*ratio/2, 0)
	return max(0, min(most, int64(more)))
}

func newTally(k feature.Kind) *tally {
	if k == feature.Number {
		return &tally{numeric: true, number: make(map[float64]*int64)}
	}
	return &tally{text: make(map[string]*int64)}
}

func (t *tally) addText(c *feature.TextColumn, n int) {
	for i := range n {
		v, ok := c.At(i)
		if !ok {
			t.missing++
		} else if p := t.text[string(v)]; p != nil {
			*p++
		} else {
			t.text[string(v)] = ptr(1)
			t.bytes += int64(len(v))
		}
	}
}

func (t *tally) addNumbers(values []float64) {
	for _, v := range values {
		if v != v {
			t.missing++
		} else if p := t.number[v]; p != nil {
			*p++
		} else {
			t.number[v+0] = ptr(1)
		}
	}
}

func ptr(n int64) *int64 { return &n }

// merge adds the counts of o, which it may keep.
func (t *tally) merge(o *tally) {
	t.missing += o.missing
	for v, n := range o.text {
		if p := t.text[v]; p != nil {
			*p += *n
		} else {
			t.text[v] = n
			t.bytes += int64(len(v))
		}
	}
	for v, n := range o.number {
		if p := t.number[v]; p != nil {
			*p += *n
		} else {
			t.number[v] = n
		}
	}
}

// check refuses a column that has too many values to be a category.
func (t *tally) check(step, column string) error {
	if len(t.text)+len(t.number) > mostValues {
		return errs.New(errs.TooLarge, "%s: the column has more than %d different values, so it is no category", step, mostValues).
			At(errs.Position{Column: column}).WithFix("leave it out: put `drop(columns=[%s]) |` before", column)
	}
	return nil
}

// A value is one value of a tally and its count.
type value struct {
	text   string // numbers as they are printed
	number float64
	count  int64
}

// values lists the values in order: text by bytes, numbers by size.
func (t *tally) values() []value {
	var out []value
	for v, n := range t.text {
		out = append(out, value{text: v, count: *n})
	}
	for v, n := range t.number {
		out = append(out, value{text: printed(v), number: v, count: *n})
	}
	slices.SortFunc(out, func(a, b value) int {
		if t.numeric {
			return cmp.Compare(a.number, b.number)
		}
		return cmp.Compare(a.text, b.text)
	})
	return out
}

// printed is the shortest decimal that reads back as v, without an exponent
// for numbers of ordinary size.
func printed(v float64) string {
	if a := math.Abs(v); a == 0 || a >= 1e-5 && a < 1e15 {
		return strconv.FormatFloat(v+0, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// most is the most frequent value, the first of equals.
func (t *tally) most() (v value, ok bool) {
	for i, c := range t.values() {
		if i == 0 || c.count > v.count {
			v, ok = c, true
		}
	}
	return v, ok
}

// save gives t as arrays whose names begin with prefix.
func (t *tally) save(prefix string) []dtype.Named {
	var text []byte
	var numbers []float64
	ends, counts := []int64{}, []int64{t.missing}
	for _, v := range t.values() {
		if t.numeric {
			numbers = append(numbers, v.number)
		} else {
			text = append(text, v.text...)
			ends = append(ends, int64(len(text)))
		}
		counts = append(counts, v.count)
	}
	out := []dtype.Named{dtype.NewNamed(prefix+".counts", counts)}
	if t.numeric {
		return append(out, dtype.NewNamed(prefix+".numbers", numbers))
	}
	return append(out, dtype.NewNamed(prefix+".text", text), dtype.NewNamed(prefix+".ends", ends))
}

// loadTally reads what save gave.
func loadTally(state ml.State, prefix string, kind feature.Kind) (*tally, error) {
	t := newTally(kind)
	counts, err := state.Int64(prefix+".counts", -1)
	if err != nil {
		return nil, err
	}
	for _, n := range counts {
		if n < 0 {
			return nil, errs.New(errs.Corrupt, "saved step: %s.counts holds %d", prefix, n)
		}
	}
	if len(counts) == 0 {
		return nil, errs.New(errs.Corrupt, "saved step: %s.counts is empty", prefix)
	}
	t.missing, counts = counts[0], counts[1:]
	if t.numeric {
		numbers, err := state.Float64(prefix+".numbers", len(counts))
		if err != nil {
			return nil, err
		}
		for i, v := range numbers {
			if v != v || i > 0 && v <= numbers[i-1] {
				return nil, errs.New(errs.Corrupt, "saved step: %s.numbers is not in order at %d", prefix, i)
			}
			t.number[v] = ptr(counts[i])
		}
		return t, nil
	}
	text, err := state.Uint8(prefix+".text", -1)
	if err != nil {
		return nil, err
	}
	ends, err := state.Int64(prefix+".ends", len(counts))
	if err != nil {
		return nil, err
	}
	var from int64
	last := ""
	for i, to := range ends {
		if to < from || to > int64(len(text)) {
			return nil, errs.New(errs.Corrupt, "saved step: %s.ends holds %d of %d bytes", prefix, to, len(text))
		}
		v := string(text[from:to])
		if i > 0 && v <= last {
			return nil, errs.New(errs.Corrupt, "saved step: %s.text is not in order at %d", prefix, i)
		}
		t.text[v] = ptr(counts[i])
		t.bytes += int64(len(v))
		from, last = to, v
	}
	if from != int64(len(text)) {
		return nil, errs.New(errs.Corrupt, "saved step: %s.text has %d bytes, expected %d", prefix, len(text), from)
	}
	return t, nil
}

// prefix names the arrays of the i-th column of a step.
func prefix(i int) string { return fmt.Sprintf("c%d", i) }
