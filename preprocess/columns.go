package preprocess

import (
	"encoding/json"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// ColumnsParams are the parameters of select and drop.
type ColumnsParams struct {
	Columns []string `json:"columns"`
}

func init() {
	ml.Register(spec(ml.Spec{
		Name: "select", Doc: "Keeps the named columns, in the order of the data.",
		Role: ml.Transform, Kind: ml.KindFixed,
		Params: []ml.Param{{Name: "columns", Default: []string{}, Doc: "columns to keep"}},
	}, ColumnsParams{}, NewSelect))
	ml.Register(spec(ml.Spec{
		Name: "drop", Doc: "Leaves the named columns out.",
		Role: ml.Transform, Kind: ml.KindFixed,
		Params: []ml.Param{{Name: "columns", Default: []string{}, Doc: "columns to leave out"}},
	}, ColumnsParams{}, NewDrop))
}

// A Columns is select or drop.
type Columns struct {
	step string
	p    ColumnsParams
	in   feature.Schema
	keep [3][]int
}

var _ ml.Transformer = (*Columns)(nil)

// NewSelect makes a step that keeps the named columns.
func NewSelect(p ColumnsParams) (*Columns, error) { return newColumns("select", p) }

// NewDrop makes a step that leaves the named columns out.
func NewDrop(p ColumnsParams) (*Columns, error) { return newColumns("drop", p) }

func newColumns(step string, p ColumnsParams) (*Columns, error) {
	if len(p.Columns) == 0 {
		return nil, errs.New(errs.Invalid, "%s: no columns are named", step).WithFix("%s(columns=[a, b])", step)
	}
	return &Columns{step: step, p: p}, nil
}

// Bind gives the columns that stay.
func (c *Columns) Bind(in feature.Schema) (feature.Schema, error) {
	named, err := pick(c.step, in, c.p.Columns, feature.Number, feature.Text, feature.Time)
	if err != nil {
		return in, err
	}
	gone := named
	if c.step == "select" {
		stay := make(map[string]bool)
		for _, n := range named {
			stay[n.name] = true
		}
		gone = nil
		for _, f := range in.Fields {
			if !stay[f.Name] {
				gone = append(gone, column{name: f.Name})
			}
		}
	}
	var out feature.Schema
	c.in = in
	out, c.keep = without(in, gone)
	return out, nil
}

// Transform keeps the columns. Text and times are shared, numbers too when all
// stay.
func (c *Columns) Transform(src *feature.Frame, s *ml.Scratch) (*feature.Frame, error) {
	if err := fits(c.step, c.in, src); err != nil {
		return nil, err
	}
	f := share(src)
	if src.X != nil {
		if _, d := src.X.Dims(); len(c.keep[feature.Number]) != d {
			f.X = widen(src.N, src.X, c.keep[feature.Number], extra{}, false, s)
		}
	}
	f.Text = at(src.Text, c.keep[feature.Text])
	f.Time = at(src.Time, c.keep[feature.Time])
	return f, nil
}

// Save: there is nothing to save beside the parameters.
func (c *Columns) Save() (any, []dtype.Named) { return struct{}{}, nil }

// Load has nothing to put back.
func (c *Columns) Load(json.RawMessage, []dtype.Named) error { return nil }
