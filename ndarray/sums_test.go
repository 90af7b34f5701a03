package ndarray

import (
	"bytes"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/task"
	"github.com/outcore/outcore/zarr"
)

// TestSumsAreNearAndTheSameForAnyWorkers adds numbers of very different sizes
// in real tiles, and compares with the exact sums.
func TestSumsAreNearAndTheSameForAnyWorkers(t *testing.T) {
	const rows, cols = 1500, 700
	rng := rand.New(rand.NewPCG(8, 9))
	data := make([]float64, rows*cols)
	for i := range data {
		data[i] = rng.NormFloat64() * math.Exp(10*rng.NormFloat64())
	}
	ctx, s := t.Context(), zarr.NewMem()
	d := Dense[float64]{Shape: []int{rows, cols}, Data: data}
	if err := d.Array().Save(ctx, engine(2), s, "/x", WithMeta(zarr.MetaOptions{Chunks: []uint64{301, 333}})); err != nil {
		t.Fatal(err)
	}
	x, err := OpenAny(ctx, s, "/x")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		sum     Any
		outputs int
		output  func(i int) int // of element i
	}{
		"all":     {x.Sum(), 1, func(int) int { return 0 }},
		"rows":    {x.Sum(Axes(0)), cols, func(i int) int { return i % cols }},
		"columns": {x.Sum(Axes(1)), rows, func(i int) int { return i / cols }},
		"fused":   {x.Mul(2).Sum(Axes(0)).Div(2), cols, func(i int) int { return i % cols }},
	} {
		exact, size := make([]*big.Float, c.outputs), make([]float64, c.outputs)
		for i := range exact {
			exact[i] = new(big.Float).SetPrec(2000)
		}
		for i, v := range data {
			o := c.output(i)
			exact[o].Add(exact[o], big.NewFloat(v))
			size[o] += math.Abs(v)
		}
		var first []byte
		for _, run := range []task.Runner{engine(1), metered(t), engine(7)} {
			got, err := c.sum.Compute(ctx, run)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = got.Data
			} else if !bytes.Equal(first, got.Data) {
				t.Errorf("%s: other bits with other workers", name)
			}
		}
		for o, v := range view[float64](first) {
			diff, _ := new(big.Float).Sub(exact[o], big.NewFloat(v)).Float64()
			// Far below n·eps: blocks and pairs lose with the logarithm.
			if bound := 32 * 0x1p-53 * size[o]; math.Abs(diff) > bound {
				t.Errorf("%s: sum %d is %g off, bound %g", name, o, diff, bound)
			}
		}
	}
}
