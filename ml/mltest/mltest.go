// Package mltest is the conformance suite of package ml: what every learner
// and every transformer must keep, whatever it computes. A family's test calls
// Learner for each of its learners and Transformer for each of its other
// steps; what a step promises beyond the contract is told by the fields of
// the subject.
package mltest

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// Covered fails unless every step of ml.Specs is among names: a step that is
// registered is a step that is tested.
func Covered(t *testing.T, names ...string) {
	t.Helper()
	for _, s := range ml.Specs() {
		if !slices.Contains(names, s.Name) {
			t.Errorf("step %s has no conformance test", s.Name)
		}
		if s.Doc == "" || s.New == nil {
			t.Errorf("step %s has no documentation or no New", s.Name)
		}
		for _, p := range s.Params {
			if p.Doc == "" {
				t.Errorf("step %s: parameter %s has no documentation", s.Name, p.Name)
			}
			if p.Default == nil {
				t.Errorf("step %s: parameter %s has no default", s.Name, p.Name)
			}
			if d, ok := p.Default.(string); ok && len(p.Choices) > 0 && !slices.Contains(p.Choices, d) {
				t.Errorf("step %s: default %q of %s is not among its choices", s.Name, d, p.Name)
			}
		}
	}
}

func build(t *testing.T, name string, params map[string]any) ml.Step {
	t.Helper()
	s, err := ml.Make(name, params)
	if err != nil {
		t.Fatalf("Make(%s, %v): %v", name, params, err)
	}
	return s
}

// A saved is a deep copy of what Save gave, as a file would hold it.
type saved struct {
	config json.RawMessage
	arrays []dtype.Named
}

func save(t *testing.T, s ml.Step) saved {
	t.Helper()
	config, arrays := s.Save()
	raw, err := json.Marshal(config)
	if err != nil {
		t.Fatalf("config of Save has no JSON: %v", err)
	}
	out := saved{config: raw}
	for _, a := range arrays {
		if a.Name == "" || strings.ContainsFunc(a.Name, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.-", r))
		}) {
			t.Errorf("array name %q is not letters, digits, '_', '.', '-'", a.Name)
		}
		a.Data = bytes.Clone(a.Data)
		a.Shape = slices.Clone(a.Shape)
		out.arrays = append(out.arrays, a)
	}
	return out
}

func (s saved) equal(o saved) bool {
	return bytes.Equal(s.config, o.config) && slices.EqualFunc(s.arrays, o.arrays, func(a, b dtype.Named) bool {
		return a.Name == b.Name && a.Type == b.Type && slices.Equal(a.Shape, b.Shape) && bytes.Equal(a.Data, b.Data)
	})
}

func mustEqual(t *testing.T, got, want saved, what string) {
	t.Helper()
	if !got.equal(want) {
		t.Errorf("%s: the states differ\n got %s\nwant %s", what, got.config, want.config)
		for i, a := range got.arrays {
			if i < len(want.arrays) && !bytes.Equal(a.Data, want.arrays[i].Data) {
				t.Errorf("array %s: got % .40x…, want % .40x…", a.Name, a.Data, want.arrays[i].Data)
			}
		}
	}
}

// damaged calls load with a state that is damaged in every simple way; each
// must be an error of a kind, none may panic.
func damaged(t *testing.T, good saved, load func(saved) error) {
	t.Helper()
	try := func(what string, s saved) {
		t.Helper()
		defer func() {
			if r := recover(); r != nil {
				t.Errorf("Load of %s panics: %v", what, r)
			}
		}()
		err := load(s)
		if err == nil {
			t.Errorf("Load of %s: no error", what)
		} else if !kindOf(err, errs.Corrupt, errs.Shape, errs.Invalid) {
			t.Errorf("Load of %s: %v is not errs.Corrupt or errs.Shape", what, err)
		}
	}
	try("no config", saved{arrays: good.arrays})
	try("a config that is no JSON", saved{config: json.RawMessage("{"), arrays: good.arrays})
	for i, a := range good.arrays {
		change := func(what string, b dtype.Named) {
			t.Helper()
			s := saved{config: good.config, arrays: slices.Clone(good.arrays)}
			s.arrays[i] = b
			try(a.Name+" "+what, s)
		}
		try(a.Name+" missing", saved{config: good.config, arrays: slices.Delete(slices.Clone(good.arrays), i, i+1)})
		b := a
		b.Type = dtype.Int16
		change("of another type", b)
		b = a
		b.Shape = append(slices.Clone(a.Shape), 7)
		change("with one more dimension", b)
		b = a
		b.Shape = slices.Clone(a.Shape)
		b.Shape[0] = -3
		change("with a negative size", b)
		if len(a.Data) > 0 {
			b = a
			b.Data = a.Data[:len(a.Data)-1]
			change("cut short", b)
			b = a
			b.Shape = slices.Clone(a.Shape)
			b.Shape[0] = math.MaxInt / 2
			change("with a size that overflows", b)
		}
	}
}

func kindOf(err error, kinds ...errs.Kind) bool {
	for _, k := range kinds {
		if errorIs(err, k) {
			return true
		}
	}
	return false
}

// sameBits reports whether two rows of numbers have the same bits; NaNs are
// one value.
func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool {
		return math.Float64bits(x) == math.Float64bits(y) || x != x && y != y
	})
}

// rows is m as dense float64.
func rows(m feature.Matrix) []float64 {
	if m == nil {
		return nil
	}
	n, d := m.Dims()
	out := make([]float64, 0, n*d)
	var row []float64
	for i := range n {
		row = m.Row(i, row)
		out = append(out, row...)
	}
	return out
}

// csr is m in compressed form, zeros left out.
func csr(m feature.Matrix) *feature.CSR[float64] {
	n, d := m.Dims()
	out := &feature.CSR[float64]{N: n, D: d, Indptr: []int64{0}}
	for i := range n {
		for j, x := range m.Row(i, nil) {
			if x != 0 {
				out.Indices, out.Values = append(out.Indices, int32(j)), append(out.Values, x)
			}
		}
		out.Indptr = append(out.Indptr, int64(len(out.Values)))
	}
	return out
}
