package ndarray

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

// crowded is a store whose chunk is read only when all who want it have come.
type crowded struct {
	*zarr.Mem
	crowd   int32
	come    atomic.Int32
	reads   atomic.Int32
	failing atomic.Int32 // reads that fail, still
}

type crowdedChunk struct {
	zarr.Chunk
	s *crowded
}

func (s *crowded) Chunk(ctx context.Context, path string, index []uint32) (zarr.Chunk, bool, error) {
	c, ok, err := s.Mem.Chunk(ctx, path, index)
	return &crowdedChunk{c, s}, ok, err
}

func (c *crowdedChunk) ReadAt(ctx context.Context, p []byte, off int64) error {
	c.s.reads.Add(1)
	for c.s.come.Load() < c.s.crowd {
		runtime.Gosched()
	}
	for range 1000 { // those who have come ask now
		runtime.Gosched()
	}
	if c.s.failing.Add(-1) >= 0 {
		return errs.New(errs.Unavailable, "not now")
	}
	return c.Chunk.ReadAt(ctx, p, off)
}

func TestAChunkThatManyWantIsDecodedOnce(t *testing.T) {
	ctx := context.Background()
	const crowd = 16
	for _, failing := range []int32{0, 1} {
		s := &crowded{Mem: zarr.NewMem(), crowd: crowd}
		if err := Arange[float64](0, 1, 100).Save(ctx, engine(1), s.Mem, "/x"); err != nil {
			t.Fatal(err)
		}
		a, err := zarr.OpenArray(ctx, s, "/x")
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewCache(ctx, nil, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]byte, a.ChunkBytes())
		plain, err := zarr.OpenArray(ctx, s.Mem, "/x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := plain.Read(ctx, []uint32{0}, want, &zarr.Scratch{}); err != nil {
			t.Fatal(err)
		}
		s.failing.Store(failing)
		var all sync.WaitGroup
		var failed atomic.Int32
		for range crowd {
			all.Go(func() {
				w := newWorker(ctx, c)
				defer w.close()
				s.come.Add(1)
				got, err := c.chunk(w, a.Units(1<<20), []uint32{0})
				switch {
				case errors.Is(err, errs.Unavailable):
					failed.Add(1)
				case err != nil || !bytes.Equal(got, want):
					t.Errorf("%d bytes, %v", len(got), err)
				}
			})
		}
		all.Wait()
		if n := s.reads.Load(); n != 1+failing || failed.Load() != failing {
			t.Errorf("%d reads, %d of them failed, for %d who wanted the chunk; expected %d, %d", n, failed.Load(), crowd, 1+failing, failing)
		}
		c.Close()
	}
}

// alike is a store where equal bytes have equal IDs, as small chunks of a
// repository have.
type alike struct{ *zarr.Mem }

type alikeChunk struct{ zarr.Chunk }

func (s alike) Chunk(ctx context.Context, path string, index []uint32) (zarr.Chunk, bool, error) {
	c, ok, err := s.Mem.Chunk(ctx, path, index)
	return alikeChunk{c}, ok, err
}

func (alikeChunk) ID() string { return "equal" }

// TestTheSameBytesUnderOtherCodecs reads two arrays of one path whose chunks are
// the same bytes, in one order and in the other.
func TestTheSameBytesUnderOtherCodecs(t *testing.T) {
	ctx := context.Background()
	c, err := NewCache(ctx, nil, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w := newWorker(ctx, c)
	defer w.close()
	for range 2 {
		for endian, want := range map[string][]byte{"little": {1, 0, 1, 0}, "big": {0, 1, 0, 1}} {
			s := alike{zarr.NewMem()}
			codecs := []zarr.CodecSpec{{Name: "bytes", Config: json.RawMessage(`{"endian": "` + endian + `"}`)}}
			m, err := zarr.NewMeta([]uint64{2}, zarr.NumberType(dtype.Uint16), zarr.MetaOptions{Chunks: []uint64{2}, Codecs: codecs})
			if err != nil {
				t.Fatal(err)
			}
			a, err := zarr.CreateArray(ctx, s, "/x", m)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.PutChunk(ctx, "/x", []uint32{0}, []byte{1, 0, 1, 0}); err != nil {
				t.Fatal(err)
			}
			if got, err := c.chunk(w, a.Units(unitBytes), []uint32{0}); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s-endian: %v, %v; want %v", endian, got, err, want)
			}
		}
	}
}
