package source_test

import (
	"context"
	"iter"
	"runtime"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/stream"
)

// decoded maps the segments of ds to batches on all cores, in order.
func decoded(ctx context.Context, ds source.Dataset, from source.Cursor) iter.Seq2[*source.Batch, error] {
	m := stream.Mapper[source.Segment, *source.Batch]{
		New: func() func(context.Context, source.Segment) (*source.Batch, error) {
			return func(ctx context.Context, s source.Segment) (*source.Batch, error) { return s.Decode(ctx) }
		},
		Workers: runtime.GOMAXPROCS(0),
		DropIn:  source.Segment.Discard,
		DropOut: (*source.Batch).Release,
	}
	return m.Map(ctx, ds.Segments(ctx, from))
}

func TestFirstErrorInOrderComesAfterTheRowsBefore(t *testing.T) {
	text := mnistLike(300)
	ds, err := source.Open(t.Context(), []string{write(t, "x.svm", text+"1 bad\n"+text)}, source.Options{Features: 784, SegmentBytes: 2000})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	rows := 0
	for b, err := range decoded(t.Context(), ds, source.Cursor{}) {
		if err != nil {
			wantError(t, err, "x.svm", ":301: column 3")
			break
		}
		rows += b.Rows
		b.Release()
	}
	if rows < 290 || rows > 300 {
		t.Errorf("%d rows came before the error in row 301", rows)
	}
}

// BenchmarkAllCores is a pass over one file on all cores.
func BenchmarkAllCores(b *testing.B) {
	text := mnistLike(16_000)
	for name, file := range map[string]string{"plain": text, "gzip": gz(text)} {
		b.Run(name, func(b *testing.B) {
			ds, err := source.Open(b.Context(), []string{write(b, "m.svm", file)}, source.Options{Features: 784, Dense: true, DType: dtype.Float32})
			if err != nil {
				b.Fatal(err)
			}
			defer ds.Close()
			b.SetBytes(int64(len(text)))
			start := cpuSeconds(b)
			for b.Loop() {
				for batch, err := range decoded(b.Context(), ds, source.Cursor{}) {
					if err != nil {
						b.Fatal(err)
					}
					batch.Release()
				}
			}
			b.ReportMetric(float64(len(text))*float64(b.N)/(cpuSeconds(b)-start)/1e6, "MB/cpu-s")
		})
	}
}
