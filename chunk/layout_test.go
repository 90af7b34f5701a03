package chunk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
)

func TestTouchedSourceIsCalledSo(t *testing.T) {
	s := setups(t)["npz"]
	dir := t.TempDir()
	if _, err := s.run(t, open(t, dir)); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(s.from[0], later, later); err != nil {
		t.Fatal(err)
	}
	_, err := s.run(t, open(t, dir))
	if !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), s.from[0]+" changed, or was touched, since") || strings.Contains(err.Error(), "differently") {
		t.Errorf("touched source: %v", err)
	}
}

func TestVerySparseRowsStaySparseUnlessAsked(t *testing.T) {
	path := textFile(t, "wide.svm", strings.Repeat("1 7:1 99000:2\n0 100000:3\n", 50))
	for _, c := range []struct {
		layout string
		most   float64
		want   string
	}{{"", SparseFrom, NPZCSR}, {"", 0, NPZ}, {NPZ, 0, NPZ}, {"", 1e9, NPZ}} {
		s := setup{from: []string{path}, read: source.Options{Dense: true, DenseMost: c.most}, options: Options{Layout: c.layout, Rows: 30}}
		r, err := s.run(t, open(t, t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		if r.Layout != c.want || r.Rows != 100 {
			t.Errorf("layout %q, dense up to %v: %d rows as %s, want %s", c.layout, c.most, r.Rows, r.Layout, c.want)
		}
	}
	// Sparse, but not that wide.
	path = textFile(t, "narrow.svm", strings.Repeat("1 7:1 9:2\n", 50))
	r, err := setup{from: []string{path}, read: source.Options{Dense: true, DenseMost: SparseFrom}}.run(t, open(t, t.TempDir()))
	if err != nil || r.Layout != NPZ {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestDenseRowsAsParquet(t *testing.T) {
	path := textFile(t, "a.svm", strings.Repeat("1 1:7 3:2\n0 2:3\n", 500))
	s := setup{from: []string{path}, read: source.Options{Dense: true}, options: Options{Layout: Parquet, Rows: 300}}
	dest := open(t, t.TempDir())
	r, err := s.run(t, dest)
	if err != nil || r.Rows != 1000 || r.Chunks != 4 || r.Columns != 4 {
		t.Fatalf("%+v, %v", r, err)
	}
	dir, _ := dest.Local()
	ds, err := source.Open(t.Context(), []string{dir}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	var names []string
	for _, f := range ds.Schema().Fields {
		names = append(names, fmt.Sprint(f.Name, " ", f.Type))
	}
	if got := strings.Join(names, ", "); got != "f0 float64, f1 float64, f2 float64, label float64" {
		t.Error(got)
	}
	s.read.Dense = false
	if _, err := s.run(t, open(t, t.TempDir())); !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), "--layout npz-csr") {
		t.Errorf("sparse: %v", err)
	}
}

func TestTooWideATableIsRefusedAtOnce(t *testing.T) {
	var text strings.Builder
	for j := range 200_000 {
		fmt.Fprintf(&text, "c%d,", j)
	}
	text.WriteString("s\n" + strings.Repeat("1,", 200_000) + "x\n")
	s := setup{from: []string{textFile(t, "wide.csv", text.String())}, cap: 100 << 20}
	var refused *memory.RefusedError
	if _, err := s.run(t, open(t, t.TempDir())); !errors.As(err, &refused) {
		t.Error(err)
	}
}

func TestPrefixesThatFilesCanHave(t *testing.T) {
	for prefix, good := range map[string]bool{
		"chunk": true, "день1": true, "a.b_c+d=e@f-g": true, "_x": true, "٣": true,
		"": false, "a/b": false, ".a": false, "-a": false, "a b": false, "a\xff": false, "a\n": false, "a*": false,
	} {
		if goodPrefix(prefix) != good {
			t.Errorf("%q: good: %v", prefix, !good)
		}
	}
}

// TestWhatCompressesNeedsLess: the first rows tell how much of a block is left.
func TestWhatCompressesNeedsLess(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	need := func(value func() float64) int64 {
		var text strings.Builder
		for range 5_000 {
			for j := range 64 {
				fmt.Fprintf(&text, "%d:%v ", j+1, value())
			}
			text.WriteByte('\n')
		}
		from := textFile(t, "a.svm", "0 "+strings.ReplaceAll(strings.TrimSuffix(text.String(), "\n"), "\n", "\n0 ")+"\n")
		s := setup{from: []string{from}, read: source.Options{Features: 64}, options: Options{Layout: NPZ, DType: dtype.Float64}, jobs: 1}
		r, err := s.run(t, open(t, t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		return r.Need
	}
	noise := need(rng.NormFloat64)
	if same := need(func() float64 { return 0.12345678901234567 }); noise-same < 3<<20 || noise-same > 6<<20 { // four blocks of 1 MiB, and a quarter
		t.Errorf("rows that are all the same need %s, noise %s", memory.FormatSize(same), memory.FormatSize(noise))
	}
}
