package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/outcore/outcore/chunk"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
)

// A mapRecord is the entry chunk.RecordName of a commit of array map: how far it is
// (docs/format/table.md, commits).
type mapRecord struct {
	Verb     string `json:"verb"` // "array map"
	Node     string `json:"node"`
	Expr     string `json:"expr"`
	Select   string `json:"select"`
	Origin   string `json:"origin"` // the snapshot whose elements are x
	Next     int64  `json:"next"`   // chunks done
	Complete bool   `json:"complete"`

	snapshot string // the commit that has it
}

const mapVerb = "array map"

// same reports whether r is about the same work as m.
func (m *mapping) same(r *mapRecord) bool {
	return r.Expr == m.expr && r.Select == m.selection
}

// find says where to go on: at the beginning, after the last commit of the same
// work, or nowhere since it is complete.
func (m *mapping) find(ctx context.Context) (mapRecord, error) {
	base := m.session.Base()
	anew := mapRecord{Verb: mapVerb, Node: m.place.node, Expr: m.expr, Select: m.selection, Origin: base.String()}
	last, err := m.last(ctx, base)
	switch {
	case err != nil || last == nil:
		return anew, err
	case last.Complete && (m.again || !m.same(last)):
		return anew, nil
	case !last.Complete && m.restart:
		return anew, nil
	case !m.same(last):
		return anew, errs.New(errs.Conflict, "another map of %s, --expr %q --select %q, is not finished: commit %s says %d chunks are done",
			m.place.node, last.Expr, last.Select, last.snapshot, last.Next).
			WithFix("give that command again to finish it, or --restart to begin this one on the array as it is")
	}
	return *last, nil
}

// last finds the last commit of a map on the node, back from the snapshot at.
// It is nil when the node was changed since by something else, unless that map
// is not finished: then it is an error.
func (m *mapping) last(ctx context.Context, at format.ObjectID) (*mapRecord, error) {
	for s, err := range m.place.Log(ctx, at.String()) {
		if err != nil {
			return nil, err
		}
		r, err := mapRecordOf(&s)
		if err != nil {
			return nil, err
		}
		if r == nil || r.Node != m.place.node {
			continue
		}
		if changed, err := m.changed(ctx, s.ID, at); err != nil || !changed {
			return r, err
		}
		if r.Complete || m.restart {
			return nil, nil
		}
		by, err := m.changedBy(ctx, s.ID, at)
		if err != nil {
			return nil, err
		}
		return nil, errs.New(errs.Conflict, "%s was changed by commit %s while the map --expr %q of it was not finished", m.place.node, by, r.Expr).
			WithFix("--restart begins anew on the array as it is; repo branch --reset goes back")
	}
	return nil, nil
}

// changedBy is the newest commit after from, up to to, that touched the node; none
// when there is no such commit.
func (m *mapping) changedBy(ctx context.Context, from, to format.ObjectID) (by format.ObjectID, err error) {
	for s, err := range m.place.Log(ctx, to.String()) {
		if err != nil || s.ID == from {
			return by, err
		}
		if changed, err := m.changed(ctx, s.Parent, s.ID); err != nil || changed {
			return s.ID, err
		}
	}
	return by, nil
}

// changed reports whether the commits after from, up to to, touched the node.
func (m *mapping) changed(ctx context.Context, from, to format.ObjectID) (bool, error) {
	if from == to {
		return false, nil
	}
	d, err := m.place.Diff(ctx, from, to)
	if err != nil {
		return false, err
	}
	for _, l := range diffLines(d) {
		if l.Path == m.place.node || l.From == m.place.node {
			return true, nil
		}
	}
	return false, nil
}

// mapRecordOf reads the entry of a commit, nil when it has none of a map.
func mapRecordOf(s *format.SnapshotInfo) (*mapRecord, error) {
	for _, item := range s.Meta {
		if item.Name != chunk.RecordName {
			continue
		}
		if entry, ok := item.Value.(map[string]any); ok && entry["verb"] != mapVerb {
			return nil, nil // of another job
		}
		b, err := json.Marshal(item.Value)
		var r mapRecord
		if err == nil {
			err = json.Unmarshal(b, &r)
		}
		if err == nil && r.Next < 0 {
			err = errors.New("it has done less than nothing")
		}
		if err != nil {
			return nil, errs.New(errs.Corrupt, "the metadata %q of snapshot %s is not as docs/format/table.md says: %w", chunk.RecordName, s.ID, err)
		}
		r.snapshot = s.ID.String()
		return &r, nil
	}
	return nil, nil
}

// commit makes the chunks up to at.Next a snapshot that says so, unless others
// changed the array since.
func (m *mapping) commit(ctx context.Context, at *mapRecord) error {
	before := m.session.Base()
	message := fmt.Sprintf("map %s: %s", m.place.node, m.expr)
	meta := map[string]any{chunk.RecordName: map[string]any{
		"verb": at.Verb, "node": at.Node, "expr": at.Expr, "select": at.Select,
		"origin": at.Origin, "next": at.Next, "complete": at.Complete,
	}}
	if !m.session.Changed() { // elements that became what they were: the record alone
		doc, err := m.session.Metadata(ctx, m.place.node)
		if err != nil {
			return err
		}
		if err := m.session.SetMetadata(ctx, m.place.node, doc); err != nil {
			return err
		}
	}
	for {
		id, err := m.session.Commit(ctx, message, icechunk.WithMetadata(meta))
		if err == nil {
			at.snapshot = id.String()
			return nil
		}
		if !isKind(err, errs.Conflict) {
			return err
		}
		if err := m.session.Rebase(ctx, icechunk.Solver{}); err != nil {
			return err
		}
		if err := m.undisturbed(ctx, before, m.session.Base()); err != nil {
			return err
		}
	}
}

// undisturbed checks that no commit behind from, up to to, touched the array.
func (m *mapping) undisturbed(ctx context.Context, from, to format.ObjectID) error {
	by, err := m.changedBy(ctx, from, to)
	if err == nil && by != (format.ObjectID{}) {
		err = errs.New(errs.Conflict, "%s was changed by commit %s while it was being mapped", m.place.node, by).
			WithFix("outcore array map … --restart, on the array as it is then")
	}
	return err
}

// mapProgress reports chunks done.
func (j *job) mapProgress(done, total int64) func(int64) {
	send := func(k event.Kind, n int64) {
		j.events.Send(event.Event{Kind: k, Step: "map", Done: n, Total: total, Unit: "chunks"})
	}
	if done > 0 {
		j.events.Send(event.Event{Kind: event.Resume, Step: "map", Done: done, Unit: "chunks", Message: fmt.Sprintf("%d of %d chunks were done before", done, total)})
	}
	send(event.Start, done)
	return func(n int64) {
		send(event.Progress, n)
		if n == total {
			send(event.End, n)
		}
	}
}
