package icechunk_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A model is what a repository should hold, kept the plain way: every snapshot
// is a whole tree.
type model struct {
	snapshots []*modelTree // by number; the parent is in it
	ids       []string     // of the snapshots, in the repository
	branches  map[string]int
	tags      map[string]int
	gone      map[string]bool // deleted tags
	nodes     int             // made so far: identities
	writes    int             // chunks written so far: contents
}

func newModel(first string) *model {
	return &model{
		snapshots: []*modelTree{{parent: -1, nodes: map[string]*modelNode{}}}, ids: []string{first},
		branches: map[string]int{"main": 0}, tags: map[string]int{}, gone: map[string]bool{},
	}
}

type modelTree struct {
	parent int
	nodes  map[string]*modelNode
}

type modelNode struct {
	id     int
	doc    string
	array  bool
	grid   []uint32
	chunks map[string]string
}

func (t *modelTree) clone() *modelTree {
	c := &modelTree{t.parent, map[string]*modelNode{}}
	for p, n := range t.nodes {
		m := *n
		m.chunks = maps.Clone(n.chunks)
		c.nodes[p] = &m
	}
	return c
}

// paths lists the nodes; of kind 'a' arrays, 'g' groups, else both.
func (t *modelTree) paths(kind byte) []string {
	var list []string
	for p, n := range t.nodes {
		if kind == 'a' && !n.array || kind == 'g' && n.array {
			continue
		}
		list = append(list, p)
	}
	slices.Sort(list)
	return list
}

func (t *modelTree) byID(id int) (string, *modelNode) {
	for p, n := range t.nodes {
		if n.id == id {
			return p, n
		}
	}
	return "", nil
}

// trim drops the chunks outside grid.
func (n *modelNode) trim(grid []uint32) {
	maps.DeleteFunc(n.chunks, func(key, _ string) bool {
		for k, x := range indexOf(key) {
			if x >= grid[k] {
				return true
			}
		}
		return false
	})
}

func keyOf(index []uint32) string { return fmt.Sprint(index) }

func indexOf(key string) (index []uint32) {
	for f := range strings.FieldsSeq(strings.Trim(key, "[]")) {
		x, err := strconv.ParseUint(f, 10, 32)
		if err != nil {
			panic(err) // of keyOf
		}
		index = append(index, uint32(x))
	}
	return index
}

// A modelSession is a session: its view, and what it touched since its base.
type modelSession struct {
	branch  string
	base    int
	view    *modelTree
	docs    map[int]bool            // nodes of the base whose metadata was set
	chunks  map[int]map[string]bool // of arrays of the base, what was written or deleted
	deleted map[int]bool
	trims   map[int][]uint32
}

func (m *model) begin(branch string) *modelSession {
	s := &modelSession{branch: branch}
	s.reset(m, m.branches[branch])
	return s
}

func (s *modelSession) reset(m *model, base int) {
	s.base, s.view = base, m.snapshots[base].clone()
	s.docs, s.chunks, s.deleted, s.trims = map[int]bool{}, map[int]map[string]bool{}, map[int]bool{}, map[int][]uint32{}
}

// since adds up what was touched between two snapshots, by comparing them one
// by one: touched here is changed there.
func (m *model) since(base, tip int) (docs map[int]bool, chunks map[int]map[string]bool) {
	docs, chunks = map[int]bool{}, map[int]map[string]bool{}
	for ; tip != base; tip = m.snapshots[tip].parent {
		now, before := m.snapshots[tip], m.snapshots[m.snapshots[tip].parent]
		for _, n := range now.nodes {
			_, old := before.byID(n.id)
			if old == nil {
				continue
			}
			if old.doc != n.doc {
				docs[n.id] = true
			}
			for _, key := range slices.Concat(slices.Collect(maps.Keys(n.chunks)), slices.Collect(maps.Keys(old.chunks))) {
				a, in := n.chunks[key]
				b, was := old.chunks[key]
				if in != was || a != b {
					if chunks[n.id] == nil {
						chunks[n.id] = map[string]bool{}
					}
					chunks[n.id][key] = true
				}
			}
		}
	}
	return docs, chunks
}

func (m *model) isAncestor(base, tip int) bool {
	for ; tip >= 0; tip = m.snapshots[tip].parent {
		if tip == base {
			return true
		}
	}
	return false
}

// rebased is the view of s on top of tip, and whether there must be a conflict.
// There may be one all the same: touching is not changing.
func (m *model) rebased(s *modelSession, tip int) (view *modelTree, conflict bool) {
	docs, chunks := m.since(s.base, tip)
	base, view := m.snapshots[s.base], m.snapshots[tip].clone()
	for path, n := range base.nodes {
		_, there := view.byID(n.id)
		switch {
		case s.deleted[n.id] && there == nil: // both did
			continue
		case s.deleted[n.id]:
			conflict = conflict || docs[n.id] || len(chunks[n.id]) > 0
			for p := range view.nodes { // also what they put there
				if strings.HasPrefix(p, path+"/") {
					if _, old := base.byID(view.nodes[p].id); old == nil {
						conflict = true
					}
				}
			}
			delete(view.nodes, path)
			continue
		case there == nil:
			conflict = conflict || s.docs[n.id] || len(s.chunks[n.id]) > 0
			continue
		}
		_, ours := s.view.byID(n.id)
		if s.docs[n.id] {
			conflict = conflict || docs[n.id]
			there.doc, there.grid = ours.doc, ours.grid
		}
		if trim := s.trims[n.id]; trim != nil {
			there.trim(trim)
		}
		if len(s.chunks[n.id]) > 0 && docs[n.id] {
			conflict = true
		}
		for key := range s.chunks[n.id] {
			conflict = conflict || chunks[n.id][key]
			if data, ok := ours.chunks[key]; ok {
				there.chunks[key] = data
			} else {
				delete(there.chunks, key)
			}
		}
	}
	for _, path := range s.view.paths(0) {
		n := s.view.nodes[path]
		if _, old := base.byID(n.id); old != nil {
			continue
		}
		if path == "/" && view.nodes["/"] != nil {
			continue // both made the root
		}
		up := view.nodes[parentOf(path)]
		conflict = conflict || view.nodes[path] != nil || path != "/" && (up == nil || up.array)
		view.nodes[path] = n
	}
	return view, conflict
}

func parentOf(p string) string {
	if i := strings.LastIndexByte(p, '/'); i > 0 {
		return p[:i]
	}
	return "/"
}
