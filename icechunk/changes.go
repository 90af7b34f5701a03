package icechunk

import (
	"maps"
	"slices"

	"github.com/outcore/outcore/icechunk/format"
)

// changes is what a session would commit.
type changes struct {
	nodes   map[string]*node                // made, or with new metadata, by path
	deleted map[string]*format.Node         // nodes of the base that are gone
	chunks  map[format.NodeID]*chunkChanges // of arrays, also of new ones
}

// A node is one that the session made, or whose metadata it changed. It does
// not change itself: another takes its place.
type node struct {
	nodeDoc
	id      format.NodeID
	path    string
	doc     []byte
	old     *format.Node // in the base; nil = made by the session
	implied bool         // a root that nobody asked for
}

// chunkChanges is what the session did to the chunks of one array.
type chunkChanges struct {
	path  string
	table *refTable

	// trim is the grid outside of which the chunks of the base are gone: the
	// least of all that the array had in this session. nil = none are.
	trim []uint32
}

func newChanges() *changes {
	return &changes{nodes: map[string]*node{}, deleted: map[string]*format.Node{}, chunks: map[format.NodeID]*chunkChanges{}}
}

func (c *changes) empty() bool { return len(c.nodes) == 0 && len(c.deleted) == 0 && len(c.chunks) == 0 }

// of gives what there is to say of an array's chunks, to add to it.
func (c *changes) of(v view) *chunkChanges {
	ch := c.chunks[v.id]
	if ch == nil {
		ch = &chunkChanges{path: v.path, table: newRefTable(len(v.shape))}
		c.chunks[v.id] = ch
	}
	return ch
}

// trimmed reports whether the base's chunk at index is gone.
func (ch *chunkChanges) trimmed(index []uint32) bool {
	if ch == nil || ch.trim == nil {
		return false
	}
	for k, x := range index {
		if x >= ch.trim[k] {
			return true
		}
	}
	return false
}

// shrink drops the chunks outside the new grid.
func (ch *chunkChanges) shrink(grid []uint32) {
	if ch.trim == nil {
		ch.trim = slices.Clone(grid)
	}
	for k := range grid {
		ch.trim[k] = min(ch.trim[k], grid[k])
	}
	for row := range ch.table.rows() {
		if index := ch.table.at(row); !inGrid(grid, index) {
			ch.table.mark(index, refDeleted)
		}
	}
}

func gridOf(shape []format.Dimension) []uint32 {
	grid := make([]uint32, len(shape))
	for k := range shape {
		grid[k] = shape[k].Chunks
	}
	return grid
}

func inGrid(grid, index []uint32) bool {
	for k, x := range index {
		if x >= grid[k] {
			return false
		}
	}
	return true
}

// A view is a node as the session sees it.
type view struct {
	id    format.NodeID
	path  string
	doc   []byte
	array bool
	shape []format.Dimension
	names []string
	old   *format.Node // in the base; nil = made by the session
	new   *node        // nil = as in the base
}

func viewOfBase(n *format.Node) view {
	v := view{id: n.ID, path: n.Path, doc: n.UserData, old: n}
	if n.Array != nil {
		v.array, v.shape, v.names = true, n.Array.Shape, n.Array.Names
	}
	return v
}

func viewOfNew(n *node) view {
	return view{id: n.id, path: n.path, doc: n.doc, array: n.array, shape: n.shape, names: n.names, old: n.old, new: n}
}

// manifests is what the base has of the array's references.
func (v *view) manifests() []format.ManifestRef {
	if v.old == nil || v.old.Array == nil {
		return nil
	}
	return v.old.Array.Manifests
}

// look finds a node in base with the changes on it.
func (c *changes) look(base *tree, path string) (view, bool) {
	if n := c.nodes[path]; n != nil {
		return viewOfNew(n), true
	}
	if c.deleted[path] != nil {
		return view{}, false
	}
	if n := base.find(path); n != nil {
		return viewOfBase(n), true
	}
	return view{}, false
}

// below lists the nodes at and below path, in byte order of paths.
func (c *changes) below(base *tree, path string) []view {
	var list []view
	add := func(v view, ok bool) {
		if ok {
			list = append(list, v)
		}
	}
	add(c.look(base, path))
	var made []string
	for p := range c.nodes {
		if isBelow(p, path) {
			made = append(made, p)
		}
	}
	slices.Sort(made)
	old := base.below(path)
	for len(old) > 0 || len(made) > 0 {
		switch {
		case len(made) == 0 || len(old) > 0 && old[0].Path < made[0]:
			add(c.look(base, old[0].Path))
			old = old[1:]
		default:
			if len(old) > 0 && old[0].Path == made[0] {
				old = old[1:]
			}
			add(c.look(base, made[0]))
			made = made[1:]
		}
	}
	return list
}

// clone is a copy of the maps. Tables of chunks are shared; trims are not.
func (c *changes) clone() *changes {
	d := &changes{nodes: maps.Clone(c.nodes), deleted: maps.Clone(c.deleted), chunks: map[format.NodeID]*chunkChanges{}}
	for id, ch := range c.chunks {
		d.chunks[id] = &chunkChanges{ch.path, ch.table, slices.Clone(ch.trim)}
	}
	return d
}
