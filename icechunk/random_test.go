package icechunk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
)

// A play is random sessions on a repository, and the model beside it.
type play struct {
	b        *blob.Bucket
	options  icechunk.Options
	r        *icechunk.Repository
	m        *model
	sessions []*icechunk.Session
	models   []*modelSession
}

var ctx = context.Background()

// The names sort differently by byte and by segment.
var names = []string{"a", "a-b", "a b", "b"}

func check(t *rapid.T, err error) {
	if err != nil {
		t.Helper()
		t.Fatal(err)
	}
}

func newPlay(t *rapid.T) *play {
	p := &play{b: memory(), options: icechunk.Options{
		Inline: rapid.SampledFrom([]int{-1, 16}).Draw(t, "inline"),
		Split:  rapid.SampledFrom([]int{1, 2, 3, 7, 4096}).Draw(t, "split"),
	}}
	r, err := icechunk.Create(ctx, p.b, p.options)
	check(t, err)
	p.r, p.m = r, newModel(format.InitialSnapshot.String())
	return p
}

func (p *play) branch(t *rapid.T) string {
	names, err := p.r.Branches(ctx)
	check(t, err)
	return rapid.SampledFrom(names).Draw(t, "branch").Name
}

// pick is one of the sessions, made when there are few.
func (p *play) pick(t *rapid.T) (*icechunk.Session, *modelSession) {
	i := rapid.IntRange(0, 2).Draw(t, "session")
	if i >= len(p.sessions) {
		branch := p.branch(t)
		s, err := p.r.Session(ctx, branch)
		check(t, err)
		p.sessions, p.models = append(p.sessions, s), append(p.models, p.m.begin(branch))
		i = len(p.sessions) - 1
	}
	return p.sessions[i], p.models[i]
}

func (p *play) id(t *rapid.T, n int) format.ObjectID {
	id, err := format.ParseObjectID(p.m.ids[n])
	check(t, err)
	return id
}

// setNode makes a node or changes its metadata.
func (p *play) setNode(t *rapid.T) {
	s, m := p.pick(t)
	groups := m.view.paths('g')
	if len(groups) == 0 {
		groups = []string{"/"}
	}
	path := strings.TrimSuffix(rapid.SampledFrom(groups).Draw(t, "group"), "/") + "/" + rapid.SampledFrom(names).Draw(t, "name")
	old := m.view.nodes[path]
	n := &modelNode{id: p.m.nodes, array: rapid.Bool().Draw(t, "array"), chunks: map[string]string{}}
	if old != nil {
		n.array = old.array
	}
	n.doc = fmt.Sprintf(`{"zarr_format":3,"node_type":"group","attributes":{"n":%d}}`, p.m.nodes)
	if n.array {
		rank := rapid.IntRange(0, 2).Draw(t, "rank")
		if old != nil {
			rank = len(old.grid)
		}
		shape := make([]int, rank)
		for k := range shape {
			shape[k] = rapid.IntRange(0, 4).Draw(t, "length")
			n.grid = append(n.grid, uint32(shape[k]))
		}
		n.doc = string(arrayDoc(1, shape...)) + strings.Repeat(" ", p.m.nodes%7)
	}
	p.m.nodes++
	check(t, s.SetMetadata(ctx, path, []byte(n.doc)))
	if m.view.nodes["/"] == nil {
		m.view.nodes["/"] = &modelNode{id: p.m.nodes, doc: "implied"}
		p.m.nodes++
	}
	if old == nil {
		m.view.nodes[path] = n
		return
	}
	m.docs[old.id] = true
	if n.array && slices.ContainsFunc(slices.Collect(zip(n.grid, old.grid)), func(x [2]uint32) bool { return x[0] < x[1] }) {
		trim := m.trims[old.id]
		if trim == nil {
			trim = slices.Clone(n.grid)
		}
		for k := range trim {
			trim[k] = min(trim[k], n.grid[k])
		}
		m.trims[old.id] = trim
		old.trim(n.grid)
	}
	old.doc, old.grid = n.doc, n.grid
}

func zip(a, b []uint32) func(func([2]uint32) bool) {
	return func(yield func([2]uint32) bool) {
		for i := range a {
			if !yield([2]uint32{a[i], b[i]}) {
				return
			}
		}
	}
}

func (p *play) deleteNode(t *rapid.T) {
	s, m := p.pick(t)
	list := slices.DeleteFunc(m.view.paths(0), func(p string) bool { return p == "/" })
	if len(list) == 0 {
		return
	}
	path := rapid.SampledFrom(list).Draw(t, "path")
	check(t, s.DeleteNode(ctx, path))
	for q, n := range m.view.nodes {
		if q == path || strings.HasPrefix(q, path+"/") {
			delete(m.view.nodes, q)
			if _, old := p.m.snapshots[m.base].byID(n.id); old != nil {
				m.deleted[n.id] = true
				delete(m.docs, n.id)
				delete(m.chunks, n.id)
			}
		}
	}
}

// chunk writes or deletes a chunk.
func (p *play) chunk(t *rapid.T) {
	s, m := p.pick(t)
	list := slices.DeleteFunc(m.view.paths('a'), func(p string) bool { return slices.Contains(m.view.nodes[p].grid, 0) })
	if len(list) == 0 {
		return
	}
	path := rapid.SampledFrom(list).Draw(t, "path")
	n := m.view.nodes[path]
	index := []uint32{}
	for _, g := range n.grid {
		index = append(index, rapid.Uint32Range(0, g-1).Draw(t, "index"))
	}
	key := keyOf(index)
	touched := true
	if rapid.IntRange(0, 4).Draw(t, "delete") == 0 {
		check(t, s.DeleteChunk(ctx, path, index))
		_, touched = n.chunks[key]
		delete(n.chunks, key)
	} else {
		p.m.writes++
		data := strings.Repeat(fmt.Sprint(p.m.writes, " "), rapid.SampledFrom([]int{1, 20}).Draw(t, "size"))
		check(t, s.PutChunk(ctx, path, index, []byte(data)))
		n.chunks[key] = data
	}
	if _, old := p.m.snapshots[m.base].byID(n.id); old != nil && touched {
		if m.chunks[n.id] == nil {
			m.chunks[n.id] = map[string]bool{}
		}
		m.chunks[n.id][key] = true
	}
}

func (p *play) commit(t *rapid.T) {
	s, m := p.pick(t)
	rebase := rapid.Bool().Draw(t, "rebase")
	tip, is := p.m.branches[m.branch]
	var opts []icechunk.CommitOption
	if rebase {
		opts = append(opts, icechunk.WithRebase(icechunk.Solver{}))
	}
	changed := s.Changed()
	id, err := s.Commit(ctx, "a commit", opts...)
	switch {
	case !changed:
		if !errors.Is(err, errs.Invalid) {
			t.Fatalf("a commit of nothing: %v", err)
		}
		return
	case !is:
		if !errors.Is(err, errs.NotFound) {
			t.Fatalf("a commit to no branch: %v", err)
		}
		return
	case tip == m.base:
		check(t, err)
	case !rebase:
		if !errors.Is(err, errs.Conflict) {
			t.Fatalf("a commit beside the tip: %v", err)
		}
		return
	default:
		if !p.rebased(t, m, tip, err) {
			return
		}
		check(t, err)
	}
	m.view.parent = tip
	p.m.snapshots = append(p.m.snapshots, m.view)
	p.m.ids = append(p.m.ids, id.String())
	p.m.branches[m.branch] = len(p.m.ids) - 1
	m.reset(p.m, len(p.m.ids)-1)
}

// rebased looks at how a rebase on tip ended, and follows it. It reports whether
// it succeeded.
func (p *play) rebased(t *rapid.T, m *modelSession, tip int, err error) bool {
	if !p.m.isAncestor(m.base, tip) {
		if !errors.Is(err, errs.Conflict) {
			t.Fatalf("a rebase on a branch that was moved away: %v", err)
		}
		return false
	}
	view, conflict := p.m.rebased(m, tip)
	var ce *icechunk.ConflictError
	if errors.As(err, &ce) {
		return false
	}
	check(t, err)
	if conflict {
		t.Fatalf("a rebase saw no conflict")
	}
	m.view = view
	return true
}

func (p *play) rebase(t *rapid.T) {
	s, m := p.pick(t)
	tip, is := p.m.branches[m.branch]
	err := s.Rebase(ctx, icechunk.Solver{})
	if !is {
		if !errors.Is(err, errs.NotFound) {
			t.Fatalf("a rebase on no branch: %v", err)
		}
		return
	}
	if tip == m.base {
		check(t, err)
		return
	}
	if p.rebased(t, m, tip, err) {
		// What of our deletions theirs had done is done; trims stay.
		m.base = tip
		for id := range m.deleted {
			if _, n := p.m.snapshots[tip].byID(id); n == nil {
				delete(m.deleted, id)
			}
		}
	}
}
