package codec

import (
	"context"
	"io"
	"os"
	"testing"
)

// BenchmarkOpen decodes the file named by CODEC_BENCH_FILE.
func BenchmarkOpen(b *testing.B) {
	name := os.Getenv("CODEC_BENCH_FILE")
	if name == "" {
		b.Skip("CODEC_BENCH_FILE names no file")
	}
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := Open(context.Background(), f, st.Size(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(n)
		r.Close()
	}
}
