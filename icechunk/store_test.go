package icechunk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/zarr"
	"github.com/outcore/outcore/zarr/zarrtest"
)

func TestSessionIsAStore(t *testing.T) {
	zarrtest.Run(t, func(t *testing.T) zarr.Store {
		return session(t, create(t, memory(), icechunk.Options{}), "")
	})
}

// reborn commits after every write, so that what is read was stored.
type reborn struct {
	*icechunk.Session
	mu *sync.RWMutex
}

func (r reborn) commit(err error) error {
	if err != nil || !r.Changed() {
		return err
	}
	_, err = r.Commit(context.Background(), "")
	return err
}

func (r reborn) SetMetadata(ctx context.Context, path string, doc []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commit(r.Session.SetMetadata(ctx, path, doc))
}

func (r reborn) DeleteNode(ctx context.Context, path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commit(r.Session.DeleteNode(ctx, path))
}

func (r reborn) PutChunk(ctx context.Context, path string, index []uint32, data []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commit(r.Session.PutChunk(ctx, path, index, data))
}

func (r reborn) Trim(ctx context.Context, path string, grid []uint32) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.commit(r.Session.Trim(ctx, path, grid))
}

func TestWhatWasCommittedIsAStore(t *testing.T) {
	zarrtest.Run(t, func(t *testing.T) zarr.Store {
		r := create(t, memory(), icechunk.Options{Split: 3, Inline: 100, Cache: 1})
		return reborn{session(t, r, ""), &sync.RWMutex{}}
	})
}

func TestChunksInOneObjectAreReadTogether(t *testing.T) {
	b := memory()
	r := create(t, b, icechunk.Options{})
	whole := make([]byte, 100_000)
	for i := range whole {
		whole[i] = byte(i / 1000)
	}
	ref, err := r.StageChunk(ctx, whole)
	must(t, err)
	s := session(t, r, "")
	must(t, s.SetMetadata(ctx, "/a", arrayDoc(1, 100)))
	for i := range uint32(100) {
		part := ref
		part.Offset, part.Length = uint64(i)*1000, 1000
		must(t, s.SetRef("/a", []uint32{i}, part))
	}
	_, err = s.Commit(ctx, "parts")
	must(t, err)
	w := counted(b)
	r, err = icechunk.Open(ctx, w.Bucket, icechunk.Options{})
	must(t, err)
	s, err = r.Snapshot(ctx, "")
	must(t, err)
	get(t, s, "/a", 0)
	calls := w.Calls("")
	for i := range uint32(100) {
		if p := get(t, s, "/a", i); !bytes.Equal(p, whole[i*1000:(i+1)*1000]) {
			t.Fatalf("chunk %d is %d", i, p[0])
		}
	}
	if n := w.Calls("") - calls; n > 4 {
		t.Fatalf("100 chunks side by side took %d requests", n)
	}
}

func TestReferencesThatCannotBe(t *testing.T) {
	s := session(t, create(t, memory(), icechunk.Options{}), "")
	must(t, s.SetMetadata(ctx, "/a", arrayDoc(1, 4)))
	id := format.NewObjectID()
	for name, ref := range map[string]format.ChunkRef{
		"none":        {},
		"two kinds":   {Chunk: id, Length: 1, Inline: []byte{1}},
		"no bytes":    {Chunk: id},
		"nothing in":  {Inline: []byte{}},
		"large in":    {Inline: make([]byte, 1<<20), Length: 1 << 20},
		"beyond 2^61": {Chunk: id, Length: 1 << 62},
	} {
		if err := s.SetRef("/a", []uint32{0}, ref); !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	virtual := format.ChunkRef{Virtual: &format.Virtual{Location: "s3://elsewhere/x"}, Offset: 5, Length: 7}
	must(t, s.SetRef("/a", []uint32{1}, virtual))
	_, err := s.Commit(ctx, "virtual")
	must(t, err)
	must(t, s.PutChunk(ctx, "/a", []uint32{2}, []byte{1})) // rewrites the manifest
	_, err = s.Commit(ctx, "another")
	must(t, err)
	for e, err := range s.Chunks(ctx, "/a") {
		must(t, err)
		if e.Index[0] == 1 && (e.Ref.Virtual == nil || *e.Ref.Virtual != *virtual.Virtual || e.Ref.Offset != 5 || e.Ref.Length != 7) {
			t.Fatalf("the virtual reference became %+v", e.Ref)
		}
	}
	c, _, err := s.Chunk(ctx, "/a", []uint32{1})
	must(t, err)
	wantKind(t, c.ReadAt(ctx, make([]byte, 7), 0), errs.Unsupported)
}

// Readers and writers of one session, and commits of others, at once; the race
// detector looks on.
func TestConcurrentUse(t *testing.T) {
	r := create(t, memory(), icechunk.Options{Split: 4, Cache: 4096})
	s := session(t, r, "")
	for i := range 4 {
		must(t, s.SetMetadata(ctx, fmt.Sprintf("/a%d", i), arrayDoc(1, 20)))
	}
	_, err := s.Commit(ctx, "arrays")
	must(t, err)
	var wg sync.WaitGroup
	for i := range 4 {
		path := fmt.Sprintf("/a%d", i)
		wg.Go(func() { // in one session
			for j := range uint32(20) {
				must(t, s.PutChunk(ctx, path, []uint32{j}, []byte{byte(j)}))
				if p := get(t, s, path, j); len(p) != 1 || p[0] != byte(j) {
					t.Errorf("%s %d is %v", path, j, p)
				}
				for _, err := range s.Nodes(ctx, "/") {
					must(t, err)
				}
			}
		})
		wg.Go(func() { // in sessions of their own
			mine := session(t, r, "")
			for j := range uint32(10) {
				must(t, mine.PutChunk(ctx, path, []uint32{j}, bytes.Repeat([]byte{byte(i)}, 600)))
				_, err := mine.Commit(ctx, path, icechunk.WithRebase(icechunk.Solver{}))
				must(t, err)
			}
		})
	}
	wg.Wait()
	_, err = s.Commit(ctx, "all", icechunk.WithRebase(icechunk.Solver{Chunks: icechunk.Ours}))
	must(t, err)
	n := 0
	for _, err := range r.Log(ctx, "") {
		must(t, err)
		n++
	}
	if n != 2+4*10+1 {
		t.Fatalf("%d snapshots, want 43", n)
	}
	for e, err := range s.Chunks(ctx, "/a3") {
		must(t, err)
		if p := get(t, s, "/a3", e.Index...); len(p) != 1 || p[0] != byte(e.Index[0]) {
			t.Fatalf("chunk %v is %v", e.Index, p)
		}
	}
}
