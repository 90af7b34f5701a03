package ndarray

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/zarr"
)

// stored is n float32 in chunks of 4 MiB.
func stored(b *testing.B, n int, codecs []zarr.CodecSpec) Any {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	data := make([]float32, n)
	for i := range data {
		data[i] = float32(rng.IntN(1000)) / 8
	}
	s := zarr.NewMem()
	err := (&Dense[float32]{Shape: []int{n / 1024, 1024}, Data: data}).Array().
		Save(context.Background(), engine(2), s, "/x", WithMeta(zarr.MetaOptions{Chunks: []uint64{1024, 1024}, Codecs: codecs}))
	if err != nil {
		b.Fatal(err)
	}
	x, err := OpenAny(context.Background(), s, "/x")
	if err != nil {
		b.Fatal(err)
	}
	return x
}

func raw() []zarr.CodecSpec {
	return []zarr.CodecSpec{{Name: "bytes", Config: json.RawMessage(`{"endian":"little"}`)}}
}

const benchElems = 32 << 20

func BenchmarkStats(b *testing.B) {
	for _, c := range []struct {
		name   string
		codecs []zarr.CodecSpec
	}{{"raw", raw()}, {"default", nil}} {
		x := stored(b, benchElems, c.codecs)
		for axis, over := range map[string][]ReduceOption{"all": nil, "axis0": {Axes(0)}, "axis1": {Axes(1)}} {
			b.Run(c.name+"/"+axis, func(b *testing.B) {
				b.SetBytes(4 * benchElems)
				for b.Loop() {
					if _, err := x.Stats(b.Context(), engine(0), over); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name   string
		codecs []zarr.CodecSpec
	}{{"raw", raw()}, {"default", nil}} {
		x := stored(b, benchElems, c.codecs)
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(4 * benchElems)
			for b.Loop() {
				if _, err := x.Compute(b.Context(), engine(0)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("memcpy", func(b *testing.B) {
		src, dst := make([]byte, 4*benchElems), make([]byte, 4*benchElems)
		b.SetBytes(4 * benchElems)
		for b.Loop() {
			copy(dst, src)
		}
	})
}

func BenchmarkElementwise(b *testing.B) {
	x := stored(b, benchElems, raw())
	b.SetBytes(4 * benchElems)
	for b.Loop() {
		if _, err := x.Mul(2).Sub(1).Compute(b.Context(), engine(0)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	x := make([]float32, blockLen)
	for i := range x {
		x[i] = float32(i%1000) / 8
	}
	all := &reduction{Op: redStats, Axes: []int{0}}
	acc := newAccumulator(all, dtype.Float32, 1)
	for name, f := range map[string]func(){
		"sum":     func() { sumRun(x) },
		"moments": func() { momentsRun(x) },
		"min":     func() { minRun(x) },
		"stats":   func() { acc.run(0, bytesOf(x), 0, 1) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(4 * blockLen)
			for b.Loop() {
				f()
			}
		})
	}
	rows := make([]float32, 128*1024)
	acc = newAccumulator(all, dtype.Float32, 1024)
	b.Run("statrows", func(b *testing.B) {
		b.SetBytes(4 * int64(len(rows)))
		for b.Loop() {
			acc.panel(0, bytesOf(rows), 128, 1024, 1024, 0, 1024)
		}
	})
}

func BenchmarkMatMul(b *testing.B) {
	x := Full[float32](1.5, 512, 512).Add(Const[float32](0))
	b.SetBytes(2 * 512 * 512 * 512)
	for b.Loop() {
		if _, err := x.MatMul(x).Compute(b.Context(), engine(1)); err != nil {
			b.Fatal(err)
		}
	}
}
