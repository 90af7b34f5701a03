package icechunk

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// A Repository is snapshots of nodes, with branches and tags, in a bucket. Its
// methods may be called concurrently; other processes may write to it at once.
type Repository struct {
	b       *blob.Bucket
	opt     Options
	program []format.Option
	updates int    // most of them in `repo`
	objects *cache // snapshots and manifests
	spans   *cache // pieces of chunk objects that hold many chunks
	piece   int64  // most bytes of one piece
	touched touches
	reads   flights       // of chunk objects
	slots   chan struct{} // requests in flight

	mu     sync.Mutex
	head   *head     // as it was read last
	probed bool      // the bucket keeps what it promises
	timed  time.Time // when the clock was compared with the bucket's
}

// initialMessage and rootMeta are what every repository's first snapshot says.
const initialMessage = "Repository initialized"

func rootMeta() []format.Item {
	return []format.Item{{Name: "__icechunk", Value: map[string]any{"is_root": true}}}
}

// Create makes a repository in an empty bucket: errs.Exists when one is there,
// errs.Invalid when other objects are.
func Create(ctx context.Context, b *blob.Bucket, o Options) (*Repository, error) {
	r, err := newRepository(b, o)
	if err != nil {
		return nil, err
	}
	if o.ReadOnly {
		return nil, r.fail(errs.New(errs.Invalid, "icechunk: asked to create a repository and to write nothing"))
	}
	if err := r.checkEmpty(ctx); err != nil {
		return nil, err
	}
	if err := r.probe(ctx); err != nil {
		return nil, err
	}
	now := r.now()
	snap := &format.Snapshot{ID: format.InitialSnapshot, Flushed: now, Message: initialMessage, Meta: rootMeta()}
	if err := r.writeSnapshot(ctx, snap); err != nil {
		return nil, err
	}
	if err := r.writeLog(ctx, &format.TransactionLog{ID: snap.ID}); err != nil {
		return nil, err
	}
	repo := &format.Repo{
		SpecVersion: 2,
		Branches:    []format.Ref{{Name: Main, Snapshot: snap.ID}},
		Snapshots:   []format.SnapshotInfo{{ID: snap.ID, Flushed: now, Message: initialMessage, Meta: snap.Meta}},
		Status:      format.Status{Set: now},
		Updates:     []format.Update{{Kind: format.RepoInitialized, At: now}},
	}
	if err := r.checkClock(ctx, logKey(snap.ID)); err != nil {
		return nil, err
	}
	if err := r.Sync(ctx); err != nil {
		return nil, err
	}
	switch err := r.swap(ctx, repo, ""); {
	case errors.Is(err, errs.Exists):
		// It may be ours: the request was repeated below us.
		if h, err := r.read(ctx); err == nil && len(h.Updates) == 1 && h.Updates[0].At == now && h.Branches[0].Snapshot == snap.ID {
			return r, nil
		}
		return nil, r.exists()
	case err != nil:
		return nil, err
	}
	return r, nil
}

// checkEmpty refuses a bucket with objects. What a Create that was interrupted
// left is no repository, and in nobody's way.
func (r *Repository) checkEmpty(ctx context.Context) error {
	switch _, err := r.b.Stat(ctx, repoKey); {
	case err == nil:
		return r.exists()
	case !errors.Is(err, errs.NotFound):
		return err
	}
	for info, err := range r.b.List(ctx, "") {
		if err != nil {
			return err
		}
		switch info.Key {
		case repoKey:
			return r.exists()
		case snapshotKey(format.InitialSnapshot), logKey(format.InitialSnapshot):
		default:
			return r.fail(errs.New(errs.Invalid, "icechunk: found %s, expected an empty place for a repository", info.Key).
				WithFix("name a place that is empty"))
		}
	}
	return nil
}

func (r *Repository) exists() error {
	return r.fail(errs.New(errs.Exists, "icechunk: there is a repository already"))
}

// Open opens the repository in b, which the caller keeps open: errs.NotFound
// when there is none. An object store is probed once for the conditional writes
// it promises when the repository is first written to.
func Open(ctx context.Context, b *blob.Bucket, o Options) (*Repository, error) {
	r, err := newRepository(b, o)
	if err != nil {
		return nil, err
	}
	if _, err := r.read(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

func newRepository(b *blob.Bucket, o Options) (*Repository, error) {
	o, err := o.fill()
	if err != nil {
		return nil, err
	}
	var program []format.Option
	if o.Program != "" {
		program = append(program, format.WithProgram(o.Program))
	}
	return &Repository{
		b: b, opt: o, program: program, updates: maxUpdates,
		objects: newCache(o.Cache), spans: newCache(min(o.Cache, 4*spanBytes)), piece: min(o.Cache/4, spanBytes),
		slots: make(chan struct{}, o.Workers),
	}, nil
}

// Address is the bucket's.
func (r *Repository) Address() string { return r.b.Address() }

// now is the time in the format's unit, microseconds.
func (r *Repository) now() int64 { return r.opt.Now().UnixMicro() }

// fail says which repository an error is about.
func (r *Repository) fail(e *errs.Error) error {
	if e.Pos.File == "" {
		e.Pos.File = r.b.Address()
	}
	return e
}

// acquire takes one of the places for requests; the caller gives it back with release.
func (r *Repository) acquire(ctx context.Context) error {
	select {
	case r.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *Repository) release() { <-r.slots }
