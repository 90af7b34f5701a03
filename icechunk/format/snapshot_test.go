package format

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format/flat"
)

// tree is a snapshot whose paths sort differently by bytes and by segments.
func tree() *Snapshot {
	s := &Snapshot{ID: id(1), Flushed: 5, Message: "m", Manifests: []ManifestInfo{{id(3), 100, 6}, {id(4), 90, 2}}}
	for i, p := range []string{"/", "/a", "/a b", "/a-b", "/a-b/c", "/a.x", "/a/b", "/ab"} {
		s.Nodes = append(s.Nodes, Node{ID: node(byte(i)), Path: p, UserData: []byte(p)})
	}
	s.Nodes[6].Array = &ArrayNode{
		Shape: []Dimension{{100, 10}, {5, 1}}, Names: []string{"x", ""},
		Manifests: []ManifestRef{{id(4), []Range{{5, 10}, {0, 1}}}, {id(3), []Range{{0, 5}, {0, 1}}}},
	}
	s.Nodes[7].Array = &ArrayNode{Manifests: []ManifestRef{{id(3), nil}}}
	return s
}

func TestSnapshotComesBackInOrderOfBytes(t *testing.T) {
	want, mixed := tree(), tree()
	mixed.Nodes, mixed.Manifests = shuffled(mixed.Nodes), shuffled(mixed.Manifests)
	a, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mixed.Encode()
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("another order gives other bytes, %v", err)
	}
	got, err := DecodeSnapshot(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(- want, + got):\n%s", d)
	}
}

func TestSnapshotThatReadersWouldRefuseIsInvalid(t *testing.T) {
	for name, spoil := range map[string]func(*Snapshot){
		"path twice":       func(s *Snapshot) { s.Nodes[1].Path = "/ab" },
		"id twice":         func(s *Snapshot) { s.Nodes[1].ID = s.Nodes[2].ID },
		"no slash":         func(s *Snapshot) { s.Nodes[1].Path = "a" },
		"slash at the end": func(s *Snapshot) { s.Nodes[1].Path = "/a/" },
		"two dots":         func(s *Snapshot) { s.Nodes[1].Path = "/a/.." },
		"overlap":          func(s *Snapshot) { s.Nodes[6].Array.Manifests[0].Extents[0].From = 4 },
		"overlap of points": func(s *Snapshot) {
			s.Nodes[7].Array.Manifests = append(s.Nodes[7].Array.Manifests, ManifestRef{ID: id(4)})
		},
		"rank":               func(s *Snapshot) { s.Nodes[6].Array.Manifests[0].Extents = nil },
		"names":              func(s *Snapshot) { s.Nodes[6].Array.Names = []string{"x"} },
		"unknown manifest":   func(s *Snapshot) { s.Manifests = s.Manifests[1:] },
		"manifest twice":     func(s *Snapshot) { s.Manifests[1].ID = id(3) },
		"message not UTF-8":  func(s *Snapshot) { s.Message = "\xff" },
		"snapshot from 1969": func(s *Snapshot) { s.Flushed = -1 },
	} {
		s := tree()
		spoil(s)
		if file, err := s.Encode(); file != nil || !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOverlapIsFoundOnAnyAxis(t *testing.T) {
	box := func(a, b, c, d uint32) ManifestRef { return ManifestRef{Extents: []Range{{a, b}, {c, d}}} }
	for name, c := range map[string]struct {
		refs []ManifestRef
		want bool
	}{
		"none":            {nil, false},
		"grid":            {[]ManifestRef{box(0, 2, 0, 2), box(0, 2, 2, 4), box(2, 4, 0, 2), box(2, 4, 2, 4)}, false},
		"second axis":     {[]ManifestRef{box(0, 9, 0, 3), box(0, 9, 6, 9), box(0, 9, 3, 6)}, false},
		"one inside":      {[]ManifestRef{box(0, 9, 0, 9), box(3, 4, 3, 4)}, true},
		"a corner":        {[]ManifestRef{box(0, 2, 0, 2), box(5, 6, 0, 1), box(1, 3, 1, 3)}, true},
		"empty in a full": {[]ManifestRef{box(0, 9, 0, 9), box(3, 3, 3, 4)}, false},
	} {
		if _, _, got := overlap(c.refs); got != c.want {
			t.Errorf("%s: found %v", name, got)
		}
	}
}

// The text of the specification has nodes by segment; writers that follow it are
// read all the same.
func TestNodesInOrderOfSegmentsAreSorted(t *testing.T) {
	b := newBuild(0)
	want := tree()
	want.Nodes, want.Manifests = want.Nodes[:6], nil
	nodes := shuffled(want.Nodes)
	slices.SortFunc(nodes, func(x, y Node) int { return ComparePaths(x.Path, y.Path) })
	refs := make([]flat.Ref, len(nodes))
	for i := range nodes {
		refs[i] = b.node(&nodes[i], nil)
	}
	list, none, message := b.Refs(refs), b.Refs(nil), b.String("m")
	b.Start()
	for slot, ref := range []flat.Ref{2: list, 4: message, 5: none, 6: none, 7: none} {
		b.Set(slot, ref)
	}
	b.SetUint64(3, 5)
	b.SetStruct(0, want.ID[:])
	got, err := DecodeSnapshot(plainFile(SnapshotFile, b.Finish(b.End(), identifier)))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(- want, + got):\n%s", d)
	}
}
