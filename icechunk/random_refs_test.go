package icechunk_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
)

func (p *play) drop(t *rapid.T) {
	if len(p.sessions) > 0 {
		i := rapid.IntRange(0, len(p.sessions)-1).Draw(t, "session")
		p.sessions, p.models = slices.Delete(p.sessions, i, i+1), slices.Delete(p.models, i, i+1)
	}
}

func (p *play) snapshot(t *rapid.T) int {
	return rapid.IntRange(0, len(p.m.ids)-1).Draw(t, "snapshot")
}

func (p *play) changeBranch(t *rapid.T) {
	name := rapid.SampledFrom([]string{"main", "x", "y"}).Draw(t, "branch")
	at := p.snapshot(t)
	was, is := p.m.branches[name]
	switch rapid.SampledFrom([]string{"create", "reset", "delete", "reset from elsewhere"}).Draw(t, "what") {
	case "create":
		if err := p.r.CreateBranch(ctx, name, p.id(t, at)); is {
			wantKindRapid(t, err, errs.Exists)
			return
		} else {
			check(t, err)
		}
		p.m.branches[name] = at
	case "reset":
		if !is {
			wantKindRapid(t, p.r.ResetBranch(ctx, name, p.id(t, at), p.id(t, at)), errs.NotFound)
			return
		}
		check(t, p.r.ResetBranch(ctx, name, p.id(t, was), p.id(t, at)))
		p.m.branches[name] = at
	case "reset from elsewhere":
		if is && was != at {
			wantKindRapid(t, p.r.ResetBranch(ctx, name, p.id(t, at), p.id(t, was)), errs.Conflict)
		}
	case "delete":
		switch err := p.r.DeleteBranch(ctx, name, p.id(t, was)); {
		case name == "main":
			wantKindRapid(t, err, errs.Invalid)
		case !is:
			wantKindRapid(t, err, errs.NotFound)
		default:
			check(t, err)
			delete(p.m.branches, name)
		}
	}
}

func (p *play) changeTag(t *rapid.T) {
	name := rapid.SampledFrom([]string{"v1", "v2", "v3"}).Draw(t, "tag")
	_, is := p.m.tags[name]
	if rapid.Bool().Draw(t, "delete") {
		if err := p.r.DeleteTag(ctx, name); !is {
			wantKindRapid(t, err, errs.NotFound)
			return
		} else {
			check(t, err)
		}
		delete(p.m.tags, name)
		p.m.gone[name] = true
		return
	}
	at := p.snapshot(t)
	if err := p.r.CreateTag(ctx, name, p.id(t, at)); is || p.m.gone[name] {
		wantKindRapid(t, err, errs.Exists)
		return
	} else {
		check(t, err)
	}
	p.m.tags[name] = at
}

func wantKindRapid(t *rapid.T, err error, kind errs.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want an error of the kind %q", err, kind)
	}
}

// reopen forgets all that is in memory. Sessions go on with what they have.
func (p *play) reopen(t *rapid.T) {
	r, err := icechunk.Open(ctx, p.b, p.options)
	check(t, err)
	p.r = r
}

// compare compares everything with the model.
func (p *play) compare(t *rapid.T) {
	refs, err := p.r.Branches(ctx)
	check(t, err)
	if len(refs) != len(p.m.branches) {
		t.Fatalf("branches are %v, want %v", refs, p.m.branches)
	}
	for _, b := range refs {
		if b.Snapshot.String() != p.m.ids[p.m.branches[b.Name]] {
			t.Fatalf("branch %s is at %s, want %s", b.Name, b.Snapshot, p.m.ids[p.m.branches[b.Name]])
		}
	}
	tags, err := p.r.Tags(ctx)
	check(t, err)
	if len(tags) != len(p.m.tags) {
		t.Fatalf("tags are %v, want %v", tags, p.m.tags)
	}
	for i, s := range p.sessions {
		compareTree(t, s, p.models[i].view)
	}
	n := p.snapshot(t)
	s, err := p.r.Snapshot(ctx, p.m.ids[n])
	check(t, err)
	compareTree(t, s, p.m.snapshots[n])
}

func compareTree(t *rapid.T, s *icechunk.Session, want *modelTree) {
	t.Helper()
	var paths []string
	for n, err := range s.Nodes(ctx, "/") {
		check(t, err)
		w := want.nodes[n.Path]
		if w == nil {
			if n.Path == "/" && len(want.nodes) == 0 {
				continue // the first snapshot shows a root it does not have
			}
			t.Fatalf("found %s, want %v", n.Path, want.paths(0))
		}
		paths = append(paths, n.Path)
		if w.doc != string(n.Doc) && w.doc != "implied" || w.array != n.Array {
			t.Fatalf("%s is\n%s, want\n%s", n.Path, n.Doc, w.doc)
		}
		if !n.Array {
			compareChildren(t, s, n.Path, want)
			continue
		}
		if n.Chunks >= 0 && n.Chunks != int64(len(w.chunks)) {
			t.Fatalf("%s has %d chunks, want %d", n.Path, n.Chunks, len(w.chunks))
		}
		var keys []string
		for e, err := range s.Chunks(ctx, n.Path) {
			check(t, err)
			key := keyOf(e.Index)
			keys = append(keys, key)
			c, ok, err := s.Chunk(ctx, n.Path, e.Index)
			check(t, err)
			if !ok {
				t.Fatalf("%s %s is listed and not there", n.Path, key)
			}
			data := make([]byte, c.Size())
			check(t, c.ReadAt(ctx, data, 0))
			if string(data) != w.chunks[key] {
				t.Fatalf("%s %s is %q, want %q", n.Path, key, data, w.chunks[key])
			}
		}
		if len(keys) != len(w.chunks) || !slices.IsSorted(keys) {
			t.Fatalf("%s has the chunks %v, want %v", n.Path, keys, w.chunks)
		}
	}
	if all := want.paths(0); !slices.Equal(paths, all) {
		t.Fatalf("nodes are %q, want %q", paths, all)
	}
}

func compareChildren(t *rapid.T, s *icechunk.Session, path string, want *modelTree) {
	t.Helper()
	var got, have []string
	for c, err := range s.Children(ctx, path) {
		check(t, err)
		got = append(got, c)
	}
	for _, q := range want.paths(0) {
		if q != "/" && parentOf(q) == path {
			have = append(have, q)
		}
	}
	if !slices.Equal(got, have) {
		t.Fatalf("children of %s are %q, want %q", path, got, have)
	}
}

func TestRandomSessions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlay(t)
		t.Repeat(map[string]func(*rapid.T){
			"set node": p.setNode, "set node 2": p.setNode, "delete node": p.deleteNode,
			"chunk": p.chunk, "chunk 2": p.chunk, "chunk 3": p.chunk,
			"commit": p.commit, "commit 2": p.commit, "rebase": p.rebase, "drop": p.drop,
			"branch": p.changeBranch, "tag": p.changeTag, "reopen": p.reopen,
			"": p.compare,
		})
		for f, err := range p.r.Check(ctx, "", false) {
			check(t, err)
			t.Fatalf("check: %s %s %v: %v", f.Object, f.Path, f.Index, f.Err)
		}
	})
}
