package icechunk

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/outcore/outcore/icechunk/format"
)

// An arrayPlan is how the references of one array are laid out anew.
type arrayPlan struct {
	kept   []format.ManifestRef // as they are
	groups []*refColumns        // to be written; their boxes overlap neither each other nor what is kept
}

// A box is references in memory, or a manifest that may be read when they are needed.
type box struct {
	extents []format.Range
	ref     *format.ManifestRef // nil = in memory
	refs    *refColumns         // nil = not read
	rows    int                 // of refs; of a manifest not read, no more than so many
}

// planArray puts the changes of an array's chunks where they belong: into the
// manifests whose boxes they are in, and new ones beside those, or with them.
func (s *Session) planArray(ctx context.Context, v *view, ch *chunkChanges) (*arrayPlan, error) {
	boxes, fresh, err := s.touched(ctx, v, ch)
	if err != nil {
		return nil, err
	}
	limit := s.r.opt.Split
	var extents [][]format.Range // of boxes
	for _, b := range boxes {
		extents = append(extents, b.extents)
	}
	grown := map[int]bool{} // boxes that took in rows: fresh ones may lie in them now
	join := func(i int, add *refColumns) error {
		b := boxes[i]
		if err := s.fill(ctx, v, b); err != nil {
			return err
		}
		b.refs = merge(b.refs, add)
		b.rows, b.extents = b.refs.rows(), boxOf(b.refs)
		extents[i], grown[i] = b.extents, true
		return nil
	}
	for queue := cut(&ch.table.refColumns, fresh, 0, limit); len(queue) > 0; {
		group := queue[0]
		queue = queue[1:]
		for i := range grown {
			within := func(row int) bool { return inside(extents[i], ch.table.at(row)) }
			if in := slices.DeleteFunc(slices.Clone(group), func(row int) bool { return !within(row) }); len(in) > 0 {
				group = slices.DeleteFunc(slices.Clone(group), within)
				if err := join(i, ch.table.take(in)); err != nil {
					return nil, err
				}
			}
		}
		if len(group) == 0 {
			continue
		}
		if parts := around(&ch.table.refColumns, group, extents); len(parts) > 1 {
			queue = append(parts, queue...) // where one goes may be in the way of the next
			continue
		}
		add := ch.table.take(group)
		if i := best(boxes, boxOf(add), add.rows(), limit); i >= 0 {
			if err := join(i, add); err != nil {
				return nil, err
			}
			continue
		}
		boxes = append(boxes, &box{extents: boxOf(add), refs: add, rows: add.rows()})
		extents = append(extents, boxOf(add))
	}
	p := &arrayPlan{}
	for _, b := range boxes {
		switch {
		case b.refs == nil:
			p.kept = append(p.kept, *b.ref)
		case b.rows > 0:
			all := make([]int, b.rows)
			for i := range all {
				all[i] = i
			}
			groups := cut(b.refs, all, 0, limit)
			if len(groups) == 1 {
				p.groups = append(p.groups, b.refs)
				continue
			}
			for _, rows := range groups {
				p.groups = append(p.groups, b.refs.take(rows))
			}
		}
	}
	return p, nil
}

// touched reads the manifests that the changes are in, applies the changes, and
// gives the rows of ch that are in none. Manifests that are untouched are not read.
func (s *Session) touched(ctx context.Context, v *view, ch *chunkChanges) (boxes []*box, fresh []int, err error) {
	old := v.manifests()
	rows := make([][]int, len(old))
	table := ch.table
	i := -1
	for _, row := range table.sorted() {
		index := table.at(row)
		if i < 0 || !inside(old[i].Extents, index) { // mostly it is where the row before was
			i = slices.IndexFunc(old, func(m format.ManifestRef) bool { return inside(m.Extents, index) })
		}
		switch {
		case i >= 0:
			rows[i] = append(rows[i], row)
		case table.refs[row].kind() != refDeleted:
			fresh = append(fresh, row)
		}
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(s.r.opt.Workers)
	for i := range old {
		b := &box{extents: old[i].Extents, ref: &old[i]}
		gone, less := ch.trims(b.extents)
		switch {
		case gone && len(rows[i]) == 0:
			continue
		case len(rows[i]) > 0 || less:
			work.Go(func() error {
				if err := s.fill(ctx, v, b); err != nil {
					return err
				}
				b.refs = ch.apply(b.refs, rows[i])
				b.rows = b.refs.rows()
				b.extents = boxOf(b.refs)
				return nil
			})
		default:
			info, _ := s.base.info(old[i].ID)
			b.rows = int(info.Refs)
		}
		boxes = append(boxes, b)
	}
	if err := work.Wait(); err != nil {
		return nil, nil, err
	}
	return slices.DeleteFunc(boxes, func(b *box) bool { return b.refs != nil && b.rows == 0 }), fresh, nil
}

// fill reads the references of a box.
func (s *Session) fill(ctx context.Context, v *view, b *box) error {
	if b.refs != nil {
		return nil
	}
	c, err := s.loadColumns(ctx, v, *b.ref)
	if err != nil {
		return err
	}
	var rows []int
	for row := range c.rows() {
		if inside(b.ref.Extents, c.at(row)) {
			rows = append(rows, row)
		}
	}
	b.refs, b.rows = c.take(rows), len(rows)
	return nil
}

// trims reports what the trim does to a box: all of it gone, or less left.
func (ch *chunkChanges) trims(extents []format.Range) (gone, less bool) {
	for k := range ch.trim {
		gone = gone || extents[k].From >= ch.trim[k]
		less = less || extents[k].To > ch.trim[k]
	}
	return gone, less
}

// apply is the references old, without what was trimmed, with the changes in rows.
func (ch *chunkChanges) apply(old *refColumns, rows []int) *refColumns {
	to := &refColumns{rank: old.rank}
	to.grow(old.rows() + len(rows))
	i := 0
	copyTo := func(before []uint32) {
		for ; i < old.rows(); i++ {
			if before != nil {
				c := compareIndex(old.at(i), before)
				if c == 0 {
					i++
				}
				if c >= 0 {
					return
				}
			}
			if !ch.trimmed(old.at(i)) {
				to.add(old, i)
			}
		}
	}
	for _, row := range rows {
		copyTo(ch.table.at(row))
		if ch.table.refs[row].kind() != refDeleted {
			to.add(&ch.table.refColumns, row)
		}
	}
	copyTo(nil)
	return to
}

// merge is two runs of references without an index in common as one.
func merge(a, b *refColumns) *refColumns {
	to := &refColumns{rank: a.rank}
	to.grow(a.rows() + b.rows())
	i := 0
	for j := range b.rows() {
		for ; i < a.rows() && compareIndex(a.at(i), b.at(j)) < 0; i++ {
			to.add(a, i)
		}
		to.add(b, j)
	}
	for ; i < a.rows(); i++ {
		to.add(a, i)
	}
	return to
}

// best chooses the box that n references in extents go into: one that has room,
// grows least, and overlaps no other when it has grown; -1 = none.
func best(boxes []*box, extents []format.Range, n, limit int) int {
	type candidate struct {
		i     int
		grows float64
		union []format.Range
	}
	var list []candidate
	for i, b := range boxes {
		if b.rows+n > limit {
			continue
		}
		u := union(b.extents, extents)
		list = append(list, candidate{i, volume(u) - volume(b.extents), u})
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.grows, b.grows) })
	const tried = 8
	for _, c := range list[:min(tried, len(list))] {
		if !slices.ContainsFunc(boxes, func(b *box) bool { return b != boxes[c.i] && overlap(b.extents, c.union) }) {
			return c.i
		}
	}
	return -1
}

func union(a, b []format.Range) []format.Range {
	u := slices.Clone(a)
	for k := range u {
		u[k] = format.Range{From: min(a[k].From, b[k].From), To: max(a[k].To, b[k].To)}
	}
	return u
}

// volume is the number of chunks in a box.
func volume(b []format.Range) float64 {
	v := 1.0
	for _, r := range b {
		v *= float64(r.To) - float64(r.From)
	}
	return v
}
