package preprocess

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestFourAtATimeGiveTheSameBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	special := []float32{0, float32(math.Copysign(0, -1)), 1e-42, math.MaxFloat32, float32(math.Inf(1)), float32(math.NaN())}
	for d := 1; d <= 67; d++ {
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
		got, want := make([]float64, n*d), make([]float64, n*d)
		standardize32(got, data, mean, scale)
		standardize(want, data, mean, scale)
		for i := range want {
			if math.Float64bits(got[i]) != math.Float64bits(want[i]) && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
				t.Fatalf("d=%d: value %d of %v: %x, by the Go loop %x", d, i, data[i], got[i], want[i])
			}
		}
	}
}

func BenchmarkStandardize32(b *testing.B) {
	const n, d = 1000, 50
	data, dst := make([]float32, n*d), make([]float64, n*d)
	mean, scale := make([]float64, d), make([]float64, d)
	for j := range scale {
		scale[j] = 3
	}
	for _, c := range []struct {
		name string
		do   func([]float64, []float32, []float64, []float64)
	}{{"vector", standardize32}, {"go", standardize[float32]}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(n * d * 4)
			for b.Loop() {
				c.do(dst, data, mean, scale)
			}
		})
	}
}
