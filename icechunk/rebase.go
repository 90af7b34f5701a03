package icechunk

import (
	"context"
	"errors"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// Rebase puts the changes on top of the branch's tip. Conflicts that solver does
// not solve are a *ConflictError (errs.Conflict), and the session is as before.
// A branch that was moved to where the base is no ancestor is errs.Conflict too.
func (s *Session) Rebase(ctx context.Context, solver Solver) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.forWriting(); err != nil {
		return err
	}
	if _, err := s.finish(ctx); err != nil {
		return err
	}
	return s.rebase(ctx, solver)
}

// rebase is Rebase; the caller holds mu.
func (s *Session) rebase(ctx context.Context, solver Solver) error {
	h, err := s.r.read(ctx)
	if err != nil {
		return err
	}
	id, ok := h.tip(s.branch)
	if !ok {
		return s.r.noBranch(h.Repo, s.branch)
	}
	if id == s.base.ID {
		return nil
	}
	logs, err := s.r.logsSince(ctx, h, s.base.ID, id)
	if errors.Is(err, errs.Invalid) {
		return s.r.fail(errs.New(errs.Conflict, "icechunk: branch %s was moved to %s, which does not come from %s", s.branch, id, s.base.ID).
			WithFix("open a new session"))
	}
	if err != nil {
		return err
	}
	tip, err := s.r.baseOf(ctx, id)
	if err != nil {
		return err
	}
	d := &detector{ours: s.changes, base: s.base, theirs: together(logs), tip: tip}
	d.detect()
	var left []Conflict
	for _, c := range d.found {
		if !solver.solves(c.Kind) {
			left = append(left, c)
		}
	}
	if len(left) > 0 {
		return &ConflictError{Conflicts: left, where: s.r.Address()}
	}
	s.changes = d.replay(solver)
	s.base = tip
	return nil
}

// replay is our changes on their tip, when what was found is solved.
func (d *detector) replay(solver Solver) *changes {
	c := d.ours.clone()
	for path, n := range c.nodes {
		switch {
		case n.old == nil && n.implied && d.tip.find("/") != nil:
			delete(c.nodes, path)
		case n.old == nil:
		case d.tip.byID(n.id) == nil: // theirs deleted it, and we agreed
			delete(c.nodes, path)
		default:
			now := *n
			now.old = d.tip.byID(n.id)
			c.nodes[path] = &now
		}
	}
	for path, n := range c.deleted {
		delete(c.deleted, path)
		if now := d.tip.byID(n.ID); now != nil {
			c.deleted[path] = now
			if now.Array == nil {
				d.deleteBelow(c, path)
			}
		}
	}
	for id, ch := range c.chunks {
		if d.isBase(id) && d.tip.byID(id) == nil {
			delete(c.chunks, id)
			continue
		}
		if same := d.double(id, ch); len(same) > 0 && solver.Chunks == Theirs {
			ch.table = ch.table.clone()
			for _, index := range same {
				ch.table.mark(index, refNone)
			}
		}
	}
	return c
}

// deleteBelow deletes what theirs put into a group that we delete.
func (d *detector) deleteBelow(c *changes, path string) {
	for i, below := 0, d.tip.below(path); i < len(below); i++ {
		if n := &below[i]; c.nodes[n.Path] == nil || c.nodes[n.Path].id != n.ID {
			c.deleted[n.Path] = n
		}
	}
}

// isBase reports whether a node is of the session's base and not its own.
func (d *detector) isBase(id format.NodeID) bool { return d.base.byID(id) != nil }

// double lists the chunks that both sides wrote or deleted.
func (d *detector) double(id format.NodeID, ch *chunkChanges) (list [][]uint32) {
	table := d.theirs.chunks[id]
	if table == nil || table.rank != ch.table.rank {
		return nil
	}
	for _, row := range ch.table.sorted() {
		if index := ch.table.at(row); table.row(index) >= 0 {
			list = append(list, slices.Clone(index))
		}
	}
	return list
}
