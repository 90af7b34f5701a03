package zarr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// TestUnitsOfWhatZarrPythonWrote reads the arrays of the archive by units of
// several sizes.
func TestUnitsOfWhatZarrPythonWrote(t *testing.T) {
	ctx := context.Background()
	files := golden(t, "testdata/zarr-python.tar.gz")
	cut := 0
	for _, folder := range folders(files) {
		a := load(t, NewMem(), files, folder)
		if a.Meta().Type.Varying() {
			continue
		}
		for _, most := range []int{1, 50, 200, 1000, 1 << 30} {
			u := a.Units(most)
			if !u.Whole() {
				cut++
			}
			if u.Bytes() > max(most, a.InnerBytes()) && !u.Whole() {
				t.Errorf("%s: units of %d bytes, expected at most %d", folder, u.Bytes(), most)
			}
			var s Scratch
			got := all(t, a, u.Shape(), func(at []uint32, dst []byte) {
				if _, err := u.Read(ctx, at, dst, &s); err != nil {
					t.Fatal(folder, err)
				}
			})
			if want := files[folder+"/expected.bin"]; !bytes.Equal(got, want) {
				t.Errorf("%s by units of %v: got %x, want %x", folder, u.Shape(), got, want)
			}
		}
	}
	if cut < 20 {
		t.Errorf("%d arrays were cut into units, expected more", cut)
	}
}

// requests counts the reads of chunks, and their bytes.
type requests struct {
	*Mem
	n, bytes atomic.Int64
}

type request struct {
	c *memChunk
	r *requests
}

func (r *requests) Chunk(ctx context.Context, path string, index []uint32) (Chunk, bool, error) {
	c, ok, err := r.Mem.Chunk(ctx, path, index)
	if !ok {
		return c, ok, err
	}
	return &request{c.(*memChunk), r}, ok, err
}

func (r *request) Size() int64 { return r.c.Size() }
func (r *request) ID() string  { return r.c.ID() }

func (r *request) ReadAt(ctx context.Context, p []byte, off int64) error {
	r.r.n.Add(1)
	r.r.bytes.Add(int64(len(p)))
	return r.c.ReadAt(ctx, p, off)
}

// sharded makes an array of one shard of 1,024 × 1,024 float32 in inner chunks
// of 64 × 64, of noise that does not compress.
func sharded(t *testing.T) (r *requests, a *Array, data []byte) {
	t.Helper()
	ctx := context.Background()
	inner := []CodecSpec{Bytes(NumberType(dtype.Float32)), CRC32C()}
	m, err := NewMeta([]uint64{1024, 1024}, NumberType(dtype.Float32), MetaOptions{Chunks: []uint64{1024, 1024}, Codecs: []CodecSpec{Sharding([]uint64{64, 64}, inner...)}})
	if err != nil {
		t.Fatal(err)
	}
	r = &requests{Mem: NewMem()}
	a, err = CreateArray(ctx, r, "/a", m)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(4, 4))
	data = make([]byte, a.ChunkBytes())
	for i := 0; i < len(data); i += 4 {
		binary.LittleEndian.PutUint32(data[i:], rnd.Uint32())
	}
	if err := a.Write(ctx, []uint32{0, 0}, data, &Scratch{}); err != nil {
		t.Fatal(err)
	}
	return r, a, data
}

// TestUnitsAreReadByFewRequests counts the requests and bytes of parts of a shard.
func TestUnitsAreReadByFewRequests(t *testing.T) {
	ctx := context.Background()
	r, a, data := sharded(t)
	for _, c := range []struct {
		most           int
		shape          uint64 // of a unit, both of its axes but the first may differ
		requests, read int64  // of all units, and of the first alone, with the index
	}{
		{1 << 14, 64, 256 + 1, 1<<14 + 1<<13}, // an inner chunk each
		{1 << 18, 64, 16 + 1, 1<<18 + 1<<13},  // a row of inner chunks, side by side in the shard
		{1 << 20, 256, 4 + 1, 1<<20 + 1<<13},
		{1 << 22, 1024, 1 + 1, 1<<22 + 1<<13}, // the shard
	} {
		u := a.Units(c.most)
		if u.Shape()[0] != c.shape {
			t.Errorf("units of up to %d bytes are %v", c.most, u.Shape())
		}
		var s Scratch
		r.n.Store(0)
		r.bytes.Store(0)
		got := all(t, a, u.Shape(), func(at []uint32, dst []byte) {
			if _, err := u.Read(ctx, at, dst, &s); err != nil {
				t.Fatal(err)
			}
			if at[0] == 0 && at[1] == 0 && r.bytes.Load() > c.read {
				t.Errorf("%d bytes for the first unit of %d, expected %d", r.bytes.Load(), u.Bytes(), c.read)
			}
		})
		if !bytes.Equal(got, data) {
			t.Errorf("units of %v are not the elements", u.Shape())
		}
		if n := r.n.Load(); n != c.requests {
			t.Errorf("%d requests for units of %v, expected %d", n, u.Shape(), c.requests)
		}
	}
}

// TestADamagedInnerChunk is named, and all other units are read.
func TestADamagedInnerChunk(t *testing.T) {
	ctx := context.Background()
	r, a, data := sharded(t)
	c, _, err := r.Mem.Chunk(ctx, "/a", []uint32{0, 0})
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, c.Size())
	if err := c.ReadAt(ctx, p, 0); err != nil {
		t.Fatal(err)
	}
	const inner = 5*16 + 7 // [5 7]
	p[inner*(64*64*4+4)+100] ^= 1
	if err := r.PutChunk(ctx, "/a", []uint32{0, 0}, p); err != nil {
		t.Fatal(err)
	}
	u := a.Units(1 << 17) // 8 inner chunks side by side
	dst := make([]byte, u.Bytes())
	var s Scratch
	for i := range uint32(16) {
		for k := range uint32(2) {
			_, err := u.Read(ctx, []uint32{i, k}, dst, &s)
			if i == 5 && k == 0 {
				if !errors.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "/a: chunk [0 0]: inner chunk [5 7]") {
					t.Errorf("the damaged one: %v", err)
				}
				continue
			}
			if err != nil || !bytes.Equal(dst[:4], data[4*(int(i)*64*1024+int(k)*512):][:4]) {
				t.Errorf("unit %d, %d: %v", i, k, err)
			}
		}
	}
	if err := a.Decode(ctx, []uint32{0, 0}, c, make([]byte, a.ChunkBytes()), &s); err != nil {
		t.Errorf("the shard before: %v", err)
	}
}
