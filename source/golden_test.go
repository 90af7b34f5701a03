package source_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/source"
)

// golden reads what testdata/golden.py wrote.
func golden[T any](t *testing.T, name string) []T {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return cases[T](t, b)
}

func cases[T any](t *testing.T, b []byte) []T {
	t.Helper()
	var file struct {
		Versions map[string]string
		Cases    []T
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	t.Logf("made by %v", file.Versions)
	return file.Cases
}

// one reads text as a single batch.
func one(t *testing.T, text string, opt source.Options) *source.Batch {
	t.Helper()
	ds, err := source.Open(t.Context(), []string{write(t, "x", text)}, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ds.Close() })
	for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Decode(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	t.Fatal("no rows")
	return nil
}

// A pandasTable is what golden.py makes of a text table.
type pandasTable struct {
	Name, Text string
	Columns    []string
	Values     [][]*string // by column; nil = missing
}

func TestCSVIsWhatPandasReads(t *testing.T) {
	for _, c := range golden[pandasTable](t, "golden_csv.json") {
		t.Run(c.Name, func(t *testing.T) { c.check(t) })
	}
}

func (c pandasTable) check(t *testing.T) {
	b := one(t, c.Text, source.Options{Format: "csv"})
	if int(b.Record.NumCols()) != len(c.Columns) {
		t.Fatalf("%d columns, pandas has %d", b.Record.NumCols(), len(c.Columns))
	}
	for j, name := range c.Columns {
		if got := b.Record.ColumnName(j); got != name {
			t.Errorf("column %d is %q, pandas has %q", j, got, name)
		}
		if b.Rows != len(c.Values[j]) {
			t.Fatalf("%d rows, pandas has %d", b.Rows, len(c.Values[j]))
		}
		for i, want := range c.Values[j] {
			if got, ok := sameValue(b.Record.Column(j), i, want); !ok {
				show := "missing"
				if want != nil {
					show = *want
				}
				t.Errorf("column %q row %d is %s, pandas has %s", name, i, got, show)
			}
		}
	}
}

// sameValue compares value i of a with what golden.py wrote. An integer column
// with missing values is float64 in pandas and int64 with nulls here.
func sameValue(a arrow.Array, i int, want *string) (got string, ok bool) {
	if a.IsNull(i) {
		return "missing", want == nil
	}
	got = a.ValueStr(i)
	if want == nil {
		return got, false
	}
	switch a := a.(type) {
	case *array.Int64:
		f, err := strconv.ParseFloat(*want, 64)
		return got, got == *want || err == nil && f == float64(a.Value(i)) && len(*want) > 2 && (*want)[:2] == "0x"
	case *array.Float64:
		f, err := strconv.ParseFloat(*want, 64)
		return got, err == nil && math.Float64bits(f) == math.Float64bits(a.Value(i))
	case *array.Timestamp:
		return got, strconv.FormatInt(int64(a.Value(i)), 10) == *want
	}
	return got, got == *want
}

// sklearnRows is what golden.py makes of svmlight.
type sklearnRows struct {
	Name, Text      string
	Width           int
	Labels, Values  []string
	Indptr, Indices []int
}

func TestSVMLightIsWhatSklearnReads(t *testing.T) {
	for _, c := range golden[sklearnRows](t, "golden_svmlight.json") {
		t.Run(c.Name, func(t *testing.T) { c.check(t) })
	}
}

func (c sklearnRows) check(t *testing.T) {
	b := one(t, c.Text, source.Options{Format: "svmlight"})
	if b.Block.Cols != c.Width || b.Rows != len(c.Labels) || b.Block.Len() != len(c.Values) {
		t.Fatalf("%d×%d with %d values, sklearn has %d×%d with %d", b.Rows, b.Block.Cols, b.Block.Len(), len(c.Labels), c.Width, len(c.Values))
	}
	for i, want := range c.Labels {
		if math.Float64bits(b.Labels[i]) != floatBits(t, want) || int(b.Block.Indptr[i+1]) != c.Indptr[i+1] {
			t.Errorf("row %d has label %v and ends at %d, sklearn has %v and %d", i, b.Labels[i], b.Block.Indptr[i+1], want, c.Indptr[i+1])
		}
	}
	for k, v := range dtype.View[float64](b.Block.Data) {
		if math.Float64bits(v) != floatBits(t, c.Values[k]) || int(b.Block.Indices[k]) != c.Indices[k] {
			t.Errorf("value %d is %d:%v, sklearn has %d:%v", k, b.Block.Indices[k], v, c.Indices[k], c.Values[k])
		}
	}
}

func floatBits(t *testing.T, s string) uint64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return math.Float64bits(v)
}

// TestLivePeer has pandas and scikit-learn read texts made here.
func TestLivePeer(t *testing.T) {
	python := os.Getenv("OUTCORE_PEER_PYTHON")
	if python == "" {
		t.Skip("SKIPPED: OUTCORE_PEER_PYTHON is not set; `make peer` installs scikit-learn and pandas and says how to set it")
	}
	peer := func(format, text string) []byte {
		cmd := exec.CommandContext(t.Context(), python, "testdata/golden.py", format)
		cmd.Stdin, cmd.Stderr = strings.NewReader(text), os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for seed := range uint64(3) {
		cases[pandasTable](t, peer("csv", csvText(500, seed)))[0].check(t)
		cases[sklearnRows](t, peer("svmlight", svmText(400, 50, seed)))[0].check(t)
	}
}

// renderPairs is row i of a sparse batch as its label and pairs, counted from
// 1, by the bits.
func renderPairs(b *source.Batch, i int) string {
	row := strconv.FormatUint(math.Float64bits(b.Labels[i]), 16)
	if !b.Block.Sparse() {
		return row
	}
	values := dtype.View[float64](b.Block.Data)
	for k := b.Block.Indptr[i]; k < b.Block.Indptr[i+1]; k++ {
		row += " " + strconv.Itoa(int(b.Block.Indices[k])+1) + ":" + strconv.FormatUint(math.Float64bits(values[k]), 16)
	}
	return row
}
