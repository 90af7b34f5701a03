package stream

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"
)

// BenchmarkMapOverhead is what one item costs on its way from the input through
// a worker to the loop body: the bound is 2 µs.
func BenchmarkMapOverhead(b *testing.B) {
	for _, workers := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			m := Mapper[int, int]{New: apply(func(i int) (int, error) { return i, nil }), Workers: workers}
			b.ReportAllocs()
			for _, err := range m.Map(b.Context(), count(b.N, nil)) {
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// pass is a sequence of views of one MiB each, 400 in all.
func pass(data []float32) iter.Seq2[[]float32, error] {
	const items, size = 400, 1 << 18
	return func(yield func([]float32, error) bool) {
		for i := range items {
			if !yield(data[i%4*size:][:size], nil) {
				return
			}
		}
	}
}

func sum(x []float32) (s float64) {
	for _, v := range x {
		s += float64(v)
	}
	return s
}

// BenchmarkPass adds up 400 MB of float32 in a bare loop and through a Map and
// a Fold in one goroutine: the difference is the cost of the stream, and must
// stay below 1 %. With two workers the gain of the second core is shown.
func BenchmarkPass(b *testing.B) {
	data := make([]float32, 4<<18)
	b.Run("loop", func(b *testing.B) {
		b.SetBytes(400 << 20)
		total := 0.0
		for b.Loop() {
			for x, err := range pass(data) {
				if err != nil {
					b.Fatal(err)
				}
				total += sum(x)
			}
		}
		if total != 0 {
			b.Fatal(total)
		}
	})
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			b.SetBytes(400 << 20)
			m := Mapper[[]float32, float64]{New: apply(func(x []float32) (float64, error) { return sum(x), nil }), Workers: workers}
			for b.Loop() {
				total := 0.0
				f := Fold[float64]{Step: func(_ context.Context, s float64) error { total += s; return nil }}
				if err := f.Run(b.Context(), m.Map(b.Context(), pass(data))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestOverheadIsSmall guards the bound loosely: machines that run tests are
// busy, so it takes the best of several tries.
func TestOverheadIsSmall(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("timing says nothing with -short or -race")
	}
	const n, bound = 20000, 2 * time.Microsecond
	best := time.Hour
	for range 10 {
		m := Mapper[int, int]{New: apply(func(i int) (int, error) { return i, nil }), Workers: 2}
		start := time.Now()
		f := Fold[int]{Step: func(context.Context, int) error { return nil }}
		if err := f.Run(t.Context(), m.Map(t.Context(), count(n, nil))); err != nil {
			t.Fatal(err)
		}
		if best = min(best, time.Since(start)/n); best < bound {
			return
		}
	}
	t.Errorf("%v an item through two workers and a fold, want below %v", best, bound)
}
