package linear

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// wide is a batch whose second column is a thousand times wider than a step
// can bear.
func wide(n int) ml.Batch {
	x, y := make([]float64, n*2), make([]float64, n)
	for i := range n {
		x[2*i], x[2*i+1] = float64(i%5), 1000+float64(i%7)
		y[i] = float64(i % 3)
	}
	return ml.Batch{X: &feature.Dense[float64]{N: n, D: 2, Data: x}, Y: y}
}

func TestOverflowSaysWhyAndWhatMendsIt(t *testing.T) {
	huge := wide(100)
	for i, x := range huge.X.(*feature.Dense[float64]).Data {
		huge.X.(*feature.Dense[float64]).Data[i] = x * 1e150
	}
	sparse := huge
	sparse.X = toCSR(huge.X.(*feature.Dense[float64]))
	for name, b := range map[string]ml.Batch{"dense": huge, "compressed": sparse} {
		m, err := NewRegressor(RegressorParams())
		if err != nil {
			t.Fatal(err)
		}
		err = m.PartialFit(b)
		if !errors.Is(err, errs.Invalid) {
			t.Fatalf("%s: got %v, want errs.Invalid", name, err)
		}
		for _, want := range []string{"weights overflowed after batch 1", "step eta·|x|² = 0.01·1e+306 = 1e+304 > 2", "largest value is in column 2", "put `scale |` before sgd-regressor"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", name, err, want)
			}
		}
		if again := m.PartialFit(b); again != err {
			t.Errorf("%s: learning goes on after the overflow: %v", name, again)
		}
		if _, again := m.Predict(nil, b.X); again != err {
			t.Errorf("%s: predicting goes on after the overflow: %v", name, again)
		}
	}
}

// The prediction of the last row is finite, the weights after it are not.
func TestOverflowInTheLastRowIsFound(t *testing.T) {
	d := &feature.Dense[float64]{N: 1, D: 2, Data: []float64{1, 1e305}}
	for _, x := range []feature.Matrix{d, toCSR(d)} {
		m, err := NewRegressor(RegressorParams())
		if err != nil {
			t.Fatal(err)
		}
		if err := m.PartialFit(ml.Batch{X: x, Y: []float64{1e12}}); !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "overflowed") {
			t.Errorf("%T: got %v, want an overflow", x, err)
		}
	}
}

func TestDivergenceIsNoticed(t *testing.T) {
	b := wide(10)
	for _, c := range []struct {
		scale float64
		want  int64
	}{{1, 1}, {1e-3, 0}} {
		m, err := NewRegressor(RegressorParams())
		if err != nil {
			t.Fatal(err)
		}
		scaled := &feature.Dense[float64]{N: 10, D: 2}
		for _, x := range b.X.(*feature.Dense[float64]).Data {
			scaled.Data = append(scaled.Data, c.scale*x)
		}
		for range 5 {
			if err := m.PartialFit(ml.Batch{X: scaled, Y: b.Y}); err != nil {
				t.Fatal(err)
			}
		}
		if got := m.Diverged(); got != c.want {
			t.Errorf("rows times %g: diverged in batch %d, want %d", c.scale, got, c.want)
		}
	}
}

func TestDiagnoseFindsTheLargestStepOfTheFirstBatch(t *testing.T) {
	m, err := NewRegressor(RegressorParams())
	if err != nil {
		t.Fatal(err)
	}
	b := wide(7)
	x := b.X.(*feature.Dense[float64]).Data
	x[0], x[1] = 3, -2000
	if err := m.PartialFit(b); err != nil {
		t.Fatal(err)
	}
	eta, norm2 := 0.01, 3.0*3+2000*2000
	want := Diagnosis{Step: eta * norm2, Eta: eta, Norm2: norm2, Row: 0, Column: 1}
	if got := m.Diagnose(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestPositionOfBadValueIsNamed(t *testing.T) {
	m, err := NewRegressor(RegressorParams())
	if err != nil {
		t.Fatal(err)
	}
	b := wide(9)
	b.X.(*feature.Dense[float64]).Data[7] = math.NaN()
	err = m.PartialFit(b)
	if want := "row 4: column 2: sgd-regressor: found NaN"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestParametersAreChecked(t *testing.T) {
	for params, want := range map[string]string{
		`{"alpha":-1}`:      "alpha",
		`{"alpha":0}`:       "alpha",
		`{"l1_ratio":2}`:    "l1_ratio",
		`{"eta0":0}`:        "eta0",
		`{"power_t":-1}`:    "power_t",
		`{"average":-2}`:    "average",
		`{"seed":-1}`:       "seed",
		`{"epsilon":-1}`:    "epsilon",
		`{"loss":"cubic"}`:  "loss",
		`{"penalty":"l3"}`:  "penalty",
		`{"compat":"weka"}`: "compat",
		`{"alpha":"much"}`:  "alpha",
	} {
		s, err := ml.Lookup("sgd-classifier")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.New(json.RawMessage(params)); !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want errs.Invalid about %s", params, err, want)
		}
	}
	if _, err := ml.Make("sgd-regressor", map[string]any{"loss": "hinge"}); !errors.Is(err, errs.Invalid) {
		t.Errorf("hinge for a regressor: %v", err)
	}
}

// The first numbers of numpy.random.RandomState(seed): randint(2**31-1, size=3).
func TestMersenneIsNumpys(t *testing.T) {
	for seed, want := range map[uint32][3]uint32{0: {209652396, 398764591, 924231285}, 42: {1608637542, 1273642419, 1935803228}} {
		m := newMersenne(seed)
		for i, w := range want {
			if got := m.below(1<<31 - 1); got != w {
				t.Errorf("seed %d, number %d: got %d, want %d", seed, i, got, w)
			}
		}
	}
}

func TestLearningDoesNotAllocate(t *testing.T) {
	for _, compat := range []string{"", "sklearn"} {
		p := RegressorParams()
		p.Compat, p.Eta0 = compat, 1e-9
		m, err := NewRegressor(p)
		if err != nil {
			t.Fatal(err)
		}
		b := wide(1000)
		if err := m.PartialFit(b); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(5, func() {
			if err := m.PartialFit(b); err != nil {
				t.Fatal(err)
			}
		}); n > 2 {
			t.Errorf("compat=%q: %v allocations a batch", compat, n)
		}
	}
}

// State kept between batches: a batch of a few rows must not cost what a pass
// over all weights costs.
func TestSparseBatchCostsItsNonZeros(t *testing.T) {
	const d = 1 << 22
	p := ClassifierParams()
	m, err := NewClassifier(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.SetClasses([]string{"no", "yes"}); err != nil {
		t.Fatal(err)
	}
	b := ml.Batch{X: &feature.CSR[float64]{N: 1, D: d, Indptr: []int64{0, 2}, Indices: []int32{3, d - 1}, Values: []float64{1, 1}}, Y: []float64{1}}
	if err := m.PartialFit(b); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for range 1000 { // 1,000 passes over the weights would be 32 GB
		if err := m.PartialFit(b); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("1,000 batches of 2 non-zeros took %v", took)
	}
}

func FuzzLoad(f *testing.F) {
	p := ClassifierParams()
	p.Penalty, p.Average = "l1", 1
	m, _ := NewClassifier(p)
	_ = m.SetClasses([]string{"a", "b", "c"})
	if err := m.PartialFit(wide(9)); err != nil {
		f.Fatal(err)
	}
	config, arrays := m.Save()
	raw, err := json.Marshal(config)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw, arrays[0].Data, 3, 2)
	f.Add([]byte(`{"columns":-1}`), []byte{}, 0, 0)
	f.Add([]byte(`{"columns":4611686018427387904,"classes":["a","b"]}`), []byte{1}, 1, 1<<62)
	f.Fuzz(func(t *testing.T, config, data []byte, k, d int) {
		m, err := NewClassifier(p)
		if err != nil {
			t.Fatal(err)
		}
		var named []dtype.Named
		for _, a := range arrays {
			if a.Name == "weights" {
				a.Data, a.Shape = data, []int{k, d}
			}
			named = append(named, a)
		}
		if err := m.Load(config, named); err != nil {
			return
		}
		// What loads can predict.
		if m.d >= 0 {
			if _, err := m.Predict(nil, &feature.Dense[float64]{N: 1, D: m.d, Data: make([]float64, m.d)}); err != nil {
				t.Fatalf("loaded but does not predict: %v", err)
			}
		}
	})
}

func ExampleNewRegressor() {
	// y = 1 + 2·x, learned in 200 passes over five rows.
	x := &feature.Dense[float64]{N: 5, D: 1, Data: []float64{-1, -0.5, 0, 0.5, 1}}
	y := []float64{-1, 0, 1, 2, 3}
	p := RegressorParams()
	p.Penalty, p.LearningRate, p.Eta0 = "none", "constant", 0.1
	m, err := NewRegressor(p)
	if err != nil {
		panic(err)
	}
	for range 200 {
		if err := m.PartialFit(ml.Batch{X: x, Y: y}); err != nil {
			panic(err)
		}
	}
	fmt.Printf("y = %.2f + %.2f x\n", m.Intercept()[0], m.Coef()[0])
	// Output: y = 1.00 + 2.00 x
}
