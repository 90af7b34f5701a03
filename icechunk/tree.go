package icechunk

import (
	"bytes"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/outcore/outcore/icechunk/format"
)

// A tree is a snapshot as it is kept in memory. It does not change.
type tree struct {
	format.Snapshot

	once sync.Once
	ids  map[format.NodeID]*format.Node
}

// find is the node at path, nil when there is none.
func (t *tree) find(path string) *format.Node {
	i, ok := slices.BinarySearchFunc(t.Nodes, path, func(n format.Node, p string) int { return strings.Compare(n.Path, p) })
	if !ok {
		return nil
	}
	return &t.Nodes[i]
}

// below is the nodes below path, without it, in byte order.
func (t *tree) below(path string) []format.Node {
	lo, hi := subtree(path)
	find := func(p string) int {
		i, _ := slices.BinarySearchFunc(t.Nodes, p, func(n format.Node, p string) int { return strings.Compare(n.Path, p) })
		return i
	}
	return t.Nodes[find(lo):find(hi)]
}

// views yields the nodes at and below path, in byte order of paths.
func (t *tree) views(path string) iter.Seq[view] {
	return func(yield func(view) bool) {
		if n := t.find(path); n != nil && !yield(viewOfBase(n)) {
			return
		}
		below := t.below(path)
		for i := range below {
			if !yield(viewOfBase(&below[i])) {
				return
			}
		}
	}
}

// subtree is the range of strings, lo included and hi not, that are below path:
// they lie together in byte order, for the byte after '/' is '0'.
func subtree(path string) (lo, hi string) {
	path = strings.TrimSuffix(path, "/")
	return path + "/\x00", path + "0"
}

// isBelow reports whether p is below path.
func isBelow(p, path string) bool {
	lo, hi := subtree(path)
	return p >= lo && p < hi
}

// byID is the node with an id, nil when there is none.
func (t *tree) byID(id format.NodeID) *format.Node {
	t.once.Do(func() {
		t.ids = make(map[format.NodeID]*format.Node, len(t.Nodes))
		for i := range t.Nodes {
			t.ids[t.Nodes[i].ID] = &t.Nodes[i]
		}
	})
	return t.ids[id]
}

// info describes a manifest.
func (t *tree) info(id format.ObjectID) (format.ManifestInfo, bool) {
	i, ok := slices.BinarySearchFunc(t.Manifests, id, func(m format.ManifestInfo, id format.ObjectID) int {
		return bytes.Compare(m.ID[:], id[:])
	})
	if !ok {
		return format.ManifestInfo{}, false
	}
	return t.Manifests[i], true
}

// bytes is about what t takes.
func (t *tree) bytes() int64 {
	n := int64(len(t.Manifests))*32 + 512
	for i := range t.Nodes {
		node := &t.Nodes[i]
		n += 160 + int64(len(node.Path)+len(node.UserData)+len(node.Extra))
		if a := node.Array; a != nil {
			n += 96 + int64(len(a.Shape))*48 + int64(len(a.Manifests))*int64(40+8*len(a.Shape))
		}
	}
	return n
}

// parent is the path above p; of the root it is "".
func parent(p string) string {
	if p == "/" {
		return ""
	}
	if i := strings.LastIndexByte(p, '/'); i > 0 {
		return p[:i]
	}
	return "/"
}
