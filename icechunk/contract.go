package icechunk

import (
	"context"
	"iter"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/zarr"
)

// This file is the agreed surface of the package; its parts move to files of
// their own as they are built.

var errNotBuilt = errs.New(errs.Unsupported, "icechunk: not built yet")

// Options say how a repository is used. The zero Options are useful.
type Options struct {
	Inline   int            // chunks of up to so many bytes are stored in the manifest; 0 = 512, -1 = none
	Split    int            // most references of one array in a manifest that is written; 0 = 4,096
	Workers  int            // requests in flight; 0 = 16
	Cache    int64          // bytes of manifests and snapshots kept decoded; 0 = 64 MiB
	Program  string         // written into headers, at most 24 bytes: "outcore-0.1"
	Budget   *memory.Budget // may be nil
	ReadOnly bool           // write nothing, also where it could
	Now      func() time.Time
}

// A Repository is snapshots of nodes, with branches and tags, in a bucket. Its
// methods may be called concurrently; other processes may write to it at once.
type Repository struct{}

// Create makes a repository in an empty bucket: errs.Exists when one is there,
// errs.Invalid when other objects are.
func Create(ctx context.Context, b *blob.Bucket, o Options) (*Repository, error) {
	return nil, errNotBuilt
}

// Open opens the repository in b, which the caller keeps open: errs.NotFound
// when there is none. An object store is probed once for the conditional writes
// it promises when the repository is first written to.
func Open(ctx context.Context, b *blob.Bucket, o Options) (*Repository, error) {
	return nil, errNotBuilt
}

// Address is the bucket's.
func (r *Repository) Address() string { return "" }

// ReadOnly says why nothing can be written; "" when it can.
func (r *Repository) ReadOnly(ctx context.Context) (why string, err error) { return "", errNotBuilt }

// Branches and Tags list refs in byte order.
func (r *Repository) Branches(ctx context.Context) ([]format.Ref, error) { return nil, errNotBuilt }

// Tags lists the tags.
func (r *Repository) Tags(ctx context.Context) ([]format.Ref, error) { return nil, errNotBuilt }

// Resolve finds the snapshot that ref means: a branch, a tag, a snapshot id, or
// a beginning of one that is long enough to be the only one (8 characters).
// "" is main. errs.NotFound says what there is, and suggests.
func (r *Repository) Resolve(ctx context.Context, ref string) (format.ObjectID, error) {
	return format.ObjectID{}, errNotBuilt
}

// Log yields the snapshots from ref back to the first one.
func (r *Repository) Log(ctx context.Context, ref string) iter.Seq2[format.SnapshotInfo, error] {
	return nil
}

// Updates yields the log of operations, newest first, older files of it included.
func (r *Repository) Updates(ctx context.Context) iter.Seq2[format.Update, error] { return nil }

// Snapshot opens ref for reading: what it shows never changes.
func (r *Repository) Snapshot(ctx context.Context, ref string) (*Session, error) {
	return nil, errNotBuilt
}

// Session opens the tip of a branch for writing.
func (r *Repository) Session(ctx context.Context, branch string) (*Session, error) {
	return nil, errNotBuilt
}

// CreateBranch makes a branch at a snapshot; errs.Exists.
func (r *Repository) CreateBranch(ctx context.Context, name string, at format.ObjectID) error {
	return errNotBuilt
}

// ResetBranch moves a branch from one snapshot to another; errs.Conflict when it is not at from.
func (r *Repository) ResetBranch(ctx context.Context, name string, from, to format.ObjectID) error {
	return errNotBuilt
}

// DeleteBranch removes a branch that is at from; main cannot be removed.
func (r *Repository) DeleteBranch(ctx context.Context, name string, from format.ObjectID) error {
	return errNotBuilt
}

// CreateTag names a snapshot for ever; errs.Exists, also for a name that was deleted.
func (r *Repository) CreateTag(ctx context.Context, name string, at format.ObjectID) error {
	return errNotBuilt
}

// DeleteTag removes a tag; its name cannot be used again.
func (r *Repository) DeleteTag(ctx context.Context, name string) error { return errNotBuilt }

// A Diff is what differs between two snapshots, each list in byte order of paths.
type Diff struct {
	NewGroups, NewArrays         []string
	DeletedGroups, DeletedArrays []string
	UpdatedGroups, UpdatedArrays []string         // their metadata
	Chunks                       map[string]int64 // path → chunks written or deleted
}

// Diff compares two snapshots of one line of history by their transaction logs;
// from must be an ancestor of to (errs.Invalid).
func (r *Repository) Diff(ctx context.Context, from, to format.ObjectID) (*Diff, error) {
	return nil, errNotBuilt
}

// A Session is a transaction on a branch, or a snapshot for reading. It is a
// zarr.Store: all views of it see each other's writes at once. Its methods may
// be called concurrently; Commit, Rebase and Discard may not be called while
// others run.
type Session struct{}

var _ zarr.Store = (*Session)(nil)

// Metadata is zarr.Store's.
func (s *Session) Metadata(ctx context.Context, path string) ([]byte, error) { return nil, errNotBuilt }

// SetMetadata is zarr.Store's.
func (s *Session) SetMetadata(ctx context.Context, path string, doc []byte) error { return errNotBuilt }

// DeleteNode is zarr.Store's.
func (s *Session) DeleteNode(ctx context.Context, path string) error { return errNotBuilt }

// Children is zarr.Store's.
func (s *Session) Children(ctx context.Context, path string) iter.Seq2[string, error] { return nil }

// Chunk is zarr.Store's. The Chunk's ID is the address of its bytes in chunks/,
// or for inline bytes their digest.
func (s *Session) Chunk(ctx context.Context, path string, index []uint32) (zarr.Chunk, bool, error) {
	return nil, false, errNotBuilt
}

// PutChunk is zarr.Store's: the bytes go to the bucket now, and count from Commit on.
func (s *Session) PutChunk(ctx context.Context, path string, index []uint32, data []byte) error {
	return errNotBuilt
}

// DeleteChunk is zarr.Store's.
func (s *Session) DeleteChunk(ctx context.Context, path string, index []uint32) error {
	return errNotBuilt
}

// A Node is one node of a session, with what is known without reading chunks.
type Node struct {
	Path   string
	ID     format.NodeID
	Array  bool
	Doc    []byte // zarr.json
	Chunks int64  // references; -1 = not counted for a session with changes
}

// Nodes yields the node at path and all below it, in byte order of paths.
func (s *Session) Nodes(ctx context.Context, path string) iter.Seq2[Node, error] { return nil }

// Chunks yields the references of an array in order of index: what is stored,
// how many bytes. index is valid until the next.
func (s *Session) Chunks(ctx context.Context, path string) iter.Seq2[ChunkEntry, error] { return nil }

// A ChunkEntry is one reference.
type ChunkEntry struct {
	Index []uint32
	Ref   format.ChunkRef
}

// StageChunk writes bytes that no index points to yet and gives the reference,
// so that another process can write what SetRef in this one makes visible.
func (r *Repository) StageChunk(ctx context.Context, data []byte) (format.ChunkRef, error) {
	return format.ChunkRef{}, errNotBuilt
}

// SetRef makes the chunk at index what ref points to.
func (s *Session) SetRef(path string, index []uint32, ref format.ChunkRef) error { return errNotBuilt }

// Base is the snapshot the session started from; Branch is "" when it is read-only.
func (s *Session) Base() format.ObjectID { return format.ObjectID{} }

// Branch is the branch Commit moves.
func (s *Session) Branch() string { return "" }

// Repository is where the session belongs.
func (s *Session) Repository() *Repository { return nil }

// Changed reports whether there is something to commit.
func (s *Session) Changed() bool { return false }

// Changes is what Commit would write, as Diff gives it.
func (s *Session) Changes() *Diff { return nil }

// A CommitOption changes one commit.
type CommitOption func(*commitConfig)

type commitConfig struct {
	meta   map[string]any
	solver Solver
}

// WithMetadata adds entries to the snapshot's metadata.
func WithMetadata(m map[string]any) CommitOption { return func(c *commitConfig) { c.meta = m } }

// WithRebase makes Commit rebase, and try again, when others were first.
func WithRebase(s Solver) CommitOption { return func(c *commitConfig) { c.solver = s } }

// Commit makes the changes a snapshot and moves the branch to it; when it
// returns nil they survive a loss of power. The session goes on from there. When
// the branch has moved it is errs.Conflict, and nothing is changed: Rebase, or
// drop the session. A session without changes is errs.Invalid.
func (s *Session) Commit(ctx context.Context, message string, opts ...CommitOption) (format.ObjectID, error) {
	return format.ObjectID{}, errNotBuilt
}

// Rebase puts the changes on top of the branch's tip. Conflicts that solver does
// not solve are a *ConflictError (errs.Conflict), and the session is as before.
func (s *Session) Rebase(ctx context.Context, solver Solver) error { return errNotBuilt }

// Discard drops the changes.
func (s *Session) Discard() {}

// A Solver says what happens to conflicts. The zero Solver solves none.
type Solver struct {
	Chunks                Pick // the same chunk written twice
	FailOnDeleteOfUpdated bool
	FailOnUpdateOfDeleted bool
}

// A Pick is which side wins.
type Pick uint8

// The picks.
const (
	Neither Pick = iota
	Ours
	Theirs
)

// A Finding is one thing that is wrong, with the object it is wrong with.
type Finding struct {
	Object string // key in the bucket
	Path   string // of the node, "" when it is not about one
	Index  []uint32
	Err    error
}

// Check reads the whole repository, chunks too when deep, and yields all that is
// wrong; errors of reading at all end it.
func (r *Repository) Check(ctx context.Context, ref string, deep bool) iter.Seq2[Finding, error] {
	return nil
}

// Digest is the content of a snapshot as one SHA-256: paths, metadata, decoded
// chunks; not ids, times, or how chunks are compressed or where they lie.
func (r *Repository) Digest(ctx context.Context, ref string) (string, error) { return "", errNotBuilt }
