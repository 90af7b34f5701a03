package preprocess

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestKernels compares the machine's loops over blocks with the portable ones,
// bit for bit.
func TestKernels(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	k := kernelsOf[float32]()
	for d := 1; d <= 35; d++ {
		for n := range 6 {
			data := make([]float32, n*d)
			for i := range data {
				data[i] = float32(100 * rng.NormFloat64())
			}
			mean := make([]float64, d)
			for j := range mean {
				mean[j] = rng.NormFloat64()
			}
			var got, want [3][]float64
			for i := range got {
				got[i], want[i] = make([]float64, d), make([]float64, d)
			}
			k.addRows(got[0], data)
			k.addSquares(got[1], got[2], mean, data)
			addRows(want[0], data)
			addSquares(want[1], want[2], mean, data)
			for i := range got {
				for j := range got[i] {
					if math.Float64bits(got[i][j]) != math.Float64bits(want[i][j]) {
						t.Fatalf("%d rows of %d columns, sum %d, column %d: %v, expected %v", n, d, i, j, got[i][j], want[i][j])
					}
				}
			}
		}
	}
}
