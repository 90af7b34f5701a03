package deflate

import (
	"bytes"
	"io"
	"runtime"
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
