package profile

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/feature"
)

// Wide finds the correlations that Profile finds, whatever batches rows come in
// and wherever it is stored and restored.
func TestWideFindsWhatProfileFinds(t *testing.T) {
	const n, d = 500, 40
	rnd := rand.New(rand.NewPCG(5, 6))
	x := &feature.CSR[float32]{N: n, D: d, Indptr: []int64{0}}
	y := make([]float64, n)
	schema := feature.Schema{}
	for j := range d {
		schema.Fields = append(schema.Fields, feature.Field{Name: string(rune('A' + j)), Kind: feature.Number})
	}
	for i := range n {
		y[i] = 1e6 + float64(rnd.IntN(2))
		for j := range d {
			v := 0.0
			switch {
			case j == 7:
				v = y[i] - 1e6 // the target
			case j == 8:
				v = 3 // nothing
			case rnd.IntN(5) == 0:
				v = rnd.NormFloat64() - float64(j%3)*(y[i]-1e6)
			}
			if v != 0 {
				x.Indices, x.Values = append(x.Indices, int32(j)), append(x.Values, float32(v))
			}
		}
		x.Indptr = append(x.Indptr, int64(len(x.Values)))
	}
	p := New(schema)
	part, err := p.Part(&feature.Frame{N: n, X: x, Y: y})
	if err != nil {
		t.Fatal(err)
	}
	p.Merge(part)
	w := NewWide(d)
	for lo := 0; lo < n; lo += 90 {
		hi := min(n, lo+90)
		if err := w.Add(x.Slice(lo, hi), y[lo:hi]); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(w.State())
		if err != nil {
			t.Fatal(err)
		}
		var s WideState
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		w = NewWide(d)
		if err := w.Restore(&s); err != nil {
			t.Fatal(err)
		}
	}
	got := make([]float64, d)
	w.Correlated(0, func(j int, r float64) { got[j] = r })
	for j, c := range p.Columns() {
		if math.Abs(c.Target-got[j]) > 1e-9 {
			t.Errorf("column %d: %v, expected %v", j, got[j], c.Target)
		}
	}
	var high []int
	w.Correlated(0.95, func(j int, _ float64) { high = append(high, j) })
	if len(high) != 1 || high[0] != 7 {
		t.Errorf("columns beyond 0.95: %v", high)
	}
}

func TestWideRefusesWhatDoesNotFit(t *testing.T) {
	w := NewWide(3)
	for name, x := range map[string]feature.Matrix{
		"columns": &feature.CSR[float64]{N: 1, D: 2, Indptr: []int64{0, 0}},
		"rows":    &feature.CSR[float64]{N: 2, D: 3, Indptr: []int64{0, 0, 0}},
		"dense":   &feature.Dense[float64]{N: 1, D: 3, Data: make([]float64, 3)},
	} {
		if w.Add(x, []float64{1}) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if w.Restore(&WideState{Sums: make([]byte, 8)}) == nil {
		t.Error("a state of other columns was restored")
	}
	w.Correlated(0.95, func(int, float64) { t.Error("found a column in nothing") })
}
