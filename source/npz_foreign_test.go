package source_test

import (
	"archive/zip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/npy"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
)

const peerArrays = "../npy/testdata/"

// TestNPZOfPeersConforms reads what numpy 2.4.6 and scipy 1.17.1 wrote: plain,
// big-endian, and deflated without an index.
func TestNPZOfPeersConforms(t *testing.T) {
	for _, name := range []string{"f8.npy", "f4_big_endian.npy", "stored.npz", "deflated.npz", "csr.npz", "csr_stored.npz", "i8_version3.npy", "u1_3d.npy"} {
		t.Run(name, func(t *testing.T) {
			cuts := []func(*source.Options){func(o *source.Options) { o.SegmentRows = 7 }, func(o *source.Options) { o.SegmentBytes = 1 }}
			sourcetest.Run(t, sourcetest.Case{Addresses: []string{peerArrays + name}, Cuts: cuts})
		})
	}
}

// TestNPZOfPeersHasItsValues checks the values themselves.
func TestNPZOfPeersHasItsValues(t *testing.T) {
	for _, name := range []string{"f8.npy", "f4_big_endian.npy", "stored.npz", "deflated.npz", "csr.npz"} {
		ds, err := source.Open(t.Context(), []string{peerArrays + name}, source.Options{DType: dtype.Float64, SegmentRows: 13})
		if err != nil {
			t.Fatal(err)
		}
		defer ds.Close()
		for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
			if err != nil {
				t.Fatal(err)
			}
			b, err := s.Decode(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			v := dtype.View[float64](b.Block.Data)
			for i := range b.Rows {
				for j := range 3 {
					want := float64(((int(b.First)+i)*3+j)%251 - 20)
					got := 0.0
					if !b.Block.Sparse() {
						got = v[i*3+j]
					} else {
						if int(want)%3 != 0 {
							want = 0
						}
						for k := b.Block.Indptr[i]; k < b.Block.Indptr[i+1]; k++ {
							if int(b.Block.Indices[k]) == j {
								got = v[k]
							}
						}
					}
					if got != want {
						t.Fatalf("%s row %d column %d: %v, want %v", name, int(b.First)+i, j, got, want)
					}
				}
				if b.Labels != nil && b.Labels[i] != float64(int(b.First)+i) {
					t.Fatalf("%s: label %v of row %d", name, b.Labels[i], int(b.First)+i)
				}
			}
			b.Release()
		}
	}
}

// slabs counts what is out.
type slabs struct{ out atomic.Int64 }

type slab struct {
	of    *slabs
	holds atomic.Int32
}

func (s *slabs) Slab(n int) ([]byte, dtype.Owner, error) {
	s.out.Add(1)
	o := &slab{of: s}
	o.holds.Store(1)
	return dtype.Bytes(make([]uint64, n/8+1))[:n], o, nil
}

func (s *slab) Retain() { s.holds.Add(1) }

func (s *slab) Release() {
	if s.holds.Add(-1) == 0 {
		s.of.out.Add(-1)
	}
}

// rezip writes the members of an archive as another program would: deflated,
// without our index.
func rezip(t *testing.T, from, to string) {
	t.Helper()
	r, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := zip.NewWriter(f)
	for _, m := range r.File {
		in, err := m.Open()
		if err != nil {
			t.Fatal(err)
		}
		out, err := w.Create(m.Name)
		if err == nil {
			_, err = io.Copy(out, in)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNPZGivesItsMemoryBack(t *testing.T) {
	for _, sparse := range []bool{false, true} {
		dir := t.TempDir()
		writeNPZ(t, dir, 0, 0, 40_000, 8, sparse, npy.None)
		rezip(t, filepath.Join(dir, "p00000_data.npz"), filepath.Join(dir, "p00001_data.npz"))
		for _, name := range []string{"p00000_data.npz", "p00001_data.npz"} {
			for _, ty := range []dtype.Type{0, dtype.Float32, dtype.Uint8} { // uint8 cannot hold the values
				mem := new(slabs)
				ds, err := source.Open(t.Context(), []string{filepath.Join(dir, name)}, source.Options{DType: ty, SegmentRows: 4096, Memory: mem})
				if err != nil {
					t.Fatal(err)
				}
				n := 0
				for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
					if err != nil {
						t.Fatal(err)
					}
					if n++; n%3 == 0 {
						s.Discard()
						continue
					}
					if n == 8 {
						s.Discard()
						break
					}
					b, err := s.Decode(t.Context())
					if err != nil {
						if !errors.Is(err, errs.Invalid) {
							t.Fatal(err)
						}
						continue
					}
					b.Block.Retain()
					b.Release()
					if mem.out.Load() == 0 {
						t.Errorf("%s: memory of a block that is held was given back", name)
					}
					b.Block.Release()
				}
				if out := mem.out.Load(); out != 0 {
					t.Errorf("%s as %v: %d slabs are still out", name, ty, out)
				}
				ds.Close()
			}
		}
	}
}

// TestNPZDamageNamesFileAndByte flips bits in files of all kinds.
func TestNPZDamageNamesFileAndByte(t *testing.T) {
	dir := t.TempDir()
	writeNPZ(t, dir, 0, 0, 20000, 5, false, npy.Fast)
	for _, path := range []string{peerArrays + "deflated.npz", peerArrays + "csr.npz", filepath.Join(dir, "p00000_data.npz")} {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := 200; at < len(whole); at += len(whole) / 40 {
			bad := append([]byte(nil), whole...)
			bad[at] ^= 0x10
			p := write(t, "bad.npz", string(bad))
			ds, err := source.Open(t.Context(), []string{p}, source.Options{})
			if err == nil {
				for s, serr := range ds.Segments(t.Context(), source.Cursor{}) {
					if err = serr; err == nil {
						var b *source.Batch
						if b, err = s.Decode(t.Context()); err == nil {
							b.Release()
						}
					}
					if err != nil {
						break
					}
				}
				ds.Close()
			}
			if err != nil && !strings.Contains(err.Error(), "bad.npz") {
				t.Errorf("%s, byte %d: %v", path, at, err)
			}
		}
	}
}

func TestNPZWidthIsBounded(t *testing.T) {
	head := "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2147483647), }"
	p := write(t, "wide.npy", "\x93NUMPY\x01\x00"+string([]byte{byte(len(head)), 0})+head)
	if _, err := source.Open(t.Context(), []string{p}, source.Options{}); !errors.Is(err, errs.Unsupported) {
		t.Errorf("%v", err)
	}
}
