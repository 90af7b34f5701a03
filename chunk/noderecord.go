package chunk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/source"
)

// RecordName is the entry of a commit's metadata that says how far a job is
// (docs/format/table.md, commits).
const RecordName = "outcore.job"

// A record is its value.
type record struct {
	Verb     string        `json:"verb"`
	Node     string        `json:"node"`
	ID       string        `json:"id"`  // of the node: another one at its place is not ours
	Job      string        `json:"job"` // digest of what is made
	Rows     int64         `json:"rows"`
	Skipped  int64         `json:"skipped"`
	Next     source.Cursor `json:"next"`
	Skip     int64         `json:"skip"`
	Complete bool          `json:"complete"`
	Made     *made         `json:"made,omitempty"` // in the first commit

	snapshot format.ObjectID // the commit that has it
}

// mostSources is how many sources a record lists: every commit's metadata is
// read with the repository.
const mostSources = 50

// place is where the job goes on.
func (r *record) place() Place { return Place{Next: r.Next, Skip: r.Skip, Skipped: r.Skipped} }

// recordOf reads the record of a commit, nil when it has none, or one of a job
// that makes no rows.
func recordOf(s *format.SnapshotInfo) (*record, error) {
	for _, item := range s.Meta {
		if item.Name != RecordName {
			continue
		}
		if entry, ok := item.Value.(map[string]any); ok && entry["job"] == nil {
			return nil, nil
		}
		b, err := json.Marshal(item.Value)
		r := &record{snapshot: s.ID}
		if err == nil {
			err = json.Unmarshal(b, r)
		}
		if err == nil && (r.Rows < 0 || r.Skip < 0 || r.Skipped < 0 || r.Next.Row < 0 || r.Next.File < 0 || r.Next.Byte < 0 || r.Next.Inner < 0 || r.Next.Line < 0 || r.Next.Bit < 0 || r.Next.Bit > 7) {
			err = errors.New("it is no place in data")
		}
		if err != nil {
			return nil, errs.New(errs.Corrupt, "the metadata %q of snapshot %s is not as docs/format/table.md says: %w", RecordName, s.ID, err)
		}
		return r, nil
	}
	return nil, nil
}

// lastRecord finds the last commit before and at snapshot that wrote the node,
// and what the job was that made it; nil when there is none.
func lastRecord(ctx context.Context, r *icechunk.Repository, snapshot format.ObjectID, node, id string) (last *record, was *made, err error) {
	for s, err := range r.Log(ctx, snapshot.String()) {
		if err != nil {
			return nil, nil, err
		}
		rec, err := recordOf(&s)
		if err != nil {
			return nil, nil, err
		}
		if rec == nil || rec.Node != node || rec.ID != id || last != nil && rec.Job != last.Job {
			continue
		}
		if last == nil {
			last = rec
		}
		if rec.Made != nil {
			return last, rec.Made, nil
		}
	}
	return last, nil, nil
}

// changedBy gives the newest commit after snapshot from, up to to, that touched
// the node or what is below it; none when there is no such commit.
func changedBy(ctx context.Context, r *icechunk.Repository, node string, from, to format.ObjectID) (by format.ObjectID, err error) {
	if from == to {
		return by, nil
	}
	for s, err := range r.Log(ctx, to.String()) {
		if err != nil || s.ID == from {
			return by, err
		}
		if d, err := r.Diff(ctx, s.Parent, s.ID); err != nil || touches(d, node) {
			return s.ID, err
		}
	}
	return by, nil
}

// touches reports whether d is about the node or what is below it.
func touches(d *icechunk.Diff, node string) bool {
	under := func(path string) bool { return path == node || strings.HasPrefix(path, node+"/") }
	for path := range d.Chunks {
		if under(path) {
			return true
		}
	}
	if slices.ContainsFunc(d.Moved, func(m icechunk.Move) bool { return under(m.From) || under(m.To) }) {
		return true
	}
	for _, paths := range [][]string{d.NewGroups, d.NewArrays, d.DeletedGroups, d.DeletedArrays, d.UpdatedGroups, d.UpdatedArrays} {
		if slices.ContainsFunc(paths, under) {
			return true
		}
	}
	return false
}

// nodeID is the identity of the node at path; errs.NotFound.
func nodeID(ctx context.Context, s *icechunk.Session, path string) (string, error) {
	if _, err := s.Metadata(ctx, path); err != nil {
		return "", err
	}
	for n, err := range s.Nodes(ctx, path) {
		return n.ID.String(), err
	}
	return "", errs.New(errs.NotFound, "there is no node %s", path)
}

// Unfinished finds a job that did not come to its end at a node: its options of
// reading and its sources. Both are nil when there is none.
func Unfinished(ctx context.Context, r *icechunk.Repository, branch, node string) (map[string]string, []source.File, error) {
	s, err := r.Session(ctx, branch)
	if err != nil {
		return nil, nil, err
	}
	id, err := nodeID(ctx, s, node)
	if errors.Is(err, errs.NotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	last, was, err := lastRecord(ctx, r, s.Base(), node, id)
	if err != nil || last == nil || last.Complete || was == nil {
		return nil, nil, err
	}
	return was.Reading, was.Sources, nil
}
