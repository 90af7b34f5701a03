package source_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/source"
)

// golden reads what testdata/golden.py wrote.
func golden[T any](t *testing.T, name string) (cases []T) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
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

func TestCSVIsWhatPandasReads(t *testing.T) {
	type table struct {
		Name, Text string
		Columns    []string
		Values     [][]*string
	}
	for _, c := range golden[table](t, "golden_csv.json") {
		t.Run(c.Name, func(t *testing.T) {
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
		})
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

func TestSVMLightIsWhatSklearnReads(t *testing.T) {
	type rows struct {
		Name, Text      string
		Width           int
		Labels, Values  []string
		Indptr, Indices []int
	}
	float := func(s string) uint64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return math.Float64bits(v)
	}
	for _, c := range golden[rows](t, "golden_svmlight.json") {
		t.Run(c.Name, func(t *testing.T) {
			b := one(t, c.Text, source.Options{Format: "svmlight"})
			if b.Block.Cols != c.Width || b.Rows != len(c.Labels) || b.Block.Len() != len(c.Values) {
				t.Fatalf("%d×%d with %d values, sklearn has %d×%d with %d", b.Rows, b.Block.Cols, b.Block.Len(), len(c.Labels), c.Width, len(c.Values))
			}
			for i, want := range c.Labels {
				if math.Float64bits(b.Labels[i]) != float(want) || int(b.Block.Indptr[i+1]) != c.Indptr[i+1] {
					t.Errorf("row %d has label %v and ends at %d, sklearn has %v and %d", i, b.Labels[i], b.Block.Indptr[i+1], want, c.Indptr[i+1])
				}
			}
			for k, v := range dtype.View[float64](b.Block.Data) {
				if math.Float64bits(v) != float(c.Values[k]) || int(b.Block.Indices[k]) != c.Indices[k] {
					t.Errorf("value %d is %d:%v, sklearn has %d:%v", k, b.Block.Indices[k], v, c.Indices[k], c.Values[k])
				}
			}
		})
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
