package icechunk

import (
	"context"
	"iter"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/stream"
)

// entries yields the references of an array of base, with the changes on them,
// in order of index. Boxes of manifests that share a place along the first axis
// are held in memory together; mostly that is one manifest, or one slab of them.
func (r *Repository) entries(ctx context.Context, base *tree, v *view, ours *chunkChanges) iter.Seq2[ChunkEntry, error] {
	return func(yield func(ChunkEntry, error) bool) {
		var rows []int
		if ours != nil {
			rows = ours.table.sorted()
		}
		// own yields our references before index (all of them for nil).
		own := func(before []uint32) bool {
			for len(rows) > 0 {
				index := ours.table.at(rows[0])
				if before != nil && compareIndex(index, before) >= 0 {
					return true
				}
				if p := &ours.table.refs[rows[0]]; p.kind() != refDeleted && !yield(ChunkEntry{index, ours.table.unpack(p)}, nil) {
					return false
				}
				rows = rows[1:]
			}
			return true
		}
		for theirs, err := range r.gathered(ctx, base, v) {
			if err != nil {
				yield(ChunkEntry{}, err)
				return
			}
			for row := range theirs.rows() {
				index := theirs.at(row)
				if !own(index) {
					return
				}
				if ours.trimmed(index) || ours != nil && ours.says(index) {
					continue
				}
				if !yield(ChunkEntry{index, theirs.unpack(&theirs.refs[row])}, nil) {
					return
				}
			}
		}
		own(nil)
	}
}

// gathered yields the references of an array in order, slab by slab; some slabs
// are read ahead.
func (r *Repository) gathered(ctx context.Context, base *tree, v *view) iter.Seq2[*refColumns, error] {
	const ahead = 4
	in := func(yield func([]format.ManifestRef, error) bool) {
		for _, slab := range slabs(v.manifests()) {
			if !yield(slab, nil) {
				return
			}
		}
	}
	m := stream.Mapper[[]format.ManifestRef, *refColumns]{Workers: ahead, New: func() func(context.Context, []format.ManifestRef) (*refColumns, error) {
		return func(ctx context.Context, slab []format.ManifestRef) (*refColumns, error) {
			return r.gather(ctx, base, v, slab)
		}
	}}
	return m.Map(ctx, in)
}

// says reports whether the session wrote or deleted the chunk at index.
func (ch *chunkChanges) says(index []uint32) bool {
	row := ch.table.row(index)
	return row >= 0 && ch.table.refs[row].kind() != refNone
}

// slabs cuts manifests into runs that lie one behind the other along the first axis.
func slabs(refs []format.ManifestRef) [][]format.ManifestRef {
	if len(refs) == 0 || len(refs[0].Extents) == 0 {
		return [][]format.ManifestRef{refs}
	}
	refs = slices.Clone(refs)
	slices.SortFunc(refs, func(a, b format.ManifestRef) int { return compareBoxes(a.Extents, b.Extents) })
	var list [][]format.ManifestRef
	end := refs[0].Extents[0].To
	start := 0
	for i, ref := range refs {
		if i > start && ref.Extents[0].From >= end {
			list = append(list, refs[start:i])
			start = i
		}
		end = max(end, ref.Extents[0].To)
	}
	return append(list, refs[start:])
}

// compareBoxes orders boxes by where they begin. Boxes of no dimension, which
// only damaged snapshots mix with others, come first.
func compareBoxes(a, b []format.Range) int {
	for k := range min(len(a), len(b)) {
		if x, y := a[k].From, b[k].From; x != y {
			if x < y {
				return -1
			}
			return 1
		}
	}
	return len(a) - len(b)
}

// gather reads the references of an array in some manifests, in order of index.
func (r *Repository) gather(ctx context.Context, base *tree, v *view, refs []format.ManifestRef) (*refColumns, error) {
	all := &refColumns{rank: len(v.shape)}
	read := make([]*manifest, len(refs))
	work, in := errgroup.WithContext(ctx)
	work.SetLimit(r.opt.Workers)
	for i, ref := range refs {
		work.Go(func() (err error) {
			read[i], err = r.manifestOf(in, base, ref.ID)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	for i, ref := range refs {
		c, err := r.columns(read[i], v)
		if err != nil {
			return nil, err
		}
		if c == nil {
			continue
		}
		for row := range c.rows() {
			if inside(ref.Extents, c.at(row)) {
				all.add(c, row)
			}
		}
	}
	if len(refs) > 1 {
		all = all.inOrder()
	}
	return all, nil
}

// inOrder is c sorted by index.
func (c *refColumns) inOrder() *refColumns {
	rows := make([]int, c.rows())
	for i := range rows {
		rows[i] = i
	}
	less := func(a, b int) int { return compareIndex(c.at(a), c.at(b)) }
	if slices.IsSortedFunc(rows, less) {
		return c
	}
	slices.SortFunc(rows, less)
	return c.take(rows)
}

// take is some rows of c.
func (c *refColumns) take(rows []int) *refColumns {
	to := &refColumns{rank: c.rank}
	to.grow(len(rows))
	for _, row := range rows {
		to.add(c, row)
	}
	return to
}
