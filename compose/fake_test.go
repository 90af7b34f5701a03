package compose

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// The steps of these tests: enough to have every kind, simple enough to know
// the answers.

func TestMain(m *testing.M) {
	param := func(name string, def any, choices ...string) ml.Param {
		return ml.Param{Name: name, Default: def, Doc: "for tests", Choices: choices}
	}
	reg := func(name, alias string, role ml.Role, kind ml.Kind, params []ml.Param, fn func() ml.Step) {
		ml.Register(ml.Spec{Name: name, Aliases: []string{alias}, Doc: "a step of tests", Role: role, Kind: kind, Params: params,
			New: func(raw json.RawMessage) (ml.Step, error) {
				var p struct{ Max *float64 }
				if err := json.Unmarshal(raw, &p); err != nil {
					return nil, err
				}
				if p.Max != nil && *p.Max < 0 {
					return nil, errs.New(errs.Invalid, "%s: max is %v, expected at least 0", name, *p.Max)
				}
				return fn(), nil
			}})
	}
	reg("test-center", "center", ml.Transform, ml.KindExact, []ml.Param{param("columns", []string{}), param("max", 0.0)}, func() ml.Step { return &center{} })
	reg("test-codes", "codes", ml.Transform, ml.KindExact, []ml.Param{param("max", 20), param("unknown", "ignore", "ignore", "error"), param("fill", "x"), param("on", true)}, func() ml.Step { return &codes{} })
	reg("test-untime", "untime", ml.Transform, ml.KindFixed, nil, func() ml.Step { return &untime{} })
	reg("test-sum", "sum", ml.Regress, ml.KindSequential, []ml.Param{param("alpha", 1e-4), param("penalty", "l2", "l1", "l2")}, func() ml.Step { return &summer{} })
	reg("test-count", "count", ml.Classify, ml.KindSequential, nil, func() ml.Step { return &counter{} })
	if _, err := ml.Lookup(encoderName); err != nil {
		reg(encoderName, "test-labels", ml.Transform, ml.KindExact, nil, func() ml.Step { return &labels{} })
	}
	os.Exit(m.Run())
}

// center subtracts each column's mean.
type center struct {
	Sum  []float64 `json:"-"`
	N    int       `json:"n"`
	Note string    `json:"note"`
}

type centerPart struct {
	sum []float64
	n   int
}

func (c *center) Save() (any, []dtype.Named) {
	return c, []dtype.Named{dtype.NewNamed("sum", slices.Clone(c.Sum))}
}

func (c *center) Load(config json.RawMessage, arrays []dtype.Named) error {
	if err := json.Unmarshal(config, c); err != nil {
		return errs.New(errs.Corrupt, "config: %w", err)
	}
	if len(arrays) != 1 || arrays[0].Name != "sum" || arrays[0].Type != dtype.Float64 || len(arrays[0].Shape) != 1 {
		return errs.New(errs.Corrupt, "expected one array, sum")
	}
	c.Sum = slices.Clone(dtype.View[float64](arrays[0].Data))
	return nil
}

func (c *center) Bind(in feature.Schema) (feature.Schema, error) { return in, nil }
func (c *center) Touches(in feature.Schema) []string {
	return feature.Schema{Fields: in.Of(feature.Number)}.Names()
}

func (c *center) Part(f *feature.Frame) (ml.Part, error) {
	_, d := f.X.Dims()
	p := centerPart{make([]float64, d), f.N}
	for i := range f.N {
		f.X.AddScaled(i, 1, p.sum)
	}
	return p, nil
}

func (c *center) Merge(p ml.Part) error {
	part := p.(centerPart)
	if c.Sum == nil {
		c.Sum = make([]float64, len(part.sum))
	}
	for j, v := range part.sum {
		c.Sum[j] += v
	}
	c.N += part.n
	return nil
}

func (c *center) Finish() error { return nil }

func (c *center) Transform(src *feature.Frame, s *ml.Scratch) (*feature.Frame, error) {
	_, d := src.X.Dims()
	if len(c.Sum) != d {
		return nil, errs.New(errs.Shape, "%d columns, learned %d", d, len(c.Sum))
	}
	out := src.Slice(0, src.N)
	data := s.Floats(src.N * d)
	for i := range src.N {
		row := src.X.Row(i, data[i*d:(i+1)*d:(i+1)*d])
		for j := range row {
			row[j] -= c.Sum[j] / float64(c.N)
		}
	}
	out.X = &feature.Dense[float64]{N: src.N, D: d, Data: data}
	return out, nil
}

// codes turns each text column into one indicator column a value.
type codes struct {
	Values   [][]string `json:"values"`
	Finished bool       `json:"finished"`
}

func (c *codes) Save() (any, []dtype.Named) { return c, nil }
func (c *codes) Load(config json.RawMessage, _ []dtype.Named) error {
	if err := json.Unmarshal(config, c); err != nil {
		return errs.New(errs.Corrupt, "config: %w", err)
	}
	return nil
}

func (c *codes) Touches(in feature.Schema) []string {
	return feature.Schema{Fields: in.Of(feature.Text)}.Names()
}

func (c *codes) Bind(in feature.Schema) (feature.Schema, error) {
	if !c.Finished {
		return feature.Schema{}, ml.ErrNotFitted
	}
	out := feature.Schema{Fields: append(in.Of(feature.Number), in.Of(feature.Time)...)}
	for j, f := range in.Of(feature.Text) {
		if j >= len(c.Values) {
			return out, errs.New(errs.Corrupt, "values of %d columns", len(c.Values))
		}
		for _, v := range c.Values[j] {
			out.Fields = append(out.Fields, feature.Field{Name: f.Name + "=" + v})
		}
	}
	return out, nil
}

func (c *codes) Part(f *feature.Frame) (ml.Part, error) {
	out := make([][]string, len(f.Text))
	for j := range f.Text {
		for i := range f.N {
			v, _ := f.Text[j].At(i)
			out[j] = append(out[j], string(v))
		}
	}
	return out, nil
}

func (c *codes) Merge(p ml.Part) error {
	for j, vs := range p.([][]string) {
		if j == len(c.Values) {
			c.Values = append(c.Values, nil)
		}
		for _, v := range vs {
			if !slices.Contains(c.Values[j], v) {
				c.Values[j] = append(c.Values[j], v)
			}
		}
		slices.Sort(c.Values[j])
	}
	return nil
}

func (c *codes) Finish() error { c.Finished = true; return nil }

func (c *codes) Transform(src *feature.Frame, _ *ml.Scratch) (*feature.Frame, error) {
	var data []float64
	for i := range src.N {
		data = append(data, src.X.Row(i, nil)...)
		for j := range src.Text {
			v, _ := src.Text[j].At(i)
			for _, w := range c.Values[j] {
				if w == string(v) {
					data = append(data, 1)
				} else {
					data = append(data, 0)
				}
			}
		}
	}
	out := src.Slice(0, src.N)
	out.Text = nil
	out.X = &feature.Dense[float64]{N: src.N, D: len(data) / max(src.N, 1), Data: data}
	return out, nil
}

// untime leaves out time columns.
type untime struct{}

func (untime) Save() (any, []dtype.Named)                { return nil, nil }
func (untime) Load(json.RawMessage, []dtype.Named) error { return nil }
func (untime) Touches(in feature.Schema) []string {
	return feature.Schema{Fields: in.Of(feature.Time)}.Names()
}

func (untime) Bind(in feature.Schema) (out feature.Schema, err error) {
	for _, f := range in.Fields {
		if f.Kind != feature.Time {
			out.Fields = append(out.Fields, f)
		}
	}
	return out, nil
}

func (untime) Transform(src *feature.Frame, _ *ml.Scratch) (*feature.Frame, error) {
	out := src.Slice(0, src.N)
	out.Time = nil
	return out, nil
}

// summer adds up rows times targets, and predicts the dot product.
type summer struct{ w []float64 }

func (s *summer) Save() (any, []dtype.Named) { return nil, []dtype.Named{dtype.NewNamed("coef", s.w)} }
func (s *summer) Load(_ json.RawMessage, arrays []dtype.Named) error {
	if len(arrays) != 1 || arrays[0].Type != dtype.Float64 {
		return errs.New(errs.Corrupt, "expected coef")
	}
	s.w = slices.Clone(dtype.View[float64](arrays[0].Data))
	return nil
}

func (s *summer) PartialFit(b ml.Batch) error {
	n, d := b.X.Dims()
	if s.w == nil {
		s.w = make([]float64, d)
	}
	if len(s.w) != d {
		return errs.New(errs.Shape, "%d columns, learned %d", d, len(s.w))
	}
	for i := range n {
		b.X.AddScaled(i, b.Y[i], s.w)
	}
	return nil
}

func (s *summer) Predict(dst []float64, x feature.Matrix) ([]float64, error) {
	n, d := x.Dims()
	if len(s.w) != d {
		return nil, errs.New(errs.Shape, "%d columns, learned %d", d, len(s.w))
	}
	dst = dst[:0]
	for i := range n {
		dst = append(dst, x.Dot(i, s.w))
	}
	return dst, nil
}

// counter counts classes and predicts the commonest.
type counter struct {
	Names []string  `json:"names"`
	Seen  []float64 `json:"seen"`
}

func (c *counter) Save() (any, []dtype.Named) { return c, nil }
func (c *counter) Load(config json.RawMessage, _ []dtype.Named) error {
	if err := json.Unmarshal(config, c); err != nil || len(c.Names) != len(c.Seen) {
		return errs.New(errs.Corrupt, "config: %v", err)
	}
	return nil
}

func (c *counter) SetClasses(names []string) error {
	c.Names, c.Seen = names, make([]float64, len(names))
	return nil
}
func (c *counter) Classes() []string { return c.Names }

func (c *counter) PartialFit(b ml.Batch) error {
	for _, y := range b.Y {
		c.Seen[int(y)]++
	}
	return nil
}

func (c *counter) Predict(dst []float64, x feature.Matrix) ([]float64, error) {
	n, _ := x.Dims()
	best := 0
	for k, v := range c.Seen {
		if v > c.Seen[best] {
			best = k
		}
	}
	dst = dst[:0]
	for range n {
		dst = append(dst, float64(best))
	}
	return dst, nil
}

func (c *counter) PredictProba(dst []float64, x feature.Matrix) ([]float64, error) {
	n, _ := x.Dims()
	var sum float64
	for _, v := range c.Seen {
		sum += v
	}
	dst = dst[:0]
	for range n {
		for _, v := range c.Seen {
			dst = append(dst, v/sum)
		}
	}
	return dst, nil
}

// labels stands in for preprocess's label-encoder.
type labels struct {
	Names []string `json:"names"`
}

func (l *labels) Save() (any, []dtype.Named) { return l, nil }
func (l *labels) Load(config json.RawMessage, _ []dtype.Named) error {
	return json.Unmarshal(config, l)
}
func (l *labels) Classes() []string                              { return l.Names }
func (l *labels) Touches(feature.Schema) []string                { return nil }
func (l *labels) Bind(in feature.Schema) (feature.Schema, error) { return in, nil }
func (l *labels) Part(f *feature.Frame) (ml.Part, error) {
	var out []string
	for i := range f.N {
		v, _ := f.Label.At(i)
		out = append(out, string(v))
	}
	return out, nil
}

func (l *labels) Merge(p ml.Part) error {
	l.Names = append(l.Names, p.([]string)...)
	slices.Sort(l.Names)
	l.Names = slices.Compact(l.Names)
	return nil
}
func (l *labels) Finish() error { return nil }
func (l *labels) Transform(src *feature.Frame, _ *ml.Scratch) (*feature.Frame, error) {
	if src.Label == nil {
		return src, nil
	}
	out := src.Slice(0, src.N)
	out.Y = nil
	for i := range src.N {
		v, _ := src.Label.At(i)
		k := slices.Index(l.Names, string(v))
		if k < 0 {
			return nil, fmt.Errorf("unknown label %s", v)
		}
		out.Y = append(out.Y, float64(k))
	}
	return out, nil
}
