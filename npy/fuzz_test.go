package npy

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/outcore/outcore/dtype"
)

// FuzzHeader parses any text as the dictionary of a header. What is accepted
// describes an array whose size fits an int64.
func FuzzHeader(f *testing.F) {
	f.Add("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }")
	f.Add("{'descr': [('a', '<f4')], 'fortran_order': True, 'shape': (), }")
	f.Add("{\"shape\":(1L,),'descr':'|S3','fortran_order':False}\n")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseDict(s, 10)
		if err != nil {
			return
		}
		if h.Item <= 0 || h.Bytes() < 0 || h.Rows() < 0 || h.Cols() < 0 {
			t.Fatalf("%q gives %+v", s, h)
		}
	})
}

// FuzzOpen opens any bytes and reads what arrays they claim to hold. Wherever
// both we and archive/zip read a member, it is the same bytes.
func FuzzOpen(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.np?")
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, c := range []Compression{None, Fast} {
		file, err := os.Create(filepath.Join(f.TempDir(), "x"))
		if err != nil {
			f.Fatal(err)
		}
		defer file.Close()
		w, err := Create(file, dtype.Uint8, 3, Options{Compress: c})
		if err == nil {
			if err = w.Write(dtype.NewDense(4, 3, make([]uint8, 12))); err == nil {
				_, err = w.Close()
			}
		}
		if err != nil {
			f.Fatal(err)
		}
		b, _ := os.ReadFile(file.Name())
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Open(bytes.NewReader(b), int64(len(b)), "fuzz")
		if err != nil {
			return
		}
		_, _ = file.CSR()
		z, _ := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		for _, a := range file.Arrays() {
			data, err := a.ReadAll(1 << 20)
			if err != nil {
				continue
			}
			if a.Direct() && a.Bytes() < 1<<20 {
				again := make([]byte, len(data))
				if err := a.ReadAt(again, 0); err == nil && !a.Plain() && !bytes.Equal(again, data) {
					t.Errorf("%q: the index leads to other bytes", a.Name)
				}
			}
			if z == nil {
				continue
			}
			if r, err := z.Open(a.Name + ".npy"); err == nil {
				head := make([]byte, a.Size+int64(len(data)))
				n, _ := readAll(r, head)
				if n == len(head) && !bytes.Equal(head[a.Size:], data) {
					t.Errorf("%q: archive/zip reads other bytes", a.Name)
				}
			}
		}
	})
}

func readAll(r interface{ Read([]byte) (int, error) }, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var k int
		k, err = r.Read(p[n:])
		n += k
	}
	return n, err
}
