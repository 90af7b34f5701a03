package source_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
)

// write puts text into a file of a new directory.
func write(t testing.TB, name, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return p
}

func gz(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text)) //nolint:errcheck // to memory
	w.Close()
	return b.String()
}

// svmText is rows of n features with comments, blank lines and CRLF among them.
func svmText(rows, n int, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for i := range rows {
		switch r.IntN(12) {
		case 0:
			b.WriteString("\n")
		case 1:
			b.WriteString("  # only a comment\n")
		}
		fmt.Fprintf(&b, "%d", i%3-1)
		if r.IntN(4) == 0 {
			fmt.Fprintf(&b, " qid:%d", i/4)
		}
		for j := 1; j <= n; j += 1 + r.IntN(4) {
			if r.IntN(2) == 0 {
				fmt.Fprintf(&b, " %d:%d", j, r.IntN(256))
			} else {
				fmt.Fprintf(&b, " %d:%v", j, r.NormFloat64())
			}
		}
		b.WriteString([]string{"\n", "\r\n", " \n", " # x:1\n"}[r.IntN(4)])
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestSVMLightConforms(t *testing.T) {
	one, two := svmText(400, 30, 1), svmText(100, 30, 2)
	paths := []string{write(t, "a.svm", one), write(t, "b.svm", two)}
	for name, opt := range map[string]source.Options{
		"sparse":        {Features: 30},
		"dense float32": {Features: 30, Dense: true, DType: dtype.Float32, Scale: 1. / 255},
		"width found":   {},
	} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Run(t, sourcetest.Case{Addresses: paths, Options: opt, Cuts: sourcetest.Sizes(1, 100, 1000, 4096)})
		})
	}
	t.Run("gzip equals plain", func(t *testing.T) {
		border := strings.IndexByte(two, '\n') + 1 // of a row and of a gzip member
		packed := []string{write(t, "a.svm", gz(one)), write(t, "b.svm", gz(two[:border])+gz(two[border:]))}
		sourcetest.Run(t, sourcetest.Case{Addresses: packed, Plain: paths, Cuts: sourcetest.Sizes(100, 1000)})
	})
}

// mnistLike is rows like those of scaled MNIST digits: about 150 of 784 pixels.
func mnistLike(rows int) string {
	r := rand.New(rand.NewPCG(7, 7))
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, "%d", i%10)
		for j := 120 + r.IntN(20); j < 660; {
			for range 5 + r.IntN(8) {
				fmt.Fprintf(&b, " %d:%d", j, 1+r.IntN(255))
				j++
			}
			j += 16 + r.IntN(18)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func BenchmarkSVMLight(b *testing.B) {
	text := mnistLike(8000)
	path := write(b, "m.svm", text)
	for name, opt := range map[string]source.Options{
		"csr":           {Features: 784},
		"dense float32": {Features: 784, Dense: true, DType: dtype.Float32, Scale: 1. / 255},
	} {
		b.Run(name, func(b *testing.B) { benchmark(b, path, len(text), opt) })
	}
}

// BenchmarkCut is what the one goroutine that cuts text does for each segment.
func BenchmarkCut(b *testing.B) {
	svm, csv := mnistLike(8000), csvText(100_000, 1)
	for name, text := range map[string]string{"svmlight": svm, "csv with quotes": csv, "csv without": strings.ReplaceAll(csv, "\"", "")} {
		b.Run(name, func(b *testing.B) {
			ds, err := source.Open(b.Context(), []string{write(b, "x", text)}, source.Options{Features: 784})
			if err != nil {
				b.Fatal(err)
			}
			defer ds.Close()
			b.SetBytes(int64(len(text)))
			start := cpuSeconds(b)
			for b.Loop() {
				for s, err := range ds.Segments(b.Context(), source.Cursor{}) {
					if err != nil {
						b.Fatal(err)
					}
					s.Discard()
				}
			}
			b.ReportMetric(float64(len(text))*float64(b.N)/(cpuSeconds(b)-start)/1e6, "MB/cpu-s")
		})
	}
}

func TestParsingAllocatesNothingForAValue(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		opt  source.Options
	}{
		"svmlight": {mnistLike(500), source.Options{Features: 784}},
		"dense":    {mnistLike(500), source.Options{Features: 784, Dense: true, DType: dtype.Float32}},
		"csv":      {strings.Repeat("1,2.5,abc,2013-01-01,true\n", 5000), source.Options{}},
	} {
		ds, err := source.Open(t.Context(), []string{write(t, "x", c.text)}, c.opt)
		if err != nil {
			t.Fatal(err)
		}
		defer ds.Close()
		n := testing.AllocsPerRun(5, func() {
			for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
				if err != nil {
					t.Fatal(err)
				}
				b, err := s.Decode(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				b.Release()
			}
		})
		if n > 200 { // opening the file, a few for each segment and column
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// benchmark reads path on one core. Beside the time it reports megabytes a
// second of processor time, which a busy machine does not change.
func benchmark(b *testing.B, path string, size int, opt source.Options) {
	ds, err := source.Open(b.Context(), []string{path}, opt)
	if err != nil {
		b.Fatal(err)
	}
	defer ds.Close()
	b.SetBytes(int64(size))
	b.ReportAllocs()
	start := cpuSeconds(b)
	for b.Loop() {
		for s, err := range ds.Segments(b.Context(), source.Cursor{}) {
			if err != nil {
				b.Fatal(err)
			}
			batch, err := s.Decode(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			batch.Release()
		}
	}
	b.ReportMetric(float64(size)*float64(b.N)/(cpuSeconds(b)-start)/1e6, "MB/cpu-s")
}

func cpuSeconds(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
