package chunk

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/npy"
	"github.com/outcore/outcore/source"
)

func stage(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

var sample = dtype.NewCSR(3, 4, []int64{0, 2, 2, 3}, []int32{0, 3, 1}, []float64{51, 102, 255})

func TestRowsEncoderChangesTypeScaleAndForm(t *testing.T) {
	want := []float32{0.2, 0, 0, 0.4, 0, 0, 0, 0, 0, 1, 0, 0}
	e := RowsEncoder{Type: dtype.Float32, Cols: 4, Scale: 1.0 / 255}
	r, err := e.Encode(sample, []float64{7, 8, 9}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := dtype.View[float32](r.Block.Data); !slices.Equal(got, want) {
		t.Errorf("dense %v, want %v", got, want)
	}
	e = RowsEncoder{Type: dtype.Float64, Cols: 4, Sparse: true}
	s, err := e.Encode(r.Block.Slice(0, 3), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Block.Check(); err != nil || !slices.Equal(s.Block.Indptr, sample.Indptr) || !slices.Equal(s.Block.Indices, sample.Indices) {
		t.Errorf("sparse %+v: %v", s.Block, err)
	}
	tail, err := e.Encode(sample.Slice(1, 3), nil, 0)
	if err != nil || !slices.Equal(dtype.View[float64](tail.Block.Data)[tail.Block.Indptr[0]:], []float64{255}) {
		t.Errorf("slice: %+v, %v", tail, err)
	}
}

func TestRowsEncoderSaysWhichRow(t *testing.T) {
	e := RowsEncoder{Type: dtype.Int8, Cols: 4}
	for name, b := range map[string]*dtype.Block{"sparse": sample, "slice": sample.Slice(2, 3)} {
		_, err := e.Encode(b, nil, 10)
		var f *errs.Error
		want := map[string]int64{"sparse": 13, "slice": 11}[name]
		if !errors.As(err, &f) || f.Pos.Row != want || !strings.Contains(f.Msg, "255") {
			t.Errorf("%s: %v, want row %d", name, err, want)
		}
	}
	if _, err := e.Encode(dtype.NewDense(1, 3, []int8{1, 2, 3}), nil, 0); !errors.Is(err, errs.Shape) {
		t.Errorf("width: %v", err)
	}
}

// TestFilesAreReadBySource writes a chunk's files under chunk's names and opens
// the directory.
func TestFilesAreReadBySource(t *testing.T) {
	for _, sparse := range []bool{false, true} {
		dir := t.TempDir()
		files := [2]*os.File{}
		for i, name := range []string{"a00000_data.npz", "a00000_labels.npz"} {
			f, err := os.Create(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			files[i] = f
		}
		var data FileWriter[*Rows]
		var err error
		if sparse {
			data, err = NewCSRFile(files[0], dtype.Float64, 4, npy.Options{Compress: npy.Fast})
		} else {
			data, err = NewNPZFile(files[0], dtype.Float64, 4, npy.Options{})
		}
		if err != nil {
			t.Fatal(err)
		}
		labels, err := NewLabelsFile(files[1], npy.Options{})
		if err != nil {
			t.Fatal(err)
		}
		e := RowsEncoder{Type: dtype.Float64, Cols: 4, Sparse: sparse}
		r, err := e.Encode(sample, []float64{7, 8, 9}, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range []FileWriter[*Rows]{data, labels} {
			if err := errors.Join(w.Write(r), w.Write(r.Slice(1, 3))); err != nil {
				t.Fatal(err)
			}
			st, err := w.Close()
			if err != nil || st.Rows != 5 || len(st.SHA256) != 64 {
				t.Fatalf("%+v, %v", st, err)
			}
			w.Abort()
		}
		if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 2 {
			t.Errorf("left behind: %v", names)
		}
		ds, err := source.Open(t.Context(), []string{dir}, source.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer ds.Close()
		for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
			if err != nil {
				t.Fatal(err)
			}
			b, err := s.Decode(t.Context())
			if err != nil || b.Rows != 5 || b.Block.Sparse() != sparse || !slices.Equal(b.Labels, []float64{7, 8, 9, 8, 9}) {
				t.Fatalf("%+v, %v", b, err)
			}
			b.Release()
		}
	}
}

func TestAbortLeavesNothing(t *testing.T) {
	f := stage(t, "x")
	w, err := NewCSRFile(f, dtype.Float32, 3, npy.Options{Compress: npy.Max})
	if err != nil {
		t.Fatal(err)
	}
	w.Abort()
	if names, _ := os.ReadDir(filepath.Dir(f.Name())); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}
