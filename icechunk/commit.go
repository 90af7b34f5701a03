package icechunk

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// A CommitOption changes one commit.
type CommitOption func(*commitConfig)

type commitConfig struct {
	meta   map[string]any
	rebase bool
	solver Solver
}

// WithMetadata adds entries to the snapshot's metadata.
func WithMetadata(m map[string]any) CommitOption { return func(c *commitConfig) { c.meta = m } }

// WithRebase makes Commit rebase, and try again, when others were first.
func WithRebase(s Solver) CommitOption {
	return func(c *commitConfig) { c.rebase, c.solver = true, s }
}

// Commit makes the changes a snapshot and moves the branch to it; when it
// returns nil they survive a loss of power. The session goes on from there. When
// the branch has moved it is errs.Conflict, and nothing is changed: Rebase, or
// drop the session. A session without changes is errs.Invalid.
//
// errs.Unavailable can mean that the outcome is not known. Until Commit is called
// again, or Rebase, which find out whether it was done, the session takes no
// other writes.
func (s *Session) Commit(ctx context.Context, message string, opts ...CommitOption) (format.ObjectID, error) {
	var c commitConfig
	for _, o := range opts {
		o(&c)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.forWriting(); err != nil {
		return format.ObjectID{}, err
	}
	if s.changes.empty() {
		return format.ObjectID{}, s.r.fail(errs.New(errs.Invalid, "icechunk: the session has no changes to commit"))
	}
	if done, err := s.finish(ctx); done || err != nil {
		return s.base.ID, err
	}
	items, err := metaItems(c.meta)
	if err != nil {
		return format.ObjectID{}, err
	}
	for try := 1; ; try++ {
		err := s.commit(ctx, message, items)
		if err == nil {
			return s.base.ID, nil
		}
		if !c.rebase || !errors.Is(err, errs.Conflict) {
			return format.ObjectID{}, err
		}
		if err := s.rebase(ctx, c.solver); err != nil {
			return format.ObjectID{}, err
		}
		if try > 2 {
			if err := pause(ctx, min(try, 6)); err != nil {
				return format.ObjectID{}, err
			}
		}
	}
}

// finish finds out what became of a commit whose outcome was not known.
func (s *Session) finish(ctx context.Context) (done bool, err error) {
	if s.unknown == (format.ObjectID{}) {
		return false, nil
	}
	h, err := s.r.read(ctx)
	if err != nil {
		return false, err
	}
	if h.find(s.unknown) != nil {
		base, err := s.r.baseOf(ctx, s.unknown)
		if err != nil {
			return false, err
		}
		s.base, s.changes = base, newChanges()
		done = true
	}
	s.unknown = format.ObjectID{}
	return done, nil
}

// commit tries once: errs.Conflict when the branch is not at the base.
func (s *Session) commit(ctx context.Context, message string, meta []format.Item) error {
	// What cannot win is found out before anything is written.
	h, err := s.r.read(ctx)
	if err != nil {
		return err
	}
	if err := s.r.writable(h); err != nil {
		return err
	}
	if err := s.atBase(h.Repo); err != nil {
		return err
	}
	next, log, err := s.build(ctx)
	if err != nil {
		return err
	}
	next.Message, next.Meta = message, meta
	next.Flushed = max(s.r.now(), s.base.Flushed+1)
	if info := h.find(s.base.ID); info != nil {
		next.Flushed = max(next.Flushed, info.Flushed+1)
	}
	work, at := errgroup.WithContext(ctx)
	work.Go(func() error { return s.r.writeSnapshot(at, &next.Snapshot) })
	work.Go(func() error { return s.r.writeLog(at, log) })
	if err := work.Wait(); err != nil {
		return err
	}
	err = s.r.update(ctx, func(repo *format.Repo) (format.Update, error) {
		if err := s.atBase(repo); err != nil {
			return format.Update{}, err
		}
		for i := range repo.Branches {
			if repo.Branches[i].Name == s.branch {
				repo.Branches[i].Snapshot = next.ID
			}
		}
		repo.Snapshots = insertInfo(repo.Snapshots, format.SnapshotInfo{
			ID: next.ID, Parent: s.base.ID, Flushed: next.Flushed, Message: message, Meta: meta,
		})
		return format.Update{Kind: format.NewCommit, Name: s.branch, New: next.ID}, nil
	})
	if err != nil {
		if errors.Is(err, errUnknown) {
			s.unknown = next.ID
		}
		return err
	}
	s.r.objects.put(cacheKey{id: next.ID}, next, next.bytes())
	s.base, s.changes = next, newChanges()
	return nil
}

// atBase is errs.Conflict when the branch is not where the session began.
func (s *Session) atBase(repo *format.Repo) error {
	tip, ok := lookup(repo.Branches, s.branch)
	if !ok {
		return s.r.noBranch(repo, s.branch)
	}
	if tip != s.base.ID {
		return s.r.moved(s.branch, tip, s.base.ID)
	}
	return nil
}

// metaItems is a commit's metadata, sorted by name.
func metaItems(m map[string]any) ([]format.Item, error) {
	var items []format.Item
	for _, name := range slices.Sorted(maps.Keys(m)) {
		v, err := plain(m[name])
		if err != nil {
			return nil, errs.New(errs.Invalid, "icechunk: metadata %q: %w", name, err)
		}
		items = append(items, format.Item{Name: name, Value: v})
	}
	return items, nil
}

// build writes the manifests of what changed, and makes the snapshot and the log.
func (s *Session) build(ctx context.Context) (*tree, *format.TransactionLog, error) {
	id := format.NewObjectID()
	written, err := s.writeManifests(ctx)
	if err != nil {
		return nil, nil, err
	}
	next := &tree{Snapshot: format.Snapshot{ID: id, Extra: s.base.Extra}}
	for _, v := range s.changes.below(s.base, "/") {
		next.Nodes = append(next.Nodes, v.stored(written.refs))
	}
	slices.SortFunc(next.Nodes, func(a, b format.Node) int { return strings.Compare(a.Path, b.Path) })
	if next.Manifests, err = s.manifestInfos(next, written.infos); err != nil {
		return nil, nil, err
	}
	return next, s.changes.log(id), nil
}

// stored is the node as a snapshot has it. refs are the manifests of arrays
// whose chunks changed.
func (v *view) stored(refs map[format.NodeID][]format.ManifestRef) format.Node {
	if v.new == nil && refs[v.id] == nil {
		return *v.old
	}
	n := format.Node{ID: v.id, Path: v.path, UserData: v.doc}
	if v.old != nil {
		n.Extra = v.old.Extra
	}
	if v.array {
		n.Array = &format.ArrayNode{Shape: v.shape, Names: v.names, Manifests: v.manifests()}
		if changed, ok := refs[v.id]; ok {
			n.Array.Manifests = changed
		}
	}
	return n
}

// manifestInfos describes the manifests that some node points to.
func (s *Session) manifestInfos(next *tree, written map[format.ObjectID]format.ManifestInfo) ([]format.ManifestInfo, error) {
	seen := map[format.ObjectID]bool{}
	var list []format.ManifestInfo
	for i := range next.Nodes {
		a := next.Nodes[i].Array
		if a == nil {
			continue
		}
		for _, m := range a.Manifests {
			if seen[m.ID] {
				continue
			}
			seen[m.ID] = true
			info, ok := written[m.ID]
			if !ok {
				info, ok = s.base.info(m.ID)
			}
			if !ok {
				return nil, s.r.damaged(snapshotKey(s.base.ID), errs.New(errs.Corrupt, "icechunk: manifest %s is not in the list of manifests", m.ID))
			}
			list = append(list, info)
		}
	}
	slices.SortFunc(list, func(a, b format.ManifestInfo) int { return slices.Compare(a.ID[:], b.ID[:]) })
	return list, nil
}
