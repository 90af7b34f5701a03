// Package preprocess holds the steps that make numbers fit for learning:
// standard-scaler, one-hot, imputer, dates, select, drop and label-encoder.
//
// The exact steps (ml.KindExact) summarise canonical blocks of ml.BlockRows
// rows, so that the result has the same bits for any number of workers and any
// cut into files. A missing number is NaN.
//
// Row weights count in no step: a category is as frequent, and a mean as
// large, as the rows say.
package preprocess

import (
	"encoding/json"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

func parse[P any](step string, raw json.RawMessage, p P) (P, error) {
	if len(raw) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return p, errs.New(errs.Invalid, "%s: parameters: %w", step, err)
	}
	return p, nil
}

// spec fills in the New of a step whose parameters are a struct P and whose
// constructor is build.
func spec[P any, S ml.Step](s ml.Spec, defaults P, build func(P) (S, error)) ml.Spec {
	s.New = func(raw json.RawMessage) (ml.Step, error) {
		p, err := parse(s.Name, raw, defaults)
		if err != nil {
			return nil, err
		}
		step, err := build(p)
		if err != nil {
			return nil, err
		}
		return step, nil
	}
	return s
}

// column is one column a step works on.
type column struct {
	name string
	kind feature.Kind
	at   int // index among the columns of its kind
}

// pick finds names in the schema, in the order of the schema. No names means
// all columns of the kinds; a named column of another kind is an error.
func pick(step string, in feature.Schema, names []string, kinds ...feature.Kind) ([]column, error) {
	want := make(map[string]bool)
	for _, name := range names {
		if _, _, err := in.Lookup(name); err != nil {
			return nil, errs.New(errs.NotFound, "%s: %w", step, err)
		}
		want[name] = true
	}
	var out []column
	var count [3]int
	for _, f := range in.Fields {
		at := count[f.Kind]
		count[f.Kind]++
		if len(names) > 0 && !want[f.Name] {
			continue
		}
		fits := false
		for _, k := range kinds {
			fits = fits || f.Kind == k
		}
		if !fits {
			if len(names) > 0 {
				return nil, errs.New(errs.Invalid, "%s: column %q holds %v, expected %v", step, f.Name, f.Kind, kinds)
			}
			continue
		}
		out = append(out, column{f.Name, f.Kind, at})
	}
	return out, nil
}

// without gives the schema in less the picked columns, and the indices of the
// columns that stay, by kind.
func without(in feature.Schema, gone []column) (out feature.Schema, keep [3][]int) {
	names := make(map[string]bool)
	for _, c := range gone {
		names[c.name] = true
	}
	var count [3]int
	for _, f := range in.Fields {
		if !names[f.Name] {
			out.Fields = append(out.Fields, f)
			keep[f.Kind] = append(keep[f.Kind], count[f.Kind])
		}
		count[f.Kind]++
	}
	return out, keep
}

// share is a new frame with all of src.
func share(src *feature.Frame) *feature.Frame {
	return &feature.Frame{N: src.N, First: src.First, Origin: src.Origin, X: src.X, Text: src.Text, Time: src.Time, Y: src.Y, Label: src.Label, W: src.W}
}

// position is where row i of f stands, and the column.
func position(f *feature.Frame, i int, column string) errs.Position {
	at := f.Position(i)
	at.Column = column
	return at
}

// at gives the elements of s at idx.
func at[T any](s []T, idx []int) []T {
	out := make([]T, len(idx))
	for i, j := range idx {
		out[i] = s[j]
	}
	return out
}

// fits reports a frame whose columns are not those of the schema a step was
// bound to.
func fits(step string, in feature.Schema, f *feature.Frame) error {
	d := 0
	if f.X != nil {
		_, d = f.X.Dims()
	}
	var count [3]int
	for _, field := range in.Fields {
		count[field.Kind]++
	}
	if d != count[feature.Number] || len(f.Text) != count[feature.Text] || len(f.Time) != count[feature.Time] {
		return errs.New(errs.Shape, "%s: found %d number, %d text and %d time columns, expected %d, %d and %d",
			step, d, len(f.Text), len(f.Time), count[feature.Number], count[feature.Text], count[feature.Time])
	}
	return nil
}

// numbers gives column j of m as float64 in dst, grown if needed.
func numbers(dst []float64, m feature.Matrix, j int) []float64 {
	n, d := m.Dims()
	if cap(dst) < n {
		dst = make([]float64, n)
	}
	dst = dst[:n]
	switch x := m.(type) {
	case *feature.Dense[float32]:
		for i := range dst {
			dst[i] = float64(x.Data[i*d+j])
		}
	case *feature.Dense[float64]:
		for i := range dst {
			dst[i] = x.Data[i*d+j]
		}
	case *feature.CSR[float32]:
		sparseColumn(dst, x, j)
	case *feature.CSR[float64]:
		sparseColumn(dst, x, j)
	}
	return dst
}

func sparseColumn[T float32 | float64](dst []float64, m *feature.CSR[T], j int) {
	clear(dst)
	for i := range dst {
		for k := m.Indptr[i]; k < m.Indptr[i+1]; k++ {
			if int(m.Indices[k]) == j {
				dst[i] = float64(m.Values[k])
			}
		}
	}
}
