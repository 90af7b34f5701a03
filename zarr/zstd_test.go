package zarr

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
)

// TestCompressorsHoldWhatTheySay measures what a Scratch holds after chunks were
// written and read, for every level: no more than it says, and no less than
// three quarters of it.
func TestCompressorsHoldWhatTheySay(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector takes memory of its own")
	}
	data := samples("decimals")
	for _, level := range []int{-7, 1, 2, 3, 5, 6, 9, 10, 16, 22} {
		f, err := newZstd(json.RawMessage(fmt.Sprintf(`{"level":%d,"checksum":true}`, level)))
		if err != nil {
			t.Fatal(err)
		}
		stored, back := make([]byte, 0, f.bound(len(data))), make([]byte, len(data))
		before := liveHeap()
		s := &Scratch{}
		for range 2 {
			out, err := f.encode(stored, data, s)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.decode(back, out, s); err != nil {
				t.Fatal(err)
			}
		}
		n := liveHeap() - before
		if says := f.memory(); n > says || n < says*3/4 {
			t.Errorf("level %d holds %d KiB and says %d", level, n>>10, says>>10)
		}
		runtime.KeepAlive(s)
		runtime.KeepAlive(stored)
		runtime.KeepAlive(back)
	}
	runtime.KeepAlive(data)
}

// liveHeap is the bytes of the Go heap that somebody holds. What pools keep is gone
// after two collections.
func liveHeap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
