package icechunk

import (
	"context"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// logsSince reads the transaction logs of what was committed after a snapshot up
// to another, oldest first. Snapshots that were expired have left their logs with
// those that came after them, so from may be one of them.
func (r *Repository) logsSince(ctx context.Context, h *head, from, to format.ObjectID) ([]*format.TransactionLog, error) {
	var ids []format.ObjectID // newest first
	found := false
	for s, err := range r.ancestry(h, to) {
		if err != nil {
			return nil, err
		}
		if found = s.ID == from; found {
			break
		}
		ids = append(ids, s.ID)
		for _, id := range slices.Backward(s.Pruned) {
			if found = id == from; found {
				break
			}
			ids = append(ids, id)
		}
		if found {
			break
		}
	}
	if !found {
		return nil, r.fail(errs.New(errs.Invalid, "icechunk: snapshot %s is no ancestor of %s", from, to))
	}
	slices.Reverse(ids)
	logs := make([]*format.TransactionLog, len(ids))
	for i, id := range ids {
		t, err := r.log(ctx, id)
		if err != nil {
			return nil, err
		}
		if t.Newer != "" {
			return nil, r.damaged(logKey(id), errs.New(errs.Unsupported, "icechunk: the transaction log has what this version does not know: %s", t.Newer).
				WithFix("a newer version of the program"))
		}
		logs[i] = t
	}
	return logs, nil
}

// theirs is what several transactions did, together.
type theirs struct {
	made, deleted, updated map[format.NodeID]bool
	array                  map[format.NodeID]bool // of all of these, which are arrays
	chunks                 map[format.NodeID]*refTable
	moves                  []format.Move
}

// together adds up logs, oldest first.
func together(logs []*format.TransactionLog) *theirs {
	t := &theirs{map[format.NodeID]bool{}, map[format.NodeID]bool{}, map[format.NodeID]bool{}, map[format.NodeID]bool{}, map[format.NodeID]*refTable{}, nil}
	all := func(set map[format.NodeID]bool, array bool, ids []format.NodeID) {
		for _, id := range ids {
			set[id] = true
			t.array[id] = array
		}
	}
	for _, log := range logs {
		all(t.made, false, log.NewGroups)
		all(t.made, true, log.NewArrays)
		all(t.updated, false, log.UpdatedGroups)
		all(t.updated, true, log.UpdatedArrays)
		all(t.deleted, false, log.DeletedGroups)
		all(t.deleted, true, log.DeletedArrays)
		for _, u := range log.Chunks {
			table := t.chunks[u.Node]
			if table == nil {
				table = newRefTable(u.Rank)
				t.chunks[u.Node] = table
			}
			t.array[u.Node] = true
			if u.Rank == 0 && table.rank == 0 {
				table.mark(nil, refDeleted)
			}
			for i := 0; u.Rank == table.rank && i < len(u.Indices); i += max(1, u.Rank) {
				table.mark(u.Indices[i:i+u.Rank], refDeleted)
			}
		}
		t.moves = append(t.moves, log.Moves...)
	}
	return t
}
