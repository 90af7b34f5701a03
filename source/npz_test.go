package source_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/npy"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
	"github.com/outcore/outcore/stream"
)

// npzRow is what row i of the generated data has in column j.
func npzRow(i, j int) float64 { return float64((i*31+j*7)%251) - 20 }

// writeNPZ writes rows lo to hi of the generated data, with labels of their
// numbers, as chunk does.
func writeNPZ(t testing.TB, dir string, chunk, lo, hi, cols int, sparse bool, c npy.Compression) {
	t.Helper()
	create := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	data := create(fmt.Sprintf("p%05d_data.npz", chunk))
	var values, labels []float64
	indptr, indices, kept := []int64{0}, []int32{}, []float64{}
	for i := lo; i < hi; i++ {
		for j := range cols {
			v := npzRow(i, j)
			values = append(values, v)
			if j%3 == i%3 {
				indices, kept = append(indices, int32(j)), append(kept, v)
			}
		}
		indptr = append(indptr, int64(len(kept)))
		labels = append(labels, float64(i))
	}
	var err error
	if sparse {
		var w *npy.CSRWriter
		if w, err = npy.CreateCSR(data, create(".c"), create(".s"), dtype.Float64, cols, npy.Options{Compress: c}); err == nil {
			if err = w.Write(dtype.NewCSR(hi-lo, cols, indptr, indices, kept)); err == nil {
				_, err = w.Close()
			}
		}
	} else {
		var w *npy.Writer
		if w, err = npy.Create(data, dtype.Float64, cols, npy.Options{Compress: c}); err == nil {
			if err = w.Write(dtype.NewDense(hi-lo, cols, values)); err == nil {
				_, err = w.Close()
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	w, err := npy.Create(create(fmt.Sprintf("p%05d_labels.npz", chunk)), dtype.Float64, 1, npy.Options{Compress: c, Vector: true})
	if err == nil {
		if err = w.Write(dtype.NewDense(hi-lo, 1, labels)); err == nil {
			_, err = w.Close()
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// checkNPZ reads from cursor on and compares every value with what was written.
func checkNPZ(t *testing.T, ds source.Dataset, from source.Cursor, cols int, sparse bool) (cursors []source.Cursor) {
	t.Helper()
	next := int(from.Row)
	for s, err := range ds.Segments(t.Context(), from) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Decode(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if b.First != int64(next) || b.Block.Rows != b.Rows || b.Block.Cols != cols || b.Block.Sparse() != sparse || b.Block.Check() != nil {
			t.Fatalf("batch at %d of %d rows after row %d: %v", b.First, b.Rows, next, b.Block.Check())
		}
		row := make([]float64, cols)
		for i := range b.Rows {
			get := make([]float64, cols)
			v := b.Block.Slice(i, i+1)
			all := make([]float64, len(v.Data)/v.Type.Size())
			if _, err := dtype.Convert(dtype.Bytes(all), dtype.Float64, v.Data, v.Type, 1); err != nil {
				t.Fatal(err)
			}
			if sparse {
				for k := v.Indptr[0]; k < v.Indptr[1]; k++ {
					get[v.Indices[k]] = all[k]
				}
			} else {
				copy(get, all)
			}
			for j := range row {
				if row[j] = npzRow(next, j); sparse && j%3 != next%3 {
					row[j] = 0
				}
			}
			if !slices.Equal(get, row) || b.Labels[i] != float64(next) {
				t.Fatalf("row %d: %v label %v, want %v", next, get, b.Labels[i], row)
			}
			next++
		}
		cursors = append(cursors, b.Next)
		b.Release()
	}
	if int64(next) != ds.Rows() {
		t.Fatalf("read to row %d of %d", next, ds.Rows())
	}
	return cursors
}

func TestNPZDirectoryReadsAsOneDataset(t *testing.T) {
	const cols = 5
	for _, c := range []npy.Compression{npy.None, npy.Fast} {
		for _, sparse := range []bool{false, true} {
			dir := t.TempDir()
			writeNPZ(t, dir, 0, 0, 5000, cols, sparse, c)
			writeNPZ(t, dir, 1, 5000, 5000, cols, sparse, c)
			writeNPZ(t, dir, 2, 5000, 12001, cols, sparse, c)
			manifest, _ := json.Marshal(map[string]any{"schema": source.Schema{Fields: []source.Field{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}}}})
			if err := os.WriteFile(filepath.Join(dir, "p.manifest.json"), manifest, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, opt := range []source.Options{{}, {DType: dtype.Int16, SegmentRows: 777}} {
				t.Run(fmt.Sprintf("%s/%t/%+v", c, sparse, opt.SegmentRows+opt.SegmentBytes), func(t *testing.T) {
					ds, err := source.Open(t.Context(), []string{dir}, opt)
					if err != nil {
						t.Fatal(err)
					}
					defer ds.Close()
					if ds.Schema().Fields[4].Name != "e" || !ds.Schema().Labels || ds.Rows() != 12001 || len(ds.Files()) != 6 {
						t.Fatalf("%+v, %d rows, %d files", ds.Schema(), ds.Rows(), len(ds.Files()))
					}
					checkNPZ(t, ds, source.Cursor{}, cols, sparse)
				})
			}
		}
	}
}

func TestNPZConforms(t *testing.T) {
	for _, c := range []npy.Compression{npy.None, npy.Fast} {
		for _, sparse := range []bool{false, true} {
			dir := t.TempDir()
			writeNPZ(t, dir, 0, 0, 300, 5, sparse, c)
			writeNPZ(t, dir, 1, 300, 901, 5, sparse, c)
			cuts := sourcetest.Sizes(1, 3000)
			cuts = append(cuts, func(o *source.Options) { o.SegmentRows = 77 })
			t.Run(fmt.Sprintf("%s/sparse=%t", c, sparse), func(t *testing.T) {
				sourcetest.Run(t, sourcetest.Case{Addresses: []string{dir}, Options: source.Options{SegmentRows: 128}, Cuts: cuts})
			})
		}
	}
}

// BenchmarkNPZ reads 400 MB of float32 from the page cache.
func BenchmarkNPZ(b *testing.B) {
	for _, c := range []npy.Compression{npy.None, npy.Fast} {
		b.Run(string(c), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "x.npz")
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			w, err := npy.Create(f, dtype.Float32, 50, npy.Options{Compress: c})
			if err != nil {
				b.Fatal(err)
			}
			rows := make([]float32, 20000*50)
			for i := 0; i < len(rows); i += 4 {
				rows[i] = float32(i%255) / 255
			}
			for range 100 {
				if err := w.Write(dtype.NewDense(20000, 50, rows)); err != nil {
					b.Fatal(err)
				}
			}
			if _, err := w.Close(); err != nil {
				b.Fatal(err)
			}
			ds, err := source.Open(b.Context(), []string{path}, source.Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer ds.Close()
			b.SetBytes(400e6)
			decode := stream.Mapper[source.Segment, *source.Batch]{
				New: func() func(context.Context, source.Segment) (*source.Batch, error) {
					return func(ctx context.Context, s source.Segment) (*source.Batch, error) { return s.Decode(ctx) }
				},
			}
			for b.Loop() {
				for batch, err := range decode.Map(b.Context(), ds.Segments(b.Context(), source.Cursor{})) {
					if err != nil {
						b.Fatal(err)
					}
					batch.Release()
				}
			}
		})
	}
}

func TestNPZSegmentsAlignWithCanonicalBlocks(t *testing.T) {
	dir := t.TempDir()
	writeNPZ(t, dir, 0, 0, 10000, 5, false, npy.None)
	writeNPZ(t, dir, 1, 10000, 30000, 5, false, npy.None)
	ds, err := source.Open(t.Context(), []string{dir}, source.Options{SegmentBytes: 4096 * 40})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	for _, c := range checkNPZ(t, ds, source.Cursor{}, 5, false) {
		if c.Row%4096 != 0 && c.Row != 10000 && c.Row != 30000 {
			t.Errorf("a segment ends at row %d", c.Row)
		}
	}
}

func TestNPZErrorsSayWhereAndHow(t *testing.T) {
	dir := t.TempDir()
	writeNPZ(t, dir, 0, 0, 100, 5, false, npy.None)
	other := t.TempDir()
	writeNPZ(t, other, 1, 0, 100, 6, false, npy.None)
	for name, c := range map[string]struct {
		addr []string
		opt  source.Options
		kind errs.Kind
		text string
	}{
		"two widths":     {[]string{dir, other}, source.Options{}, errs.Shape, "6 columns, expected 5"},
		"columns chosen": {[]string{dir}, source.Options{Columns: []string{"f1"}}, errs.Unsupported, "--columns"},
		"does not fit":   {[]string{dir}, source.Options{DType: dtype.Uint8}, errs.Invalid, "row 1: column f0: found -20, which uint8 cannot hold"},
	} {
		ds, err := source.Open(context.Background(), c.addr, c.opt)
		if err == nil {
			for s, serr := range ds.Segments(t.Context(), source.Cursor{}) {
				if err = serr; err == nil {
					_, err = s.Decode(t.Context())
				}
			}
			ds.Close()
		}
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
