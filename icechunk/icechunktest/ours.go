package icechunktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
)

// Ours is our engine as an Actor.
type Ours struct {
	// Bucket opens the place of a repository.
	Bucket func(Where) (*blob.Bucket, error)

	b        *blob.Bucket
	repo     *icechunk.Repository
	sessions map[string]*icechunk.Session
}

var _ Actor = (*Ours)(nil)

var ctx = context.Background()

// Name is "ours".
func (o *Ours) Name() string { return "ours" }

func (s Settings) options() icechunk.Options {
	inline := s.Inline
	if inline == 0 {
		inline = -1
	}
	return icechunk.Options{Inline: inline, Split: s.Split}
}

// Create makes a repository.
func (o *Ours) Create(w Where, s Settings) error { return o.start(w, s, icechunk.Create) }

// Open opens one.
func (o *Ours) Open(w Where, s Settings) error { return o.start(w, s, icechunk.Open) }

func (o *Ours) start(w Where, s Settings, how func(context.Context, *blob.Bucket, icechunk.Options) (*icechunk.Repository, error)) error {
	if err := o.Close(); err != nil {
		return err
	}
	var err error
	if o.b, err = o.Bucket(w); err != nil {
		return err
	}
	o.sessions = map[string]*icechunk.Session{}
	o.repo, err = how(ctx, o.b, s.options())
	return err
}

// Close closes what Open opened.
func (o *Ours) Close() error {
	if o.b == nil {
		return nil
	}
	err := o.b.Close()
	o.b = nil
	return err
}

// Refs lists the branches and tags.
func (o *Ours) Refs() (Refs, error) {
	r := Refs{Branches: map[string]string{}, Tags: map[string]string{}}
	branches, err := o.repo.Branches(ctx)
	if err != nil {
		return r, err
	}
	tags, err := o.repo.Tags(ctx)
	if err != nil {
		return r, err
	}
	for _, b := range branches {
		r.Branches[b.Name] = b.Snapshot.String()
	}
	for _, t := range tags {
		r.Tags[t.Name] = t.Snapshot.String()
	}
	sorted := func(refs []format.Ref) bool {
		return slices.IsSortedFunc(refs, func(x, y format.Ref) int {
			if x.Name < y.Name {
				return -1
			}
			return 1
		})
	}
	if !sorted(branches) || !sorted(tags) {
		return r, fmt.Errorf("refs are not sorted: %v, %v", branches, tags)
	}
	return r, nil
}

// Ancestry lists the history of a snapshot.
func (o *Ours) Ancestry(snapshot string, limit int) ([]Commit, error) {
	var out []Commit
	for info, err := range o.repo.Log(ctx, snapshot) {
		if err != nil {
			return out, err
		}
		if len(out) == limit { // never for -1
			break
		}
		c := Commit{ID: info.ID.String(), Message: info.Message, Time: time.UnixMicro(info.Flushed), Metadata: map[string]any{}}
		if info.Parent != (format.ObjectID{}) {
			c.Parent = info.Parent.String()
		}
		for _, item := range info.Meta {
			c.Metadata[item.Name] = item.Value
		}
		out = append(out, c)
	}
	return out, nil
}

// Dump reads all of a snapshot.
func (o *Ours) Dump(snapshot string) (View, error) {
	s, err := o.repo.Snapshot(ctx, snapshot)
	if err != nil {
		return View{}, err
	}
	return dump(s)
}

// DumpSession reads all of a session.
func (o *Ours) DumpSession(session string) (View, error) { return dump(o.sessions[session]) }

func dump(s *icechunk.Session) (View, error) {
	v := View{Docs: map[string]string{}, Chunks: map[string]string{}}
	last := ""
	for n, err := range s.Nodes(ctx, "/") {
		if err != nil {
			return v, err
		}
		if n.Path <= last {
			return v, fmt.Errorf("node %q comes after %q", n.Path, last)
		}
		last = n.Path
		if n.ID == (format.NodeID{}) { // the root of a repository where nobody made one
			continue
		}
		doc, err := s.Metadata(ctx, n.Path)
		if err != nil {
			return v, err
		}
		if string(doc) != string(n.Doc) {
			return v, fmt.Errorf("two documents of %q: %q and %q", n.Path, doc, n.Doc)
		}
		v.Docs[storeKey(n.Path, "zarr.json")] = string(doc)
		if !n.Array {
			continue
		}
		var indexes [][]uint32
		for e, err := range s.Chunks(ctx, n.Path) {
			if err != nil {
				return v, err
			}
			indexes = append(indexes, slices.Clone(e.Index))
		}
		if n.Chunks >= 0 && n.Chunks != int64(len(indexes)) {
			return v, fmt.Errorf("%q has %d chunks and says %d", n.Path, len(indexes), n.Chunks)
		}
		for _, index := range indexes {
			c, ok, err := s.Chunk(ctx, n.Path, index)
			if err != nil {
				return v, err
			}
			if !ok {
				return v, fmt.Errorf("chunk %v of %q is listed and not there", index, n.Path)
			}
			p := make([]byte, c.Size())
			if err := c.ReadAt(ctx, p, 0); err != nil {
				return v, err
			}
			v.Chunks[storeKey(n.Path, chunkKey(index))] = digest(p)
		}
	}
	return v, nil
}

// Diff gives the changes between two snapshots.
func (o *Ours) Diff(from, to string) (Diff, error) {
	x, err := format.ParseObjectID(from)
	if err != nil {
		return Diff{}, err
	}
	y, err := format.ParseObjectID(to)
	if err != nil {
		return Diff{}, err
	}
	d, err := o.repo.Diff(ctx, x, y)
	if err != nil {
		return Diff{}, err
	}
	out := Diff{d.NewGroups, d.NewArrays, d.DeletedGroups, d.DeletedArrays, d.UpdatedGroups, d.UpdatedArrays, map[string]int{}}
	for path, n := range d.Chunks {
		out.Chunks[path] = int(n)
	}
	return out, nil
}

// told gives our errors the kinds that an Actor has.
func told(err error) error {
	var conflict *icechunk.ConflictError
	switch {
	case errors.As(err, &conflict):
		return errors.Join(ErrConflict, err)
	case errors.Is(err, errs.Conflict):
		return errors.Join(ErrMoved, err)
	case errors.Is(err, errs.Exists):
		return errors.Join(ErrExists, err)
	}
	return err
}

func (o *Ours) at(snapshot string, do func(format.ObjectID) error) error {
	id, err := format.ParseObjectID(snapshot)
	if err != nil {
		return err
	}
	return told(do(id))
}

// CreateBranch makes a branch.
func (o *Ours) CreateBranch(name, snapshot string) error {
	return o.at(snapshot, func(id format.ObjectID) error { return o.repo.CreateBranch(ctx, name, id) })
}

// DeleteBranch removes one.
func (o *Ours) DeleteBranch(name, snapshot string) error {
	return o.at(snapshot, func(id format.ObjectID) error { return o.repo.DeleteBranch(ctx, name, id) })
}

// ResetBranch moves one.
func (o *Ours) ResetBranch(name, from, to string) error {
	return o.at(from, func(x format.ObjectID) error {
		return o.at(to, func(y format.ObjectID) error { return o.repo.ResetBranch(ctx, name, x, y) })
	})
}

// CreateTag makes a tag.
func (o *Ours) CreateTag(name, snapshot string) error {
	return o.at(snapshot, func(id format.ObjectID) error { return o.repo.CreateTag(ctx, name, id) })
}

// DeleteTag removes one.
func (o *Ours) DeleteTag(name string) error { return told(o.repo.DeleteTag(ctx, name)) }

// Begin begins a session.
func (o *Ours) Begin(session, branch string) (base string, err error) {
	s, err := o.repo.Session(ctx, branch)
	if err != nil {
		return "", err
	}
	o.sessions[session] = s
	return s.Base().String(), nil
}

// Apply does an edit.
func (o *Ours) Apply(session string, e Edit) error {
	s := o.sessions[session]
	switch e.Kind {
	case SetDoc:
		return s.SetMetadata(ctx, e.Path, []byte(e.Data))
	case PutChunk:
		return s.PutChunk(ctx, e.Path, e.Index, []byte(e.Data))
	case DeleteChunk:
		return s.DeleteChunk(ctx, e.Path, e.Index)
	default:
		return s.DeleteNode(ctx, e.Path)
	}
}

// Commit commits a session.
func (o *Ours) Commit(session, message string) (snapshot string, err error) {
	s := o.sessions[session]
	if !s.Changed() {
		return "", ErrEmpty
	}
	id, err := s.Commit(ctx, message, icechunk.WithMetadata(metadataOf(message)))
	if err != nil {
		return "", told(err)
	}
	return id.String(), nil
}

// Rebase rebases a session, solving nothing.
func (o *Ours) Rebase(session string) error {
	err := o.sessions[session].Rebase(ctx, icechunk.Solver{})
	var conflict *icechunk.ConflictError
	if errors.As(err, &conflict) && !slices.ContainsFunc(conflict.Conflicts, func(c icechunk.Conflict) bool {
		return c.Kind != icechunk.DeleteOfUpdatedGroup && c.Kind != icechunk.NewNodeInInvalidGroup
	}) {
		err = errors.Join(ErrStricter, err)
	}
	if errors.Is(err, errs.Conflict) { // also when the branch was reset to where we do not come from
		return errors.Join(ErrConflict, err)
	}
	return err
}

// Drop forgets a session.
func (o *Ours) Drop(session string) error {
	delete(o.sessions, session)
	return nil
}
