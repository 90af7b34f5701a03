package preprocess

import (
	"testing"

	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// benchFrame is one canonical block of 4,096 rows in float32.
func benchFrame(d int) *feature.Frame {
	x := scalerData(1, ml.BlockRows, d, false)
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return &feature.Frame{N: ml.BlockRows, X: &feature.Dense[float32]{N: ml.BlockRows, D: d, Data: y}}
}

func BenchmarkScalerFit(b *testing.B)       { benchFit(b, 50) }
func BenchmarkScalerFitNarrow(b *testing.B) { benchFit(b, 4) }

func benchFit(b *testing.B, d int) {
	f := benchFrame(d)
	s, _ := NewScaler(ScalerParams{WithMean: true, WithStd: true})
	if _, err := s.Bind(numberSchema(d)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(ml.BlockRows * d * 4))
	for b.Loop() {
		p, err := s.Part(f)
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Merge(p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScalerTransform(b *testing.B)       { benchTransform(b, 50) }
func BenchmarkScalerTransformNarrow(b *testing.B) { benchTransform(b, 4) }

func benchTransform(b *testing.B, d int) {
	f := benchFrame(d)
	s, _ := NewScaler(ScalerParams{WithMean: true, WithStd: true})
	if _, err := s.Bind(numberSchema(d)); err != nil {
		b.Fatal(err)
	}
	p, err := s.Part(f)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Merge(p); err != nil {
		b.Fatal(err)
	}
	if err := s.Finish(); err != nil {
		b.Fatal(err)
	}
	batch := f.Slice(0, 1000)
	scratch := new(ml.Scratch)
	b.SetBytes(int64(1000 * d * 4))
	for b.Loop() {
		if _, err := s.Transform(batch, scratch); err != nil {
			b.Fatal(err)
		}
	}
}

func benchText(b *testing.B, work func(o *OneHot, f *feature.Frame) error) {
	schema, f, _ := mixed(1, ml.BlockRows)
	o, err := NewOneHot(OneHotParams{Unknown: "ignore", Missing: "category"})
	if err != nil {
		b.Fatal(err)
	}
	_, _ = o.Bind(schema)
	p, err := o.Part(f)
	if err != nil {
		b.Fatal(err)
	}
	if err := o.Merge(p); err != nil {
		b.Fatal(err)
	}
	if err := o.Finish(); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if err := work(o, f); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(2*ml.BlockRows*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mvalues/s")
}

func BenchmarkOneHotCount(b *testing.B) {
	benchText(b, func(o *OneHot, f *feature.Frame) error { _, err := o.Part(f); return err })
}

func BenchmarkOneHotTransform(b *testing.B) {
	s := new(ml.Scratch)
	benchText(b, func(o *OneHot, f *feature.Frame) error { _, err := o.Transform(f, s); return err })
}
