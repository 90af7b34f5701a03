package npy

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

func create(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// content is n bytes, half of them zero, the same for one seed.
func content(n int, seed uint64) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		if rng.IntN(2) == 0 {
			b[i] = byte(rng.IntN(256))
		}
	}
	return b
}

// write writes rows of data in pieces of odd sizes.
func write(t *testing.T, f Staging, ty dtype.Type, cols int, data []byte, opt Options) int64 {
	t.Helper()
	w, err := Create(f, ty, cols, opt)
	check(t, err)
	row := cols * ty.Size()
	for n := 1; len(data) > 0; n = n*3%101 + 1 {
		k := min(n*row, len(data))
		check(t, w.Write(&dtype.Block{Type: ty, Rows: k / row, Cols: cols, Data: data[:k]}))
		data = data[k:]
	}
	size, err := w.Close()
	check(t, err)
	return size
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, c := range []Compression{None, Fast, Max} {
		for _, name := range dtype.Names() {
			if c == Max && name != "float32" {
				continue // the types differ no further down
			}
			for _, rows := range []int{0, 1, 5000} {
				t.Run(fmt.Sprintf("%s/%s/%d", c, name, rows), func(t *testing.T) {
					ty, _ := dtype.Parse(name)
					const cols = 33
					data := content(rows*cols*ty.Size(), 1)
					f := create(t, "a.npz")
					size := write(t, f, ty, cols, data, Options{Compress: c})
					if st, _ := f.Stat(); st.Size() != size {
						t.Fatalf("size %d, file has %d", size, st.Size())
					}
					n, err := Open(f, size, "a.npz")
					check(t, err)
					a := n.Array("arr_0")
					if a == nil || !a.Direct() || a.Type != ty || !slices.Equal(a.Shape, []int64{int64(rows), cols}) {
						t.Fatalf("array %+v", a)
					}
					got, err := a.ReadAll(1 << 30)
					check(t, err)
					if !bytes.Equal(got, data) {
						t.Fatal("streamed bytes differ")
					}
					rng := rand.New(rand.NewPCG(1, 2))
					for range 5 {
						lo := rng.IntN(len(data) + 1)
						hi := lo + rng.IntN(len(data)-lo+1)
						p := make([]byte, hi-lo)
						check(t, a.ReadAt(p, int64(lo)))
						if !bytes.Equal(p, data[lo:hi]) {
							t.Fatalf("bytes %d to %d differ", lo, hi)
						}
					}
					z, err := zip.NewReader(f, size)
					check(t, err)
					r, err := z.File[0].Open()
					check(t, err)
					b, err := io.ReadAll(r) // checks the CRC too
					check(t, err)
					if !bytes.Equal(b[headerBytes:], data) {
						t.Fatal("archive/zip reads other bytes")
					}
				})
			}
		}
	}
}

func TestBytesDependOnRowsAlone(t *testing.T) {
	const cols = 50
	data := content(30000*cols*4, 2)
	var want []byte
	for _, workers := range []int{1, 2, 7} {
		f := create(t, "a.npz")
		size := write(t, f, dtype.Float32, cols, data, Options{Compress: Fast, Workers: workers})
		got := make([]byte, size)
		check(t, readFull(f, got, 0))
		if want == nil {
			want = got
		} else if !bytes.Equal(got, want) {
			t.Errorf("%d workers write other bytes", workers)
		}
	}
}

func TestZip64(t *testing.T) {
	defer func(n int64) { limit32 = n }(limit32)
	limit32 = 100
	data := content(4000, 3)
	for _, c := range []Compression{None, Fast} {
		f := create(t, "a.npz")
		size := write(t, f, dtype.Uint8, 4, data, Options{Compress: c})
		n, err := Open(f, size, "a.npz")
		check(t, err)
		got, err := n.Array("arr_0").ReadAll(1 << 20)
		check(t, err)
		if !bytes.Equal(got, data) {
			t.Errorf("%s: zip64 archive reads other bytes", c)
		}
		z, err := zip.NewReader(f, size)
		check(t, err)
		r, _ := z.File[0].Open()
		if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b[headerBytes:], data) {
			t.Errorf("%s: archive/zip: %v", c, err)
		}
	}
}

// The file has a hole, so it takes no disk.
func TestBeyond4GiB(t *testing.T) {
	f := create(t, "big.npz")
	const rows, cols = 5 << 18, 1 << 10 // 5 GiB of float32
	w, err := Create(f, dtype.Float32, cols, Options{})
	check(t, err)
	block := dtype.NewDense(1, cols, make([]float32, cols))
	dtype.View[float32](block.Data)[7] = 42
	// Leave a hole of rows-1 rows, as if zeros had been written; its checksum is
	// not read by ReadAt.
	hole := int64(rows-1) * cols * 4
	w.s.end += hole
	w.s.raw += hole
	w.rows = rows - 1
	check(t, w.Write(block))
	size, err := w.Close()
	check(t, err)
	if size <= 5<<30 {
		t.Fatalf("size %d", size)
	}
	n, err := Open(f, size, "big.npz")
	check(t, err)
	p := make([]byte, 4*cols)
	check(t, n.Array("arr_0").ReadAt(p, hole))
	if !bytes.Equal(p, block.Data) {
		t.Error("the last row differs")
	}
}

func TestCSR(t *testing.T) {
	for _, wide := range []bool{false, true} {
		for _, c := range []Compression{None, Max} {
			if wide {
				maxInt32 = 3
				defer func() { maxInt32 = 1<<31 - 1 }()
			}
			f, cols, starts := create(t, "s.npz"), create(t, "c"), create(t, "s")
			w, err := CreateCSR(f, cols, starts, dtype.Float64, 9, Options{Compress: c})
			check(t, err)
			b := dtype.NewCSR(4, 9, []int64{0, 2, 2, 3, 5}, []int32{1, 8, 0, 2, 3}, []float64{1, 2, 3, 4, 5})
			check(t, w.Write(b))
			check(t, w.Write(b.Slice(1, 4)))
			size, err := w.Close()
			check(t, err)
			n, err := Open(f, size, "s.npz")
			check(t, err)
			m, err := n.CSR()
			check(t, err)
			if m.Rows != 7 || m.Cols != 9 || m.NNZ != 8 || (m.Indptr.Type == dtype.Int64) != wide {
				t.Fatalf("%+v", m)
			}
			raw, err := m.Indptr.ReadAll(1000)
			check(t, err)
			got := make([]int64, 8)
			Widen(got, raw, m.Indptr.Type)
			if want := []int64{0, 2, 2, 3, 5, 5, 6, 8}; !slices.Equal(got, want) {
				t.Errorf("indptr %v, want %v", got, want)
			}
			raw, err = m.Data.ReadAll(1000)
			check(t, err)
			if v := dtype.View[float64](raw); !slices.Equal(v, []float64{1, 2, 3, 4, 5, 3, 4, 5}) {
				t.Errorf("data %v", v)
			}
		}
	}
}

func TestIndexIsThinnedWhenThereAreManyBlocks(t *testing.T) {
	const block, n = 100, 3*maxGroups + 1
	sizes, crcs := make([]uint32, n), make([]uint32, n)
	data := content(block*n-30, 4)
	var comp int64
	for i := range sizes {
		sizes[i] = uint32(i%7 + 1)
		comp += int64(sizes[i])
		crcs[i] = crc32.ChecksumIEEE(data[i*block : min((i+1)*block, len(data))])
	}
	x := newIndex(block, int64(len(data)), sizes, crcs)
	y := parseIndex(x.append(nil))
	if !y.fits(headerBytes+int64(len(data)), storedBlock+headerBytes+comp) {
		t.Fatal("does not fit")
	}
	for g, c := range y.crcs {
		if want := crc32.ChecksumIEEE(data[int64(g)*y.group : min(int64(g+1)*y.group, int64(len(data)))]); c != want {
			t.Fatalf("checksum of group %d", g)
		}
	}
	if len(x.append(nil)) > 0xffff-40 {
		t.Error("index too long for an extra field")
	}
}

func TestDamageIsFoundAndPlaced(t *testing.T) {
	data := content(3<<20, 5)
	f := create(t, "a.npz")
	size := write(t, f, dtype.Uint8, 1, data, Options{Compress: Fast, Vector: true})
	whole := make([]byte, size)
	check(t, readFull(f, whole, 0))
	for _, keep := range []int64{0, 1, 10, 100, size / 2, size - 1} {
		_, err := Open(bytes.NewReader(whole), keep, "a.npz")
		var e *errs.Error
		if !errors.As(err, &e) || e.Kind != errs.Corrupt || e.Pos.File != "a.npz" {
			t.Errorf("cut to %d bytes: %v", keep, err)
		}
	}
	bad := bytes.Clone(whole)
	bad[size/2] ^= 4
	n, err := Open(bytes.NewReader(bad), size, "a.npz")
	check(t, err)
	p := make([]byte, len(data))
	err = n.Array("arr_0").ReadAt(p, 0)
	var e *errs.Error
	if !errors.As(err, &e) || e.Kind != errs.Corrupt || e.Pos.File != "a.npz" || e.Pos.Byte == 0 || e.Pos.Byte > size/2 {
		t.Errorf("flipped bit: %v", err)
	}
	if _, err := n.Array("arr_0").ReadAll(1 << 30); !errors.Is(err, errs.Corrupt) {
		t.Errorf("flipped bit, streamed: %v", err)
	}
}

func TestHeaderRefuses(t *testing.T) {
	head := func(dict string) []byte {
		b := append([]byte(magic), 1, 0)
		b = le.AppendUint16(b, uint16(len(dict)))
		return append(b, dict...)
	}
	for dict, kind := range map[string]errs.Kind{
		"{'descr': '|O', 'fortran_order': False, 'shape': (3,), }":                      errs.Unsupported,
		"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }":            errs.Unsupported,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (3), }":                      errs.Corrupt,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (-3,), }":                    errs.Corrupt,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 9), }": errs.Corrupt,
		"{'descr': '<f4', 'fortran_order': __import__('os'), 'shape': (3,), }":          errs.Corrupt,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'shape': (4,)}":        errs.Corrupt,
		"{'descr': '<f4', 'fortran_order': False}":                                      errs.Corrupt,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}":               errs.Corrupt,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (100,), }":                   errs.Corrupt, // longer than the file
		"{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } + 1":                 errs.Corrupt,
		"{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,), }":  errs.Corrupt,
		"{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (3,), }":                 errs.Corrupt,
	} {
		b := append(head(dict), make([]byte, 64)...)
		_, err := Open(bytes.NewReader(b), int64(len(b)), "a.npy")
		if !errors.Is(err, kind) {
			t.Errorf("%s: %v, expected %v", dict, err, kind)
		}
	}
	b := append(head("{'shape': (3L, 2), \"descr\": '>f4', 'fortran_order': True}\n"), make([]byte, 24)...)
	f, err := Open(bytes.NewReader(b), int64(len(b)), "a.npy")
	check(t, err)
	a := f.Array("")
	if !a.Swap || !a.Fortran || a.Type != dtype.Float32 || a.Rows() != 3 || a.Cols() != 2 {
		t.Errorf("%+v", a.Header)
	}
	if err := a.Numeric(); !errors.Is(err, errs.Unsupported) {
		t.Errorf("column-major: %v", err)
	}
}

// BenchmarkWrite writes 188 MB of rows like those of MNIST digits.
func BenchmarkWrite(b *testing.B) {
	const rows, cols = 1000, 784
	block := dtype.NewDense(rows, cols, make([]float32, rows*cols))
	rng := rand.New(rand.NewPCG(1, 1))
	for i, v := range dtype.View[float32](block.Data) {
		if i%cols/28 > 4 && rng.IntN(3) == 0 {
			v = float32(rng.IntN(256)) / 255
		}
		dtype.View[float32](block.Data)[i] = v
	}
	for _, c := range []Compression{None, Fast} {
		b.Run(string(c), func(b *testing.B) {
			f, err := os.Create(filepath.Join(b.TempDir(), "x.npz"))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			b.SetBytes(60 * rows * cols * 4)
			for b.Loop() {
				w, err := Create(f, dtype.Float32, cols, Options{Compress: c})
				if err != nil {
					b.Fatal(err)
				}
				for range 60 {
					if err := w.Write(block); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
