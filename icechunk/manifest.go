package icechunk

import (
	"bytes"
	"slices"
	"sync/atomic"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// A manifest is a decoded manifest in little memory. What it says does not change.
type manifest struct {
	id     format.ObjectID
	arrays []arrayRefs // sorted by node
	newer  string      // what it has that is not known here

	plan atomic.Pointer[spanPlan] // made last; all else does not change
}

type arrayRefs struct {
	node format.NodeID
	refColumns
}

// compactManifest keeps of m what reading needs.
func compactManifest(m *format.ManifestView) (*manifest, error) {
	c := &manifest{id: m.ID, newer: m.Newer}
	for node, n := range m.Nodes() {
		a := arrayRefs{node: node}
		a.refs = make([]packedRef, 0, n)
		for e, err := range m.Refs(node) {
			if err != nil {
				return nil, err
			}
			if e.Ref.Length>>lengthBits != 0 {
				return nil, errs.New(errs.Corrupt, "chunk %v of node %s has %d bytes, expected less than 2^61", e.Index, node, e.Ref.Length)
			}
			if a.index == nil {
				a.rank = len(e.Index)
				a.index = make([]uint32, 0, n*a.rank)
			}
			a.index = append(a.index, e.Index...)
			a.refs = append(a.refs, a.pack(e.Ref))
		}
		a.inline, a.virtual = slices.Clip(a.inline), slices.Clip(a.virtual)
		c.arrays = append(c.arrays, a)
	}
	return c, nil
}

// of is the references of one array, nil when there are none.
func (m *manifest) of(node format.NodeID) *refColumns {
	i, ok := slices.BinarySearchFunc(m.arrays, node, func(a arrayRefs, id format.NodeID) int {
		return bytes.Compare(a.node[:], id[:])
	})
	if !ok {
		return nil
	}
	return &m.arrays[i].refColumns
}

func (m *manifest) bytes() (n int64) {
	for i := range m.arrays {
		n += m.arrays[i].bytes()
	}
	return n + 64
}

func (m *manifest) rows() (n int) {
	for i := range m.arrays {
		n += m.arrays[i].rows()
	}
	return n
}

// expand is m as format writes it.
func (m *manifest) expand() *format.Manifest {
	f := &format.Manifest{ID: m.id, Arrays: make([]format.ArrayManifest, len(m.arrays))}
	for i := range m.arrays {
		a := &m.arrays[i]
		refs := make([]format.ChunkRef, a.rows())
		for j := range refs {
			refs[j] = a.unpack(&a.refs[j])
		}
		f.Arrays[i] = format.ArrayManifest{Node: a.node, Rank: a.rank, Indices: a.index, Refs: refs}
	}
	return f
}

// inside reports whether index is in the box. A box of another rank holds nothing.
func inside(box []format.Range, index []uint32) bool {
	if len(box) != len(index) {
		return false
	}
	for k, x := range index {
		if x < box[k].From || x >= box[k].To {
			return false
		}
	}
	return true
}

// overlap reports whether two boxes of one rank have an index in common.
func overlap(a, b []format.Range) bool {
	for k := range a {
		if a[k].From >= b[k].To || b[k].From >= a[k].To {
			return false
		}
	}
	return true
}
