package format

import (
	"bytes"
	"math"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format/flat"
)

// A ManifestView is a manifest that was checked and not decoded: references are
// found in its bytes, some 60 each, by search. Its methods may be called
// concurrently.
type ManifestView struct {
	ID    ObjectID
	Extra []byte // carried through
	Newer string // as in Repo

	buf       []byte
	arrays    []arrayView // sorted by node
	locations *locations
}

// An arrayView is where the references of one array are.
type arrayView struct {
	node  NodeID
	rank  int
	refs  flat.Vector
	order []uint32 // of refs by index; nil when that is their order
	extra []byte
}

// An Entry is one reference of an array.
type Entry struct {
	Index []uint32 // valid until the next Entry
	Ref   ChunkRef
}

// OpenManifest decompresses and checks a manifest: 1 M references take about as
// long as their decompression. Everything it returns refers to one buffer.
func OpenManifest(file []byte) (*ManifestView, error) {
	body, err := unwrap(ManifestFile, file)
	if err != nil {
		return nil, err
	}
	s := &scan{Reader: flat.NewReader(body)}
	t := s.Root()
	s.known(t, "manifest", 5, 0, 1)
	v := &ManifestView{ID: s.objectID(t, 0), Extra: t.Bytes(4), buf: body}
	v.locations = newLocations(t.Uint8(3, zstdLocations), t.Bytes(2))
	arrays := t.Vector(1, 4)
	for i := 0; i < arrays.Len() && s.Err() == nil; i++ {
		v.arrays = append(v.arrays, s.arrayView(arrays.Table(i), body))
	}
	byNode := func(a, b arrayView) int { return a.node.Compare(b.node) }
	slices.SortFunc(v.arrays, byNode)
	for i := 1; i < len(v.arrays); i++ {
		if v.arrays[i].node == v.arrays[i-1].node {
			s.Fail("icechunk: array %s is there twice", v.arrays[i].node)
		}
	}
	if s.Err() != nil {
		return nil, errs.New(errs.Corrupt, "icechunk: manifest %s: %w", v.ID, s.Err())
	}
	v.Newer = s.newer
	return v, nil
}

// arrayView checks every reference of an array, so that a search cannot fail.
func (s *scan) arrayView(t flat.Table, buf []byte) arrayView {
	s.known(t, "array manifest", 3, 0, 1)
	a := arrayView{node: s.nodeID(t, 0), refs: t.Vector(1, 4), extra: t.Bytes(2)}
	var last []byte
	shape := 0 // of references that were found right
	for i := range a.refs.Len() {
		ref := a.refs.Table(i)
		if ref.Shape() != shape {
			s.reference(ref)
			shape = ref.Shape()
		}
		index := ref.Vector(0, 4)
		if i == 0 {
			a.rank = index.Len()
		}
		if s.Err() != nil {
			return a
		}
		if index.Len() != a.rank {
			s.Fail("icechunk: reference %d of array %s has an index of %d numbers, the first has %d", i, a.node, index.Len(), a.rank)
			return a
		}
		if offset, length := ref.Uint64(2), ref.Uint64(3); offset > math.MaxInt64 || length > math.MaxInt64-offset {
			s.Fail("icechunk: reference %d of array %s is to %d bytes at %d", i, a.node, length, offset)
			return a
		}
		raw := index.Raw()
		if i > 0 && a.order == nil && compareIndex(last, raw) >= 0 {
			a.order = make([]uint32, a.refs.Len()) // sorted below
		}
		last = raw
	}
	if a.order != nil {
		s.sort(&a, buf)
	}
	return a
}

// reference checks which fields a reference has, the same for all of its shape.
func (s *scan) reference(t flat.Table) {
	s.known(t, "chunk reference", 10, 0)
	if t.Has(9) {
		s.beyond("chunk reference with extra bytes")
	}
	if n := truth(t.Has(1)) + truth(t.Has(4)) + truth(t.Has(5) || t.Has(8)); n != 1 {
		s.Fail("icechunk: found a chunk reference of %d kinds, expected one", n)
	}
}

// sort finds the order of references that a writer did not sort.
func (s *scan) sort(a *arrayView, buf []byte) {
	r := flat.Again(buf)
	for i := range a.order {
		a.order[i] = uint32(i)
	}
	index := func(i uint32) []byte { return a.raw(&r, int(i)) }
	slices.SortFunc(a.order, func(i, j uint32) int { return compareIndex(index(i), index(j)) })
	for i := 1; i < len(a.order); i++ {
		if bytes.Equal(index(a.order[i]), index(a.order[i-1])) {
			s.Fail("icechunk: array %s has two references at one index", a.node)
			return
		}
	}
}
