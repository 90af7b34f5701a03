package format

import (
	"slices"

	"github.com/outcore/outcore/icechunk/format/flat"
)

// Encode gives the bytes of the log's object. Moves to where a node was are left
// out. errs.Invalid: a node in two of the lists of new, deleted and updated
// nodes, indices that are not Rank numbers each, a path that is none.
func (t *TransactionLog) Encode(opts ...Option) ([]byte, error) {
	size := 4 << 10
	for _, c := range t.Chunks {
		size += 64 + 4*len(c.Indices) + 16*c.Len()
	}
	b := newBuild(size)
	in := map[NodeID]bool{}
	lists := [...][]NodeID{t.NewGroups, t.NewArrays, t.DeletedGroups, t.DeletedArrays, t.UpdatedArrays, t.UpdatedGroups}
	var nodes [len(lists)]flat.Ref
	for i, list := range lists {
		nodes[i] = b.nodeIDs(list)
		for _, id := range list {
			if in[id] {
				b.invalid("node %s is there twice", id)
			}
			in[id] = true
		}
	}
	chunks := b.updatedChunks(t.Chunks)
	moves := b.moves(t.Moves)
	extra := b.bytes(t.Extra)
	b.Start()
	for i, ref := range nodes {
		b.Set(1+i, ref)
	}
	b.Set(7, chunks)
	b.Set(8, moves)
	b.Set(9, extra)
	b.SetStruct(0, t.ID[:])
	return b.finish(TransactionLogFile, b.End(), t.Newer, opts)
}

func (b *build) nodeIDs(list []NodeID) flat.Ref {
	list = inOrder(list, NodeID.Compare)
	return b.Structs(len(NodeID{}), 1, len(list), func(i int, dst []byte) { copy(dst, list[i][:]) })
}

func (b *build) updatedChunks(list []UpdatedChunks) flat.Ref {
	list = inOrder(list, func(x, y UpdatedChunks) int { return x.Node.Compare(y.Node) })
	refs := make([]flat.Ref, len(list))
	for i, c := range list {
		if i > 0 && list[i-1].Node == c.Node {
			b.invalid("array %s is there twice", c.Node)
		}
		n := c.Len()
		order, ok := b.order(c.Node, n, c.Rank, c.Indices)
		if !ok {
			break
		}
		indices := make([]flat.Ref, n)
		for j := range indices {
			at := j
			if order != nil {
				at = int(order[j])
			}
			coords := b.Uint32s(c.Indices[at*c.Rank : (at+1)*c.Rank])
			b.Start()
			b.Set(0, coords)
			indices[j] = b.End()
		}
		all := b.Refs(indices)
		b.Start()
		b.Set(1, all)
		b.SetStruct(0, c.Node[:])
		refs[i] = b.End()
	}
	return b.Refs(refs)
}

// moves builds the moves in the order of the segments of their targets; absent
// when there are none.
func (b *build) moves(list []Move) flat.Ref {
	list = slices.DeleteFunc(slices.Clone(list), func(m Move) bool { return m.From == m.To })
	slices.SortFunc(list, func(x, y Move) int { return ComparePaths(x.To, y.To) })
	if len(list) == 0 {
		return 0
	}
	refs := make([]flat.Ref, len(list))
	for i, m := range list {
		for _, p := range []string{m.From, m.To} {
			if err := CheckPath(p); err != nil && b.err == nil {
				b.err = err
			}
		}
		if i > 0 && list[i-1].To == m.To {
			b.invalid("two nodes move to %q", m.To)
		}
		from, to := b.String(m.From), b.String(m.To)
		b.Start()
		b.Set(0, from)
		b.Set(1, to)
		b.SetStruct(2, m.Node[:])
		b.SetUint8(3, truth(m.Array)) // written also when it is the default: it must be there
		refs[i] = b.End()
	}
	return b.Refs(refs)
}

// Len is the number of chunks.
func (u *UpdatedChunks) Len() int {
	if u.Rank == 0 {
		return 1
	}
	return len(u.Indices) / u.Rank
}
