package icechunk_test

import (
	"bytes"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
)

// onDisk opens a bucket in a directory.
func onDisk(t testing.TB, dir string) *blob.Bucket {
	t.Helper()
	b, err := blob.Open(t.Context(), dir)
	must(t, err)
	t.Cleanup(func() { b.Close() })
	return b
}

// openMillion makes a repository with one array of 1,000 × 1,000 chunks that all
// have a reference; one of them is real.
func openMillion(b *testing.B) *blob.Bucket {
	b.Helper()
	bucket := onDisk(b, b.TempDir())
	r := create(b, bucket, icechunk.Options{})
	s := session(b, r, "")
	must(b, s.SetMetadata(b.Context(), "/a", arrayDoc(1, 1000, 1000)))
	began := time.Now()
	for i := range uint32(1000) {
		for j := range uint32(1000) {
			must(b, s.SetRef("/a", []uint32{i, j}, format.ChunkRef{Chunk: format.NewObjectID(), Length: 1000}))
		}
	}
	b.Logf("staged in %v", time.Since(began))
	began = time.Now()
	must(b, s.PutChunk(b.Context(), "/a", []uint32{500, 500}, bytes.Repeat([]byte{1}, 1000)))
	_, err := s.Commit(b.Context(), "a million")
	must(b, err)
	b.Logf("committed in %v", time.Since(began))
	return bucket
}

func report(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkMillionCommit changes one chunk of a million: at most 50 ms and 200 MB.
func BenchmarkMillionCommit(b *testing.B) {
	bucket := openMillion(b)
	r, err := icechunk.Open(b.Context(), bucket, icechunk.Options{})
	must(b, err)
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak is counted from here; where it cannot be, it is the building's
	var times []time.Duration
	data := bytes.Repeat([]byte{2}, 1000)
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		s := session(b, r, "")
		must(b, s.PutChunk(b.Context(), "/a", []uint32{uint32(i * 37 % 1000), 7}, data))
		_, err := s.Commit(b.Context(), "one")
		must(b, err)
		times = append(times, time.Since(began))
	}
	report(b, times)
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(status)) {
			if rss, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				n, err := strconv.Atoi(strings.Fields(rss)[0])
				must(b, err)
				b.ReportMetric(float64(n)/1024, "peak-MiB")
			}
		}
	}
}

// BenchmarkMillionCold opens the repository and reads one chunk: at most 20 ms.
func BenchmarkMillionCold(b *testing.B) {
	bucket := openMillion(b)
	var times []time.Duration
	for b.Loop() {
		began := time.Now()
		r, err := icechunk.Open(b.Context(), bucket, icechunk.Options{})
		must(b, err)
		s, err := r.Snapshot(b.Context(), "")
		must(b, err)
		if got := get(b, s, "/a", 500, 500); len(got) != 1000 {
			b.Fatal(len(got))
		}
		times = append(times, time.Since(began))
	}
	report(b, times)
}

// BenchmarkSmallCommit changes one chunk of a small repository, with fsync: at
// most 10 ms.
func BenchmarkSmallCommit(b *testing.B) {
	r := create(b, onDisk(b, b.TempDir()), icechunk.Options{})
	s := session(b, r, "")
	must(b, s.SetMetadata(b.Context(), "/a", arrayDoc(1, 100)))
	var times []time.Duration
	data := bytes.Repeat([]byte{2}, 1000)
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		must(b, s.PutChunk(b.Context(), "/a", []uint32{uint32(i % 100)}, data))
		_, err := s.Commit(b.Context(), "one")
		must(b, err)
		times = append(times, time.Since(began))
	}
	report(b, times)
}
