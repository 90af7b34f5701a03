package preprocess

import (
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// Which columns the steps read and change, so that steps with different ones
// are fitted in one pass.
var (
	_ ml.Toucher = (*Scaler)(nil)
	_ ml.Toucher = (*OneHot)(nil)
	_ ml.Toucher = (*Imputer)(nil)
	_ ml.Toucher = (*Dates)(nil)
	_ ml.Toucher = (*LabelEncoder)(nil)
)

// touched names the columns that pick finds; all when there is no such column,
// which Bind reports.
func touched(in feature.Schema, names []string, kinds ...feature.Kind) []string {
	cols, err := pick("", in, names, kinds...)
	if err != nil {
		return in.Names()
	}
	out := make([]string, len(cols))
	for i, c := range cols {
		out[i] = c.name
	}
	return out
}

// Touches names the columns to scale.
func (s *Scaler) Touches(in feature.Schema) []string {
	return touched(in, s.p.Columns, feature.Number)
}

// Touches names the columns to encode.
func (o *OneHot) Touches(in feature.Schema) []string {
	if len(o.p.Columns) > 0 {
		return touched(in, o.p.Columns, feature.Text, feature.Number)
	}
	return touched(in, nil, feature.Text)
}

// Touches names the columns to fill.
func (m *Imputer) Touches(in feature.Schema) []string {
	return touched(in, m.p.Columns, feature.Number, feature.Text)
}

// Touches names the columns to take apart.
func (d *Dates) Touches(in feature.Schema) []string {
	return touched(in, d.p.Columns, feature.Time)
}

// Touches names none: only the target changes.
func (l *LabelEncoder) Touches(feature.Schema) []string { return nil }
