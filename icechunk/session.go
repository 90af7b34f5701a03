package icechunk

import (
	"context"
	"sync"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/zarr"
)

// A Session is a transaction on a branch, or a snapshot for reading. It is a
// zarr.Store: all views of it see each other's writes at once. Its methods may
// be called concurrently; Commit, Rebase and Discard may not be called while
// others run.
type Session struct {
	r      *Repository
	branch string // "" = for reading

	mu      sync.RWMutex
	base    *tree
	changes *changes
	unknown format.ObjectID // of a commit whose outcome is not known; zero = none
}

var (
	_ zarr.Store   = (*Session)(nil)
	_ zarr.Trimmer = (*Session)(nil)
)

// Snapshot opens ref for reading: what it shows never changes.
func (r *Repository) Snapshot(ctx context.Context, ref string) (*Session, error) {
	id, err := r.Resolve(ctx, ref)
	if err != nil {
		return nil, err
	}
	base, err := r.snapshot(ctx, id)
	if err != nil {
		return nil, err
	}
	return &Session{r: r, base: base, changes: newChanges()}, nil
}

// Session opens the tip of a branch for writing.
func (r *Repository) Session(ctx context.Context, branch string) (*Session, error) {
	if branch == "" {
		branch = Main
	}
	h, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.writable(h); err != nil {
		return nil, err
	}
	tip, ok := h.tip(branch)
	if !ok {
		return nil, r.noBranch(h.Repo, branch)
	}
	base, err := r.baseOf(ctx, tip)
	if err != nil {
		return nil, err
	}
	return &Session{r: r, branch: branch, base: base, changes: newChanges()}, nil
}

// baseOf is a snapshot to write on top of.
func (r *Repository) baseOf(ctx context.Context, id format.ObjectID) (*tree, error) {
	base, err := r.snapshot(ctx, id)
	if err != nil {
		return nil, err
	}
	if base.Newer != "" {
		return nil, r.damaged(snapshotKey(id), errs.New(errs.Unsupported, "icechunk: the snapshot has what this version does not know and would lose: %s", base.Newer).
			WithFix("a newer version of the program"))
	}
	return base, nil
}

// Base is the snapshot the session started from; Branch is "" when it is read-only.
func (s *Session) Base() format.ObjectID {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.base.ID
}

// Branch is the branch Commit moves.
func (s *Session) Branch() string { return s.branch }

// Repository is where the session belongs.
func (s *Session) Repository() *Repository { return s.r }

// Changed reports whether there is something to commit.
func (s *Session) Changed() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return !s.changes.empty()
}

// Discard drops the changes.
func (s *Session) Discard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes = newChanges()
	s.unknown = format.ObjectID{}
}

// forWriting is an error in a session that only reads.
func (s *Session) forWriting() error {
	if s.branch == "" {
		return s.r.fail(errs.New(errs.Invalid, "icechunk: the session is for reading snapshot %s", s.base.ID).
			WithFix("open a session on a branch"))
	}
	return nil
}

// forChange is an error where no change may be made.
func (s *Session) forChange() error {
	if err := s.forWriting(); err != nil {
		return err
	}
	if s.unknown != (format.ObjectID{}) {
		return s.r.fail(errs.New(errs.Unavailable, "icechunk: it is not known whether the commit %s was made", s.unknown).
			WithFix("commit again, which finds out, or discard the changes"))
	}
	return nil
}

// look finds a node; the caller holds mu.
func (s *Session) look(path string) (view, error) {
	if v, ok := s.changes.look(s.base, path); ok {
		return v, nil
	}
	if path == "/" {
		// The first snapshot has no nodes; the root is a group all the same.
		return view{path: "/", doc: rootDoc()}, nil
	}
	if err := format.CheckPath(path); err != nil {
		return view{}, err
	}
	return view{}, s.r.fail(errs.New(errs.NotFound, "icechunk: there is no node %s%s", path, errs.Suggest(path, s.near(path))))
}

// near lists nodes whose names path may have meant: none in a session that makes
// many nodes, which asks for each before it makes it.
func (s *Session) near(path string) []string {
	const many = 100
	if len(s.changes.nodes) > many {
		return nil
	}
	return s.children(parent(path), 1000)
}

// array finds an array and checks an index of it; the caller holds mu.
func (s *Session) array(path string, index []uint32) (view, error) {
	v, err := s.look(path)
	if err != nil {
		return v, err
	}
	if !v.array {
		return v, s.r.fail(errs.New(errs.Invalid, "icechunk: %s is a group, expected an array", path))
	}
	if len(index) != len(v.shape) {
		return v, s.r.fail(errs.New(errs.Shape, "icechunk: chunk index %v of %s has %d dimensions, expected %d", index, path, len(index), len(v.shape)))
	}
	return v, nil
}

// rootDoc is the zarr.json of a root that nobody wrote.
func rootDoc() []byte {
	return []byte("{\n  \"attributes\": {},\n  \"zarr_format\": 3,\n  \"node_type\": \"group\"\n}")
}
