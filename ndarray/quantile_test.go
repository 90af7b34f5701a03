package ndarray

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/zarr"
)

// TestQuantilesInTwoPasses counts the passes over elements of 64 bits, and
// compares with sorting.
func TestQuantilesInTwoPasses(t *testing.T) {
	const n, chunks = 40_000, 8
	old := gatherBytes
	gatherBytes = 8 * 4000 // less than all
	t.Cleanup(func() { gatherBytes = old })
	rng := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		make   func() float64
		typ    dtype.Type
		passes int
	}{
		"normal":                {rng.NormFloat64, dtype.Float64, 2},
		"whole numbers":         {func() float64 { return float64(rng.IntN(1000)) }, dtype.Int64, 2},
		"far from 0":            {func() float64 { return float64(1<<40 + rng.IntN(1<<16)) }, dtype.Uint64, 2},
		"half of them 0":        {func() float64 { return math.Max(0, rng.NormFloat64()) }, dtype.Float64, 3},
		"all the same":          {func() float64 { return 2.5 }, dtype.Float64, 2},
		"no numbers":            {math.NaN, dtype.Float64, 2},
		"very near each other":  {func() float64 { return 1 + rng.Float64()/(1<<18) }, dtype.Float64, 3},
		"near, and one that is": {func() float64 { return math.Floor(rng.Float64()*1.01)*1e9 + 1 + rng.Float64()/(1<<18) }, dtype.Float64, 4},
		"float32":               {rng.NormFloat64, dtype.Float32, 2},
	} {
		t.Run(name, func(t *testing.T) {
			x := make([]float64, n)
			for i := range x {
				x[i] = c.make()
			}
			store := &countedStore{Store: zarr.NewMem()}
			a := FromSlice(x).Any().Cast(c.typ)
			if err := a.Save(t.Context(), engine(1), store, "/x", WithMeta(zarr.MetaOptions{Chunks: []uint64{n / chunks}})); err != nil {
				t.Fatal(err)
			}
			a, err := OpenAny(t.Context(), store, "/x")
			if err != nil {
				t.Fatal(err)
			}
			q := []float64{0.5, 0, 0.123, 1}
			if name == "half of them 0" {
				q = []float64{0.1, 0.2, 0.7}
			}
			got, err := a.Quantiles(t.Context(), engine(2), q, nil)
			if err != nil {
				t.Fatal(err)
			}
			if passes := store.reads / chunks; passes > c.passes {
				t.Errorf("%d passes, want %d", passes, c.passes)
			}
			if c.typ == dtype.Float32 {
				for i := range x {
					x[i] = float64(float32(x[i]))
				}
			}
			slices.Sort(x)
			for i, v := range got.Float64() {
				below, above, share := rank(q[i], n)
				want := x[below] + (x[above]-x[below])*share
				if share >= 0.5 {
					want = x[above] - (x[above]-x[below])*(1-share)
				}
				if v != want && !(math.IsNaN(v) && math.IsNaN(want)) && math.Abs(v-want) > 1e-15*math.Abs(want) {
					t.Errorf("quantile %v: %v, want %v", q[i], v, want)
				}
			}
		})
	}
}
