package source_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
)

const typesParquet = "testdata/parquet/types.parquet"

func TestParquetConforms(t *testing.T) {
	sourcetest.Run(t, sourcetest.Case{Addresses: []string{typesParquet, typesParquet}})
	sourcetest.Run(t, sourcetest.Case{Addresses: []string{typesParquet}, Options: source.Options{Columns: []string{"text", "i8", "ns"}}})
}

// TestParquetTypes reads what pyarrow 26.0.1 wrote (testdata/parquet/make.py).
func TestParquetTypes(t *testing.T) {
	ds, err := source.Open(t.Context(), []string{typesParquet}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	day := int64(86_400_000_000)
	want := map[string]func(k int) any{
		"i8":    func(k int) any { return int8(k - 20) },
		"i64":   func(k int) any { return int64(k) * 1e12 },
		"u32":   func(k int) any { return uint32(k * 80_000_000) },
		"f32":   func(k int) any { return float32(k) / 4 },
		"f64":   func(k int) any { return float64(k) / 3 },
		"flag":  func(k int) any { return k%2 == 0 },
		"text":  func(k int) any { return strings.Repeat("é", k%3) + fmt.Sprint(k) },
		"large": func(k int) any { return fmt.Sprint("L", k) },
		"bytes": func(k int) any { return fmt.Sprint("b", k) },
		"dict":  func(k int) any { return fmt.Sprint("c", k%4) },
		"ns":    func(k int) any { return arrow.Timestamp(math.Floor(float64(-1500+k*1000) / 1000)) },
		"ms":    func(k int) any { return arrow.Timestamp(-k * 1001 * 1000) },
		"s":     func(k int) any { return arrow.Timestamp(int64(k) * day) },
		"day":   func(k int) any { return arrow.Timestamp(int64(k-10) * day) },
	}
	k := 0
	for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Decode(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Rows {
			for j, f := range b.Record.Schema().Fields() {
				c := b.Record.Column(j)
				if c.IsNull(i) != (k%7 == 3) {
					t.Fatalf("%s row %d: null is %t", f.Name, k, c.IsNull(i))
				}
				if c.IsNull(i) {
					continue
				}
				if got, w := value(c, i), want[f.Name](k); got != w {
					t.Errorf("%s row %d: %v (%T), want %v (%T)", f.Name, k, got, got, w, w)
				}
			}
			k++
		}
		b.Release()
	}
	if k != 50 || len(ds.Schema().Fields) != len(want) {
		t.Errorf("%d rows, %d columns", k, len(ds.Schema().Fields))
	}
}

func value(c arrow.Array, i int) any {
	switch c := c.(type) {
	case *array.Int8:
		return c.Value(i)
	case *array.Int64:
		return c.Value(i)
	case *array.Uint32:
		return c.Value(i)
	case *array.Float32:
		return c.Value(i)
	case *array.Float64:
		return c.Value(i)
	case *array.Boolean:
		return c.Value(i)
	case *array.String:
		return c.Value(i)
	case *array.Timestamp:
		return c.Value(i)
	case *array.Dictionary:
		return value(c.Dictionary(), c.GetValueIndex(i))
	}
	return c.DataType()
}

func TestParquetErrors(t *testing.T) {
	whole, err := os.ReadFile(typesParquet)
	if err != nil {
		t.Fatal(err)
	}
	broken := bytes.Clone(whole)
	for i := 100; i < 3000; i += 7 {
		broken[i] ^= 0x55
	}
	for name, c := range map[string]struct {
		path string
		opt  source.Options
		kind errs.Kind
		text string
	}{
		"decimal and list": {"testdata/parquet/odd.parquet", source.Options{}, errs.Unsupported, "column price: column of type decimal(3, 2), which is neither number, text nor time (fix: --columns with the others: i8,text)"},
		"unknown column":   {typesParquet, source.Options{Columns: []string{"i6"}}, errs.NotFound, "did you mean"},
		"cut short":        {write(t, "a.parquet", string(whole[:len(whole)/2])), source.Options{}, errs.Corrupt, "a.parquet"},
		"only the magic":   {write(t, "b.parquet", "PAR1"), source.Options{}, errs.Corrupt, "b.parquet"},
		"pages damaged":    {write(t, "c.parquet", string(broken)), source.Options{}, errs.Corrupt, "c.parquet"},
		"types given":      {typesParquet, source.Options{Types: map[string]string{"i8": "text"}}, errs.Unsupported, "--types"},
	} {
		ds, err := source.Open(t.Context(), []string{c.path}, c.opt)
		if err == nil {
			for s, serr := range ds.Segments(t.Context(), source.Cursor{}) {
				if err = serr; err == nil {
					_, err = s.Decode(t.Context())
				}
				if err != nil {
					break
				}
			}
			ds.Close()
		}
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ds, err := source.Open(t.Context(), []string{"testdata/parquet/odd.parquet"}, source.Options{Columns: []string{"text"}}); err != nil || ds.Rows() != 50 {
		t.Errorf("columns that can be read: %v", err)
	}
}

// TestParquetLargeRowGroup reads a row group too large to decode at once.
func TestParquetLargeRowGroup(t *testing.T) {
	const rows, cols = 400_000, 20
	fields := make([]arrow.Field, cols)
	columns := make([]arrow.Array, cols)
	v := make([]int64, rows)
	for i := range v {
		v[i] = int64(i)
	}
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.AppendValues(v, nil)
	c := b.NewArray()
	for j := range fields {
		fields[j] = arrow.Field{Name: fmt.Sprint("c", j), Type: arrow.PrimitiveTypes.Int64}
		columns[j] = c
	}
	schema := arrow.NewSchema(fields, nil)
	path := filepath.Join(t.TempDir(), "big.parquet")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pqarrow.NewFileWriter(schema, f, parquet.NewWriterProperties(parquet.WithDictionaryDefault(false)), pqarrow.DefaultWriterProps())
	if err == nil {
		if err = w.Write(array.NewRecordBatch(schema, columns, rows)); err == nil {
			err = w.Close()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	ds, err := source.Open(t.Context(), []string{path}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	for _, from := range []int64{0, 123_457} {
		next, segments := from, 0
		for s, err := range ds.Segments(t.Context(), source.Cursor{Row: from}) {
			if err != nil {
				t.Fatal(err)
			}
			b, err := s.Decode(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := b.Record.Column(cols - 1).(*array.Int64).Int64Values()
			if b.First != next || got[0] != next || got[len(got)-1] != next+int64(b.Rows)-1 {
				t.Fatalf("rows %d to %d at %d, want %d", got[0], got[len(got)-1], b.First, next)
			}
			next += int64(b.Rows)
			segments++
			b.Release()
		}
		if next != rows || segments < 4 {
			t.Errorf("from %d: read to row %d in %d segments", from, next, segments)
		}
	}
}

// FuzzParquet opens damaged files: errors, never panics.
func FuzzParquet(f *testing.F) {
	whole, err := os.ReadFile(typesParquet)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(100, byte(1), len(whole))
	f.Add(len(whole)-100, byte(0xff), len(whole))
	f.Fuzz(func(t *testing.T, at int, flip byte, keep int) {
		b := bytes.Clone(whole)
		if at >= 0 && at < len(b) {
			b[at] ^= flip
		}
		if keep >= 0 && keep < len(b) {
			b = b[:keep]
		}
		ds, err := source.Open(t.Context(), []string{write(t, "f.parquet", string(b))}, source.Options{Format: "parquet"})
		if err != nil {
			return
		}
		defer ds.Close()
		for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
			if err != nil {
				return
			}
			if b, err := s.Decode(t.Context()); err == nil {
				b.Release()
			}
		}
	})
}
