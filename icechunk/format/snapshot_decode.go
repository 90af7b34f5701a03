package format

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format/flat"
)

const (
	arrayData = 1 // tags of the union NodeData
	groupData = 2
)

// DecodeSnapshot reads an object below snapshots/. UserData, Extra and the Raw
// of metadata are parts of one buffer, which lives as long as any of them.
// Besides what every decoder checks, paths are paths and are there once, and
// extents have as many ranges as the array has dimensions.
func DecodeSnapshot(file []byte) (*Snapshot, error) {
	body, err := unwrap(SnapshotFile, file)
	if err != nil {
		return nil, err
	}
	s := &scan{Reader: flat.NewReader(body)}
	snap := s.snapshot(s.Root())
	if s.Err() != nil {
		return nil, errs.New(errs.Corrupt, "icechunk: snapshot %s: %w", snap.ID, s.Err())
	}
	snap.Newer = s.newer
	return snap, nil
}

func (s *scan) snapshot(t flat.Table) *Snapshot {
	s.known(t, "snapshot", 9, 0, 2, 4, 5)
	snap := &Snapshot{
		ID:      s.objectID(t, 0),
		Flushed: s.time(t, 3),
		Message: t.String(4),
		Meta:    s.items(t, 5),
		Extra:   t.Bytes(8),
	}
	nodes := t.Vector(2, 4)
	snap.Nodes = make([]Node, 0, nodes.Len())
	for i := range nodes.Len() {
		n := s.node(nodes.Table(i))
		if s.Err() != nil {
			return snap
		}
		snap.Nodes = append(snap.Nodes, n)
	}
	byPath := func(a, b Node) int { return strings.Compare(a.Path, b.Path) }
	if !slices.IsSortedFunc(snap.Nodes, byPath) { // segment by segment, as the specification has it
		slices.SortFunc(snap.Nodes, byPath)
	}
	for i := 1; i < len(snap.Nodes); i++ {
		if snap.Nodes[i].Path == snap.Nodes[i-1].Path {
			s.Fail("icechunk: node %q is there twice", snap.Nodes[i].Path)
		}
	}
	infos := t.Vector(7, 4)
	if t.Vector(6, 32).Len() > 0 && infos.Len() == 0 {
		s.Fail("icechunk: manifests are described as specification 1 does")
	}
	for i := range infos.Len() {
		m := s.manifestInfo(infos.Table(i))
		if s.Err() != nil {
			return snap
		}
		snap.Manifests = append(snap.Manifests, m)
	}
	slices.SortFunc(snap.Manifests, func(a, b ManifestInfo) int { return a.ID.Compare(b.ID) })
	return snap
}

func (s *scan) manifestInfo(t flat.Table) ManifestInfo {
	s.known(t, "manifest info", 4, 0)
	if len(t.Bytes(3)) > 0 {
		s.beyond("manifest info with extra bytes")
	}
	return ManifestInfo{ID: s.objectID(t, 0), Size: t.Uint64(1), Refs: t.Uint32(2)}
}

func (s *scan) node(t flat.Table) Node {
	s.known(t, "node", 6, 0, 1, 2, 3, 4)
	n := Node{ID: s.nodeID(t, 0), Path: t.String(1), UserData: t.Bytes(2), Extra: t.Bytes(5)}
	if s.Err() != nil {
		return n
	}
	if err := CheckPath(n.Path); err != nil {
		s.Fail("%w", err)
	}
	switch kind := t.Uint8(3, 0); kind {
	case arrayData:
		n.Array = s.array(t.Table(4), n.Path)
	case groupData:
		s.known(t.Table(4), "group", 0)
	default:
		s.Fail("icechunk: node %q is of unknown kind %d", n.Path, kind)
	}
	return n
}

func (s *scan) array(t flat.Table, path string) *ArrayNode {
	s.known(t, "array", 4, 0, 2)
	a := &ArrayNode{}
	shape := t.Vector(3, 4)
	if t.Vector(0, 16).Len() > 0 && shape.Len() == 0 {
		s.Fail("icechunk: the shape of %q is given as specification 1 does", path)
	}
	for i := range shape.Len() {
		d := shape.Table(i)
		s.known(d, "dimension", 2)
		a.Shape = append(a.Shape, Dimension{Length: d.Uint64(0), Chunks: d.Uint32(1)})
	}
	if t.Has(1) {
		names := t.Vector(1, 4)
		a.Names = make([]string, 0, names.Len())
		for i := range names.Len() {
			d := names.Table(i)
			s.known(d, "dimension name", 1)
			a.Names = append(a.Names, d.String(0))
		}
	}
	for v, i := t.Vector(2, 4), 0; i < v.Len() && s.Err() == nil; i++ {
		m := v.Table(i)
		s.known(m, "manifest reference", 2, 0, 1)
		ref := ManifestRef{ID: s.objectID(m, 0), Extents: ranges(m.Vector(1, 8))}
		if len(ref.Extents) != len(a.Shape) {
			s.Fail("icechunk: manifest %s has %d extents for the %d dimensions of %q", ref.ID, len(ref.Extents), len(a.Shape), path)
		}
		a.Manifests = append(a.Manifests, ref)
	}
	return a
}

func ranges(v flat.Vector) []Range {
	if v.Len() == 0 {
		return nil
	}
	out := make([]Range, v.Len())
	for i := range out {
		b := v.At(i)
		out[i] = Range{From: binary.LittleEndian.Uint32(b), To: binary.LittleEndian.Uint32(b[4:])}
	}
	return out
}
