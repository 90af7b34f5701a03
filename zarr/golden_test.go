package zarr

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
)

// golden is the files of an archive by name.
func golden(t testing.TB, file string) map[string][]byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// load puts the array in a folder of files into a store.
func load(t testing.TB, s Store, files map[string][]byte, folder string) *Array {
	t.Helper()
	ctx := context.Background()
	m, err := ParseArray(files[folder+"/zarr.json"])
	if err != nil {
		t.Fatal(err)
	}
	a, err := CreateArray(ctx, s, "/"+folder, m)
	if err != nil {
		t.Fatal(err)
	}
	eachChunk(a, func(index []uint32) {
		if b, ok := files[folder+"/"+m.ChunkKey(index)]; ok {
			if err := s.PutChunk(ctx, a.Path(), index, b); err != nil {
				t.Fatal(err)
			}
		}
	})
	return a
}

func eachChunk(a *Array, f func(index []uint32)) {
	if Chunks(a.Grid()) == 0 {
		return
	}
	index := make([]uint32, len(a.Grid()))
	for ok := true; ok; ok = Next(index, a.Grid()) {
		f(index)
	}
}

// all is every element of an array of fixed-size elements, read by chunks of the
// given shape, in C order.
func all(t testing.TB, a *Array, shape []uint64, read func(at []uint32, dst []byte)) []byte {
	t.Helper()
	elem := a.Meta().Type.Size
	total, size := elem, elem
	grid := make([]uint32, len(shape))
	for i, n := range a.Meta().Shape {
		total *= int(n)
		size *= int(shape[i])
		if n > 0 {
			grid[i] = uint32((n-1)/shape[i] + 1)
		}
	}
	out := make([]byte, total)
	if total == 0 {
		return out
	}
	strides := cStrides(a.Meta().Shape, elem)
	at := make([]uint32, len(grid))
	for ok := true; ok; ok = Next(at, grid) {
		dst := make([]byte, size)
		read(at, dst)
		eachElement(shape, func(e []uint32, i int) {
			to := 0
			for axis := range e {
				v := int(at[axis])*int(shape[axis]) + int(e[axis])
				if v >= int(a.Meta().Shape[axis]) {
					return
				}
				to += v * strides[axis]
			}
			copy(out[to:to+elem], dst[i*elem:])
		})
	}
	return out
}

func eachElement(shape []uint64, f func(index []uint32, i int)) {
	grid := make([]uint32, len(shape))
	for i, n := range shape {
		grid[i] = uint32(n)
	}
	index := make([]uint32, len(shape))
	for i, ok := 0, true; ok; ok = Next(index, grid) {
		f(index, i)
		i++
	}
}

// allStrings is every element of an array of strings in C order.
func allStrings(t testing.TB, a *Array) []string {
	t.Helper()
	shape := a.Meta().Shape
	out := make([]string, product(1, shape))
	var s Scratch
	var offsets []int32
	var data []byte
	strides := cStrides(shape, 1)
	eachChunk(a, func(index []uint32) {
		var err error
		offsets, data, err = a.ReadStrings(context.Background(), index, offsets, data, &s)
		if err != nil {
			t.Fatal(err)
		}
		eachElement(a.Meta().ChunkShape, func(e []uint32, i int) {
			to := 0
			for axis := range e {
				v := int(index[axis])*int(a.Meta().ChunkShape[axis]) + int(e[axis])
				if v >= int(shape[axis]) {
					return
				}
				to += v * strides[axis]
			}
			out[to] = string(data[offsets[i]:offsets[i+1]])
		})
	})
	return out
}

func folders(files map[string][]byte) []string {
	var all []string
	for name := range files {
		if folder, ok := strings.CutSuffix(name, "/zarr.json"); ok {
			all = append(all, folder)
		}
	}
	slices.Sort(all)
	return all
}

func wantStrings(t testing.TB, a *Array, doc []byte) []string {
	t.Helper()
	var want []string
	if err := json.Unmarshal(doc, &want); err != nil {
		t.Fatal(err)
	}
	if a.Meta().Type.Name != "string" {
		for i, v := range want {
			b, err := hex.DecodeString(v)
			if err != nil {
				t.Fatal(err)
			}
			want[i] = string(b)
		}
	}
	return want
}

// TestReadsWhatZarrPythonWrote reads every array of the archive whole and by
// inner chunks, and writes its metadata again.
func TestReadsWhatZarrPythonWrote(t *testing.T) {
	ctx := context.Background()
	files := golden(t, "testdata/zarr-python.tar.gz")
	for _, folder := range folders(files) {
		t.Run(folder, func(t *testing.T) {
			a := load(t, NewMem(), files, folder)
			doc := files[folder+"/zarr.json"]
			if again, err := a.Meta().Marshal(); err != nil || !bytes.Equal(again, doc) {
				t.Errorf("metadata: %v\n%s\nwant\n%s", err, again, doc)
			}
			m := *a.Meta()
			m.fillText = nil
			if again, err := m.Marshal(); err != nil || !bytes.Equal(again, doc) {
				t.Errorf("metadata with our fill value: %v\n%s\nwant\n%s", err, again, doc)
			}
			if a.Meta().Type.Varying() {
				got, want := allStrings(t, a), wantStrings(t, a, files[folder+"/expected.json"])
				if !slices.Equal(got, want) {
					t.Errorf("got %q, want %q", got, want)
				}
				return
			}
			var s Scratch
			want := files[folder+"/expected.bin"]
			got := all(t, a, a.Meta().ChunkShape, func(at []uint32, dst []byte) {
				if _, err := a.Read(ctx, at, dst, &s); err != nil {
					t.Fatal(err)
				}
			})
			if !bytes.Equal(got, want) {
				t.Errorf("got %x, want %x", got, want)
			}
			inner := a.InnerShape()
			got = all(t, a, inner, func(at []uint32, dst []byte) {
				outer, in := make([]uint32, len(at)), make([]uint32, len(at))
				for i, n := range a.InnerGrid() {
					outer[i], in[i] = at[i]/n, at[i]%n
				}
				if _, err := a.ReadInner(ctx, outer, in, dst, &s); err != nil {
					t.Fatal(err)
				}
			})
			if !bytes.Equal(got, want) {
				t.Errorf("by inner chunks: got %x, want %x", got, want)
			}
		})
	}
}

// rewrite writes every chunk of the golden arrays with our codecs.
func rewrite(t *testing.T, s Store, files map[string][]byte, folder string) *Array {
	t.Helper()
	ctx := context.Background()
	from := load(t, NewMem(), files, folder)
	to, err := CreateArray(ctx, s, from.Path(), from.Meta())
	if err != nil {
		t.Fatal(err)
	}
	var in, out Scratch
	b := make([]byte, from.ChunkBytes())
	eachChunk(from, func(index []uint32) {
		if from.Meta().Type.Varying() {
			offsets, data, err := from.ReadStrings(ctx, index, nil, nil, &in)
			if err == nil {
				err = to.WriteStrings(ctx, index, offsets, data, &out)
			}
			if err != nil {
				t.Fatal(folder, err)
			}
			return
		}
		if _, err := from.Read(ctx, index, b, &in); err != nil {
			t.Fatal(folder, err)
		}
		if err := to.Write(ctx, index, b, &out); err != nil {
			t.Fatal(folder, err)
		}
	})
	return to
}

// TestReadsWhatItWrote writes the arrays of the archive anew and reads them.
func TestReadsWhatItWrote(t *testing.T) {
	ctx := context.Background()
	files := golden(t, "testdata/zarr-python.tar.gz")
	for _, folder := range folders(files) {
		a := rewrite(t, NewMem(), files, folder)
		if a.Meta().Type.Varying() {
			if got, want := allStrings(t, a), wantStrings(t, a, files[folder+"/expected.json"]); !slices.Equal(got, want) {
				t.Errorf("%s: got %q, want %q", folder, got, want)
			}
			continue
		}
		var s Scratch
		got := all(t, a, a.Meta().ChunkShape, func(at []uint32, dst []byte) {
			if _, err := a.Read(ctx, at, dst, &s); err != nil {
				t.Fatal(err)
			}
		})
		if want := files[folder+"/expected.bin"]; !bytes.Equal(got, want) {
			t.Errorf("%s: got %x, want %x", folder, got, want)
		}
	}
}

// TestZarrPythonReadsWhatWeWrote has zarr-python read the arrays of the archive
// as we write them.
func TestZarrPythonReadsWhatWeWrote(t *testing.T) {
	python := os.Getenv("OUTCORE_ORACLE_PYTHON")
	if python == "" {
		t.Skip("SKIPPED: OUTCORE_ORACLE_PYTHON names no Python with zarr; `.ci/tools.sh oracle` makes one")
	}
	ctx := context.Background()
	files := golden(t, "testdata/zarr-python.tar.gz")
	dir := t.TempDir()
	put := func(name string, b []byte) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range folders(files) {
		a := rewrite(t, NewMem(), files, folder)
		m := *a.Meta()
		m.fillText, m.order = nil, nil
		doc, err := m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		put(folder+"/zarr.json", doc)
		for _, name := range []string{"/expected.bin", "/expected.json"} {
			if b, ok := files[folder+name]; ok {
				put(folder+name, b)
			}
		}
		eachChunk(a, func(index []uint32) {
			c, ok, err := a.Chunk(ctx, index)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				b := make([]byte, c.Size())
				if err := c.ReadAt(ctx, b, 0); err != nil {
					t.Fatal(err)
				}
				put(path.Join(folder, m.ChunkKey(index)), b)
			}
		})
	}
	// And arrays we make, with our defaults.
	for i, name := range dtype.Names() {
		kind, err := dtype.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := NewMeta([]uint64{70, 30}, NumberType(kind), MetaOptions{Chunks: []uint64{70, 30}, Names: []string{"row", ""}})
		if err != nil {
			t.Fatal(err)
		}
		a, err := CreateArray(ctx, NewMem(), "/a", m)
		if err != nil {
			t.Fatal(err)
		}
		src := make([]byte, a.ChunkBytes())
		for k := range src {
			src[k] = byte(k / 3 % (i + 2))
			if kind == dtype.Bool {
				src[k] &= 1
			}
		}
		doc, err := m.Marshal()
		if err == nil {
			err = a.Write(ctx, []uint32{0, 0}, src, &Scratch{})
		}
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := a.Chunk(ctx, []uint32{0, 0})
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, c.Size())
		if err := c.ReadAt(ctx, b, 0); err != nil {
			t.Fatal(err)
		}
		put("ours/"+name+"/zarr.json", doc)
		put("ours/"+name+"/c/0/0", b)
		put("ours/"+name+"/expected.bin", src)
	}
	out, err := exec.Command(python, "testdata/golden.py", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
