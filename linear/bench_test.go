package linear

import (
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

func benchDense(b *testing.B, d int, change func(*Params)) {
	const n, k = 1000, 40
	r := rand.New(rand.NewPCG(1, 1))
	var bs []ml.Batch
	for range k {
		x := make([]float64, n*d)
		for i := range x {
			x[i] = r.NormFloat64()
		}
		y := make([]float64, n)
		for i := range y {
			y[i] = x[i*d] - x[i*d+1]
		}
		bs = append(bs, ml.Batch{X: &feature.Dense[float64]{N: n, D: d, Data: x}, Y: y})
	}
	p := RegressorParams()
	change(&p)
	m, err := NewRegressor(p)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(n * d * 8))
	i := 0
	for b.Loop() {
		if err := m.PartialFit(bs[i%k]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkDense(b *testing.B) { benchDense(b, 100, func(*Params) {}) }

func BenchmarkDenseNarrow(b *testing.B) { benchDense(b, 4, func(*Params) {}) }

func BenchmarkDenseSklearn(b *testing.B) {
	benchDense(b, 100, func(p *Params) { p.Compat = "sklearn" })
}

func benchSparse(b *testing.B, change func(*Params)) {
	const n, d, nnz, k = 1000, 1 << 20, 150, 40
	r := rand.New(rand.NewPCG(1, 1))
	var bs []ml.Batch
	for range k {
		m := &feature.CSR[float64]{N: n, D: d, Indptr: []int64{0}}
		y := make([]float64, n)
		for i := range n {
			j := 0
			for range nnz {
				j += 1 + r.IntN(2*d/nnz-2)
				if j >= d {
					break
				}
				m.Indices, m.Values = append(m.Indices, int32(j)), append(m.Values, 0.1)
			}
			m.Indptr = append(m.Indptr, int64(len(m.Values)))
			y[i] = float64(i % 2)
		}
		bs = append(bs, ml.Batch{X: m, Y: y})
	}
	p := ClassifierParams()
	change(&p)
	m, err := NewClassifier(p)
	if err != nil {
		b.Fatal(err)
	}
	if err := m.SetClasses([]string{"a", "b"}); err != nil {
		b.Fatal(err)
	}
	i, total := 0, 0
	for b.Loop() {
		x := bs[i%k]
		if err := m.PartialFit(x); err != nil {
			b.Fatal(err)
		}
		total += len(x.X.(*feature.CSR[float64]).Values)
		i++
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds()/1e6, "Mnnz/s")
}

func BenchmarkSparse(b *testing.B)        { benchSparse(b, func(*Params) {}) }
func BenchmarkSparseSklearn(b *testing.B) { benchSparse(b, func(p *Params) { p.Compat = "sklearn" }) }
func BenchmarkSparseL1(b *testing.B)      { benchSparse(b, func(p *Params) { p.Penalty = "l1" }) }
func BenchmarkSparseLog(b *testing.B)     { benchSparse(b, func(p *Params) { p.Loss = "log_loss" }) }
