package ndarray

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/fileblob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/zarr"
)

// A readMeter counts the reads of stored chunks, and their bytes.
type readMeter struct {
	*zarr.Mem
	n, bytes atomic.Int64
}

type meteredChunk struct {
	zarr.Chunk
	m *readMeter
}

func (m *readMeter) Chunk(ctx context.Context, path string, index []uint32) (zarr.Chunk, bool, error) {
	c, ok, err := m.Mem.Chunk(ctx, path, index)
	if !ok {
		return c, ok, err
	}
	return &meteredChunk{c, m}, ok, err
}

func (c *meteredChunk) ReadAt(ctx context.Context, p []byte, off int64) error {
	c.m.n.Add(1)
	c.m.bytes.Add(int64(len(p)))
	return c.Chunk.ReadAt(ctx, p, off)
}

// shards is a store with /x, 2 shards of 32 MiB of int32 beside each other in
// inner chunks of 256 KiB, and /y, the same in chunks of its own.
func shards(t *testing.T) (*readMeter, []int32) {
	t.Helper()
	ctx := t.Context()
	rnd := rand.New(rand.NewPCG(5, 5))
	d := Dense[int32]{Shape: []int{2000, 8192}, Data: make([]int32, 2000*8192)}
	for i := range d.Data {
		d.Data[i] = rnd.Int32() >> 3
	}
	m := &readMeter{Mem: zarr.NewMem()}
	inner := []zarr.CodecSpec{zarr.Bytes(zarr.NumberType(dtype.Int32)), zarr.CRC32C()}
	for path, meta := range map[string]zarr.MetaOptions{
		"/x": {Chunks: []uint64{2048, 4096}, Codecs: []zarr.CodecSpec{zarr.Sharding([]uint64{128, 512}, inner...)}},
		"/y": {Chunks: []uint64{100, 1000}},
	} {
		if err := d.Array().Save(ctx, engine(2), m, path, WithMeta(meta)); err != nil {
			t.Fatal(err)
		}
	}
	return m, d.Data
}

// TestPartsOfShardsAreReadAlone: of a shard only the inner chunks around what is
// asked for are read, and few requests are made for them.
func TestPartsOfShardsAreReadAlone(t *testing.T) {
	m, data := shards(t)
	x, err := Open[int32](t.Context(), m, "/x")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		selection string
		requests  int64 // with one index a shard and worker
		bytes     int64
	}{
		{"0:3,0:5", 2, 1<<18 + 1<<14},
		{"0:3,:", 2 + 2*2, 4<<20 + 1<<15},
		{"1000:1001,4000:4200", 4, 1<<19 + 1<<15},
		{":,100", 16 + 2, 4<<20 + 1<<15},
		{"::-1000,6:8000:50", 6 + 4, 8<<20 + 1<<15},
		{":,:", 2*16 + 2*2, 65 << 20},
	} {
		index, err := ParseSelection(c.selection)
		if err != nil {
			t.Fatal(err)
		}
		m.n.Store(0)
		m.bytes.Store(0)
		got, err := x.Slice(index...).Compute(t.Context(), metered(t))
		if err != nil {
			t.Fatal(err)
		}
		if n, b := m.n.Load(), m.bytes.Load(); n > c.requests || b > c.bytes {
			t.Errorf("%s: %d requests of %d bytes, expected at most %d of %d", c.selection, n, b, c.requests, c.bytes)
		}
		want := (&Dense[int32]{Shape: []int{2000, 8192}, Data: data}).Array().Slice(index...)
		if w := compute(t, want); !bytes.Equal(bytesOf(got.Data), bytesOf(w.Data)) {
			t.Errorf("%s: other elements", c.selection)
		}
	}
}

// TestShardsInLittleMemory: what a shard takes decoded is not needed to compute
// with it.
func TestShardsInLittleMemory(t *testing.T) {
	m, data := shards(t)
	run := metered(t)
	x, err := OpenAny(t.Context(), m, "/x")
	if err != nil {
		t.Fatal(err)
	}
	y, err := OpenAny(t.Context(), m, "/y")
	if err != nil {
		t.Fatal(err)
	}
	if j := newReduceJob(x.n, x.Sum().n.reduce, 16); j.bytes > 20<<20 {
		t.Errorf("a task takes %s, the shard has %s", memory.FormatSize(j.bytes), memory.FormatSize(32<<20))
	}
	want := int64(0)
	for _, v := range data {
		want += int64(v)
	}
	sum, err := x.Sum().Compute(t.Context(), run)
	if err != nil || view[int64](sum.Data)[0] != want {
		t.Errorf("%v, %v, expected %d", sum, err, want)
	}
	same, err := x.Eq(y).AllTrue().Compute(t.Context(), run)
	if err != nil || same.Data[0] != 1 {
		t.Errorf("both arrays: %v, %v", same, err)
	}
	c, err := NewCache(t.Context(), nil, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	product := x.Slice(R(0, 40), R(4000, 4200)).Cast(TypeOf[float64]())
	got, err := product.MatMul(product.Transpose()).Compute(t.Context(), run, WithCache(c))
	if err != nil {
		t.Fatal(err)
	}
	ref := y.Slice(R(0, 40), R(4000, 4200)).Cast(TypeOf[float64]())
	if w, err := ref.MatMul(ref.Transpose()).Compute(t.Context(), run); err != nil || !bytes.Equal(w.Data, got.Data) {
		t.Errorf("the product by way of a cache differs: %v", err)
	}
}

// TestShardsOfZarrPython reads parts of what zarr-python wrote into an Icechunk
// repository, changes a part, and has it read again.
func TestShardsOfZarrPython(t *testing.T) {
	python := os.Getenv("OUTCORE_ORACLE_PYTHON")
	if python == "" {
		t.Skip("SKIPPED: OUTCORE_ORACLE_PYTHON names no Python with icechunk and zarr; `.ci/tools.sh oracle` makes one")
	}
	dir := t.TempDir()
	script := func(verb string) []byte {
		cmd := exec.Command(python, "testdata/shards.py", verb, dir)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", verb, err, &stderr)
		}
		return out
	}
	made := script("make")
	d, err := fileblob.New(filepath.Join(dir, "repo"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := icechunk.Open(t.Context(), blob.New(d, filepath.Join(dir, "repo")), icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Session(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(made) {
		var c struct {
			Path, Select string
			Shape        []int
			Data         []byte
			Sum          int64
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		a, err := OpenAny(t.Context(), s, c.Path)
		if err != nil {
			t.Fatal(err)
		}
		index, err := ParseSelection(c.Select)
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Slice(index...).Compute(t.Context(), metered(t))
		if err != nil || fmt.Sprint(got.Shape) != fmt.Sprint(c.Shape) || len(c.Data) > 0 && !bytes.Equal(got.Data, c.Data) {
			t.Errorf("%s[%s]: %v, shape %v, expected %v, and the same elements", c.Path, c.Select, err, got.Shape, c.Shape)
		}
		sum, err := a.Slice(index...).Sum().Compute(t.Context(), metered(t))
		if err != nil || c.Path == "/u" && view[int64](sum.Data)[0] != c.Sum {
			t.Errorf("%s[%s]: %v, sum %v, expected %d", c.Path, c.Select, err, sum, c.Sum)
		}
	}
	part, err := ParseSelection("1200:1400:3,1000:1300")
	if err != nil {
		t.Fatal(err)
	}
	if err := Assign(t.Context(), metered(t), s, "/u", part, int32(-7)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), "changed"); err != nil {
		t.Fatal(err)
	}
	script("check")
}
