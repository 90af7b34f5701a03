package linear

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// TestKernels compares the machine's loops with the portable ones, bit for bit,
// at every length around whole eights.
func TestKernels(t *testing.T) {
	t.Run("float32", testKernels[float32])
	t.Run("float64", testKernels[float64])
}

func testKernels[T float32 | float64](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	k := kernelsOf[T]()
	for n := range 67 {
		for range 20 {
			w, x := make([]float64, n), make([]T, n)
			for j := range w {
				w[j] = r.NormFloat64() * math.Exp(20*r.NormFloat64())
				x[j] = T(r.NormFloat64())
			}
			if got, want := k.dot(w, x), dot(w, x); math.Float64bits(got) != math.Float64bits(want) {
				t.Fatalf("dot of %d: %v, portable %v", n, got, want)
			}
			got, want := append([]float64{}, w...), append([]float64{}, w...)
			c := r.NormFloat64()
			k.add(got, c, x)
			add(want, c, x)
			for j := range got {
				if math.Float64bits(got[j]) != math.Float64bits(want[j]) {
					t.Fatalf("add of %d, column %d: %v, portable %v", n, j, got[j], want[j])
				}
			}
		}
	}
}

// TestDotOfFewColumns: below eight the sum goes from column 0 up.
func TestDotOfFewColumns(t *testing.T) {
	w, x := []float64{1e16, 1, -1e16, 3}, []float64{1, 1, 1, 1}
	if got := kernelsOf[float64]().dot(w, x); got != 3 {
		t.Errorf("got %v, expected 3: ((1e16+1)-1e16)+3", got)
	}
}

// TestLanesAgree: the order of the sum changes last bits and no more.
func TestLanesAgree(t *testing.T) {
	const n, d = 500, 100
	r := rand.New(rand.NewPCG(3, 4))
	x, y := make([]float64, n*d), make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	for i := range y {
		y[i] = x[i*d] - x[i*d+1]
	}
	var coef [2][]float64
	for i, compat := range []string{"", "sklearn"} {
		p := RegressorParams()
		p.Compat, p.Eta0 = compat, 0.001
		m, err := NewRegressor(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.PartialFit(ml.Batch{X: &feature.Dense[float64]{N: n, D: d, Data: x}, Y: y}); err != nil {
			t.Fatal(err)
		}
		coef[i] = m.Coef()
	}
	differ := 0
	for j := range d {
		if math.Abs(coef[0][j]-coef[1][j]) > 1e-12 {
			t.Errorf("column %d: %v in lanes, %v in one sum", j, coef[0][j], coef[1][j])
		}
		if coef[0][j] != coef[1][j] {
			differ++
		}
	}
	if differ == 0 {
		t.Error("no bit differs, expected the lanes to be in use")
	}
}
