package number

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkFields(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	const n, stride = 200, 19
	text := []byte("........")
	ends := []uint32{7}
	for range n {
		for range stride {
			text = fmt.Appendf(text, "%d,", r.IntN(1<<r.IntN(13))-30)
			ends = append(ends, uint32(len(text)-1))
		}
	}
	ints, floats := make([]int64, n), make([]float64, n)
	b.Run("ints", func(b *testing.B) {
		for b.Loop() {
			for j := range stride {
				Ints(ints, text, ends[j:], stride)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*stride), "ns/field")
	})
	text, ends = text[:8], ends[:1]
	for range n * stride {
		text = fmt.Appendf(text, "%d.0,", r.IntN(1<<r.IntN(13))-30)
		ends = append(ends, uint32(len(text)-1))
	}
	b.Run("floats", func(b *testing.B) {
		for b.Loop() {
			for j := range stride {
				Floats(floats, text, ends[j:], stride)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n*stride), "ns/field")
	})
}
