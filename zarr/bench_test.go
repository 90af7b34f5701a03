package zarr

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/dtype"
)

// samples is a chunk of 4 MiB of float32: noise, which hardly compresses, and a
// measured quantity of three digits, which does.
func samples(measured bool) []byte {
	v := make([]float32, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range v {
		v[i] = float32(r.NormFloat64())
		if measured {
			v[i] = float32(math.Round(100*(10+5*math.Sin(float64(i)/500))+3*r.NormFloat64()) / 100)
		}
	}
	return dtype.Bytes(v)
}

func BenchmarkChunk(b *testing.B) {
	ctx := context.Background()
	t := Bytes(NumberType(dtype.Float32))
	index := []uint32{3}
	for _, c := range []struct {
		name   string
		codecs []CodecSpec
	}{
		{"bytes", []CodecSpec{t}},
		{"zstd-1", []CodecSpec{t, Zstd(1, false)}},
		{"zstd-1-checksum", []CodecSpec{t, Zstd(1, true)}},
		{"zstd-3", []CodecSpec{t, Zstd(3, false)}},
		{"blosc-lz4", []CodecSpec{t, Blosc("lz4", 5, 4)}},
		{"blosc-zstd", []CodecSpec{t, Blosc("zstd", 1, 4)}},
	} {
		for _, measured := range []bool{false, true} {
			name := c.name + map[bool]string{false: "/noise", true: "/measured"}[measured]
			a := create(b, MetaOptions{Chunks: []uint64{1 << 20}, Codecs: c.codecs}, 1<<24)
			src := samples(measured)
			var s Scratch
			b.Run("write/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					if _, err := a.pipe.encode(ctx, src, &s); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("read/"+name, func(b *testing.B) {
				if err := a.Write(ctx, index, src, &s); err != nil {
					b.Fatal(err)
				}
				dst := make([]byte, len(src))
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					if _, err := a.Read(ctx, index, dst, &s); err != nil {
						b.Fatal(err)
					}
				}
				stored, _, err := a.Chunk(ctx, index)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(src))/float64(stored.Size()), "ratio")
			})
		}
	}
}
