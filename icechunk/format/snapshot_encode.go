package format

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/outcore/outcore/icechunk/format/flat"
)

// Encode gives the bytes of the snapshot's object. errs.Invalid says what
// readers would refuse or not find: a path that is none or is there twice, an
// id twice, extents that overlap, are of another rank, or are in a manifest that
// Manifests does not describe.
func (s *Snapshot) Encode(opts ...Option) ([]byte, error) {
	size := 4 << 10
	for _, n := range s.Nodes {
		size += 192 + len(n.Path) + len(n.UserData)
	}
	b := newBuild(size)
	infos := inOrder(s.Manifests, func(x, y ManifestInfo) int { return x.ID.Compare(y.ID) })
	manifests := b.manifestInfos(infos)
	nodes := b.nodes(s.Nodes, infos)
	message, meta := b.text(s.Message, "message"), b.items(s.Meta, true)
	// Of specification 1, but required: empty.
	old := b.Structs(32, 8, 0, nil)
	extra := b.bytes(s.Extra)
	b.Start()
	b.setUint64(3, b.time(s.Flushed, "a snapshot"))
	b.Set(2, nodes)
	b.Set(4, message)
	b.Set(5, meta)
	b.Set(6, old)
	b.Set(7, manifests)
	b.Set(8, extra)
	b.SetStruct(0, s.ID[:])
	return b.finish(SnapshotFile, b.End(), s.Newer, opts)
}

func (b *build) manifestInfos(infos []ManifestInfo) flat.Ref {
	refs := make([]flat.Ref, len(infos))
	for i, m := range infos {
		if i > 0 && infos[i-1].ID == m.ID {
			b.invalid("manifest %s is described twice", m.ID)
		}
		b.Start()
		b.setUint64(1, m.Size)
		if m.Refs != 0 {
			b.SetUint32(2, m.Refs)
		}
		b.SetStruct(0, m.ID[:])
		refs[i] = b.End()
	}
	return b.Refs(refs)
}

// nodes builds the nodes in the order of their paths' bytes: readers search by
// halves, and do not find what is in another order.
func (b *build) nodes(nodes []Node, infos []ManifestInfo) flat.Ref {
	byPath := func(x, y Node) int { return strings.Compare(x.Path, y.Path) }
	nodes = inOrder(nodes, byPath)
	ids := make(map[NodeID]string, len(nodes))
	refs := make([]flat.Ref, len(nodes))
	for i := range nodes {
		n := &nodes[i]
		if i > 0 && nodes[i-1].Path == n.Path {
			b.invalid("node %q is there twice", n.Path)
		}
		if err := CheckPath(n.Path); err != nil && b.err == nil {
			b.err = err
		}
		if other, have := ids[n.ID]; have {
			b.invalid("nodes %q and %q have one id", other, n.Path)
		}
		ids[n.ID] = n.Path
		refs[i] = b.node(n, infos)
	}
	return b.Refs(refs)
}

func (b *build) node(n *Node, infos []ManifestInfo) flat.Ref {
	kind, data := uint8(groupData), flat.Ref(0)
	if n.Array != nil {
		kind, data = arrayData, b.array(n.Array, n.Path, infos)
	} else {
		b.Start()
		data = b.End()
	}
	user, path, extra := b.Bytes(n.UserData), b.String(n.Path), b.bytes(n.Extra)
	b.Start()
	b.Set(1, path)
	b.Set(2, user)
	b.Set(4, data)
	b.Set(5, extra)
	b.SetStruct(0, n.ID[:])
	b.SetUint8(3, kind)
	return b.End()
}

func (b *build) array(a *ArrayNode, path string, infos []ManifestInfo) flat.Ref {
	if a.Names != nil && len(a.Names) != len(a.Shape) {
		b.invalid("%q has %d names for %d dimensions", path, len(a.Names), len(a.Shape))
	}
	if x, y, have := overlap(a.Manifests); have {
		b.invalid("manifests %s and %s overlap in %q", x.ID, y.ID, path)
	}
	manifests := make([]flat.Ref, len(a.Manifests))
	for i, m := range a.Manifests {
		if _, have := slices.BinarySearchFunc(infos, m.ID, func(x ManifestInfo, id ObjectID) int { return x.ID.Compare(id) }); !have {
			b.invalid("manifest %s of %q is not described", m.ID, path)
		}
		if len(m.Extents) != len(a.Shape) {
			b.invalid("manifest %s has %d extents for the %d dimensions of %q", m.ID, len(m.Extents), len(a.Shape), path)
		}
		extents := b.Structs(8, 4, len(m.Extents), func(i int, dst []byte) {
			binary.LittleEndian.PutUint32(dst, m.Extents[i].From)
			binary.LittleEndian.PutUint32(dst[4:], m.Extents[i].To)
		})
		b.Start()
		b.Set(1, extents)
		b.SetStruct(0, m.ID[:])
		manifests[i] = b.End()
	}
	refs := b.Refs(manifests)
	shape := b.shape(a.Shape)
	names := b.dimensionNames(a.Names)
	old := b.Structs(16, 8, 0, nil) // of specification 1, but required: empty
	b.Start()
	b.Set(0, old)
	b.Set(1, names)
	b.Set(2, refs)
	b.Set(3, shape)
	return b.End()
}

func (b *build) shape(dims []Dimension) flat.Ref {
	refs := make([]flat.Ref, len(dims))
	for i, d := range dims {
		b.Start()
		b.setUint64(0, d.Length)
		if d.Chunks != 0 {
			b.SetUint32(1, d.Chunks)
		}
		refs[i] = b.End()
	}
	return b.Refs(refs)
}

func (b *build) dimensionNames(names []string) flat.Ref {
	if names == nil {
		return 0
	}
	refs := make([]flat.Ref, len(names))
	for i, s := range names {
		var name flat.Ref
		if s != "" {
			name = b.text(s, "name of a dimension")
		}
		b.Start()
		b.Set(0, name)
		refs[i] = b.End()
	}
	return b.Refs(refs)
}

// overlap finds two manifests with a chunk in common. Those that begin in one
// place of the axis that tells most of them apart are compared with each other.
func overlap(refs []ManifestRef) (x, y ManifestRef, have bool) {
	if len(refs) < 2 {
		return x, y, false
	}
	rank := len(refs[0].Extents)
	if rank == 0 {
		return refs[0], refs[1], true
	}
	for _, r := range refs {
		if len(r.Extents) != rank {
			return x, y, false // reported as that
		}
	}
	axis, most := 0, 0
	for k := range rank {
		starts := make(map[uint32]struct{}, len(refs))
		for _, r := range refs {
			starts[r.Extents[k].From] = struct{}{}
		}
		if len(starts) > most {
			axis, most = k, len(starts)
		}
	}
	sorted := slices.SortedFunc(slices.Values(refs), func(a, b ManifestRef) int {
		return int(int64(a.Extents[axis].From) - int64(b.Extents[axis].From))
	})
	for i, a := range sorted {
		for _, b := range sorted[i+1:] {
			if b.Extents[axis].From >= a.Extents[axis].To {
				break
			}
			if intersect(a.Extents, b.Extents) {
				return a, b, true
			}
		}
	}
	return x, y, false
}

func intersect(a, b []Range) bool {
	for k := range a {
		if max(a[k].From, b[k].From) >= min(a[k].To, b[k].To) {
			return false
		}
	}
	return true
}
