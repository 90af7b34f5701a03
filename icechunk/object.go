package icechunk

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// The keys of a repository's objects.
const (
	repoKey     = "repo"
	chunkDir    = "chunks/"
	manifestDir = "manifests/"
	snapshotDir = "snapshots/"
	logDir      = "transactions/"
	backupDir   = "overwritten/"
)

func chunkKey(id format.ObjectID) string    { return chunkDir + id.String() }
func manifestKey(id format.ObjectID) string { return manifestDir + id.String() }
func snapshotKey(id format.ObjectID) string { return snapshotDir + id.String() }
func logKey(id format.ObjectID) string      { return logDir + id.String() }

// objectLimit is the largest object but a chunk that is read: the official
// engine reads none above 2 GiB either.
const objectLimit = 2 << 30

// attempts is how often a request is made whose error says that it may succeed later.
const attempts = 4

// retry calls f until it does not fail with errs.Unavailable.
func retry(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if err == nil || !errors.Is(err, errs.Unavailable) || try == attempts || ctx.Err() != nil {
			return err
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// pause waits between two tries: longer each time, and never twice the same, so
// that those who lost one race do not meet in the next.
func pause(ctx context.Context, try int) error {
	most := min(time.Second, time.Millisecond<<min(try, 10))
	t := time.NewTimer(time.Duration(rand.Int64N(int64(most))))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// get reads a whole object.
func (r *Repository) get(ctx context.Context, key string) (file []byte, err error) {
	if err := r.acquire(ctx); err != nil {
		return nil, err
	}
	defer r.release()
	err = retry(ctx, func() error {
		file, _, err = r.b.ReadAll(ctx, key, objectLimit)
		return err
	})
	return file, err
}

// put stores an object that nobody refers to yet; Sync makes it last. The first
// snapshot and its log have one key in all repositories: when two are created in
// one place at once the loser writes over what the winner refers to, and must
// not leave it torn.
func (r *Repository) put(ctx context.Context, key string, file []byte) error {
	if err := r.acquire(ctx); err != nil {
		return err
	}
	defer r.release()
	return retry(ctx, func() error {
		first := strings.HasSuffix(key, format.InitialSnapshot.String())
		_, err := r.b.Put(ctx, key, bytes.NewReader(file), int64(len(file)), blob.PutOptions{Lazy: !first})
		return err
	})
}

// damaged says which object an error of decoding is in.
func (r *Repository) damaged(key string, err error) error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return err
	}
	at := *e
	at.Pos.File = r.where(key)
	if strings.Contains(err.Error(), at.Pos.File) {
		return err // it says so itself
	}
	return &at
}

// where is the address of an object.
func (r *Repository) where(key string) string {
	return strings.TrimSuffix(r.b.Address(), "/") + "/" + key
}

// missing turns the absence of an object that another one names into damage.
func (r *Repository) missing(key string, err error) error {
	if !errors.Is(err, errs.NotFound) {
		return err
	}
	return r.damaged(key, errs.New(errs.Corrupt, "icechunk: the object is missing, and others refer to it"))
}

// wrongID is the error of an object that holds another one than its key says.
func (r *Repository) wrongID(key string, found format.ObjectID) error {
	return r.damaged(key, errs.New(errs.Corrupt, "icechunk: the object says that it is %s", found))
}

// snapshot reads a snapshot, or finds it in the cache.
func (r *Repository) snapshot(ctx context.Context, id format.ObjectID) (*tree, error) {
	return cached(ctx, r.objects, cacheKey{id: id}, func() (*tree, int64, error) {
		t, err := r.loadSnapshot(ctx, id)
		if err != nil {
			return nil, 0, err
		}
		return t, t.bytes(), nil
	})
}

func (r *Repository) loadSnapshot(ctx context.Context, id format.ObjectID) (*tree, error) {
	key := snapshotKey(id)
	file, err := r.get(ctx, key)
	if err != nil {
		return nil, r.missing(key, err)
	}
	s, err := format.DecodeSnapshot(file)
	if err != nil {
		return nil, r.damaged(key, err)
	}
	if s.ID != id {
		return nil, r.wrongID(key, s.ID)
	}
	return &tree{Snapshot: *s}, nil
}

// manifest reads a manifest, or finds it in the cache. size is what the snapshot
// says of its bytes.
func (r *Repository) manifest(ctx context.Context, id format.ObjectID, size uint64) (*manifest, error) {
	return cached(ctx, r.objects, cacheKey{id: id}, func() (*manifest, int64, error) {
		m, err := r.loadManifest(ctx, id, size)
		if err != nil {
			return nil, 0, err
		}
		return m, m.bytes(), nil
	})
}

func (r *Repository) loadManifest(ctx context.Context, id format.ObjectID, size uint64) (*manifest, error) {
	key := manifestKey(id)
	file, err := r.get(ctx, key)
	if err != nil {
		return nil, r.missing(key, err)
	}
	if uint64(len(file)) != size {
		return nil, r.damaged(key, errs.New(errs.Corrupt, "icechunk: manifest of %d bytes, expected %d", len(file), size))
	}
	m, err := format.OpenManifest(file)
	if err != nil {
		return nil, r.damaged(key, err)
	}
	if m.ID != id {
		return nil, r.wrongID(key, m.ID)
	}
	c, err := compactManifest(m)
	if err != nil {
		return nil, r.damaged(key, err)
	}
	return c, nil
}

// log reads the transaction log of a snapshot.
func (r *Repository) log(ctx context.Context, id format.ObjectID) (*format.TransactionLog, error) {
	key := logKey(id)
	file, err := r.get(ctx, key)
	if err != nil {
		return nil, r.missing(key, err)
	}
	t, err := format.DecodeTransactionLog(file)
	if err != nil {
		return nil, r.damaged(key, err)
	}
	if t.ID != id {
		return nil, r.wrongID(key, t.ID)
	}
	return t, nil
}

func (r *Repository) writeSnapshot(ctx context.Context, s *format.Snapshot) error {
	file, err := s.Encode(r.program...)
	if err != nil {
		return err
	}
	return r.put(ctx, snapshotKey(s.ID), file)
}

func (r *Repository) writeLog(ctx context.Context, t *format.TransactionLog) error {
	file, err := t.Encode(r.program...)
	if err != nil {
		return err
	}
	return r.put(ctx, logKey(t.ID), file)
}

// writeManifest stores m and describes it.
func (r *Repository) writeManifest(ctx context.Context, m *manifest) (format.ManifestInfo, error) {
	file, err := m.expand().Encode(r.program...)
	if err != nil {
		return format.ManifestInfo{}, err
	}
	if err := r.put(ctx, manifestKey(m.id), file); err != nil {
		return format.ManifestInfo{}, err
	}
	r.objects.put(cacheKey{id: m.id}, m, m.bytes())
	return format.ManifestInfo{ID: m.id, Size: uint64(len(file)), Refs: uint32(m.rows())}, nil
}
