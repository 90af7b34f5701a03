package zarr

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/dtype"
)

// samples is chunks of 4 MiB of float32: noise, which hardly compresses; decimals
// of a measured quantity; whole numbers with noise of three bits.
func samples(kind string) []byte {
	v := make([]float32, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range v {
		switch kind {
		case "noise":
			v[i] = float32(r.NormFloat64())
		case "decimals":
			v[i] = float32(math.Round(100*(10+5*math.Sin(float64(i)/500))+3*r.NormFloat64()) / 100)
		default:
			v[i] = float32(i%1024/2 + r.IntN(8))
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
		{"default", DefaultCodecs(NumberType(dtype.Float32))},
		{"blosc-lz4", []CodecSpec{t, Blosc("lz4", 5, 4)}},
		{"blosc-zstd", []CodecSpec{t, Blosc("zstd", 1, 4)}},
	} {
		for _, kind := range []string{"noise", "decimals", "whole"} {
			name := c.name + "/" + kind
			a := create(b, MetaOptions{Chunks: []uint64{1 << 20}, Codecs: c.codecs}, 1<<24)
			src := samples(kind)
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
