package zarrtest

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

func chunks(t *testing.T, s zarr.Store) {
	must(t, s.SetMetadata(ctx, "/a", array(t, []uint64{6, 6}, []uint64{2, 2})))
	at := []uint32{1, 2}
	check(t, s, "/a", at, nil)
	data := []byte("one")
	put(t, s, "/a", at, data)
	// Neither the bytes nor the index are kept.
	copy(data, "xxx")
	at[0] = 2
	check(t, s, "/a", at, nil)
	check(t, s, "/a", []uint32{1, 2}, []byte("one"))
	check(t, s, "/a", []uint32{2, 1}, nil)
	put(t, s, "/a", []uint32{1, 2}, []byte("second"))
	check(t, s, "/a", []uint32{1, 2}, []byte("second"))
	must(t, s.DeleteChunk(ctx, "/a", []uint32{1, 2}))
	must(t, s.DeleteChunk(ctx, "/a", []uint32{1, 2}))
	check(t, s, "/a", []uint32{1, 2}, nil)
	put(t, s, "/a", []uint32{1, 2}, []byte("third"))
	check(t, s, "/a", []uint32{1, 2}, []byte("third"))
	// New attributes leave chunks alone.
	must(t, s.SetMetadata(ctx, "/a", array(t, []uint64{6, 7}, []uint64{2, 2})))
	check(t, s, "/a", []uint32{1, 2}, []byte("third"))
}

// sizes writes chunks small enough to be held in metadata, and larger ones.
func sizes(t *testing.T, s zarr.Store) {
	must(t, s.SetMetadata(ctx, "/a", array(t, []uint64{100}, []uint64{1})))
	of := []int{1, 2, 511, 512, 513, 4096, 1 << 20}
	for i, n := range of {
		data := bytes.Repeat([]byte{byte(i), 7, 1}, n/3+1)[:n]
		put(t, s, "/a", []uint32{uint32(i)}, data)
		check(t, s, "/a", []uint32{uint32(i)}, data)
	}
	for i, n := range of {
		c, ok, err := s.Chunk(ctx, "/a", []uint32{uint32(i)})
		must(t, err)
		if !ok || c.Size() != int64(n) {
			t.Fatalf("chunk %d: %v, %d bytes, want %d", i, ok, c.Size(), n)
		}
		whole := read(t, c)
		lo, hi := n/3, n-n/4
		part := make([]byte, hi-lo)
		must(t, c.ReadAt(ctx, part, int64(lo)))
		if !bytes.Equal(part, whole[lo:hi]) {
			t.Errorf("chunk %d: bytes %d to %d differ from those of the whole", i, lo, hi)
		}
		must(t, c.ReadAt(ctx, nil, int64(n)))
		if c.ReadAt(ctx, make([]byte, 2), int64(n-1)) == nil {
			t.Errorf("chunk %d: reading past the end is no error", i)
		}
	}
}

func outlive(t *testing.T, s zarr.Store) {
	must(t, s.SetMetadata(ctx, "/a", array(t, []uint64{4}, []uint64{2})))
	for _, n := range []int{10, 5000} {
		old, young := bytes.Repeat([]byte("o"), n), bytes.Repeat([]byte("y"), n)
		put(t, s, "/a", []uint32{0}, old)
		before, _, err := s.Chunk(ctx, "/a", []uint32{0})
		must(t, err)
		put(t, s, "/a", []uint32{0}, young)
		after, _, err := s.Chunk(ctx, "/a", []uint32{0})
		must(t, err)
		if before.ID() == after.ID() && before.ID() != "" {
			t.Errorf("other bytes have the same ID %q", before.ID())
		}
		must(t, s.DeleteChunk(ctx, "/a", []uint32{0}))
		if !bytes.Equal(read(t, before), old) || !bytes.Equal(read(t, after), young) {
			t.Errorf("chunks of %d bytes change after they were found", n)
		}
	}
}

// reads has readers look at a chunk that is written over and over: every one
// must see a whole version.
func reads(t *testing.T, s zarr.Store) {
	must(t, s.SetMetadata(ctx, "/a", array(t, []uint64{4}, []uint64{2})))
	const versions, size = 60, 3000
	put(t, s, "/a", []uint32{1}, bytes.Repeat([]byte{1}, size))
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				c, ok, err := s.Chunk(ctx, "/a", []uint32{1})
				if err != nil || !ok {
					t.Errorf("reading: %v, %v", ok, err)
					return
				}
				b := make([]byte, c.Size())
				if err := c.ReadAt(ctx, b, 0); err != nil {
					t.Error(err)
					return
				}
				if len(b) != size || !bytes.Equal(b, bytes.Repeat(b[:1], size)) {
					t.Error("a reader saw parts of two versions")
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for v := range versions {
		if err := s.PutChunk(ctx, "/a", []uint32{1}, bytes.Repeat([]byte{byte(v)}, size)); err != nil {
			t.Error(err)
		}
		if _, err := s.Metadata(ctx, "/a"); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
}

func writers(t *testing.T, s zarr.Store) {
	var wg sync.WaitGroup
	for i := range 4 {
		path := "/" + string(rune('a'+i))
		doc := array(t, []uint64{40}, []uint64{1})
		wg.Go(func() {
			err := s.SetMetadata(ctx, path, doc)
			for k := range uint32(40) {
				err = errors.Join(err, s.PutChunk(ctx, path, []uint32{k}, bytes.Repeat([]byte{byte(i)}, 600)))
				for _, bad := range s.Children(ctx, "/") {
					err = errors.Join(err, bad)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(below(t, s, "/")); n != 4 {
		t.Errorf("%d arrays, want 4", n)
	}
	for i := range 4 {
		for k := range uint32(40) {
			check(t, s, "/"+string(rune('a'+i)), []uint32{k}, bytes.Repeat([]byte{byte(i)}, 600))
		}
	}
	_, _, err := s.Chunk(ctx, "/e", []uint32{0})
	want(t, "an array nobody wrote", err, errs.NotFound)
}
