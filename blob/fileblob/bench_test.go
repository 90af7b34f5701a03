package fileblob

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/outcore/outcore/blob"
)

// BenchmarkPut is dominated by the disk: two forced writes an object.
func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 20, 16 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			ctx := context.Background()
			bucket, err := blob.Open(ctx, b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer bucket.Close()
			p := bytes.Repeat([]byte("0123456789abcdef"), size/16)
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := bucket.Put(ctx, "k", bytes.NewReader(p), int64(size), blob.PutOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLazy puts 64 objects lazily and syncs once: what a commit does.
func BenchmarkLazy(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10, 4 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			ctx := context.Background()
			bucket, err := blob.Open(ctx, b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer bucket.Close()
			const n = 64
			p := bytes.Repeat([]byte("0123456789abcdef"), size/16)
			b.SetBytes(int64(n * size))
			for b.Loop() {
				for i := range n {
					if _, err := bucket.Put(ctx, fmt.Sprint("chunks/", i), bytes.NewReader(p), int64(size), blob.PutOptions{Lazy: true}); err != nil {
						b.Fatal(err)
					}
				}
				if err := bucket.Sync(ctx); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/object")
		})
	}
}

// BenchmarkReadAt reads 1 MiB blocks from the page cache.
func BenchmarkReadAt(b *testing.B) {
	ctx := context.Background()
	bucket, err := blob.Open(ctx, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer bucket.Close()
	const size, block = 64 << 20, 1 << 20
	if _, err := bucket.Put(ctx, "k", bytes.NewReader(make([]byte, size)), size, blob.PutOptions{}); err != nil {
		b.Fatal(err)
	}
	r, _, err := bucket.ReaderAt(ctx, "k")
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	p := make([]byte, block)
	b.SetBytes(block)
	b.ReportAllocs()
	off := int64(0)
	for b.Loop() {
		if _, err := r.ReadAt(p, off); err != nil {
			b.Fatal(err)
		}
		off = (off + block) % size
	}
}

func BenchmarkList(b *testing.B) {
	ctx := context.Background()
	bucket, err := blob.Open(ctx, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer bucket.Close()
	const n = 500
	for i := range n {
		if _, err := bucket.Put(ctx, fmt.Sprintf("d%d/k%d", i%10, i), bytes.NewReader(nil), 0, blob.PutOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		for _, err := range bucket.List(ctx, "") {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/key")
}
