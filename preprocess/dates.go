package preprocess

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

var datePartNames = []string{"year", "month", "day", "weekday", "hour", "minute"}

// DatesParams are the parameters of dates. No parts means all.
type DatesParams struct {
	Columns []string `json:"columns"`
	Parts   []string `json:"parts"`
}

func init() {
	ml.Register(spec(ml.Spec{
		Name: "dates", Doc: "Turns each time column into number columns named column_year, column_month and so on, in UTC; Monday is weekday 0.",
		Role: ml.Transform, Kind: ml.KindFixed,
		Params: []ml.Param{
			{Name: "columns", Default: []string{}, Doc: "time columns; none means all"},
			{Name: "parts", Default: datePartNames, Doc: "which parts: " + strings.Join(datePartNames, ", ")},
		},
	}, DatesParams{}, NewDates))
}

// A Dates is dates.
type Dates struct {
	p     DatesParams
	parts []int // indices of datePartNames
	in    feature.Schema
	cols  []column
	keep  [3][]int
}

var _ ml.Transformer = (*Dates)(nil)

// NewDates makes a step that takes dates apart.
func NewDates(p DatesParams) (*Dates, error) {
	d := &Dates{p: p}
	if len(p.Parts) == 0 {
		p.Parts = datePartNames
	}
	for _, name := range p.Parts {
		i := slices.Index(datePartNames, name)
		if i < 0 {
			return nil, errs.New(errs.Invalid, "dates: no part %q%s; have %s", name, errs.Suggest(name, datePartNames), strings.Join(datePartNames, ", "))
		}
		if slices.Contains(d.parts, i) {
			return nil, errs.New(errs.Invalid, "dates: part %q is named twice", name)
		}
		d.parts = append(d.parts, i)
	}
	return d, nil
}

// Bind gives the columns that stay and the parts.
func (d *Dates) Bind(in feature.Schema) (feature.Schema, error) {
	cols, err := pick("dates", in, d.p.Columns, feature.Time)
	if err != nil {
		return in, err
	}
	out, keep := without(in, cols)
	out.Fields = slices.Clone(out.Fields)
	for _, c := range cols {
		for _, p := range d.parts {
			out.Fields = append(out.Fields, feature.Field{Name: c.name + "_" + datePartNames[p], Kind: feature.Number})
		}
	}
	d.in, d.cols, d.keep = in, cols, keep
	return out, nil
}

// Transform takes the time columns apart; the parts of a missing time are NaN.
func (d *Dates) Transform(src *feature.Frame, s *ml.Scratch) (*feature.Frame, error) {
	if err := fits("dates", d.in, src); err != nil {
		return nil, err
	}
	if len(d.cols) == 0 {
		return src, nil
	}
	v := len(d.cols) * len(d.parts)
	values := make([]float64, src.N*v)
	for k, c := range d.cols {
		for i, micros := range src.Time[c.at].Micros {
			all := dateParts(micros)
			for j, p := range d.parts {
				values[i*v+k*len(d.parts)+j] = all[p]
			}
		}
	}
	f := share(src)
	f.X = widen(src.N, src.X, d.keep[feature.Number], extra{values: values, v: v}, false, s)
	f.Time = at(src.Time, d.keep[feature.Time])
	return f, nil
}

var nan = math.NaN()

// dateParts takes microseconds since 1970 apart, in the proleptic Gregorian
// calendar, by the days since 1 March of the year 0, so that the leap day is
// the last of a year.
func dateParts(micros int64) [6]float64 {
	if micros == feature.Missing {
		return [6]float64{nan, nan, nan, nan, nan, nan}
	}
	const perDay = 24 * 60 * 60 * 1e6
	days := micros / perDay
	inDay := micros % perDay
	if inDay < 0 {
		days, inDay = days-1, inDay+perDay
	}
	weekday := (days%7 + 7 + 3) % 7 // 1970-01-01 was a Thursday
	const perEra = 146097           // days in 400 years
	z := days + 719468              // days from 0000-03-01 to 1970-01-01
	era := z / perEra
	if z < 0 {
		era = (z - perEra + 1) / perEra
	}
	inEra := z - era*perEra
	year := (inEra - inEra/1460 + inEra/36524 - inEra/146096) / 365
	inYear := inEra - (365*year + year/4 - year/100)
	shifted := (5*inYear + 2) / 153 // months since March
	day := inYear - (153*shifted+2)/5 + 1
	month := shifted + 3
	year += era * 400
	if month > 12 {
		month -= 12
		year++
	}
	return [6]float64{float64(year), float64(month), float64(day), float64(weekday),
		float64(inDay / 3600e6), float64(inDay / 60e6 % 60)}
}

// Save: there is nothing to save beside the parameters.
func (d *Dates) Save() (any, []dtype.Named) { return struct{}{}, nil }

// Load has nothing to put back.
func (d *Dates) Load(json.RawMessage, []dtype.Named) error { return nil }
