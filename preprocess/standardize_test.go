package preprocess

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSeveralAtATimeGiveTheSameBits(t *testing.T) {
	sameBits(t, 1, standardize32)
	for name, do := range standardizers() {
		t.Run(name, func(t *testing.T) { sameBits(t, 4, do) })
	}
}

// sameBits compares do with the Go loop, at every width from least on.
func sameBits(t *testing.T, least int, do func(dst []float64, data []float32, mean, scale []float64)) {
	rng := rand.New(rand.NewPCG(3, 4))
	special := []float32{0, float32(math.Copysign(0, -1)), 1e-42, math.MaxFloat32, float32(math.Inf(1)), float32(math.NaN())}
	for d := least; d <= 67; d++ {
		const n = 9
		mean, scale := make([]float64, d), make([]float64, d)
		data := make([]float32, n*d)
		for j := range mean {
			mean[j], scale[j] = 100*rng.NormFloat64(), math.Exp(rng.NormFloat64())
		}
		for i := range data {
			data[i] = float32(100 * rng.NormFloat64())
			if rng.IntN(10) == 0 {
				data[i] = special[rng.IntN(len(special))]
			}
		}
		got, want := make([]float64, n*d+1), make([]float64, n*d+1) // one that must stay
		do(got, data, mean, scale)
		standardize(want, data, mean, scale)
		for i := range want {
			if math.Float64bits(got[i]) != math.Float64bits(want[i]) && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
				t.Fatalf("d=%d: value %d of %v: %x, by the Go loop %x", d, i, data[min(i, n*d-1)], got[i], want[i])
			}
		}
	}
}

func BenchmarkStandardize32(b *testing.B) {
	const n, d = 1000, 100
	data, dst := make([]float32, n*d), make([]float64, n*d)
	mean, scale := make([]float64, d), make([]float64, d)
	for j := range scale {
		scale[j] = 3
	}
	for name, do := range standardizers() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(n * d * 4)
			for b.Loop() {
				do(dst, data, mean, scale)
			}
		})
	}
}
