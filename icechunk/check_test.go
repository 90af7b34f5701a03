package icechunk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/zarr"
)

// numbers makes an array of 4 chunks of 400 int32 each, every one its number
// times k, and commits it.
func numbers(t testing.TB, s *icechunk.Session, path string, k int, codecs ...zarr.CodecSpec) {
	t.Helper()
	o := zarr.MetaOptions{Chunks: []uint64{400}}
	if len(codecs) > 0 {
		o.Codecs = codecs
	}
	m, err := zarr.NewMeta([]uint64{1500}, zarr.NumberType(dtype.Int32), o)
	must(t, err)
	a, err := zarr.CreateArray(ctx, s, path, m)
	must(t, err)
	var scratch zarr.Scratch
	for c := range uint32(4) {
		must(t, a.Write(ctx, []uint32{c}, numberChunk(c, k), &scratch))
	}
}

func numberChunk(c uint32, k int) []byte {
	p := make([]byte, 0, 1600)
	for i := range 400 {
		p = binary.LittleEndian.AppendUint32(p, uint32((int(c)*400+i)*k*7919))
	}
	return p
}

func objects(t testing.TB, b *blob.Bucket, prefix string) (keys []string) {
	t.Helper()
	for info, err := range b.List(ctx, prefix) {
		must(t, err)
		keys = append(keys, info.Key)
	}
	return keys
}

func copyBucket(t testing.TB, b *blob.Bucket) *blob.Bucket {
	t.Helper()
	c := memory()
	for _, key := range objects(t, b, "") {
		file, _, err := b.ReadAll(ctx, key, 1<<30)
		must(t, err)
		_, err = c.Put(ctx, key, bytes.NewReader(file), int64(len(file)), blob.PutOptions{})
		must(t, err)
	}
	return c
}

// Every object is cut, changed and taken away in turn: Check names it and no
// other, and what does not need it is read.
func TestDamageIsNamedAndTheRestIsRead(t *testing.T) {
	whole := memory()
	r := create(t, whole, icechunk.Options{Split: 2})
	s := session(t, r, "")
	numbers(t, s, "/a", 1)
	first, err := s.Commit(ctx, "one")
	must(t, err)
	numbers(t, s, "/b", 2)
	_, err = s.Commit(ctx, "two")
	must(t, err)
	damages := map[string]func([]byte) []byte{
		"cut":     func(p []byte) []byte { return p[:len(p)-1] },
		"halved":  func(p []byte) []byte { return p[:len(p)/2] },
		"changed": func(p []byte) []byte { p[len(p)/2] ^= 4; return p },
		"empty":   func(p []byte) []byte { return nil },
		"gone":    nil,
	}
	for _, key := range objects(t, whole, "") {
		if strings.HasPrefix(key, "overwritten/") {
			continue // nothing refers to them yet
		}
		for name, damage := range damages {
			b := copyBucket(t, whole)
			file, _, err := b.ReadAll(ctx, key, 1<<30)
			must(t, err)
			if damage == nil {
				must(t, b.Delete(ctx, key))
			} else {
				file = damage(file)
				_, err = b.Put(ctx, key, bytes.NewReader(file), int64(len(file)), blob.PutOptions{})
				must(t, err)
			}
			r, err := icechunk.Open(ctx, b, icechunk.Options{})
			if key == "repo" {
				if !errors.Is(err, errs.Corrupt) && !(name == "gone" && errors.Is(err, errs.NotFound)) {
					t.Fatalf("%s %s: opened with %v", key, name, err)
				}
				continue
			}
			must(t, err)
			found := 0
			for f, err := range r.Check(ctx, "", true) {
				must(t, err)
				found++
				if f.Object != key || !strings.Contains(f.Err.Error(), key) {
					t.Fatalf("%s %s: found %s: %v", key, name, f.Object, f.Err)
				}
			}
			if found == 0 {
				t.Fatalf("%s %s: nothing found", key, name)
			}
			lost := unreadable(t, r, "main") + unreadable(t, r, first.String())
			if strings.HasPrefix(key, "chunks/") && lost > 2 || strings.HasPrefix(key, "manifests/") && lost > 4 || strings.HasPrefix(key, "transactions/") && lost > 0 {
				t.Fatalf("%s %s: %d chunks cannot be read", key, name, lost)
			}
		}
	}
}

// unreadable counts the chunks of a snapshot that cannot be read; the others
// must be right.
func unreadable(t testing.TB, r *icechunk.Repository, ref string) (n int) {
	t.Helper()
	s, err := r.Snapshot(ctx, ref)
	if err != nil {
		return 1
	}
	dst := make([]byte, 1600)
	for k, path := range []string{"/a", "/b"} {
		a, err := zarr.OpenArray(ctx, s, path)
		if errors.Is(err, errs.NotFound) {
			continue
		}
		must(t, err)
		for c := range uint32(4) {
			var scratch zarr.Scratch
			if _, err := a.Read(ctx, []uint32{c}, dst, &scratch); err != nil {
				wantKind(t, err, errs.Corrupt)
				n++
			} else if !bytes.Equal(dst, numberChunk(c, k+1)) {
				t.Fatalf("%s %d is wrong", path, c)
			}
		}
	}
	return n
}

func TestDigest(t *testing.T) {
	digest := func(o icechunk.Options, build func(*icechunk.Session)) string {
		r := create(t, memory(), o)
		s := session(t, r, "")
		build(s)
		_, err := s.Commit(ctx, "content")
		must(t, err)
		d, err := r.Digest(ctx, "")
		must(t, err)
		return d
	}
	want := digest(icechunk.Options{}, func(s *icechunk.Session) {
		numbers(t, s, "/a", 1)
		numbers(t, s, "/g/b", 3)
	})
	raw := []zarr.CodecSpec{zarr.Bytes(zarr.NumberType(dtype.Int32))}
	same := map[string]func(*icechunk.Session){
		"another order": func(s *icechunk.Session) {
			numbers(t, s, "/g/b", 3)
			numbers(t, s, "/a", 1)
		},
		"other codecs": func(s *icechunk.Session) {
			numbers(t, s, "/a", 1, raw...)
			numbers(t, s, "/g/b", 3, append(slices.Clone(raw), zarr.Gzip(1))...)
		},
		"several commits": func(s *icechunk.Session) {
			numbers(t, s, "/a", 5)
			_, err := s.Commit(ctx, "one")
			must(t, err)
			must(t, s.DeleteNode(ctx, "/a"))
			numbers(t, s, "/a", 1)
			numbers(t, s, "/g/b", 3)
		},
		"what lies beyond the border": func(s *icechunk.Session) {
			numbers(t, s, "/a", 1)
			numbers(t, s, "/g/b", 3)
			a, err := zarr.OpenArray(ctx, s, "/a")
			must(t, err)
			last := numberChunk(3, 1)
			for i := 300 * 4; i < len(last); i++ {
				last[i] = 77
			}
			must(t, a.Write(ctx, []uint32{3}, last, &zarr.Scratch{}))
		},
	}
	for name, build := range same {
		if got := digest(icechunk.Options{Split: 1, Inline: -1}, build); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	other := map[string]func(*icechunk.Session){
		"another number": func(s *icechunk.Session) {
			numbers(t, s, "/a", 2)
			numbers(t, s, "/g/b", 3)
		},
		"another path": func(s *icechunk.Session) {
			numbers(t, s, "/a2", 1)
			numbers(t, s, "/g/b", 3)
		},
		"a chunk less": func(s *icechunk.Session) {
			numbers(t, s, "/a", 1)
			numbers(t, s, "/g/b", 3)
			must(t, s.DeleteChunk(ctx, "/a", []uint32{1}))
		},
	}
	for name, build := range other {
		if got := digest(icechunk.Options{}, build); got == want {
			t.Errorf("%s: the same digest", name)
		}
	}
}

// A chunk of texts that is "" throughout equals one that is not there.
func TestDigestOfTexts(t *testing.T) {
	digest := func(write bool) string {
		r := create(t, memory(), icechunk.Options{})
		s := session(t, r, "")
		m, err := zarr.NewMeta([]uint64{10}, zarr.StringType(), zarr.MetaOptions{Chunks: []uint64{4}})
		must(t, err)
		a, err := zarr.CreateArray(ctx, s, "/t", m)
		must(t, err)
		var scratch zarr.Scratch
		must(t, a.WriteStrings(ctx, []uint32{0}, []int32{0, 1, 3, 3, 4}, []byte("abcd"), &scratch))
		if write {
			must(t, s.PutChunk(ctx, "/t", []uint32{1}, encodedTexts(t, a)))
		}
		_, err = s.Commit(ctx, "texts")
		must(t, err)
		d, err := r.Digest(ctx, "")
		must(t, err)
		return d
	}
	if digest(true) != digest(false) {
		t.Error("texts of nothing count")
	}
}

// encodedTexts is the stored bytes of a chunk of four empty texts.
func encodedTexts(t *testing.T, like *zarr.Array) []byte {
	t.Helper()
	m, err := zarr.NewMeta([]uint64{4}, zarr.StringType(), zarr.MetaOptions{Chunks: []uint64{4}, Fill: []byte("other")})
	must(t, err)
	mem := zarr.NewMem()
	a, err := zarr.CreateArray(ctx, mem, "/t", m)
	must(t, err)
	must(t, a.WriteStrings(ctx, []uint32{0}, make([]int32, 5), nil, &zarr.Scratch{}))
	c, ok, err := mem.Chunk(ctx, "/t", []uint32{0})
	must(t, err)
	if !ok {
		t.Fatal("the chunk was not written")
	}
	p := make([]byte, c.Size())
	must(t, c.ReadAt(ctx, p, 0))
	return p
}

func TestDiff(t *testing.T) {
	r := create(t, memory(), icechunk.Options{})
	s := session(t, r, "")
	numbers(t, s, "/a", 1)
	numbers(t, s, "/g/b", 1)
	from, err := s.Commit(ctx, "one")
	must(t, err)
	must(t, s.SetMetadata(ctx, "/n", []byte(groupDoc)))
	must(t, s.DeleteNode(ctx, "/g"))
	must(t, s.PutChunk(ctx, "/a", []uint32{2}, []byte{1}))
	numbers(t, s, "/short-lived", 1)
	changes := s.Changes()
	if got := fmt.Sprint(*changes); got != "{[/n] [/short-lived] [/g] [/g/b] [] [] map[/a:1 /short-lived:4] []}" {
		t.Errorf("changes are %s", got)
	}
	_, err = s.Commit(ctx, "two")
	must(t, err)
	must(t, s.DeleteNode(ctx, "/short-lived"))
	must(t, s.SetMetadata(ctx, "/n", []byte(`{"zarr_format":3,"node_type":"group","attributes":{"x":1}}`)))
	must(t, s.SetMetadata(ctx, "/", []byte(`{"zarr_format":3,"node_type":"group","attributes":{"x":1}}`)))
	must(t, s.DeleteChunk(ctx, "/a", []uint32{3}))
	to, err := s.Commit(ctx, "three")
	must(t, err)
	d, err := r.Diff(ctx, from, to)
	must(t, err)
	if got := fmt.Sprint(*d); got != "{[/n] [] [/g] [/g/b] [/] [] map[/a:2] []}" {
		t.Errorf("the difference is %s", got)
	}
	_, err = r.Diff(ctx, to, from)
	wantKind(t, err, errs.Invalid)
}

// What a damaged writer could have written, which decodes well.
func TestCheckFindsWhatDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*format.Snapshot)
		says   string
	}{
		"a wrong number of references": {func(s *format.Snapshot) { s.Manifests[0].Refs++ }, "references, expected"},
		"a wrong size":                 {func(s *format.Snapshot) { s.Manifests[0].Size-- }, "bytes, expected"},
		"a group with chunks of another kind": {func(s *format.Snapshot) {
			s.Nodes[1].UserData = []byte(groupDoc)
		}, "its zarr.json of a group"},
		"no zarr.json": {func(s *format.Snapshot) { s.Nodes[1].UserData = []byte("{") }, "zarr.json of /a"},
	} {
		b := memory()
		before(t, b)
		r, err := icechunk.Open(ctx, b, icechunk.Options{})
		must(t, err)
		tip, err := r.Resolve(ctx, "")
		must(t, err)
		key := "snapshots/" + tip.String()
		file, _, err := b.ReadAll(ctx, key, 1<<20)
		must(t, err)
		snap, err := format.DecodeSnapshot(file)
		must(t, err)
		c.change(snap)
		file, err = snap.Encode()
		must(t, err)
		_, err = b.Put(ctx, key, bytes.NewReader(file), int64(len(file)), blob.PutOptions{})
		must(t, err)
		var found []string
		for f, err := range r.Check(ctx, "main", false) {
			must(t, err)
			found = append(found, f.Object+" "+f.Path+": "+f.Err.Error())
		}
		if !strings.Contains(strings.Join(found, "\n"), c.says) {
			t.Errorf("%s: found %q, want %q", name, found, c.says)
		}
	}
}
