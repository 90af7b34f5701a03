package npy

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

func golden(t *testing.T, name string) (*File, error) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	check(t, err)
	t.Cleanup(func() { f.Close() })
	st, err := f.Stat()
	check(t, err)
	return Open(f, st.Size(), name)
}

// TestGoldens reads what numpy 2.4.6 and scipy 1.17.1 wrote (testdata/make.py).
func TestGoldens(t *testing.T) {
	for name, array := range map[string]string{
		"f8.npy": "", "f4_big_endian.npy": "", "stored.npz": "X", "deflated.npz": "arr_0",
	} {
		f, err := golden(t, name)
		check(t, err)
		a := f.Array(array)
		check(t, a.Numeric())
		if a.Rows() != 200 || a.Cols() != 3 {
			t.Fatalf("%s: %+v", name, a.Header)
		}
		b, err := a.ReadAll(1 << 20)
		check(t, err)
		if a.Swap {
			for i := 0; i < len(b); i += 4 {
				b[i], b[i+1], b[i+2], b[i+3] = b[i+3], b[i+2], b[i+1], b[i]
			}
		}
		out := make([]float64, 600)
		_, err = dtype.Convert(dtype.Bytes(out), dtype.Float64, b, a.Type, 1)
		check(t, err)
		for i, v := range out {
			if v != float64(i%251-20) {
				t.Fatalf("%s: element %d is %v", name, i, v)
			}
		}
	}
	f, err := golden(t, "u1_3d.npy")
	check(t, err)
	if a := f.Array(""); a.Rows() != 2 || a.Cols() != 12 || a.Type != dtype.Uint8 {
		t.Errorf("3-D: %+v", a.Header)
	}
	if f, err = golden(t, "i8_version3.npy"); err != nil || f.Array("").Rows() != 5 {
		t.Errorf("version 3: %v", err)
	}
	for _, name := range []string{"csr.npz", "csr_stored.npz"} {
		f, err := golden(t, name)
		check(t, err)
		m, err := f.CSR()
		check(t, err)
		if m == nil || m.Rows != 200 || m.Cols != 3 || m.NNZ != 199 && m.NNZ != m.Data.Rows() {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestGoldensThatAreRefused(t *testing.T) {
	if _, err := golden(t, "objects.npy"); !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), "pickle") {
		t.Errorf("objects: %v", err)
	}
	f, err := golden(t, "text.npy")
	check(t, err)
	if err := f.Array("").Numeric(); !errors.Is(err, errs.Unsupported) {
		t.Errorf("text: %v", err)
	}
	f, err = golden(t, "f8_fortran.npy")
	check(t, err)
	if err := f.Array("").Numeric(); !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), "ascontiguousarray") {
		t.Errorf("fortran: %v", err)
	}
	f, err = golden(t, "csc.npz")
	check(t, err)
	if _, err := f.CSR(); !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), "tocsr") {
		t.Errorf("csc: %v", err)
	}
}

const peerScript = `
import sys, zipfile, numpy as np, scipy.sparse as sp
d = sys.argv[1]
for c in ("none", "fast", "max"):
    for t in "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split():
        a = np.load(f"{d}/{c}_{t}.npz")["arr_0"]
        assert a.dtype == t and a.shape == (9001, 3), (a.dtype, a.shape)
        w = (np.arange(a.size) % (2 if t == "bool" else 100)).astype(t).reshape(a.shape)
        assert (a == w).all(), (c, t)
        assert zipfile.ZipFile(f"{d}/{c}_{t}.npz").testzip() is None
    y = np.load(f"{d}/{c}_y.npz")["arr_0"]
    assert y.shape == (300000,) and (y == np.arange(300000)).all()
    assert np.load(f"{d}/{c}_empty.npz")["arr_0"].shape == (0, 7)
    m = sp.load_npz(f"{d}/{c}_csr.npz")
    assert m.shape == (50000, 9) and m.nnz == 100000 and m.has_sorted_indices and m.indices.dtype == np.int32
    assert m[49999].toarray().tolist() == [[0, 49999, 0, 0, -1, 0, 0, 0, 0]], m[49999].toarray()
print("ok")
`

// TestNumPyReadsWhatWeWrite needs Python with numpy and scipy.
func TestNumPyReadsWhatWeWrite(t *testing.T) {
	python := os.Getenv("OUTCORE_PEER_PYTHON")
	if python == "" {
		t.Skip("SKIPPED: numpy and scipy are not asked whether they read our files; run `make peer` and set OUTCORE_PEER_PYTHON")
	}
	dir := t.TempDir()
	file := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		check(t, err)
		t.Cleanup(func() { f.Close() })
		return f
	}
	for _, c := range []Compression{None, Fast, Max} {
		for _, name := range dtype.Names() {
			ty, _ := dtype.Parse(name)
			v := make([]float64, 9001*3)
			for i := range v {
				if v[i] = float64(i % 100); ty == dtype.Bool {
					v[i] = float64(i % 2)
				}
			}
			data := dtype.Bytes(make([]float64, len(v)))[:len(v)*ty.Size()]
			_, err := dtype.Convert(data, ty, dtype.Bytes(v), dtype.Float64, 1)
			check(t, err)
			write(t, file(string(c)+"_"+name+".npz"), ty, 3, data, Options{Compress: c})
		}
		y := make([]float64, 300000)
		for i := range y {
			y[i] = float64(i)
		}
		write(t, file(string(c)+"_y.npz"), dtype.Float64, 1, dtype.Bytes(y), Options{Compress: c, Vector: true})
		write(t, file(string(c)+"_empty.npz"), dtype.Float64, 7, nil, Options{Compress: c})
		w, err := CreateCSR(file(string(c)+"_csr.npz"), file("c"), file("s"), dtype.Float32, 9, Options{Compress: c})
		check(t, err)
		for i := range 50000 {
			check(t, w.Write(dtype.NewCSR(1, 9, []int64{0, 2}, []int32{1, 4}, []float32{float32(i), -1})))
		}
		_, err = w.Close()
		check(t, err)
	}
	if out, err := exec.Command(python, "-c", peerScript, dir).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
