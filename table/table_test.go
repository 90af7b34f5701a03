package table

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
	"github.com/outcore/outcore/zarr"
)

// everything has a column of every type.
func everything() *source.Schema {
	s := &source.Schema{Table: true}
	for _, name := range dtype.Names() {
		t, _ := dtype.Parse(name)
		s.Fields = append(s.Fields, source.Field{Name: name, Kind: source.Number, Type: t})
	}
	return &source.Schema{Table: true, Fields: append(s.Fields,
		source.Field{Name: "word/s", Kind: source.Text}, source.Field{Name: "time", Kind: source.Time})}
}

// record makes rows lo to hi of a table that has nulls from row nulls on.
func record(s *source.Schema, lo, hi, nulls int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, recordSchema(s))
	defer b.Release()
	for i := lo; i < hi; i++ {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		for j := range s.Fields {
			if r.Float64() < 0.1 && i >= nulls {
				b.Field(j).AppendNull()
				continue
			}
			v := r.IntN(100)
			switch f := b.Field(j).(type) {
			case *array.BooleanBuilder:
				f.Append(v > 50)
			case *array.StringBuilder:
				f.Append(strings.Repeat("é", v%9) + fmt.Sprint(v))
			case *array.TimestampBuilder:
				f.Append(arrow.Timestamp(int64(v) * 1_000_003))
			case *array.Float64Builder:
				f.Append([]float64{float64(v) / 7, math.NaN(), math.Copysign(0, -1)}[v%3])
			case *array.Float32Builder:
				f.Append(float32(v) / 7)
			default:
				if err := f.AppendValueFromString(fmt.Sprint(v)); err != nil {
					panic(err)
				}
			}
		}
	}
	return b.NewRecordBatch()
}

// render gives the rows of a record as texts.
func render(rec arrow.RecordBatch) []string {
	return sourcetest.Render(&source.Batch{Rows: int(rec.NumRows()), Record: rec})
}

func content(rows []string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		_, out[i], _ = strings.Cut(r, "\t")
		_, out[i], _ = strings.Cut(out[i], " #")
		_, out[i], _ = strings.Cut(out[i], " ") // the number of the row
	}
	return out
}

// fill appends rows to rows of a table in pieces of the sizes.
func appendRows(t *testing.T, tbl *Table, jobs, to, nulls int, sizes ...int) {
	t.Helper()
	ctx := t.Context()
	w, err := tbl.NewWriter(ctx, WriterOptions{Jobs: jobs})
	if err != nil {
		t.Fatal(err)
	}
	at := int(tbl.Rows())
	for k := 0; at < to; k++ {
		n := min(sizes[k%len(sizes)], to-at)
		rec := record(tbl.Schema(), at, at+n, nulls)
		if err := w.Write(ctx, rec); err != nil {
			t.Fatal(err)
		}
		rec.Release()
		at += n
		if k%5 == 4 {
			if err := w.Flush(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(w.Flush(ctx), w.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestRowsComeBack(t *testing.T) {
	schema := everything()
	for _, c := range []struct {
		name               string
		jobs, rows, nulls  int
		chunk              int
		sizes              []int
		compress           string
		again              int // more rows, by another writer
		lateNulls, noNulls bool
	}{
		{name: "one record", jobs: 1, rows: 50, chunk: 64, sizes: []int{50}},
		{name: "whole chunks", jobs: 2, rows: 512, chunk: 64, sizes: []int{64}, compress: None},
		{name: "pieces and an appended rest", jobs: 3, rows: 333, chunk: 64, sizes: []int{1, 7, 100, 64}, again: 777},
		{name: "a null after many chunks", jobs: 2, rows: 700, nulls: 400, chunk: 64, sizes: []int{90}, compress: Max, again: 900},
		{name: "a null appended later", jobs: 2, rows: 100, nulls: 150, chunk: 64, sizes: []int{30}, again: 300},
		{name: "no null", jobs: 2, rows: 300, nulls: 1 << 30, chunk: 64, sizes: []int{300}},
		{name: "more chunks than the arrays grow by", jobs: 2, rows: 1100, chunk: 8, sizes: []int{500}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, store := t.Context(), zarr.NewMem()
			tbl, err := Create(ctx, store, "/a/table", Options{Schema: schema, ChunkRows: c.chunk, Compress: c.compress})
			if err != nil {
				t.Fatal(err)
			}
			appendRows(t, tbl, c.jobs, c.rows, c.nulls, c.sizes...)
			rows := c.rows
			if c.again > 0 {
				if tbl, err = Open(ctx, store, "/a/table"); err != nil {
					t.Fatal(err)
				}
				appendRows(t, tbl, c.jobs, c.again, c.nulls, 40)
				rows = c.again
			}
			if tbl, err = Open(ctx, store, "/a/table"); err != nil {
				t.Fatal(err)
			}
			if tbl.Rows() != int64(rows) {
				t.Fatalf("%d rows, want %d", tbl.Rows(), rows)
			}
			if !slices.Equal(tbl.Schema().Fields, schema.Fields) {
				t.Errorf("columns %v, want %v", tbl.Schema().Fields, schema.Fields)
			}
			ds, err := tbl.Dataset(Origin{Address: "mem://r#/a/table", Version: "1"}, source.Options{})
			if err != nil {
				t.Fatal(err)
			}
			whole := record(schema, 0, rows, c.nulls)
			defer whole.Release()
			got, want := content(sourcetest.Rows(t, ds, source.Cursor{})), content(render(whole))
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("row %d\n got %s\nwant %s", i, got[i], want[i])
				}
			}
			_, err = zarr.OpenArray(ctx, store, "/a/table/int8__valid")
			if hasNulls := c.nulls < rows; hasNulls != (err == nil) {
				t.Errorf("nulls: %v, an array for them: %v", hasNulls, err)
			}
		})
	}
}

func TestConformance(t *testing.T) {
	store := zarr.NewMem()
	schema := everything()
	tbl, err := Create(t.Context(), store, "/t", Options{Schema: schema, ChunkRows: 64})
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, tbl, 2, 400, 100, 170)
	open := func(_ context.Context, _ []string, o source.Options) (source.Dataset, error) {
		return tbl.Dataset(Origin{Address: "mem://r@1#/t", Version: "1"}, o)
	}
	cuts := []func(*source.Options){
		func(o *source.Options) { o.SegmentRows = 1 },
		func(o *source.Options) { o.SegmentRows = 50 },
		func(o *source.Options) { o.SegmentRows = 1 << 20 },
	}
	sourcetest.Run(t, sourcetest.Case{Open: open, Cuts: cuts})
	sourcetest.Run(t, sourcetest.Case{Open: open, Options: source.Options{Columns: []string{"time", "word/s", "bool"}}, Cuts: cuts})
}

func TestTablesThatAreNone(t *testing.T) {
	ctx, store := t.Context(), zarr.NewMem()
	schema := &source.Schema{Fields: []source.Field{{Name: "a", Kind: source.Number, Type: dtype.Int32}, {Name: "b", Kind: source.Text}}}
	tbl, err := Create(ctx, store, "/t", Options{Schema: schema, ChunkRows: 8})
	if err != nil {
		t.Fatal(err)
	}
	appendRows(t, tbl, 1, 20, 0, 20)
	expect := func(what string, err error, kind errs.Kind, text string) {
		t.Helper()
		if !errors.Is(err, kind) || !strings.Contains(fmt.Sprint(err), text) {
			t.Errorf("%s: got %v, want %v with %q", what, err, kind, text)
		}
	}
	_, err = Create(ctx, store, "/t", Options{Schema: schema})
	expect("made twice", err, errs.Exists, "/t")
	_, err = Open(ctx, store, "/none")
	expect("nothing there", err, errs.NotFound, "/none")
	_, err = Open(ctx, store, "/t/a")
	expect("an array", err, errs.NotFound, "table/v1")
	_, err = Create(ctx, store, "/u", Options{Schema: &source.Schema{Fields: []source.Field{schema.Fields[0], schema.Fields[0]}}})
	expect("a name twice", err, errs.Invalid, `"a"`)
	_, err = tbl.Dataset(Origin{}, source.Options{Columns: []string{"c"}})
	expect("a column that is not there", err, errs.NotFound, `"c"`)
	_, err = tbl.Dataset(Origin{}, source.Options{Types: map[string]string{"a": "text"}})
	expect("types", err, errs.Unsupported, "--types")

	w, err := tbl.NewWriter(ctx, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	rec := record(&source.Schema{Fields: schema.Fields[:1]}, 0, 5, 0)
	defer rec.Release()
	expect("a column too few", w.Write(ctx, rec), errs.Shape, "1 columns")

	a, err := zarr.OpenArray(ctx, store, "/t/a")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Resize(ctx, []uint64{7}); err != nil {
		t.Fatal(err)
	}
	_, err = Open(ctx, store, "/t")
	expect("columns of two lengths", err, errs.Shape, "column b: 20 rows in chunks of 8, expected 7")
	if err := store.DeleteNode(ctx, "/t/b"); err != nil {
		t.Fatal(err)
	}
	_, err = Open(ctx, store, "/t")
	expect("a column that is gone", err, errs.NotFound, "column b")
}

func TestChunkRows(t *testing.T) {
	number := func(n int, ty dtype.Type) *source.Schema {
		s := &source.Schema{}
		for range n {
			s.Fields = append(s.Fields, source.Field{Kind: source.Number, Type: ty})
		}
		return s
	}
	text := &source.Schema{Fields: []source.Field{{Kind: source.Text}}}
	for _, c := range []struct {
		s     *source.Schema
		texts []float64
		want  int
	}{
		{number(1, dtype.Uint8), nil, 1 << 20},
		{number(1, dtype.Float64), nil, 1 << 20},
		{number(20, dtype.Float64), nil, 65_536},
		{number(10_000, dtype.Float64), nil, 4096},
		{text, nil, 262_144},
		{text, []float64{1000}, 8192},
		{text, []float64{2044}, 4096},
		{text, []float64{2045}, 2048},
		{text, []float64{1 << 20}, 4},
		{text, []float64{10 << 20}, 1},
		{&source.Schema{Fields: slices.Repeat(text.Fields, 10)}, slices.Repeat([]float64{3 << 20}, 10), 1},
	} {
		if got := ChunkRows(c.s, c.texts); got != c.want {
			t.Errorf("%d columns of %v: %d rows, want %d", len(c.s.Fields), c.s.Fields[0].Type, got, c.want)
		}
	}
}
