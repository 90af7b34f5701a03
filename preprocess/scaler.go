package preprocess

import (
	"encoding/json"
	"errors"
	"math"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// ScalerParams are the parameters of standard-scaler.
type ScalerParams struct {
	WithMean bool     `json:"with_mean"`
	WithStd  bool     `json:"with_std"`
	Columns  []string `json:"columns"`
}

func init() {
	ml.Register(spec(ml.Spec{
		Name: "standard-scaler", Aliases: []string{"scale"},
		Doc:  "Moves each number column to mean 0 and scales it to variance 1; missing values stay missing.",
		Role: ml.Transform, Kind: ml.KindExact,
		Params: []ml.Param{
			{Name: "with_mean", Default: true, Doc: "subtract the mean; must be false for sparse data"},
			{Name: "with_std", Default: true, Doc: "divide by the standard deviation"},
			{Name: "columns", Default: []string{}, Doc: "number columns to scale; none means all"},
		},
	}, ScalerParams{WithMean: true, WithStd: true}, NewScaler))
}

// A Scaler is standard-scaler. Fitted block by block it has the bits of
// scikit-learn's StandardScaler (1.9.1) whose partial_fit was called on the
// same blocks of ml.BlockRows rows as float64. One difference: a block in
// which a column has no value at all leaves that column as it was, where
// scikit-learn's variance becomes NaN.
type Scaler struct {
	p      ScalerParams
	in     feature.Schema
	count  []float64 // values seen, a column; nil before the first block
	mean   []float64
	vari   []float64 // population variance
	sub    []float64 // what Transform subtracts; nil before Finish
	div    []float64 // and divides by
	scaled []bool    // nil: all
}

var _ ml.Exact = (*Scaler)(nil)

// NewScaler makes a scaler.
func NewScaler(p ScalerParams) (*Scaler, error) { return &Scaler{p: p}, nil }

// Bind checks that there are number columns; the schema stays.
func (s *Scaler) Bind(in feature.Schema) (feature.Schema, error) {
	cols, err := pick("standard-scaler", in, s.p.Columns, feature.Number)
	if err != nil {
		return in, err
	}
	if len(cols) == 0 {
		return in, errs.New(errs.Invalid, "standard-scaler: there is no number column to scale")
	}
	s.in, s.scaled = in, nil
	if len(s.p.Columns) > 0 {
		s.scaled = make([]bool, len(in.Of(feature.Number)))
		for _, c := range cols {
			s.scaled[c.at] = true
		}
	}
	return in, nil
}

// Part summarises a block. An infinite value is errs.Invalid.
func (s *Scaler) Part(f *feature.Frame) (ml.Part, error) {
	if err := s.check(f); err != nil {
		return nil, err
	}
	p, err := momentsOf(f.X)
	var inf *infinite
	if errors.As(err, &inf) {
		return nil, inf.err("standard-scaler", f, s.name(inf.col))
	}
	return p, err
}

func (s *Scaler) name(j int) string { return s.in.Of(feature.Number)[j].Name }

func (s *Scaler) check(f *feature.Frame) error {
	if err := fits("standard-scaler", s.in, f); err != nil {
		return err
	}
	switch f.X.(type) {
	case *feature.CSR[float32], *feature.CSR[float64]:
		if s.p.WithMean {
			return errs.New(errs.Unsupported, "standard-scaler: subtracting the mean would fill sparse data").WithFix("scale(with_mean=false)")
		}
	}
	return nil
}

// Merge joins the next block by the rule of Chan, Golub and LeVeque.
func (s *Scaler) Merge(part ml.Part) error {
	p := part.(*moments)
	d := len(p.sum)
	if s.count == nil {
		s.count, s.mean, s.vari = make([]float64, d), make([]float64, d), make([]float64, d)
	}
	if d != len(s.count) {
		return errs.New(errs.Shape, "standard-scaler: found a block of %d columns, expected %d", d, len(s.count))
	}
	for j := range d {
		n := p.n(j)
		if n == 0 {
			continue
		}
		old := s.count[j]
		total := old + n
		sum := float64(s.mean[j] * old)
		spread := p.spread[j]
		if old > 0 {
			ratio := old / n
			gap := sum/ratio - p.sum[j]
			spread = float64(s.vari[j]*old) + p.spread[j] + float64(ratio/total*float64(gap*gap))
		}
		s.mean[j] = (sum + p.sum[j]) / total
		s.vari[j] = spread / total
		s.count[j] = total
	}
	return nil
}

// Finish makes the scale: the standard deviation, or 1 for a column that does
// not vary by more than its rounding errors.
func (s *Scaler) Finish() error {
	if s.count == nil {
		return errs.New(errs.Invalid, "standard-scaler: there was no row to learn the means from")
	}
	d := len(s.count)
	s.sub, s.div = make([]float64, d), make([]float64, d)
	for j := range d {
		s.div[j] = 1
		if s.scaled != nil && !s.scaled[j] {
			continue
		}
		if s.p.WithMean {
			s.sub[j] = s.mean[j]
		}
		if s.p.WithStd && !still(s.vari[j], s.mean[j], s.count[j]) {
			s.div[j] = math.Sqrt(s.vari[j])
		}
	}
	return nil
}

// still reports whether a variance is within the rounding error of a constant.
func still(v, mean, n float64) bool {
	const eps = 0x1p-52
	e := float64(float64(n*mean) * eps)
	return v <= float64(float64(n*eps)*v)+float64(e*e)
}

// Transform scales the numbers of src into float64.
func (s *Scaler) Transform(src *feature.Frame, scratch *ml.Scratch) (*feature.Frame, error) {
	if s.sub == nil {
		return nil, ml.ErrNotFitted
	}
	if err := s.check(src); err != nil {
		return nil, err
	}
	n, d := src.X.Dims()
	if d != len(s.sub) {
		return nil, errs.New(errs.Shape, "standard-scaler: found %d columns, expected %d as fitted", d, len(s.sub))
	}
	f := share(src)
	switch x := src.X.(type) {
	case *feature.Dense[float32]:
		dst := scratch.Floats(n * d)
		standardize32(dst, x.Data, s.sub, s.div)
		f.X = &feature.Dense[float64]{N: n, D: d, Data: dst}
	case *feature.Dense[float64]:
		dst := scratch.Floats(n * d)
		standardize(dst, x.Data, s.sub, s.div)
		f.X = &feature.Dense[float64]{N: n, D: d, Data: dst}
	case *feature.CSR[float32]:
		f.X = scaleCSR(x, s.div, scratch)
	case *feature.CSR[float64]:
		f.X = scaleCSR(x, s.div, scratch)
	}
	return f, nil
}

// scaleCSR multiplies by 1/div, as scikit-learn does for sparse data.
func scaleCSR[T float32 | float64](m *feature.CSR[T], div []float64, scratch *ml.Scratch) feature.Matrix {
	lo, hi := m.Indptr[0], m.Indptr[m.N]
	dst := scratch.Floats(int(hi - lo))
	idx := m.Indices[lo:hi]
	for k, x := range m.Values[lo:hi] {
		dst[k] = float64(x) * (1 / div[idx[k]])
	}
	indptr := m.Indptr
	if lo != 0 {
		indptr = make([]int64, m.N+1)
		for i, p := range m.Indptr {
			indptr[i] = p - lo
		}
	}
	return &feature.CSR[float64]{N: m.N, D: m.D, Indptr: indptr, Indices: idx, Values: dst}
}

// Count gives the number of values seen in each column.
func (s *Scaler) Count() []float64 { return s.count }

// Mean gives the mean of each column.
func (s *Scaler) Mean() []float64 { return s.mean }

// Var gives the population variance of each column.
func (s *Scaler) Var() []float64 { return s.vari }

// Scale gives what each column is divided by; nil before Finish.
func (s *Scaler) Scale() []float64 { return s.div }

type scalerConfig struct {
	Columns  int  `json:"columns"` // -1 before the first block
	Finished bool `json:"finished"`
	// Scaled lists the columns that are scaled when not all are.
	Scaled []int `json:"scaled,omitempty"`
}

// Save gives counts, means, variances; the arrays may share memory with s.
func (s *Scaler) Save() (any, []dtype.Named) {
	if s.count == nil {
		return scalerConfig{Columns: -1}, nil
	}
	c := scalerConfig{Columns: len(s.count), Finished: s.sub != nil}
	for j, yes := range s.scaled {
		if yes {
			c.Scaled = append(c.Scaled, j)
		}
	}
	return c, []dtype.Named{dtype.NewNamed("count", s.count), dtype.NewNamed("mean", s.mean), dtype.NewNamed("var", s.vari)}
}

// Load puts back what Save gave.
func (s *Scaler) Load(config json.RawMessage, arrays []dtype.Named) error {
	var c scalerConfig
	if err := ml.Config(config, &c); err != nil {
		return err
	}
	fresh := Scaler{p: s.p, in: s.in}
	if c.Columns >= 0 {
		state := ml.State(arrays)
		var err error
		if fresh.count, err = state.Float64("count", c.Columns); err != nil {
			return err
		}
		if fresh.mean, err = state.Float64("mean", c.Columns); err != nil {
			return err
		}
		if fresh.vari, err = state.Float64("var", c.Columns); err != nil {
			return err
		}
		if len(c.Scaled) > 0 {
			fresh.scaled = make([]bool, c.Columns)
			for _, j := range c.Scaled {
				if j < 0 || j >= c.Columns {
					return errs.New(errs.Corrupt, "standard-scaler: saved column %d of %d", j, c.Columns)
				}
				fresh.scaled[j] = true
			}
		}
		if c.Finished {
			if err := fresh.Finish(); err != nil {
				return err
			}
		}
	} else if c.Columns != -1 {
		return errs.New(errs.Corrupt, "standard-scaler: saved with %d columns", c.Columns)
	}
	*s = fresh
	return nil
}
