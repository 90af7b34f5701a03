package preprocess

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// ImputerParams are the parameters of imputer.
type ImputerParams struct {
	Strategy  string   `json:"strategy"`
	Text      string   `json:"text"`
	FillValue float64  `json:"fill_value"`
	FillText  string   `json:"fill_text"`
	Columns   []string `json:"columns"`
	Indicator bool     `json:"indicator"`
}

func init() {
	ml.Register(spec(ml.Spec{
		Name: "imputer", Aliases: []string{"impute"},
		Doc:  "Puts a value where one is missing: the mean or the most frequent value of the column, or a constant.",
		Role: ml.Transform, Kind: ml.KindExact,
		Params: []ml.Param{
			{Name: "strategy", Default: "mean", Doc: "what to put into number columns", Choices: []string{"mean", "most-frequent", "constant"}},
			{Name: "text", Default: "most-frequent", Doc: "what to put into text columns", Choices: []string{"most-frequent", "constant"}},
			{Name: "fill_value", Default: 0.0, Doc: "the constant for numbers, also where a column has no value at all"},
			{Name: "fill_text", Default: "missing", Doc: "the constant for text, also where a column has no value at all"},
			{Name: "columns", Default: []string{}, Doc: "number and text columns; none means all"},
			{Name: "indicator", Default: false, Doc: "add a column NAME_missing, 1 where the value was missing, for each column that missed one when fitting"},
		},
	}, ImputerParams{Strategy: "mean", Text: "most-frequent", FillText: "missing"}, NewImputer))
}

// An Imputer is imputer. The most frequent value is the first of equals in
// order, as in scikit-learn's SimpleImputer; a column without any value is
// kept and filled with the constant.
type Imputer struct {
	p    ImputerParams
	in   feature.Schema
	cols []column

	seen []seen // a column; nil before the first block

	fillNumber []float64 // a column of cols; nil before Finish
	fillText   []string
	flagged    []int // of cols: those with an indicator
	out        feature.Schema
}

// seen is what was seen of one column.
type seen struct {
	sum, count float64
	missing    int64
	tally      *tally // when the most frequent value is wanted
}

var _ ml.Exact = (*Imputer)(nil)

// NewImputer makes an imputer.
func NewImputer(p ImputerParams) (*Imputer, error) {
	if p.FillValue-p.FillValue != 0 {
		return nil, errs.New(errs.Invalid, "imputer: found fill_value=%v, expected a finite number", p.FillValue)
	}
	return &Imputer{p: p}, nil
}

// Bind checks the columns. Only with indicator does the schema depend on the
// data; then it is ml.ErrNotFitted before Finish.
func (m *Imputer) Bind(in feature.Schema) (feature.Schema, error) {
	cols, err := pick("imputer", in, m.p.Columns, feature.Number, feature.Text)
	if err != nil {
		return in, err
	}
	if m.seen != nil && len(m.seen) != len(cols) {
		return in, errs.New(errs.Shape, "imputer: found %d columns, expected %d as fitted", len(cols), len(m.seen))
	}
	for i, c := range cols {
		if m.seen != nil && m.counts(c) != (m.seen[i].tally != nil) {
			return in, errs.New(errs.Shape, "imputer: column %q holds %v, which is not what was fitted", c.name, c.kind)
		}
	}
	m.in, m.cols = in, cols
	if m.p.Indicator && m.fillNumber == nil {
		return in, ml.ErrNotFitted
	}
	m.arrange()
	return m.out, nil
}

func (m *Imputer) arrange() {
	m.out = m.in
	m.out.Fields = slices.Clone(m.in.Fields)
	for _, i := range m.flagged {
		m.out.Fields = append(m.out.Fields, feature.Field{Name: m.cols[i].name + "_missing", Kind: feature.Number})
	}
}

// counts reports whether the values of column c are counted.
func (m *Imputer) counts(c column) bool {
	if c.kind == feature.Text {
		return m.p.Text == "most-frequent"
	}
	return m.p.Strategy == "most-frequent"
}

// Part summarises a block.
func (m *Imputer) Part(f *feature.Frame) (ml.Part, error) {
	if err := fits("imputer", m.in, f); err != nil {
		return nil, err
	}
	part := make([]seen, len(m.cols))
	var sums *moments
	var buf []float64
	for i, c := range m.cols {
		s := &part[i]
		if m.counts(c) {
			s.tally = newTally(c.kind)
		}
		switch {
		case c.kind == feature.Text && s.tally != nil:
			s.tally.addText(&f.Text[c.at], f.N)
			s.missing = s.tally.missing
		case c.kind == feature.Text:
			for _, ok := range f.Text[c.at].Valid {
				if !ok {
					s.missing++
				}
			}
		case s.tally != nil:
			buf = numbers(buf, f.X, c.at)
			s.tally.addNumbers(buf)
			s.missing = s.tally.missing
		default:
			if sums == nil {
				var err error
				var inf *infinite
				if sums, err = momentsOf(f.X); errors.As(err, &inf) {
					name := m.in.Of(feature.Number)[inf.col].Name
					return nil, inf.err("imputer", f, name)
				} else if err != nil {
					return nil, err
				}
			}
			s.sum, s.count = sums.sum[c.at], sums.n(c.at)
			s.missing = int64(sums.rows) - int64(s.count)
		}
	}
	return part, nil
}

// Merge adds the next block.
func (m *Imputer) Merge(p ml.Part) error {
	part := p.([]seen)
	if m.seen == nil {
		m.seen = make([]seen, len(part))
		for i, c := range m.cols {
			if m.counts(c) {
				m.seen[i].tally = newTally(c.kind)
			}
		}
	}
	for i := range part {
		s := &m.seen[i]
		s.sum += part[i].sum
		s.count += part[i].count
		s.missing += part[i].missing
		if s.tally != nil {
			s.tally.merge(part[i].tally)
			if err := s.tally.check("imputer", m.cols[i].name); err != nil {
				return err
			}
		}
	}
	return nil
}

// Finish fixes what is put in.
func (m *Imputer) Finish() error {
	if m.seen == nil {
		return errs.New(errs.Invalid, "imputer: there was no row to learn from")
	}
	m.choose()
	m.arrange()
	return nil
}

func (m *Imputer) choose() {
	m.fillNumber, m.fillText, m.flagged = make([]float64, len(m.seen)), make([]string, len(m.seen)), nil
	for i, s := range m.seen {
		m.fillNumber[i], m.fillText[i] = m.p.FillValue, m.p.FillText
		if s.tally != nil {
			if v, ok := s.tally.most(); ok {
				m.fillNumber[i], m.fillText[i] = v.number, v.text
			}
		} else if s.count > 0 && m.p.Strategy == "mean" {
			m.fillNumber[i] = s.sum / s.count
		}
		if m.p.Indicator && s.missing > 0 {
			m.flagged = append(m.flagged, i)
		}
	}
}

// Transform fills the gaps. A frame without any shares its numbers, in the
// type they are stored in; else they become float64.
func (m *Imputer) Transform(src *feature.Frame, scratch *ml.Scratch) (*feature.Frame, error) {
	if m.fillNumber == nil {
		return nil, ml.ErrNotFitted
	}
	if err := fits("imputer", m.in, src); err != nil {
		return nil, err
	}
	f := share(src)
	var d int
	if src.X != nil {
		_, d = src.X.Dims()
	}
	fill := make([]float64, d) // NaN where a column is left alone
	for j := range fill {
		fill[j] = nan
	}
	f.Text = slices.Clone(src.Text)
	for i, c := range m.cols {
		if c.kind == feature.Number {
			fill[c.at] = m.fillNumber[i]
		} else {
			f.Text[c.at] = fillText(src.Text[c.at], src.N, m.fillText[i])
		}
	}
	values := scratch
	if len(m.flagged) > 0 {
		values = nil // the scratch is for the wider matrix
	}
	switch x := src.X.(type) {
	case *feature.Dense[float32]:
		f.X = fillDense(x, fill, values)
	case *feature.Dense[float64]:
		f.X = fillDense(x, fill, values)
	case *feature.CSR[float32]:
		f.X = fillCSR(x, fill, values)
	case *feature.CSR[float64]:
		f.X = fillCSR(x, fill, values)
	}
	if len(m.flagged) > 0 {
		keep := make([]int, d)
		for j := range keep {
			keep[j] = j
		}
		f.X = widen(src.N, f.X, keep, m.flags(src), false, scratch)
	}
	return f, nil
}

// flags are the columns that say where a value was missing.
func (m *Imputer) flags(src *feature.Frame) extra {
	v := len(m.flagged)
	e := extra{values: make([]float64, src.N*v), v: v}
	var buf []float64
	for k, i := range m.flagged {
		c := m.cols[i]
		if c.kind == feature.Number {
			buf = numbers(buf, src.X, c.at)
		}
		for row := range src.N {
			gone := false
			if c.kind == feature.Number {
				gone = buf[row] != buf[row]
			} else {
				_, ok := src.Text[c.at].At(row)
				gone = !ok
			}
			if gone {
				e.values[row*v+k] = 1
			}
		}
	}
	return e
}

func fillDense[T float32 | float64](m *feature.Dense[T], fill []float64, s *ml.Scratch) feature.Matrix {
	whole := true
	for _, x := range m.Data {
		whole = whole && x == x
	}
	if whole {
		return m
	}
	dst := s.Floats(len(m.Data))
	for i := range m.N {
		row, out := m.Data[i*m.D:(i+1)*m.D], dst[i*m.D:(i+1)*m.D]
		for j, x := range row {
			v := float64(x)
			if v != v {
				v = fill[j]
			}
			out[j] = v
		}
	}
	return &feature.Dense[float64]{N: m.N, D: m.D, Data: dst}
}

func fillCSR[T float32 | float64](m *feature.CSR[T], fill []float64, s *ml.Scratch) feature.Matrix {
	lo, hi := m.Indptr[0], m.Indptr[m.N]
	whole := true
	for _, x := range m.Values[lo:hi] {
		whole = whole && x == x
	}
	if whole {
		return m
	}
	dst := s.Floats(int(hi - lo))
	idx := m.Indices[lo:hi]
	for k, x := range m.Values[lo:hi] {
		v := float64(x)
		if v != v {
			v = fill[idx[k]]
		}
		dst[k] = v
	}
	indptr := make([]int64, m.N+1)
	for i, p := range m.Indptr {
		indptr[i] = p - lo
	}
	return &feature.CSR[float64]{N: m.N, D: m.D, Indptr: indptr, Indices: idx, Values: dst}
}

func fillText(c feature.TextColumn, n int, fill string) feature.TextColumn {
	if !slices.Contains(c.Valid, false) {
		return c
	}
	out := feature.TextColumn{Offsets: make([]int32, 1, n+1)}
	for i := range n {
		if v, ok := c.At(i); ok {
			out.Bytes = append(out.Bytes, v...)
		} else {
			out.Bytes = append(out.Bytes, fill...)
		}
		out.Offsets = append(out.Offsets, int32(len(out.Bytes)))
	}
	return out
}

type imputerConfig struct {
	tallyConfig
	Counts []bool `json:"counts"` // columns whose values are counted
}

// Save gives what was seen.
func (m *Imputer) Save() (any, []dtype.Named) {
	c := imputerConfig{tallyConfig: tallyConfig{Counted: m.seen != nil, Finished: m.fillNumber != nil}}
	if m.seen == nil {
		return c, nil
	}
	var sums []float64
	var missing []int64
	var arrays []dtype.Named
	for i, s := range m.seen {
		c.Columns = append(c.Columns, m.cols[i].name)
		c.Kinds = append(c.Kinds, m.cols[i].kind)
		c.Counts = append(c.Counts, s.tally != nil)
		sums, missing = append(sums, s.sum, s.count), append(missing, s.missing)
		if s.tally != nil {
			arrays = append(arrays, s.tally.save(prefix(i))...)
		}
	}
	return c, append(arrays, dtype.NewNamed("sums", sums, len(m.seen), 2), dtype.NewNamed("missing", missing))
}

// Load puts back what Save gave. Bind comes after it, as after making a step.
func (m *Imputer) Load(config json.RawMessage, arrays []dtype.Named) error {
	var c imputerConfig
	if err := ml.Config(config, &c); err != nil {
		return err
	}
	n := len(c.Columns)
	if n != len(c.Kinds) || n != len(c.Counts) || c.Finished && !c.Counted {
		return errs.New(errs.Corrupt, "imputer: saved with %d columns of %d kinds", n, len(c.Kinds))
	}
	fresh := Imputer{p: m.p, in: m.in}
	if c.Counted {
		state := ml.State(arrays)
		sums, err := state.Float64("sums", n, 2)
		if err != nil {
			return err
		}
		missing, err := state.Int64("missing", n)
		if err != nil {
			return err
		}
		fresh.seen = make([]seen, n)
		for i := range fresh.seen {
			s := &fresh.seen[i]
			s.sum, s.count, s.missing = sums[2*i], sums[2*i+1], missing[i]
			if c.Counts[i] {
				if s.tally, err = loadTally(state, prefix(i), c.Kinds[i]); err != nil {
					return err
				}
			}
			fresh.cols = append(fresh.cols, column{name: c.Columns[i], kind: c.Kinds[i]})
		}
		if c.Finished {
			fresh.choose()
		}
	}
	*m = fresh
	return nil
}
