package format

import (
	"cmp"
	"encoding/binary"
	"iter"
	"slices"
	"sort"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format/flat"
)

// raw is the index of reference i in the file's order.
func (a *arrayView) raw(r *flat.Reader, i int) []byte {
	return a.refs.On(r).Table(i).Vector(0, 4).Raw()
}

// at is the i-th reference by index.
func (a *arrayView) at(i int) int {
	if a.order != nil {
		return int(a.order[i])
	}
	return i
}

// compareIndex orders indices as they are stored, little-endian.
func compareIndex(a, b []byte) int {
	for i := 0; i+4 <= len(a) && i+4 <= len(b); i += 4 {
		if c := cmp.Compare(binary.LittleEndian.Uint32(a[i:]), binary.LittleEndian.Uint32(b[i:])); c != 0 {
			return c
		}
	}
	return len(a) - len(b)
}

func compareWith(raw []byte, index []uint32) int {
	for i, x := range index {
		if 4*i == len(raw) {
			return -1
		}
		if c := cmp.Compare(binary.LittleEndian.Uint32(raw[4*i:]), x); c != 0 {
			return c
		}
	}
	return len(raw) - 4*len(index)
}

// Size is the bytes the view keeps in memory.
func (v *ManifestView) Size() int64 {
	n := int64(cap(v.buf)) + 256
	for _, a := range v.arrays {
		n += 96 + 4*int64(cap(a.order))
	}
	return n
}

// Nodes yields the arrays that have references, sorted, and how many.
func (v *ManifestView) Nodes() iter.Seq2[NodeID, int] {
	return func(yield func(NodeID, int) bool) {
		for i := range v.arrays {
			if !yield(v.arrays[i].node, v.arrays[i].refs.Len()) {
				return
			}
		}
	}
}

func (v *ManifestView) array(node NodeID) *arrayView {
	i, have := slices.BinarySearchFunc(v.arrays, node, func(a arrayView, id NodeID) int { return a.node.Compare(id) })
	if !have {
		return nil
	}
	return &v.arrays[i]
}

// search is the first reference that is not before index, which may be shorter
// than the rank.
func (a *arrayView) search(r *flat.Reader, index []uint32) int {
	return sort.Search(a.refs.Len(), func(i int) bool { return compareWith(a.raw(r, a.at(i)), index) >= 0 })
}

// Lookup finds the reference of one chunk; false when there is none. The error
// is errs.Corrupt, of texts that are only read now.
func (v *ManifestView) Lookup(node NodeID, index []uint32) (ChunkRef, bool, error) {
	a := v.array(node)
	if a == nil || a.rank != len(index) {
		return ChunkRef{}, false, nil
	}
	r := flat.Again(v.buf)
	i := a.search(&r, index)
	if i == a.refs.Len() || compareWith(a.raw(&r, a.at(i)), index) != 0 {
		return ChunkRef{}, false, nil
	}
	var ref ChunkRef
	err := v.decode(&ref, &r, a.refs.On(&r).Table(a.at(i)))
	return ref, err == nil, err
}

// Refs yields the references of one array in the order of their indices: all, or
// with one Range a dimension those within. Others are skipped without decoding,
// and those outside the first range without looking at them.
func (v *ManifestView) Refs(node NodeID, within ...Range) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		a := v.array(node)
		if a == nil || len(within) > 0 && len(within) != a.rank {
			return
		}
		r := flat.Again(v.buf)
		e := Entry{Index: make([]uint32, a.rank)}
		i := 0
		if len(within) > 0 {
			i = a.search(&r, []uint32{within[0].From})
		}
		for ; i < a.refs.Len(); i++ {
			t := a.refs.On(&r).Table(a.at(i))
			unpack(e.Index, t.Vector(0, 4).Raw())
			if len(within) > 0 && e.Index[0] >= within[0].To {
				return
			}
			if !inside(e.Index, within) {
				continue
			}
			if err := v.decode(&e.Ref, &r, t); !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func unpack(index []uint32, raw []byte) {
	for k := range index {
		index[k] = binary.LittleEndian.Uint32(raw[4*k:])
	}
}

func inside(index []uint32, within []Range) bool {
	for k, w := range within {
		if index[k] < w.From || index[k] >= w.To {
			return false
		}
	}
	return true
}

// Array decodes the references of one array; false when there are none.
func (v *ManifestView) Array(node NodeID) (ArrayManifest, bool, error) {
	a := v.array(node)
	if a == nil {
		return ArrayManifest{}, false, nil
	}
	am, err := v.decodeArray(a)
	return am, err == nil, err
}

func (v *ManifestView) decodeArray(a *arrayView) (ArrayManifest, error) {
	n := a.refs.Len()
	am := ArrayManifest{
		Node: a.node, Rank: a.rank, Extra: a.extra,
		Indices: make([]uint32, n*a.rank),
		Refs:    make([]ChunkRef, n),
	}
	r := flat.Again(v.buf)
	refs := a.refs.On(&r)
	for i := range n {
		t := refs.Table(a.at(i))
		unpack(am.Indices[i*a.rank:(i+1)*a.rank], t.Vector(0, 4).Raw())
		if err := v.decode(&am.Refs[i], &r, t); err != nil {
			return ArrayManifest{}, err
		}
	}
	return am, nil
}

// decode reads one reference.
func (v *ManifestView) decode(ref *ChunkRef, r *flat.Reader, t flat.Table) error {
	*ref = ChunkRef{}
	if inline := t.Bytes(1); inline != nil {
		ref.Inline = inline
		return v.failed(r)
	}
	ref.Offset, ref.Length = t.Uint64(2), t.Uint64(3)
	if id := t.Struct(4, len(ref.Chunk)); id != nil {
		copy(ref.Chunk[:], id)
		if ref.Chunk == (ObjectID{}) {
			r.Fail("icechunk: found a reference to the chunk of no id")
		}
		return v.failed(r)
	}
	ref.Virtual = &Virtual{Location: t.String(5), ETag: t.String(6), LastModified: t.Uint32(7)}
	if packed := t.Bytes(8); packed != nil {
		var err error
		if ref.Virtual.Location, err = v.locations.decode(packed); err != nil {
			return err
		}
	}
	return v.failed(r)
}

func (v *ManifestView) failed(r *flat.Reader) error {
	if r.Err() == nil {
		return nil
	}
	return errs.New(errs.Corrupt, "icechunk: manifest %s: %w", v.ID, r.Err())
}
