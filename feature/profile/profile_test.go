package profile

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/feature"
)

var schema = feature.Schema{Fields: []feature.Field{{Name: "a"}, {Name: "b"}, {Name: "c"}}}

// table makes n rows: a normal, b = 2·target + noise, c constant; some of a missing.
func table(n int) (*feature.Dense[float64], []float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := &feature.Dense[float64]{N: n, D: 3}
	y := make([]float64, n)
	for i := range n {
		y[i] = rng.NormFloat64()
		a := 1e6 + rng.NormFloat64()
		if i%10 == 3 {
			a = math.NaN()
		}
		x.Data = append(x.Data, a, 2*y[i]+0.1*rng.NormFloat64(), 7)
	}
	return x, y
}

func run(t *testing.T, x feature.Matrix, y []float64, block int) []Column {
	t.Helper()
	p := New(schema)
	n, _ := x.Dims()
	for lo := 0; lo < n; lo += block {
		hi := min(lo+block, n)
		part, err := p.Part(&feature.Frame{N: hi - lo, X: x.Slice(lo, hi), Y: y[lo:hi]})
		if err != nil {
			t.Fatal(err)
		}
		p.Merge(part)
	}
	return p.Columns()
}

func TestAgainstTwoPassesOverAllRows(t *testing.T) {
	x, y := table(10_000)
	got := run(t, x, y, 4096)
	for j, c := range got {
		var n, sum, ss, sx, sy, sxy, my, mx float64
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range y {
			if v := x.Data[i*3+j]; v == v {
				n, sum, my = n+1, sum+v, my+y[i]
				lo, hi = min(lo, v), max(hi, v)
			}
		}
		mx, my = sum/n, my/n
		for i := range y {
			if v := x.Data[i*3+j]; v == v {
				ss += (v - mx) * (v - mx)
				sx, sy, sxy = sx+(v-mx)*(v-mx), sy+(y[i]-my)*(y[i]-my), sxy+(v-mx)*(y[i]-my)
			}
		}
		r := 0.0
		if sx > 0 {
			r = sxy / math.Sqrt(sx*sy)
		}
		if c.Count != int64(n) || c.Missing != int64(len(y))-int64(n) || c.Min != lo || c.Max != hi ||
			math.Abs(c.Mean-mx) > 1e-12*math.Abs(mx)+1e-12 || math.Abs(c.Std-math.Sqrt(ss/n)) > 1e-9 || math.Abs(c.Target-r) > 1e-9 {
			t.Errorf("column %s: got %+v\nwant mean %v std %v r %v", c.Name, c, mx, math.Sqrt(ss/n), r)
		}
	}
	if got[1].Target < 0.95 || got[2].Std != 0 {
		t.Errorf("correlation of b is %v, std of c %v", got[1].Target, got[2].Std)
	}
}

func TestTheSameNumbersFromSparseRows(t *testing.T) {
	x, y := table(500)
	csr := &feature.CSR[float64]{N: x.N, D: x.D, Indptr: []int64{0}}
	for i := range x.N {
		for j := range x.D {
			csr.Indices = append(csr.Indices, int32(j))
			csr.Values = append(csr.Values, x.Data[i*x.D+j])
		}
		csr.Indptr = append(csr.Indptr, int64(len(csr.Values)))
	}
	dense, sparse := run(t, x, y, 128), run(t, csr, y, 128)
	for j := range dense {
		if dense[j] != sparse[j] {
			t.Errorf("column %d: dense %+v, sparse %+v", j, dense[j], sparse[j])
		}
	}
}

func TestGoingOnFromASavedState(t *testing.T) {
	x, y := table(300)
	whole, resumed := New(schema), New(schema)
	for _, lo := range []int{0, 100, 200} {
		part, err := whole.Part(&feature.Frame{N: 100, X: x.Slice(lo, lo+100), Y: y[lo : lo+100]})
		if err != nil {
			t.Fatal(err)
		}
		whole.Merge(part)
		again := New(schema)
		if err := again.Restore(resumed.State()); err != nil {
			t.Fatal(err)
		}
		again.Merge(part)
		resumed = again
	}
	for j, c := range whole.Columns() {
		if c != resumed.Columns()[j] {
			t.Errorf("column %d: %+v, resumed %+v", j, c, resumed.Columns()[j])
		}
	}
	if err := New(schema).Restore(&State{Columns: make([][]uint64, 2)}); err == nil {
		t.Error("a state of other columns was taken")
	}
}

func BenchmarkPart(b *testing.B) {
	x, y := table(4096)
	f := &feature.Frame{N: 4096, X: x, Y: y}
	p := New(schema)
	b.SetBytes(int64(len(x.Data) * 8))
	for b.Loop() {
		if _, err := p.Part(f); err != nil {
			b.Fatal(err)
		}
	}
}
