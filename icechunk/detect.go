package icechunk

import (
	"cmp"
	"maps"
	"slices"

	"github.com/outcore/outcore/icechunk/format"
)

// A detector finds what is in the way of putting our changes, made on base, on
// top of theirs, which made base into tip.
type detector struct {
	ours   *changes
	base   *tree
	theirs *theirs
	tip    *tree
	found  []Conflict
}

func (d *detector) add(kind ConflictKind, path string, index ...[]uint32) {
	d.found = append(d.found, Conflict{kind, path, index})
}

// detect fills found.
func (d *detector) detect() {
	for _, m := range d.theirs.moves {
		d.add(MoveOperationCannotBeRebased, m.From)
	}
	for _, path := range slices.Sorted(maps.Keys(d.ours.nodes)) {
		if n := d.ours.nodes[path]; n.old == nil {
			d.detectNew(n)
		} else {
			d.detectUpdate(n)
		}
	}
	for id, ch := range d.ours.chunks {
		if d.isBase(id) {
			d.detectChunks(ch, d.base.byID(id).ID)
		}
	}
	for path := range d.ours.deleted {
		d.detectDelete(path)
	}
	slices.SortFunc(d.found, func(a, b Conflict) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind))
	})
	d.found = slices.CompactFunc(d.found, func(a, b Conflict) bool { return a.Path == b.Path && a.Kind == b.Kind })
}

// detectNew looks at a node that we made.
func (d *detector) detectNew(n *node) {
	if there := d.tip.find(n.path); there != nil {
		// One that we deleted to make ours is no news.
		gone := d.ours.deleted[n.path]
		if (gone == nil || gone.ID != there.ID) && !(n.implied && there.Array == nil) {
			d.add(NewNodeConflictsWithExistingNode, n.path)
		}
		return
	}
	for p := parent(n.path); p != ""; p = parent(p) {
		if own := d.ours.nodes[p]; own != nil && own.old == nil {
			return // is looked at by itself
		}
		there := d.tip.find(p)
		if there != nil && there.Array != nil || there == nil && d.base.find(p) != nil {
			d.add(NewNodeInInvalidGroup, n.path)
			return
		}
		if there != nil {
			return
		}
	}
}

// detectUpdate looks at a node whose metadata we changed.
func (d *detector) detectUpdate(n *node) {
	switch {
	case d.tip.byID(n.id) == nil && n.array:
		d.add(ZarrMetadataUpdateOfDeletedArray, n.path)
	case d.tip.byID(n.id) == nil:
		d.add(ZarrMetadataUpdateOfDeletedGroup, n.path)
	case d.theirs.updated[n.id]:
		d.add(ZarrMetadataDoubleUpdate, n.path)
	}
}

// detectChunks looks at an array of the base whose chunks we changed.
func (d *detector) detectChunks(ch *chunkChanges, id format.NodeID) {
	if d.tip.byID(id) == nil {
		d.add(ChunksUpdatedInDeletedArray, ch.path)
		return
	}
	if d.theirs.updated[id] {
		d.add(ChunksUpdatedInUpdatedArray, ch.path)
	}
	if same := d.double(id, ch); len(same) > 0 {
		d.add(ChunkDoubleUpdate, ch.path, same...)
	}
}

// detectDelete looks at a node of the base that we deleted.
func (d *detector) detectDelete(path string) {
	n := d.ours.deleted[path]
	switch {
	case d.tip.byID(n.ID) == nil: // theirs deleted it too
	case n.Array != nil:
		if d.theirs.updated[n.ID] || d.theirs.chunks[n.ID] != nil {
			d.add(DeleteOfUpdatedArray, path)
		}
	case d.theirs.updated[n.ID]:
		d.add(DeleteOfUpdatedGroup, path)
	default:
		for _, child := range d.tip.below(path) {
			if d.theirs.made[child.ID] && parent(child.Path) == path {
				d.add(DeleteOfUpdatedGroup, path)
				return
			}
		}
	}
}
