package zarrtest

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

func nodes(t *testing.T, s zarr.Store) {
	doc, err := s.Metadata(ctx, "/")
	must(t, err)
	if node, err := zarr.NodeType(doc); err != nil || node != "group" {
		t.Errorf("the root is %q, %v, want a group", node, err)
	}
	must(t, s.SetMetadata(ctx, "/g", group(t)))
	must(t, s.SetMetadata(ctx, "/g/a", array(t, []uint64{4}, []uint64{2})))
	m := zarr.GroupMeta{Attributes: map[string]json.RawMessage{"x": json.RawMessage(`1.50`)}}
	doc, err = m.Marshal()
	must(t, err)
	for _, path := range []string{"/", "/g"} {
		must(t, s.SetMetadata(ctx, path, doc))
		if got, err := s.Metadata(ctx, path); err != nil || !bytes.Equal(got, doc) {
			t.Errorf("%s: got %s, %v, want %s", path, got, err, doc)
		}
	}
	must(t, s.SetMetadata(ctx, "/g/a", array(t, []uint64{9}, []uint64{2})))
	a, err := zarr.OpenArray(ctx, s, "/g/a")
	must(t, err)
	if !slices.Equal(a.Meta().Shape, []uint64{9}) {
		t.Errorf("shape %v, want 9", a.Meta().Shape)
	}
	must(t, s.SetMetadata(ctx, "/ü", group(t)))
	_, err = s.Metadata(ctx, "/ü")
	must(t, err)
}

func refused(t *testing.T, s zarr.Store) {
	must(t, s.SetMetadata(ctx, "/g", group(t)))
	must(t, s.SetMetadata(ctx, "/a", array(t, []uint64{4}, []uint64{2})))
	_, err := s.Metadata(ctx, "/none")
	want(t, "metadata of nothing", err, errs.NotFound)
	want(t, "node below nothing", s.SetMetadata(ctx, "/none/x", group(t)), errs.NotFound)
	want(t, "node below an array", s.SetMetadata(ctx, "/a/x", group(t)), errs.Invalid)
	want(t, "an array that becomes a group", s.SetMetadata(ctx, "/a", group(t)), errs.Exists)
	want(t, "a group that becomes an array", s.SetMetadata(ctx, "/g", array(t, []uint64{4}, []uint64{2})), errs.Exists)
	want(t, "no JSON", s.SetMetadata(ctx, "/g", []byte("{")), errs.Invalid)
	for _, path := range []string{"", "g", "/g/", "//g", "/g/../a", "/g/.", "/__x"} {
		want(t, "path "+path, s.SetMetadata(ctx, path, group(t)), errs.Invalid)
	}
	want(t, "deleting the root", s.DeleteNode(ctx, "/"), errs.Invalid)
	want(t, "deleting nothing", s.DeleteNode(ctx, "/none"), errs.NotFound)
	want(t, "chunk of nothing", s.PutChunk(ctx, "/none", []uint32{0}, []byte{1}), errs.NotFound)
	want(t, "chunk of a group", s.PutChunk(ctx, "/g", []uint32{0}, []byte{1}), errs.Invalid)
	_, _, err = s.Chunk(ctx, "/none", []uint32{0})
	want(t, "reading a chunk of nothing", err, errs.NotFound)
	_, _, err = s.Chunk(ctx, "/g", []uint32{0})
	want(t, "reading a chunk of a group", err, errs.Invalid)
	want(t, "deleting a chunk of nothing", s.DeleteChunk(ctx, "/none", []uint32{0}), errs.NotFound)
	for path, kind := range map[string]errs.Kind{"/none": errs.NotFound, "/a": errs.Invalid} {
		for _, err := range s.Children(ctx, path) {
			want(t, "children of "+path, err, kind)
		}
	}
}

func below(t *testing.T, s zarr.Store, path string) []string {
	t.Helper()
	var all []string
	for p, err := range s.Children(ctx, path) {
		must(t, err)
		all = append(all, p)
	}
	return all
}

// children makes names with bytes before and after "/", which sort differently
// by byte and by component.
func children(t *testing.T, s zarr.Store) {
	for _, path := range []string{"/ab", "/a", "/a/b", "/a.x", "/a-b", "/a-b/c", "/a/b/c", "/a b", "/é", "/Z"} {
		must(t, s.SetMetadata(ctx, path, group(t)))
	}
	for path, want := range map[string][]string{
		"/":      {"/Z", "/a", "/a b", "/a-b", "/a.x", "/ab", "/é"},
		"/a":     {"/a/b"},
		"/a-b":   {"/a-b/c"},
		"/a/b":   {"/a/b/c"},
		"/a/b/c": nil,
	} {
		if got := below(t, s, path); !slices.Equal(got, want) {
			t.Errorf("children of %s: got %q, want %q", path, got, want)
		}
	}
	for p, err := range s.Children(ctx, "/") {
		must(t, err)
		if p != "/Z" {
			t.Errorf("first child %q, want /Z", p)
		}
		break
	}
}

func deleting(t *testing.T, s zarr.Store) {
	doc := array(t, []uint64{4}, []uint64{2})
	for _, path := range []string{"/a", "/a/b", "/a-b", "/ab"} {
		must(t, s.SetMetadata(ctx, path, group(t)))
	}
	for _, path := range []string{"/a/b/x", "/a-b/x", "/ab/x"} {
		must(t, s.SetMetadata(ctx, path, doc))
		put(t, s, path, []uint32{1}, []byte("old"))
	}
	must(t, s.DeleteNode(ctx, "/a"))
	for _, path := range []string{"/a", "/a/b", "/a/b/x"} {
		_, err := s.Metadata(ctx, path)
		want(t, path, err, errs.NotFound)
	}
	if got, want := below(t, s, "/"), []string{"/a-b", "/ab"}; !slices.Equal(got, want) {
		t.Errorf("children of /: got %q, want %q", got, want)
	}
	check(t, s, "/a-b/x", []uint32{1}, []byte("old"))
	// A node of the same name has nothing of the old one, whatever it is.
	must(t, s.SetMetadata(ctx, "/a", doc))
	check(t, s, "/a", []uint32{1}, nil)
	must(t, s.DeleteNode(ctx, "/ab/x"))
	must(t, s.SetMetadata(ctx, "/ab/x", doc))
	check(t, s, "/ab/x", []uint32{1}, nil)
}
