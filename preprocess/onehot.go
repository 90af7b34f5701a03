package preprocess

import (
	"encoding/json"
	"slices"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// OneHotParams are the parameters of one-hot.
type OneHotParams struct {
	Columns       []string `json:"columns"`
	Unknown       string   `json:"unknown"`
	Missing       string   `json:"missing"`
	MaxCategories int      `json:"max_categories"`
	MinFrequency  int      `json:"min_frequency"`
	Output        string   `json:"output"`
}

func init() {
	ml.Register(spec(ml.Spec{
		Name: "one-hot", Aliases: []string{"onehot"},
		Doc:  "Turns each value of a text column (or of a named number column) into a column that is 1 where the value stands, named column=value.",
		Role: ml.Transform, Kind: ml.KindExact,
		Params: []ml.Param{
			{Name: "columns", Default: []string{}, Doc: "columns to encode; none means all text columns"},
			{Name: "unknown", Default: "ignore", Doc: "a value that was not there when fitting: all zeros, the infrequent column if there is one, or an error", Choices: []string{"ignore", "infrequent", "error"}},
			{Name: "missing", Default: "category", Doc: "a missing value: a column of its own, or all zeros", Choices: []string{"category", "ignore"}},
			{Name: "max_categories", Default: 0, Doc: "at most so many columns for one column, the last being column=(infrequent); 0 means no limit"},
			{Name: "min_frequency", Default: 0, Doc: "values with fewer rows go to column=(infrequent)"},
			{Name: "output", Default: "auto", Doc: "how the numbers are stored; auto is sparse when more than 256 columns come out", Choices: []string{"auto", "dense", "sparse"}},
		},
	}, OneHotParams{Unknown: "ignore", Missing: "category", Output: "auto"}, NewOneHot))
}

// A OneHot is one-hot. Categories are those of scikit-learn's OneHotEncoder:
// text by bytes, numbers by size, then the missing value, then the infrequent.
type OneHot struct {
	p       OneHotParams
	in      feature.Schema
	cols    []column
	tallies []*tally // nil before the first block

	codes  []coding // nil before Finish
	out    feature.Schema
	keep   [3][]int
	width  int
	sparse bool
}

// coding is where the values of one column go, -1 nowhere.
type coding struct {
	text    map[string]int32
	number  map[float64]int32
	missing int32
	unknown int32 // when values that were not seen are not an error
	names   []string
}

var _ ml.Grower = (*OneHot)(nil)

// NewOneHot makes an encoder.
func NewOneHot(p OneHotParams) (*OneHot, error) {
	if p.MaxCategories < 0 || p.MinFrequency < 0 {
		return nil, errs.New(errs.Invalid, "one-hot: found max_categories=%d, min_frequency=%d, expected 0 or more", p.MaxCategories, p.MinFrequency)
	}
	return &OneHot{p: p}, nil
}

// Bind gives the columns that stay and the new ones; ml.ErrNotFitted before
// Finish.
func (o *OneHot) Bind(in feature.Schema) (feature.Schema, error) {
	kinds := []feature.Kind{feature.Text}
	if len(o.p.Columns) > 0 {
		kinds = append(kinds, feature.Number)
	}
	cols, err := pick("one-hot", in, o.p.Columns, kinds...)
	if err != nil {
		return in, err
	}
	if o.tallies != nil && len(o.tallies) != len(cols) {
		return in, errs.New(errs.Shape, "one-hot: found %d columns to encode, expected %d as fitted", len(cols), len(o.tallies))
	}
	for i, t := range o.tallies {
		if t.numeric != (cols[i].kind == feature.Number) {
			return in, errs.New(errs.Shape, "one-hot: column %q holds %v, which is not what was fitted", cols[i].name, cols[i].kind)
		}
	}
	o.in, o.cols = in, cols
	if len(cols) == 0 { // nothing to learn
		o.tallies, o.codes = []*tally{}, []coding{}
	}
	if o.codes == nil {
		return in, ml.ErrNotFitted
	}
	o.arrange()
	return o.out, nil
}

// arrange makes the schema that comes out.
func (o *OneHot) arrange() {
	o.out, o.keep = without(o.in, o.cols)
	o.width = 0
	for _, c := range o.codes {
		o.width += len(c.names)
	}
	fields := slices.Clone(o.out.Fields)
	for i, c := range o.codes {
		for _, name := range c.names {
			fields = append(fields, feature.Field{Name: o.cols[i].name + "=" + name, Kind: feature.Number})
		}
	}
	o.out.Fields = fields
	o.sparse = o.p.Output == "sparse" || o.p.Output == "auto" && len(o.out.Of(feature.Number)) > 256
}

// Part counts the values of a block.
func (o *OneHot) Part(f *feature.Frame) (ml.Part, error) {
	if err := fits("one-hot", o.in, f); err != nil {
		return nil, err
	}
	part := make([]*tally, len(o.cols))
	var buf []float64
	for i, c := range o.cols {
		part[i] = newTally(c.kind)
		if c.kind == feature.Number {
			buf = numbers(buf, f.X, c.at)
			part[i].addNumbers(buf)
		} else {
			part[i].addText(&f.Text[c.at], f.N)
		}
	}
	return part, nil
}

// Merge adds the counts of the next block.
func (o *OneHot) Merge(p ml.Part) error {
	part := p.([]*tally)
	if o.tallies == nil {
		o.tallies = make([]*tally, len(part))
		for i, c := range o.cols {
			o.tallies[i] = newTally(c.kind)
		}
	}
	for i, t := range part {
		o.tallies[i].merge(t)
		if err := o.tallies[i].check("one-hot", o.cols[i].name); err != nil {
			return err
		}
	}
	return nil
}

// Footprint is about the bytes of the values counted.
func (o *OneHot) Footprint() (n int64) {
	for _, t := range o.tallies {
		n += t.footprint()
	}
	return n
}

// Unseen estimates the columns and bytes of values that a sample does not have.
func (o *OneHot) Unseen(rows int64) (columns int, bytes int64) {
	for i, t := range o.tallies {
		more := t.unseen(rows)
		known := int64(len(t.text) + len(t.number))
		bytes += more * (valueBytes + t.bytes/max(known, 1))
		if most := int64(o.p.MaxCategories); most > 0 {
			more = min(more, most-int64(len(o.codes[i].names)))
		}
		columns += int(max(more, 0))
	}
	return columns, bytes
}

// Finish fixes the categories.
func (o *OneHot) Finish() error {
	if o.tallies == nil {
		return errs.New(errs.Invalid, "one-hot: there was no row to learn the categories from")
	}
	o.encode()
	o.arrange()
	return nil
}

func (o *OneHot) encode() {
	o.codes = make([]coding, len(o.tallies))
	var base int32
	for i, t := range o.tallies {
		c := coding{missing: -1, unknown: -1}
		values := t.values()
		category := o.p.Missing == "category" && t.missing > 0
		if category { // the missing value is the last category
			values = append(values, value{text: "(missing)", count: t.missing})
		}
		rare, some := o.infrequent(values)
		if t.numeric {
			c.number = make(map[float64]int32)
		} else {
			c.text = make(map[string]int32)
		}
		next := base
		bucket := base + int32(len(values))
		for k := range values {
			if rare[k] {
				bucket--
			}
		}
		for k, v := range values {
			code := bucket
			if !rare[k] {
				code = next
				next++
				c.names = append(c.names, v.text)
			}
			switch {
			case category && k == len(values)-1:
				c.missing = code
			case t.numeric:
				c.number[v.number] = code
			default:
				c.text[v.text] = code
			}
		}
		if some {
			c.names = append(c.names, "(infrequent)")
			if o.p.Unknown == "infrequent" {
				c.unknown = bucket
			}
		}
		base += int32(len(c.names))
		o.codes[i] = c
	}
}

// infrequent marks the values that share one column, by scikit-learn's rules.
func (o *OneHot) infrequent(values []value) (rare []bool, some bool) {
	rare = make([]bool, len(values))
	n := 0
	for i, v := range values {
		if v.count < int64(o.p.MinFrequency) {
			rare[i] = true
			n++
		}
	}
	columns := len(values) - n + min(n, 1)
	if o.p.MaxCategories > 0 && columns > o.p.MaxCategories {
		byCount := make([]int, len(values))
		for i := range byCount {
			byCount[i] = i
		}
		slices.SortStableFunc(byCount, func(a, b int) int {
			switch {
			case values[a].count < values[b].count:
				return -1
			case values[a].count > values[b].count:
				return 1
			}
			return 0
		})
		for _, i := range byCount[:len(values)-(o.p.MaxCategories-1)] {
			rare[i] = true
		}
	}
	return rare, slices.Contains(rare, true)
}

// Transform puts the indicator columns after the numbers that stay.
func (o *OneHot) Transform(src *feature.Frame, s *ml.Scratch) (*feature.Frame, error) {
	if o.codes == nil {
		return nil, ml.ErrNotFitted
	}
	if err := fits("one-hot", o.in, src); err != nil {
		return nil, err
	}
	n, c := src.N, len(o.cols)
	if c == 0 {
		return src, nil
	}
	codes := codesIn(s, n*c)
	var buf []float64
	for k, col := range o.cols {
		code := &o.codes[k]
		dst := codes[min(k, len(codes)):]
		if col.kind == feature.Number {
			buf = numbers(buf, src.X, col.at)
			for i, v := range buf {
				to := code.missing
				if v == v {
					var ok bool
					if to, ok = code.number[v]; !ok {
						if to = code.unknown; o.p.Unknown == "error" {
							return nil, o.unknown(src, i, col, printed(v))
						}
					}
				} else if to < 0 && o.p.Missing == "category" {
					if to = code.unknown; o.p.Unknown == "error" {
						return nil, o.unknown(src, i, col, "a missing value")
					}
				}
				dst[i*c] = to
			}
			continue
		}
		text := &src.Text[col.at]
		for i := range n {
			to := code.missing
			if v, there := text.At(i); there {
				var ok bool
				if to, ok = code.text[string(v)]; !ok {
					if to = code.unknown; o.p.Unknown == "error" {
						return nil, o.unknown(src, i, col, string(v))
					}
				}
			} else if to < 0 && o.p.Missing == "category" {
				if to = code.unknown; o.p.Unknown == "error" {
					return nil, o.unknown(src, i, col, "a missing value")
				}
			}
			dst[i*c] = to
		}
	}
	f := share(src)
	f.X = widen(n, src.X, o.keep[feature.Number], extra{indicators: o.width, codes: codes, c: c}, o.sparse, s)
	f.Text = at(src.Text, o.keep[feature.Text])
	return f, nil
}

func (o *OneHot) unknown(f *feature.Frame, i int, c column, v string) error {
	return errs.New(errs.Invalid, "one-hot: %q was not there when the categories were learned", v).
		At(position(f, i, c.name)).WithFix("one-hot(unknown=ignore)")
}

// Categories gives the names of the columns made of each encoded column.
func (o *OneHot) Categories() [][]string {
	var out [][]string
	for _, c := range o.codes {
		out = append(out, c.names)
	}
	return out
}

type tallyConfig struct {
	Columns  []string       `json:"columns"`
	Kinds    []feature.Kind `json:"kinds"`
	Counted  bool           `json:"counted"`
	Finished bool           `json:"finished"`
}

// Save gives the counts.
func (o *OneHot) Save() (any, []dtype.Named) {
	c := tallyConfig{Counted: o.tallies != nil, Finished: o.codes != nil}
	var arrays []dtype.Named
	for i, t := range o.tallies {
		c.Columns = append(c.Columns, o.cols[i].name)
		c.Kinds = append(c.Kinds, o.cols[i].kind)
		arrays = append(arrays, t.save(prefix(i))...)
	}
	return c, arrays
}

// Load puts back what Save gave. Bind comes after it, as after making a step.
func (o *OneHot) Load(config json.RawMessage, arrays []dtype.Named) error {
	var c tallyConfig
	if err := ml.Config(config, &c); err != nil {
		return err
	}
	if len(c.Columns) != len(c.Kinds) || c.Finished && !c.Counted {
		return errs.New(errs.Corrupt, "one-hot: saved with %d columns of %d kinds", len(c.Columns), len(c.Kinds))
	}
	fresh := OneHot{p: o.p, in: o.in}
	if c.Counted {
		fresh.tallies = []*tally{}
	}
	for i, name := range c.Columns {
		t, err := loadTally(ml.State(arrays), prefix(i), c.Kinds[i])
		if err != nil {
			return err
		}
		fresh.tallies = append(fresh.tallies, t)
		fresh.cols = append(fresh.cols, column{name: name, kind: c.Kinds[i]})
	}
	if c.Finished {
		fresh.encode()
	}
	*o = fresh
	return nil
}
