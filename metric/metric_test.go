package metric

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/outcore/outcore/ml/mltest/peer"
)

var update = flag.Bool("update", false, "write testdata/metric.json from the live peer")

// A parityCase is targets, predictions and weights for one score.
type parityCase struct {
	Metric  string `json:"metric"`
	Classes int    `json:"classes"`
	Y       string `json:"y"`
	P       string `json:"p"`
	W       string `json:"w,omitempty"`
	y, p, w []float64
}

type answer struct {
	Sklearn string   `json:"sklearn"`
	Results []string `json:"results"`
}

func cases() []parityCase {
	var out []parityCase
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 7))
		n := 1 + 137*int(seed)
		for _, name := range Names() {
			c := parityCase{Metric: name}
			if name == "log_loss" {
				c.Classes = 2 + int(seed%3)
			}
			for i := range n {
				y := 1e4 + r.NormFloat64()
				switch name {
				case "accuracy":
					c.y, c.p = append(c.y, float64(r.IntN(4))), append(c.p, float64(r.IntN(4)))
				case "log_loss":
					c.y = append(c.y, float64(i%c.Classes))
					var sum float64
					row := make([]float64, c.Classes)
					for j := range row {
						row[j] = r.ExpFloat64()
						sum += row[j]
					}
					for _, v := range row {
						c.p = append(c.p, v/sum)
					}
					if i == 3 { // certain
						clear(c.p[len(c.p)-c.Classes:])
						c.p[len(c.p)-1] = 1
					}
				default:
					c.y, c.p = append(c.y, y), append(c.p, y+float64(0.5*r.NormFloat64()))
				}
				if seed%2 == 1 {
					c.w = append(c.w, r.Float64()*3)
				}
			}
			c.Y, c.P = peer.Bytes(c.y), peer.Bytes(c.p)
			if c.w != nil {
				c.W = peer.Bytes(c.w)
			}
			out = append(out, c)
		}
	}
	return out
}

func (c parityCase) score(t *testing.T) Score {
	t.Helper()
	s, err := New(c.Metric)
	if err != nil {
		t.Fatal(err)
	}
	if l, ok := s.(*LogLoss); ok {
		l.Classes = c.Classes
	}
	return s
}

// update feeds rows lo to hi.
func (c parityCase) update(s Score, lo, hi int) {
	k := max(c.Classes, 1)
	var w []float64
	if c.w != nil {
		w = c.w[lo:hi]
	}
	s.Update(c.y[lo:hi], c.p[lo*k:hi*k], w)
}

func compare(t *testing.T, all []parityCase, want []string) {
	t.Helper()
	for i, c := range all {
		want := peer.Floats(t, want[i:i+1])
		n := len(c.y)
		for _, step := range []int{n, 100, 7} {
			running, merged := c.score(t), c.score(t)
			for lo := 0; lo < n; lo += step {
				hi := min(lo+step, n)
				c.update(running, lo, hi)
				part := c.score(t)
				c.update(part, lo, hi)
				merged.Merge(part)
			}
			for what, s := range map[string]Score{"running": running, "merged": merged} {
				if got := s.Value(); !peer.Same([]float64{got}, want, 1e-12) {
					t.Errorf("%s of %d rows, %s by %d: got %v, want %v", c.Metric, n, what, step, got, want[0])
				}
			}
		}
	}
}

func ask(t *testing.T, all []parityCase) (a answer) {
	t.Helper()
	peer.Run(t, "testdata/metric.py", map[string]any{"cases": all}, &a)
	return a
}

func TestParityWithLivePeer(t *testing.T) {
	a := ask(t, cases())
	compare(t, cases(), a.Results)
	t.Logf("%d cases equal to scikit-learn %s", len(cases()), a.Sklearn)
}

// TestParityGolden compares with what scikit-learn gave once; -update writes
// it anew from the live peer.
func TestParityGolden(t *testing.T) {
	if *update {
		raw, err := json.Marshal(ask(t, cases()))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/metric.json", append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile("testdata/metric.json")
	if err != nil {
		t.Fatal(err)
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	compare(t, cases(), a.Results)
}

func TestMergeInOrderGivesTheSameBits(t *testing.T) {
	for _, c := range cases() {
		var values [2]float64
		for k := range values {
			s := c.score(t)
			for lo := 0; lo < len(c.y); lo += 50 {
				part := c.score(t)
				c.update(part, lo, min(lo+50, len(c.y)))
				s.Merge(part)
			}
			values[k] = s.Value()
		}
		if math.Float64bits(values[0]) != math.Float64bits(values[1]) {
			t.Errorf("%s: %v, then %v", c.Metric, values[0], values[1])
		}
	}
}

func TestNoRowsIsNaN(t *testing.T) {
	for _, name := range Names() {
		s, err := New(name)
		if err != nil {
			t.Fatal(err)
		}
		s.Update(nil, nil, nil)
		if v := s.Value(); !math.IsNaN(v) {
			t.Errorf("%s of no rows is %v, want NaN", name, v)
		}
		if s.Name() != name {
			t.Errorf("%s calls itself %s", name, s.Name())
		}
	}
	if _, err := New("mean_squared"); err == nil {
		t.Error("an unknown score has no error")
	}
}

func TestUpdateDoesNotAllocate(t *testing.T) {
	for _, c := range cases()[10:20] {
		s := c.score(t)
		if n := testing.AllocsPerRun(10, func() { c.update(s, 0, len(c.y)) }); n > 0 {
			t.Errorf("%s: %v allocations a batch", c.Metric, n)
		}
	}
}

func TestWeightedAsRepeated(t *testing.T) {
	for _, name := range Names() {
		y, p, w := []float64{0, 1, 1, 0}, []float64{0.2, 1, 0.4, 0.9}, []float64{2, 0, 1, 3}
		y2, p2 := []float64{0, 0, 1, 0, 0, 0}, []float64{0.2, 0.2, 0.4, 0.9, 0.9, 0.9}
		a, _ := New(name)
		b, _ := New(name)
		a.Update(y, p, w)
		b.Update(y2, p2, nil)
		if math.Abs(a.Value()-b.Value()) > 1e-12 {
			t.Errorf("%s: weighted %v, repeated %v", name, a.Value(), b.Value())
		}
		if !a.Better(1, 0) && !a.Better(0, 1) || a.Better(1, 1) {
			t.Errorf("%s: Better does not order", name)
		}
	}
}

func TestAnUnknownLabelIsWrong(t *testing.T) {
	y := []float64{1, -1, 0, -1}
	a := &Accuracy{}
	a.Update(y, []float64{1, 1, 1, 0}, nil)
	if a.Value() != 0.25 {
		t.Errorf("accuracy %v, want 0.25", a.Value())
	}
	floor := -math.Log(0x1p-52)
	for name, proba := range map[string][]float64{
		"of class 1":     {1, 1, 0, 0},
		"of all classes": {0, 1, 0, 1, 1, 0, 1, 0},
	} {
		l := &LogLoss{}
		l.Update(y, proba, nil)
		if math.Abs(l.Value()-floor/2) > 1e-12 {
			t.Errorf("log loss by probabilities %s: %v, want %v", name, l.Value(), floor/2)
		}
	}
}

func ExampleR2() {
	s, err := New("r2")
	if err != nil {
		panic(err)
	}
	s.Update([]float64{3, -0.5}, []float64{2.5, 0}, nil) // batch by batch
	s.Update([]float64{2, 7}, []float64{2, 8}, nil)
	fmt.Printf("%.3f\n", s.Value())
	// Output: 0.949
}
