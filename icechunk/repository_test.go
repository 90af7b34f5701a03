package icechunk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/outcore/outcore/blob"
	_ "github.com/outcore/outcore/blob/fileblob"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
)

// memory is a new bucket in memory.
func memory() *blob.Bucket { return blob.New(memblob.New(), "mem://test") }

// create makes a repository.
func create(t testing.TB, b *blob.Bucket, o icechunk.Options) *icechunk.Repository {
	t.Helper()
	r, err := icechunk.Create(t.Context(), b, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func session(t testing.TB, r *icechunk.Repository, branch string) *icechunk.Session {
	t.Helper()
	s, err := r.Session(t.Context(), branch)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, kind errs.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want an error of the kind %q", err, kind)
	}
	var e *errs.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *errs.Error", err)
	}
}

const groupDoc = `{"zarr_format":3,"node_type":"group","attributes":{}}`

// arrayDoc is the zarr.json of bytes in chunks of one, two or more along each axis.
func arrayDoc(chunk int, shape ...int) []byte {
	chunks := make([]int, len(shape))
	for k := range chunks {
		chunks[k] = chunk
	}
	return fmt.Appendf(nil, `{"zarr_format":3,"node_type":"array","shape":%s,"data_type":"uint8","chunk_grid":{"name":"regular","configuration":{"chunk_shape":%s}},"chunk_key_encoding":{"name":"default"},"fill_value":0,"codecs":[{"name":"bytes"}]}`, list(shape), list(chunks))
}

func list(x []int) string {
	s := "["
	for i, v := range x {
		if i > 0 {
			s += ","
		}
		s += fmt.Sprint(v)
	}
	return s + "]"
}

// get is the stored bytes of a chunk, nil when there are none.
func get(t testing.TB, s *icechunk.Session, path string, index ...uint32) []byte {
	t.Helper()
	c, ok, err := s.Chunk(context.Background(), path, index)
	must(t, err)
	if !ok {
		return nil
	}
	p := make([]byte, c.Size())
	must(t, c.ReadAt(context.Background(), p, 0))
	return p
}

func TestFirstCommit(t *testing.T) {
	ctx := t.Context()
	b := memory()
	r := create(t, b, icechunk.Options{Program: "outcore-test"})
	_, err := icechunk.Create(ctx, b, icechunk.Options{})
	wantKind(t, err, errs.Exists)
	s := session(t, r, "main")
	_, err = s.Commit(ctx, "nothing")
	wantKind(t, err, errs.Invalid)
	wantKind(t, s.SetMetadata(ctx, "/g/a", arrayDoc(1, 4)), errs.NotFound)
	must(t, s.SetMetadata(ctx, "/g", []byte(groupDoc)))
	must(t, s.SetMetadata(ctx, "/g/a", arrayDoc(1, 4, 3)))
	wantKind(t, s.SetMetadata(ctx, "/g/a/x", []byte(groupDoc)), errs.Invalid)
	small, large := []byte("small"), bytes.Repeat([]byte("large"), 1000)
	must(t, s.PutChunk(ctx, "/g/a", []uint32{0, 1}, small))
	must(t, s.PutChunk(ctx, "/g/a", []uint32{3, 2}, large))
	wantKind(t, s.PutChunk(ctx, "/g/a", []uint32{4, 0}, small), errs.Invalid)
	wantKind(t, s.PutChunk(ctx, "/g/a", []uint32{4}, small), errs.Shape)
	check := func(s *icechunk.Session) {
		t.Helper()
		if p := get(t, s, "/g/a", 0, 1); !bytes.Equal(p, small) {
			t.Fatalf("got %q", p)
		}
		if p := get(t, s, "/g/a", 3, 2); !bytes.Equal(p, large) {
			t.Fatalf("got %d bytes", len(p))
		}
		if p := get(t, s, "/g/a", 0, 0); p != nil {
			t.Fatalf("got %d bytes", len(p))
		}
		var nodes []string
		for n, err := range s.Nodes(ctx, "/") {
			must(t, err)
			nodes = append(nodes, n.Path)
		}
		if want := []string{"/", "/g", "/g/a"}; !slices.Equal(nodes, want) {
			t.Fatalf("nodes %v", nodes)
		}
	}
	check(s)
	id, err := s.Commit(ctx, "first", icechunk.WithMetadata(map[string]any{"n": 1}))
	must(t, err)
	check(s)
	r, err = icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	again, err := r.Snapshot(ctx, id.String()[:10])
	must(t, err)
	check(again)
	wantKind(t, again.PutChunk(ctx, "/g/a", []uint32{0, 0}, small), errs.Invalid)
	var log []string
	for info, err := range r.Log(ctx, "") {
		must(t, err)
		log = append(log, info.Message)
	}
	if want := []string{"first", "Repository initialized"}; !slices.Equal(log, want) {
		t.Fatalf("log %v", log)
	}
	must(t, s.DeleteChunk(ctx, "/g/a", []uint32{0, 1}))
	if get(t, s, "/g/a", 0, 1) != nil {
		t.Fatal("a deleted chunk is read")
	}
	_, err = s.Commit(ctx, "second")
	must(t, err)
	check(again)
	var kinds []format.UpdateKind
	for u, err := range r.Updates(ctx) {
		must(t, err)
		kinds = append(kinds, u.Kind)
	}
	if want := []format.UpdateKind{format.NewCommit, format.NewCommit, format.RepoInitialized}; !slices.Equal(kinds, want) {
		t.Fatalf("updates %v", kinds)
	}
}
