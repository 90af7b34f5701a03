package preprocess

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
	"github.com/outcore/outcore/ml/mltest/peer"
)

var update = flag.Bool("update", false, "write testdata/preprocess.json from the live peer")

// A parityCase asks the peer and gives our own answer.
type parityCase struct {
	name    string
	request map[string]any
	ours    func(t *testing.T) (floats []float64, words []string)
	tol     float64
	golden  bool
}

type answer struct {
	Sklearn string   `json:"sklearn"`
	Results []result `json:"results"`
}

type result struct {
	Floats []string `json:"floats"`
	Words  []string `json:"words"`
}

func numberSchema(d int) (s feature.Schema) {
	for j := range d {
		s.Fields = append(s.Fields, feature.Field{Name: fmt.Sprintf("x%d", j), Kind: feature.Number})
	}
	return s
}

// fit sends f through an exact step block by block.
func fit(t *testing.T, e ml.Exact, in feature.Schema, f *feature.Frame) {
	t.Helper()
	if _, err := e.Bind(in); err != nil && err != error(ml.ErrNotFitted) {
		t.Fatal(err)
	}
	for lo := 0; lo < f.N; lo += ml.BlockRows {
		p, err := e.Part(f.Slice(lo, min(lo+ml.BlockRows, f.N)))
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Merge(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Bind(in); err != nil {
		t.Fatal(err)
	}
}

// scalerData draws columns of very different scales, some constant, some with
// gaps (never a whole block).
func scalerData(seed uint64, n, d int, gaps bool) []float64 {
	r := rand.New(rand.NewPCG(seed, 2))
	x := make([]float64, n*d)
	for i := range n {
		for j := range d {
			v := float64(r.NormFloat64()*math.Pow(10, float64(j%7-3))) + float64(float64(j)*1e3) // no fused rounding: the peer's numbers
			switch {
			case j%5 == 3:
				v = 0.1 // constant
			case gaps && j%2 == 0 && r.IntN(9) == 0:
				v = math.NaN()
			}
			x[i*d+j] = v
		}
	}
	return x
}

func scalerCases() []parityCase {
	var out []parityCase
	for i, s := range []struct {
		n, d   int
		gaps   bool
		single bool
	}{
		{1, 4, false, false}, {7, 1, false, false}, {100, 5, false, false}, {100, 5, true, false}, {5000, 1, false, false},
		{5000, 1, true, false}, {9000, 2, false, false}, {13001, 3, true, false}, {8209, 50, false, false}, {8209, 50, true, false},
		{8209, 50, false, true}, {4096, 16, true, true}, {4099, 33, false, true}, {30000, 8, false, false},
	} {
		x := scalerData(uint64(i), s.n, s.d, s.gaps)
		var m feature.Matrix = &feature.Dense[float64]{N: s.n, D: s.d, Data: x}
		if s.single {
			y := make([]float32, len(x))
			for k, v := range x {
				y[k] = float32(v)
				x[k] = float64(y[k])
			}
			m = &feature.Dense[float32]{N: s.n, D: s.d, Data: y}
		}
		out = append(out, parityCase{
			name:    fmt.Sprintf("scaler/%d×%d/gaps=%v/float32=%v", s.n, s.d, s.gaps, s.single),
			request: map[string]any{"step": "scaler", "n": s.n, "d": s.d, "x": peer.Bytes(x)},
			golden:  s.d <= 16,
			ours: func(t *testing.T) ([]float64, []string) {
				e, _ := NewScaler(ScalerParams{WithMean: true, WithStd: true})
				f := &feature.Frame{N: s.n, X: m}
				fit(t, e, numberSchema(s.d), f)
				g, err := e.Transform(f.Slice(0, min(3, s.n)), nil)
				if err != nil {
					t.Fatal(err)
				}
				return slices.Concat(e.Mean(), e.Var(), e.Scale(), g.X.(*feature.Dense[float64]).Data), nil
			},
		})
	}
	for i, n := range []int{50, 9000} {
		d := 12
		x := scalerData(uint64(i+100), n, d, true)
		r := rand.New(rand.NewPCG(uint64(i), 5))
		for k := range x {
			if r.IntN(3) > 0 {
				x[k] = 0
			}
		}
		m := toCSR(&feature.Dense[float64]{N: n, D: d, Data: x})
		out = append(out, parityCase{
			name:    fmt.Sprintf("sparse-scaler/%d×%d", n, d),
			request: map[string]any{"step": "sparse-scaler", "n": n, "d": d, "x": peer.Bytes(m.Values), "indices": peer.Bytes(m.Indices), "indptr": peer.Bytes(m.Indptr)},
			golden:  true, tol: 1e-12,
			ours: func(t *testing.T) ([]float64, []string) {
				e, _ := NewScaler(ScalerParams{WithStd: true})
				fit(t, e, numberSchema(d), &feature.Frame{N: n, X: m})
				return slices.Concat(e.Mean(), e.Var(), e.Scale()), nil
			},
		})
	}
	return out
}

// mixed is a frame of two number and two text columns with gaps, and what the
// peer needs to have the same.
func mixed(seed uint64, n int) (feature.Schema, *feature.Frame, []map[string]any) {
	r := rand.New(rand.NewPCG(seed, 3))
	schema := feature.Schema{Fields: []feature.Field{{Name: "a", Kind: feature.Number}, {Name: "b", Kind: feature.Number},
		{Name: "c", Kind: feature.Text}, {Name: "d", Kind: feature.Text}}}
	words := []string{"Zürich", "zebra", "alpha", "Alpha", "über", "", "日本", "b", "aa", "a"}
	x := make([]float64, 2*n)
	columns := [2][]float64{}
	for i := range n {
		x[2*i], x[2*i+1] = float64(float64(r.IntN(12))*0.5)-2, math.Floor(r.ExpFloat64()*3)
		for k := range 2 {
			if r.IntN(7) == 0 {
				x[2*i+k] = math.NaN()
			}
			columns[k] = append(columns[k], x[2*i+k])
		}
	}
	f := &feature.Frame{N: n, X: &feature.Dense[float64]{N: n, D: 2, Data: x}}
	asked := []map[string]any{{"x": peer.Bytes(columns[0])}, {"x": peer.Bytes(columns[1])}}
	for k := range 2 {
		c := feature.TextColumn{Offsets: []int32{0}, Valid: make([]bool, n)}
		var text []any
		for i := range n {
			w := words[min(r.IntN(len(words)), r.IntN(len(words)))]
			c.Valid[i] = k == 0 || r.IntN(6) > 0
			if c.Valid[i] {
				c.Bytes = append(c.Bytes, w...)
				text = append(text, w)
			} else {
				text = append(text, nil)
			}
			c.Offsets = append(c.Offsets, int32(len(c.Bytes)))
		}
		f.Text = append(f.Text, c)
		asked = append(asked, map[string]any{"text": text})
	}
	return schema, f, asked
}

func tableCases() []parityCase {
	var out []parityCase
	for i, o := range []struct{ max, min int }{{0, 0}, {3, 0}, {1, 0}, {0, 8}, {5, 5}, {100, 0}} {
		schema, f, asked := mixed(uint64(i), 60)
		out = append(out, parityCase{
			name:    fmt.Sprintf("one-hot/max=%d/min=%d", o.max, o.min),
			request: map[string]any{"step": "one-hot", "columns": asked, "max": o.max, "min": o.min},
			golden:  i == 4,
			ours: func(t *testing.T) ([]float64, []string) {
				e, err := NewOneHot(OneHotParams{Columns: []string{"a", "b", "c", "d"}, Unknown: "ignore", Missing: "category", Output: "dense", MaxCategories: o.max, MinFrequency: o.min})
				if err != nil {
					t.Fatal(err)
				}
				fit(t, e, schema, f)
				g, err := e.Transform(f, nil)
				if err != nil {
					t.Fatal(err)
				}
				return g.X.(*feature.Dense[float64]).Data, slices.Concat(e.Categories()...)
			},
		})
	}
	for i, strategy := range []string{"mean", "most-frequent"} {
		schema, f, asked := mixed(uint64(i+50), 5000)
		out = append(out, parityCase{
			name:    "imputer/" + strategy,
			request: map[string]any{"step": "imputer", "columns": asked, "strategy": strings.ReplaceAll(strategy, "-", "_")},
			golden:  true, tol: 1e-12,
			ours: func(t *testing.T) ([]float64, []string) {
				e, err := NewImputer(ImputerParams{Strategy: strategy, Text: "most-frequent"})
				if err != nil {
					t.Fatal(err)
				}
				fit(t, e, schema, f)
				return e.fillNumber[:2], e.fillText[2:]
			},
		})
	}
	return out
}

func parityCases() []parityCase { return append(scalerCases(), tableCases()...) }

// sameWord compares a category's name with the peer's c_name.
func sameWord(got, want string) bool {
	switch want {
	case "c_nan", "c_None":
		return got == "(missing)"
	case "c_infrequent_sklearn":
		return got == "(infrequent)"
	}
	want = strings.TrimPrefix(want, "c_")
	return got == want || got == strings.TrimSuffix(want, ".0")
}

func compare(t *testing.T, all []parityCase, want []result) {
	t.Helper()
	for i, c := range all {
		floats, words := c.ours(t)
		if w := peer.Floats(t, want[i].Floats); !peer.Same(floats, w, c.tol) {
			t.Errorf("%s (tolerance %g): %s", c.name, c.tol, firstDifference(floats, w))
		}
		if !slices.EqualFunc(words, want[i].Words, sameWord) {
			t.Errorf("%s: got %q, want %q", c.name, words, want[i].Words)
		}
	}
}

func firstDifference(got, want []float64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("got %d numbers, want %d", len(got), len(want))
	}
	n, text := 0, ""
	for i := range got {
		if got[i] != want[i] && (got[i] == got[i] || want[i] == want[i]) {
			if n++; n == 1 {
				text = fmt.Sprintf("number %d: got %v, want %v", i, got[i], want[i])
			}
		}
	}
	return fmt.Sprintf("%d of %d differ, %s", n, len(got), text)
}

func ask(t *testing.T, all []parityCase) (a answer) {
	t.Helper()
	var rs []map[string]any
	for _, c := range all {
		rs = append(rs, c.request)
	}
	peer.Run(t, "testdata/preprocess.py", map[string]any{"cases": rs}, &a)
	return a
}

func TestParityWithLivePeer(t *testing.T) {
	all := parityCases()
	a := ask(t, all)
	compare(t, all, a.Results)
	t.Logf("%d cases equal to scikit-learn %s", len(all), a.Sklearn)
}

// TestParityGolden compares with what scikit-learn gave once; -update writes
// it anew from the live peer.
func TestParityGolden(t *testing.T) {
	all := slices.DeleteFunc(parityCases(), func(c parityCase) bool { return !c.golden })
	if *update {
		raw, err := json.Marshal(ask(t, all))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/preprocess.json", append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile("testdata/preprocess.json")
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	compare(t, all, a.Results)
}
