package icechunk

import (
	"context"
	"slices"
	"strings"

	"github.com/outcore/outcore/icechunk/format"
)

// A Diff is what differs between two snapshots, each list in byte order of paths.
type Diff struct {
	NewGroups, NewArrays         []string
	DeletedGroups, DeletedArrays []string
	UpdatedGroups, UpdatedArrays []string         // their metadata
	Chunks                       map[string]int64 // path → chunks written or deleted
	Moved                        []Move           // in byte order of To
}

// A Move is a node that has another path now.
type Move struct {
	From, To string
	Array    bool
}

// Diff compares two snapshots of one line of history by their transaction logs;
// from must be an ancestor of to (errs.Invalid). What was made and deleted in
// between is in neither list.
func (r *Repository) Diff(ctx context.Context, from, to format.ObjectID) (*Diff, error) {
	h, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range []format.ObjectID{from, to} {
		if err := r.hasSnapshot(h.Repo, id); err != nil {
			return nil, err
		}
	}
	logs, err := r.logsSince(ctx, h, from, to)
	if err != nil {
		return nil, err
	}
	before, err := r.snapshot(ctx, from)
	if err != nil {
		return nil, err
	}
	after, err := r.snapshot(ctx, to)
	if err != nil {
		return nil, err
	}
	return difference(together(logs), before, after), nil
}

// difference tells what was done by the paths it was done to.
func difference(t *theirs, before, after *tree) *Diff {
	d := &Diff{Chunks: map[string]int64{}}
	for id := range t.made {
		if n := after.byID(id); n != nil && before.byID(id) == nil {
			d.list(n, &d.NewGroups, &d.NewArrays)
		}
	}
	for id := range t.deleted {
		if n := before.byID(id); n != nil && after.byID(id) == nil {
			d.list(n, &d.DeletedGroups, &d.DeletedArrays)
		}
	}
	for id := range t.updated {
		if n := after.byID(id); n != nil && before.byID(id) != nil {
			d.list(n, &d.UpdatedGroups, &d.UpdatedArrays)
		}
	}
	for id, table := range t.chunks {
		if n := after.byID(id); n != nil {
			d.Chunks[n.Path] = int64(table.rows())
		}
	}
	moved := map[format.NodeID]bool{}
	for _, m := range t.moves {
		old, now := before.byID(m.Node), after.byID(m.Node)
		if old != nil && now != nil && old.Path != now.Path && !moved[m.Node] {
			moved[m.Node] = true
			d.Moved = append(d.Moved, Move{old.Path, now.Path, now.Array != nil})
		}
	}
	d.sort()
	return d
}

func (d *Diff) list(n *format.Node, groups, arrays *[]string) {
	if n.Array != nil {
		*arrays = append(*arrays, n.Path)
	} else {
		*groups = append(*groups, n.Path)
	}
}

func (d *Diff) sort() {
	for _, l := range [][]string{d.NewGroups, d.NewArrays, d.DeletedGroups, d.DeletedArrays, d.UpdatedGroups, d.UpdatedArrays} {
		slices.Sort(l)
	}
	slices.SortFunc(d.Moved, func(a, b Move) int { return strings.Compare(a.To, b.To) })
}

// Changes is what Commit would write, as Diff gives it.
func (s *Session) Changes() *Diff {
	s.mu.RLock()
	defer s.mu.RUnlock()
	d := &Diff{Chunks: map[string]int64{}}
	for path, n := range s.changes.nodes {
		groups, arrays := &d.NewGroups, &d.NewArrays
		if n.old != nil {
			groups, arrays = &d.UpdatedGroups, &d.UpdatedArrays
		}
		if n.array {
			*arrays = append(*arrays, path)
		} else {
			*groups = append(*groups, path)
		}
	}
	for _, n := range s.changes.deleted {
		d.list(n, &d.DeletedGroups, &d.DeletedArrays)
	}
	for _, ch := range s.changes.chunks {
		if n := len(ch.table.sorted()); n > 0 {
			d.Chunks[ch.path] = int64(n)
		}
	}
	d.sort()
	return d
}
