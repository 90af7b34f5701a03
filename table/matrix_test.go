package table

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
	"github.com/outcore/outcore/zarr"
)

// numbers are n rows of d columns from row first on, about a third of them not
// zero, with labels.
func numbers(first, n, d int) (*dtype.Block, []float64) {
	data, labels := make([]float32, n*d), make([]float64, n)
	for i := range n {
		r := rand.New(rand.NewPCG(uint64(first+i), 2))
		labels[i] = float64(r.IntN(10))
		for j := range d {
			if r.Float64() < 0.3 {
				data[i*d+j] = float32(1 + r.IntN(100))
			}
		}
	}
	return dtype.NewDense(n, d, data), labels
}

// compressed gives the rows of a dense block sparse, as the middle of a larger one.
func compressed(b *dtype.Block) *dtype.Block {
	values, indices, indptr := []float32{7, 8}, []int32{0, 1}, []int64{2}
	for i, v := range dtype.View[float32](b.Data) {
		if v != 0 {
			values, indices = append(values, v), append(indices, int32(i%b.Cols))
		}
		if (i+1)%b.Cols == 0 {
			indptr = append(indptr, int64(len(values)))
		}
	}
	return dtype.NewCSR(b.Rows, b.Cols, indptr, indices, values)
}

func schemaOf(d int, labels bool) *source.Schema {
	s := &source.Schema{Labels: labels}
	for j := range d {
		s.Fields = append(s.Fields, source.Field{Name: fmt.Sprintf("f%d", j), Kind: source.Number, Type: dtype.Float32})
	}
	return s
}

type rowsWriter interface {
	Write(context.Context, *dtype.Block, []float64) error
	Flush(context.Context) error
	Close() error
}

// write appends rows from first to last in pieces, in some flushes.
func write(t *testing.T, w rowsWriter, first, last, d int, sparse, labels bool) {
	t.Helper()
	for k, at := 0, first; at < last; k++ {
		n := min([]int{1, 13, 64, 5}[k%4], last-at)
		b, y := numbers(at, n, d)
		if sparse {
			b = compressed(b)
		}
		if !labels {
			y = nil
		}
		if err := w.Write(t.Context(), b, y); err != nil {
			t.Fatal(err)
		}
		if k%3 == 2 {
			if err := w.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		at += n
	}
	if err := errors.Join(w.Flush(t.Context()), w.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestMatrixComesBack(t *testing.T) {
	for _, c := range []struct {
		name           string
		d, chunk       int
		labels, sparse bool
	}{
		{"with labels", 5, 16, true, false},
		{"without labels", 5, 16, false, false},
		{"of sparse rows", 9, 8, true, true},
		{"rows of some chunks", -7, 16, true, false},
		{"sparse rows of some chunks", -7, 16, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, store := t.Context(), zarr.NewMem()
			n := 200
			if c.d < 0 { // in chunks of 3 columns
				c.d = -c.d
				shape := []uint64{0, uint64(c.d)}
				meta, err := zarr.NewMeta(shape, zarr.NumberType(dtype.Float32), zarr.MetaOptions{Chunks: []uint64{uint64(c.chunk), 3}})
				if err == nil {
					_, err = zarr.CreateArray(ctx, store, "/m/X", meta)
				}
				if err == nil && c.labels {
					err = createVector(ctx, store, "/m/y", dtype.Float64, 50, 0, "row", None)
				}
				if err != nil {
					t.Fatal(err)
				}
				c.chunk = 0
			}
			m, err := OpenMatrix(ctx, store, "/m")
			if c.chunk > 0 {
				m, err = CreateMatrix(ctx, store, "/m", MatrixOptions{Schema: schemaOf(c.d, c.labels), ChunkRows: c.chunk})
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, span := range [][2]int{{0, n / 2}, {n / 2, n}} {
				w, err := m.NewWriter(ctx, WriterOptions{Jobs: 2})
				if err != nil {
					t.Fatal(err)
				}
				write(t, w, span[0], span[1], c.d, c.sparse, c.labels)
				if m, err = OpenMatrix(ctx, store, "/m"); err != nil {
					t.Fatal(err)
				}
			}
			ds, err := m.Dataset(Origin{Address: "mem://r#/m"}, source.Options{})
			if err != nil {
				t.Fatal(err)
			}
			b, y := numbers(0, n, c.d)
			if !c.labels {
				y = nil
			}
			want := sourcetest.Render(&source.Batch{Rows: n, Block: b, Labels: y})
			got := sourcetest.Rows(t, ds, source.Cursor{})
			if !slices.Equal(content(got), content(want)) {
				t.Fatal("rows differ")
			}
		})
	}
}

func TestMatrixConformance(t *testing.T) {
	ctx, store := t.Context(), zarr.NewMem()
	m, err := CreateMatrix(ctx, store, "/m", MatrixOptions{Schema: schemaOf(7, true), ChunkRows: 16})
	if err != nil {
		t.Fatal(err)
	}
	w, err := m.NewWriter(ctx, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, 0, 250, 7, false, true)
	cuts := []func(*source.Options){
		func(o *source.Options) { o.SegmentRows = 1 },
		func(o *source.Options) { o.SegmentRows = 11 },
	}
	for _, path := range []string{"/m", "/m/X"} {
		open := func(ctx context.Context, _ []string, o source.Options) (source.Dataset, error) {
			m, err := OpenMatrix(ctx, store, path)
			if err != nil {
				return nil, err
			}
			return m.Dataset(Origin{Address: "mem://r#" + path}, o)
		}
		sourcetest.Run(t, sourcetest.Case{Open: open, Cuts: cuts})
		sourcetest.Run(t, sourcetest.Case{Open: open, Cuts: cuts, Options: source.Options{DType: dtype.Float64, Scale: 0.5}})
	}
}

func TestSparseConformance(t *testing.T) {
	ctx, store := t.Context(), zarr.NewMem()
	s, err := CreateSparse(ctx, store, "/s", SparseOptions{Schema: schemaOf(40, true), chunkValues: 64, chunkRows: 32})
	if err != nil {
		t.Fatal(err)
	}
	for _, span := range [][2]int{{0, 101}, {101, 102}, {102, 200}} {
		w, err := s.NewWriter(ctx, WriterOptions{Jobs: 2})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, span[0], span[1], 40, true, true)
		if s, err = OpenSparse(ctx, store, "/s"); err != nil {
			t.Fatal(err)
		}
	}
	cuts := []func(*source.Options){
		func(o *source.Options) { o.SegmentRows = 1 },
		func(o *source.Options) { o.SegmentRows = 50 },
	}
	open := func(_ context.Context, _ []string, o source.Options) (source.Dataset, error) {
		return s.Dataset(Origin{Address: "mem://r#/s"}, o)
	}
	sourcetest.Run(t, sourcetest.Case{Open: open, Cuts: cuts})
	sourcetest.Run(t, sourcetest.Case{Open: open, Cuts: cuts, Options: source.Options{DType: dtype.Float64, Scale: 0.5}})

	ds, err := open(ctx, nil, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, y := numbers(0, 200, 40)
	want := sourcetest.Render(&source.Batch{Rows: 200, Block: compressed(b), Labels: y})
	if got := sourcetest.Rows(t, ds, source.Cursor{}); !slices.Equal(content(got), content(want)) {
		t.Fatal("rows differ")
	}
}

func TestArraysThatAreNoMatrix(t *testing.T) {
	ctx, store := t.Context(), zarr.NewMem()
	create := func(path string, shape ...uint64) {
		t.Helper()
		meta, err := zarr.NewMeta(shape, zarr.NumberType(dtype.Float32), zarr.MetaOptions{})
		if err == nil {
			_, err = zarr.CreateArray(ctx, store, path, meta)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	create("/line", 5)
	create("/g/X", 5, 3)
	create("/g/y", 4)
	create("/h/Z", 5, 3)
	for path, want := range map[string]struct {
		kind errs.Kind
		text string
	}{
		"/line": {errs.Shape, "1 dimensions"}, "/g": {errs.Shape, "one a row of X"}, "/h": {errs.NotFound, "/h/X"}, "/none": {errs.NotFound, "/none"},
	} {
		if _, err := OpenMatrix(ctx, store, path); !errors.Is(err, want.kind) || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: %v, want %v with %q", path, err, want.kind, want.text)
		}
	}
	if m, err := OpenMatrix(ctx, store, "/g/X"); err != nil || m.Rows() != 5 {
		t.Errorf("an array alone: %v", err)
	}
}

func TestSparseRowsThatAreDamaged(t *testing.T) {
	ctx, store := t.Context(), zarr.NewMem()
	s, err := CreateSparse(ctx, store, "/s", SparseOptions{Schema: schemaOf(40, false), chunkValues: 64, chunkRows: 32})
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.NewWriter(ctx, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, 0, 100, 40, true, false)
	starts, err := zarr.OpenArray(ctx, store, "/s/indptr")
	if err != nil {
		t.Fatal(err)
	}
	if err := starts.Write(ctx, []uint32{1}, dtype.Bytes(slices.Repeat([]int64{1 << 40}, 32)), &zarr.Scratch{}); err != nil {
		t.Fatal(err)
	}
	ds, err := s.Dataset(Origin{Address: "mem://r#/s"}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, err = range ds.Segments(ctx, source.Cursor{}) {
		if err != nil {
			break
		}
	}
	if !errors.Is(err, errs.Corrupt) || !strings.Contains(fmt.Sprint(err), "indptr") {
		t.Errorf("a wrong row start: %v", err)
	}
}
