package ndarray

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestEightAtATimeGiveTheSameBits compares the assembly with the Go loops.
func TestEightAtATimeGiveTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	special := []float32{0, float32(math.Copysign(0, -1)), 1e-42, -math.MaxFloat32, math.MaxFloat32}
	numbers := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(100 * rng.NormFloat64())
			if rng.IntN(10) == 0 {
				x[i] = special[rng.IntN(len(special))]
			}
		}
		return x
	}
	for n := 0; n <= 136; n += 8 {
		x := numbers(n)
		var got, want lanes
		shift := rng.NormFloat64()
		lanes32(&got, x, shift)
		lanesLoop(&want, x, shift)
		if got.s != want.s || got.q != want.q || got.lo != want.lo || got.hi != want.hi {
			t.Fatalf("n=%d: %v, by the Go loop %v", n, got, want)
		}
	}
	for n := 1; n <= momentCols; n += 1 + n/3 {
		var got, want rowSum
		shift := numbers(n)
		for range 5 {
			x := numbers(n)
			row32(&got, shift, x)
			rowLoop(&want, shift, x)
		}
		if got != want {
			t.Fatalf("%d columns differ", n)
		}
	}
}

func TestFourRowsAtATimeGiveTheSameBits(t *testing.T) {
	sameRows[float32](t)
	sameRows[float64](t)
}

func sameRows[T float](t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for m := range 40 {
		stride := m + rng.IntN(3)
		rows := make([]T, 3*stride+m)
		for i := range rows {
			rows[i] = T(rng.NormFloat64())
		}
		v := [4]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		got, want := make([]float64, m), make([]float64, m)
		for range 3 {
			addRows(got, rows, stride, &v)
			addRowsLoop(want, rows, stride, &v)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d columns: %v, by the Go loop %v", m, got, want)
		}
	}
}

// TestSummariesOfFloat32 compares the fast way with one reduction at a time,
// over rows and over columns.
func TestSummariesOfFloat32(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, shape := range [][]int{{1, 1}, {3, 700}, {700, 3}, {261, 517}} {
		data := make([]float32, shape[0]*shape[1])
		for i := range data {
			data[i] = 1000 + float32(rng.NormFloat64())
			switch rng.IntN(2000) {
			case 0:
				data[i] = float32(math.NaN())
			case 1:
				data[i] = float32(math.Inf(1))
			}
		}
		x := (&Dense[float32]{Shape: shape, Data: data}).Array().Any()
		for _, over := range [][]ReduceOption{nil, {Axes(0)}, {Axes(1)}, {Axes(0), SkipNaN()}} {
			s, err := x.Stats(t.Context(), engine(2), over)
			if err != nil {
				t.Fatal(err)
			}
			for name, c := range map[string]struct {
				got  *Values
				want Any
			}{
				"min": {s.Min, x.Min(over...)}, "max": {s.Max, x.Max(over...)}, "nan": {s.NaN, x.CountNaN(over...)},
				"mean": {s.Mean, x.Cast(TypeOf[float64]()).Mean(over...)}, "std": {s.Std, x.Cast(TypeOf[float64]()).Std(over...)},
			} {
				want, err := c.want.Compute(t.Context(), engine(1))
				if err != nil {
					t.Fatal(err)
				}
				a, b := c.got.Float64(), want.Float64()
				for i := range a {
					if !(a[i] == b[i] || math.Abs(a[i]-b[i]) <= 1e-13*math.Abs(b[i]) || a[i] != a[i] && b[i] != b[i]) {
						t.Fatalf("%v %s[%d] = %v, want %v", shape, name, i, a[i], b[i])
					}
				}
			}
		}
	}
}
