package linear

import (
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
	"github.com/outcore/outcore/ml/mltest/peer"
)

var update = flag.Bool("update", false, "write testdata/sgd.json from the live peer")

const columns = 7

// A parityCase is one model and its batches.
type parityCase struct {
	name    string
	params  Params
	model   string
	classes int
	batches []ml.Batch
}

// tolerance is 0 where no function of the C library (exp, pow) enters, so that
// bits must be equal.
func (c parityCase) tolerance() float64 {
	if c.params.Loss == "log_loss" || c.params.LearningRate == "invscaling" {
		return 1e-12
	}
	return 0
}

// cases gives every loss × penalty × schedule × storage × number of classes,
// with and without intercept and shuffle, weights and averaging drawn from the
// case's name. Most are compat=sklearn against partial_fit a batch; one in five
// is the default against one fit over all rows.
func cases() []parityCase {
	var out []parityCase
	add := func(model string, classes int, losses []string) {
		for _, loss := range losses {
			for _, penalty := range []string{"l2", "l1", "elasticnet", "none"} {
				for _, rate := range []string{"constant", "optimal", "invscaling"} {
					for _, storage := range []string{"dense", "csr"} {
						for variant := range 5 {
							p := ClassifierParams()
							if model == "sgd-regressor" {
								p = RegressorParams()
							}
							p.Loss, p.Penalty, p.LearningRate, p.Compat = loss, penalty, rate, "sklearn"
							p.Alpha, p.Eta0 = 0.013, 0.02
							p.FitIntercept, p.Shuffle = variant&1 == 0, variant&2 == 0
							if variant == 4 { // a pass without borders between batches
								p.Compat, p.Shuffle = "", false
							}
							name := fmt.Sprintf("%s/%d/%s/%s/%s/%s/%d", model, classes, loss, penalty, rate, storage, variant)
							f := fnv.New64a()
							f.Write([]byte(name))
							r := rand.New(rand.NewPCG(f.Sum64(), 1))
							p.Seed = r.IntN(1 << 30)
							if variant == 0 {
								p.Average = 1 + r.IntN(40)
							}
							out = append(out, parityCase{name, p, model, classes, batches(r, storage, classes, r.IntN(2) == 0)})
						}
					}
				}
			}
		}
	}
	// Penalties so strong that the weights are folded every nine rows, and in
	// every row.
	for i, alpha := range []float64{45, 60} {
		for _, penalty := range []string{"l2", "elasticnet"} {
			for _, storage := range []string{"dense", "csr"} {
				for average := range 2 {
					p := RegressorParams()
					p.Penalty, p.LearningRate, p.Compat = penalty, "constant", "sklearn"
					p.Alpha, p.Eta0, p.L1Ratio, p.Average = alpha, 0.02, 0.001, average
					r := rand.New(rand.NewPCG(uint64(i), 77))
					out = append(out, parityCase{fmt.Sprintf("strong/%s/%s/alpha=%v/average=%d", penalty, storage, alpha, average), p, "sgd-regressor", 0, batches(r, storage, 0, true)})
				}
			}
		}
	}
	add("sgd-regressor", 0, regressionLosses)
	add("sgd-classifier", 2, classLosses)
	add("sgd-classifier", 3, classLosses)
	return out
}

// batches draws four batches of uneven length.
func batches(r *rand.Rand, storage string, classes int, weighted bool) []ml.Batch {
	var out []ml.Batch
	for _, n := range []int{17, 1, 23, 9} {
		var b ml.Batch
		x := make([]float64, n*columns)
		for i := range x {
			if storage == "dense" || r.IntN(3) == 0 {
				x[i] = r.NormFloat64()
			}
		}
		d := &feature.Dense[float64]{N: n, D: columns, Data: x}
		b.X = d
		if storage == "csr" {
			b.X = toCSR(d)
		}
		for i := range n {
			s := x[i*columns] - float64(2*x[i*columns+1]) + 0.5 + float64(0.3*r.NormFloat64())
			switch {
			case classes == 0:
				b.Y = append(b.Y, s)
			case classes == 2 && s > 0:
				b.Y = append(b.Y, 1)
			case classes == 2:
				b.Y = append(b.Y, 0)
			default:
				b.Y = append(b.Y, float64(min(max(int(s+1), 0), classes-1)))
			}
			if weighted {
				b.W = append(b.W, float64(r.IntN(4)+1)*0.37)
			}
		}
		out = append(out, b)
	}
	return out
}

func toCSR(d *feature.Dense[float64]) *feature.CSR[float64] {
	m := &feature.CSR[float64]{N: d.N, D: d.D, Indptr: []int64{0}}
	for i := range d.N {
		for j, x := range d.Data[i*d.D : (i+1)*d.D] {
			if x != 0 {
				m.Indices, m.Values = append(m.Indices, int32(j)), append(m.Values, x)
			}
		}
		m.Indptr = append(m.Indptr, int64(len(m.Values)))
	}
	return m
}

type learner interface {
	ml.Learner
	Coef() []float64
	Intercept() []float64
}

func (c parityCase) make(t *testing.T) learner {
	t.Helper()
	if c.model == "sgd-regressor" {
		m, err := NewRegressor(c.params)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		return m
	}
	m, err := NewClassifier(c.params)
	if err != nil {
		t.Fatalf("%s: %v", c.name, err)
	}
	var names []string
	for i := range c.classes {
		names = append(names, strconv.Itoa(i))
	}
	if err := m.SetClasses(names); err != nil {
		t.Fatal(err)
	}
	return m
}

func (c parityCase) learn(t *testing.T) []float64 {
	t.Helper()
	m := c.make(t)
	for _, b := range c.batches {
		if err := m.PartialFit(b); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
	}
	return append(m.Coef(), m.Intercept()...)
}

// request is what sgd.py reads.
func (c parityCase) request() map[string]any {
	p := c.params
	params := map[string]any{"loss": p.Loss, "penalty": p.Penalty, "alpha": p.Alpha, "l1_ratio": p.L1Ratio,
		"fit_intercept": p.FitIntercept, "epsilon": p.Epsilon, "learning_rate": p.LearningRate, "eta0": p.Eta0,
		"power_t": p.PowerT, "average": p.Average, "shuffle": p.Shuffle, "random_state": p.Seed}
	var bs []map[string]any
	for _, b := range c.batches {
		m := map[string]any{"y": peer.Bytes(b.Y), "n": len(b.Y)}
		switch x := b.X.(type) {
		case *feature.Dense[float64]:
			m["x"] = peer.Bytes(x.Data)
		case *feature.CSR[float64]:
			m["x"], m["indptr"], m["indices"] = peer.Bytes(x.Values), peer.Bytes(x.Indptr), peer.Bytes(x.Indices)
		}
		if b.W != nil {
			m["w"] = peer.Bytes(b.W)
		}
		bs = append(bs, m)
	}
	return map[string]any{"model": c.model, "params": params, "classes": c.classes, "batches": bs, "fit": c.params.Compat == ""}
}

type answer struct {
	Sklearn string     `json:"sklearn"`
	Results [][]string `json:"results"`
}

func compare(t *testing.T, all []parityCase, want [][]string) {
	t.Helper()
	failed := 0
	for i, c := range all {
		got, want := c.learn(t), peer.Floats(t, want[i])
		if !peer.Same(got, want, c.tolerance()) {
			if failed++; failed <= 20 {
				t.Errorf("%s (tolerance %g)\n got %v\nwant %v", c.name, c.tolerance(), got, want)
			}
		}
	}
	if failed > 0 {
		t.Errorf("%d of %d cases differ", failed, len(all))
	}
}

func TestParityWithLivePeer(t *testing.T) {
	all := cases()
	var rs []map[string]any
	for _, c := range all {
		rs = append(rs, c.request())
	}
	var a answer
	peer.Run(t, "testdata/sgd.py", map[string]any{"cases": rs, "d": columns}, &a)
	compare(t, all, a.Results)
	t.Logf("%d cases equal to scikit-learn %s", len(all), a.Sklearn)
}

// golden is the first cases and every one whose number is a multiple of 53:
// each loss, penalty, schedule and storage is among them.
func golden() (out []parityCase) {
	for i, c := range cases() {
		if i < 16 || i%53 == 0 {
			out = append(out, c)
		}
	}
	return out
}

// TestParityGolden compares with what scikit-learn gave once; -update writes
// it anew from the live peer.
func TestParityGolden(t *testing.T) {
	var a answer
	all := golden()
	if *update {
		var rs []map[string]any
		for _, c := range all {
			rs = append(rs, c.request())
		}
		peer.Run(t, "testdata/sgd.py", map[string]any{"cases": rs, "d": columns}, &a)
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/sgd.json", append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile("testdata/sgd.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	compare(t, all, a.Results)
}
