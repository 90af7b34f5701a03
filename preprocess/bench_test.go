package preprocess

import (
	"testing"

	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// blocks is 4,096×50 float32, as one canonical block.
func benchFrame() *feature.Frame {
	x := scalerData(1, ml.BlockRows, 50, false)
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return &feature.Frame{N: ml.BlockRows, X: &feature.Dense[float32]{N: ml.BlockRows, D: 50, Data: y}}
}

func BenchmarkScalerFit(b *testing.B) {
	f := benchFrame()
	s, _ := NewScaler(ScalerParams{WithMean: true, WithStd: true})
	if _, err := s.Bind(numberSchema(50)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(ml.BlockRows * 50 * 4)
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

func BenchmarkScalerTransform(b *testing.B) {
	f := benchFrame()
	s, _ := NewScaler(ScalerParams{WithMean: true, WithStd: true})
	if _, err := s.Bind(numberSchema(50)); err != nil {
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
	b.SetBytes(1000 * 50 * 4)
	for b.Loop() {
		if _, err := s.Transform(batch, scratch); err != nil {
			b.Fatal(err)
		}
	}
}
