package profile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestWholeBlocks compares blocks that miss nothing with the loops that mind
// what is missing, bit for bit, and the machine's loops with the portable ones.
func TestWholeBlocks(t *testing.T) {
	t.Run("float32", testWhole[float32])
	t.Run("float64", testWhole[float64])
}

func testWhole[T float32 | float64](t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	inf, zero := math.Inf(1), math.Copysign(0, -1)
	for d := 1; d < 20; d++ {
		for _, special := range [][]float64{nil, {0, zero}, {inf}, {inf, -inf}, {math.NaN()}} {
			for _, target := range []string{"", "numbers", "missing"} {
				const n = 11
				data := make([]T, n*d)
				for i := range data {
					data[i] = T(100 * rng.NormFloat64())
					if special != nil && rng.IntN(2) == 0 {
						data[i] = T(special[rng.IntN(len(special))])
					}
				}
				var y []float64
				if target != "" {
					y = make([]float64, n)
					for i := range y {
						y[i] = rng.NormFloat64()
					}
					if target == "missing" {
						y[3] = math.NaN()
					}
				}
				got, want := fresh(d), fresh(d)
				dense(got, data, y)
				for i := range n {
					one(want, data[i*d:(i+1)*d], y, i)
				}
				second(want)
				for i := range n {
					centred(want, data[i*d:(i+1)*d], y, i)
				}
				for j := range want {
					if bits(got[j]) != bits(want[j]) {
						t.Fatalf("%d columns, values %v, target %q, column %d:\n%+v, expected\n%+v", d, special, target, j, got[j], want[j])
					}
				}
				plain := special == nil || special[0] == 0
				if plain && whole(fresh(d), data, y) != (target != "missing") {
					t.Fatalf("%d columns, values %v, target %q: taken for whole: %t", d, special, target, target == "missing")
				}
			}
		}
	}
}

func fresh(d int) []moments {
	cols := make([]moments, d)
	for j := range cols {
		cols[j] = emptyMoments()
	}
	return cols
}

// bits tells apart what == does not: zeros of both signs; every NaN is one.
func bits(m moments) string {
	s := fmt.Sprint(m.n, m.missing, m.pairs)
	for _, x := range []float64{m.min, m.max, m.mean, m.m2, m.mx, m.my, m.sxx, m.syy, m.sxy} {
		s += fmt.Sprintf(" %x", x)
	}
	return s
}

func BenchmarkDense(b *testing.B) {
	const n, d = 1000, 100
	rng := rand.New(rand.NewPCG(1, 2))
	data, y := make([]float32, n*d), make([]float64, n)
	for i := range data {
		data[i] = float32(rng.NormFloat64())
	}
	for i := range y {
		y[i] = rng.NormFloat64()
	}
	b.SetBytes(4 * n * d)
	for b.Loop() {
		dense(fresh(d), data, y)
	}
}
