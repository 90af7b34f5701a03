package format

import (
	"cmp"
	"slices"

	"github.com/outcore/outcore/icechunk/format/flat"
)

// DecodeManifest reads an object below manifests/, all of it: 64 bytes a
// reference and 4 for each number of its index. Inline bytes are parts of one
// buffer, which lives as long as any of them. To find some references, use
// OpenManifest.
func DecodeManifest(file []byte) (*Manifest, error) {
	v, err := OpenManifest(file)
	if err != nil {
		return nil, err
	}
	m := &Manifest{ID: v.ID, Extra: v.Extra, Newer: v.Newer, Arrays: make([]ArrayManifest, len(v.arrays))}
	for i := range v.arrays {
		if m.Arrays[i], err = v.decodeArray(&v.arrays[i]); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Encode gives the bytes of the manifest's object. Locations of virtual
// references are written as they are: the frame around all compresses what they
// have in common. errs.Invalid: an array or an index twice, a reference of no
// kind or of two, indices that are not Rank numbers each.
func (m *Manifest) Encode(opts ...Option) ([]byte, error) {
	size := 1 << 10
	for _, a := range m.Arrays {
		size += len(a.Refs)*64 + 4*len(a.Indices)
		for i := range a.Refs {
			size += len(a.Refs[i].Inline)
		}
	}
	b := newBuild(size)
	arrays := inOrder(m.Arrays, func(x, y ArrayManifest) int { return x.Node.Compare(y.Node) })
	refs := make([]flat.Ref, len(arrays))
	for i := range arrays {
		if i > 0 && arrays[i-1].Node == arrays[i].Node {
			b.invalid("array %s is there twice", arrays[i].Node)
		}
		refs[i] = b.arrayManifest(&arrays[i])
		if b.err != nil {
			return nil, b.err
		}
	}
	list := b.Refs(refs)
	extra := b.bytes(m.Extra)
	b.Start()
	b.Set(1, list)
	b.Set(4, extra)
	b.SetStruct(0, m.ID[:])
	b.SetUint8(3, rawLocations) // the default is 1
	return b.finish(ManifestFile, b.End(), m.Newer, opts)
}

func (b *build) arrayManifest(a *ArrayManifest) flat.Ref {
	order, ok := b.order(a.Node, len(a.Refs), a.Rank, a.Indices)
	if !ok {
		return 0
	}
	refs := make([]flat.Ref, len(a.Refs))
	for i := range refs {
		at := i
		if order != nil {
			at = int(order[i])
		}
		if refs[i], ok = b.chunkRef(&a.Refs[at], a.Indices[at*a.Rank:(at+1)*a.Rank]); !ok {
			b.invalid("reference %v of array %s is of no kind, or of two", a.Indices[at*a.Rank:(at+1)*a.Rank], a.Node)
			return 0
		}
	}
	list := b.Refs(refs)
	extra := b.bytes(a.Extra)
	b.Start()
	b.Set(1, list)
	b.Set(2, extra)
	b.SetStruct(0, a.Node[:])
	return b.End()
}

// order is that of n indices of rank numbers each; nil when they are sorted.
// It reports false when there are others than n, or one is there twice.
func (b *build) order(node NodeID, n, rank int, indices []uint32) ([]uint32, bool) {
	if rank < 0 || len(indices) != n*rank {
		b.invalid("array %s has %d numbers for %d indices of %d", node, len(indices), n, rank)
		return nil, false
	}
	index := func(i uint32) []uint32 { return indices[int(i)*rank : (int(i)+1)*rank] }
	sorted := true
	for i := 1; i < n && sorted; i++ {
		sorted = slices.Compare(index(uint32(i-1)), index(uint32(i))) < 0
	}
	if sorted {
		return nil, true
	}
	order := make([]uint32, n)
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(i, j uint32) int {
		return cmp.Or(slices.Compare(index(i), index(j)), cmp.Compare(i, j))
	})
	for i := 1; i < n; i++ {
		if slices.Equal(index(order[i-1]), index(order[i])) {
			b.invalid("array %s has index %v twice", node, index(order[i]))
			return nil, false
		}
	}
	return order, true
}

// chunkRef reports false for a reference that is not of exactly one kind.
func (b *build) chunkRef(r *ChunkRef, index []uint32) (flat.Ref, bool) {
	if truth(r.Inline != nil)+truth(r.Chunk != ObjectID{})+truth(r.Virtual != nil) != 1 {
		return 0, false
	}
	var inline, location, etag flat.Ref
	switch {
	case r.Inline != nil:
		inline = b.Bytes(r.Inline)
	case r.Virtual != nil:
		location = b.text(r.Virtual.Location, "location")
		if r.Virtual.ETag != "" {
			etag = b.text(r.Virtual.ETag, "etag")
		}
	}
	at := b.Uint32s(index)
	b.Start()
	if r.Inline == nil {
		b.setUint64(2, r.Offset)
		b.setUint64(3, r.Length)
	}
	b.Set(0, at)
	switch {
	case r.Inline != nil:
		b.Set(1, inline)
	case r.Virtual != nil:
		b.Set(5, location)
		b.Set(6, etag)
		if r.Virtual.LastModified != 0 {
			b.SetUint32(7, r.Virtual.LastModified)
		}
	default:
		b.SetStruct(4, r.Chunk[:])
	}
	return b.End(), true
}
