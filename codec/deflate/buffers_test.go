package deflate

import (
	"bytes"
	"compress/flate"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// TestWritersLeaveTheirBuffers: a Writer with Buffers writes the same bytes, and
// the tenth of them makes no blocks of its own, whatever was collected meanwhile.
func TestWritersLeaveTheirBuffers(t *testing.T) {
	data := bytes.Repeat([]byte("1.25,3,none\n"), 1<<18)
	write := func(w io.Writer, o Options) {
		z := NewWriter(w, o)
		if _, err := z.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, level := range []Level{Fast, Max} {
		var plain bytes.Buffer
		write(&plain, Options{Level: level, Workers: 2})
		var shared Buffers
		var before, after runtime.MemStats
		for i := range 10 {
			var got bytes.Buffer
			got.Grow(plain.Len())
			size := DefaultBlockSize
			if i%3 == 1 {
				size /= 2 // others between
			}
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&before)
			write(&got, Options{Level: level, Workers: 2, BlockSize: size, Buffers: &shared})
			runtime.ReadMemStats(&after)
			if size == DefaultBlockSize && !bytes.Equal(got.Bytes(), plain.Bytes()) {
				t.Errorf("level %d, writer %d: other bytes", level, i)
			}
		}
		// Which compressor meets which block is chance, and so is who grew before.
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("level %d: the tenth writer took %d KiB", level, n>>10)
		}
	}
}

// TestWritersShareBlocks: a Writer that begins while others end makes no more
// blocks than one each has half full, and Free gives all of them back.
func TestWritersShareBlocks(t *testing.T) {
	const size, workers = 64 << 10, 2
	var live, most atomic.Int64
	shared := Buffers{Alloc: func(n int) ([]byte, func(), error) {
		if n != size {
			t.Errorf("a block of %d bytes, want %d", n, size)
		}
		most.Store(max(most.Load(), live.Add(1)))
		return make([]byte, n), func() { live.Add(-1) }, nil
	}}
	data := bytes.Repeat([]byte("0123456789abcdef"), 40*size/16)
	var ending sync.WaitGroup
	for i := range 8 {
		var out bytes.Buffer
		z := NewWriter(&out, Options{BlockSize: size, Workers: workers, Buffers: &shared})
		if _, err := z.Write(data[i:]); err != nil { // to the middle of a block
			t.Fatal(err)
		}
		ending.Go(func() {
			if err := z.Close(); err != nil {
				t.Error(err)
			}
			got, err := io.ReadAll(flate.NewReader(&out))
			if err != nil || !bytes.Equal(got, data[i:]) {
				t.Errorf("writer %d: %d bytes, %v", i, len(got), err)
			}
		})
	}
	ending.Wait()
	if n := most.Load(); n < 2*workers || n > 2*workers+2+7 {
		t.Errorf("%d blocks at once", n)
	}
	shared.Free()
	if n := live.Load(); n != 0 {
		t.Errorf("%d blocks are not free", n)
	}
}
