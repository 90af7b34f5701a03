package icechunk

import (
	"context"
	"iter"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// Log yields the snapshots from ref back to the first one.
func (r *Repository) Log(ctx context.Context, ref string) iter.Seq2[format.SnapshotInfo, error] {
	return func(yield func(format.SnapshotInfo, error) bool) {
		h, err := r.read(ctx)
		if err != nil {
			yield(format.SnapshotInfo{}, err)
			return
		}
		id, err := r.resolve(h, ref)
		if err != nil {
			yield(format.SnapshotInfo{}, err)
			return
		}
		for s, err := range r.ancestry(h, id) {
			if err != nil {
				yield(format.SnapshotInfo{}, err)
				return
			}
			if !yield(*s, nil) {
				return
			}
		}
	}
}

// ancestry yields id and what it came from, back to the first snapshot.
func (r *Repository) ancestry(h *head, id format.ObjectID) iter.Seq2[*format.SnapshotInfo, error] {
	return func(yield func(*format.SnapshotInfo, error) bool) {
		for n := 0; id != (format.ObjectID{}); n++ {
			s := h.find(id)
			if s == nil {
				yield(nil, r.damaged(repoKey, errs.New(errs.Corrupt, "icechunk: snapshot %s is not in the table of snapshots", id)))
				return
			}
			if n > len(h.Snapshots) {
				yield(nil, r.damaged(repoKey, errs.New(errs.Corrupt, "icechunk: snapshot %s is its own ancestor", id)))
				return
			}
			if !yield(s, nil) {
				return
			}
			id = s.Parent
		}
	}
}

// Updates yields the log of operations, newest first, older files of it included.
func (r *Repository) Updates(ctx context.Context) iter.Seq2[format.Update, error] {
	return func(yield func(format.Update, error) bool) {
		h, err := r.read(ctx)
		if err != nil {
			yield(format.Update{}, err)
			return
		}
		repo := h.Repo
		var last int64
		for first := true; ; first = false {
			// A file may repeat what a newer one has.
			fresh := slices.DeleteFunc(slices.Clone(repo.Updates), func(u format.Update) bool { return !first && u.At >= last })
			for _, u := range fresh {
				last = u.At
				if !yield(u, nil) {
					return
				}
			}
			if repo.Before == "" || !first && len(fresh) == 0 {
				return
			}
			name := repo.Before
			if repo, err = r.readBackup(ctx, name); err != nil {
				yield(format.Update{}, err)
				return
			}
			if len(repo.Updates) > 0 && repo.Updates[0].Backup == "" { // it was the newest then, and this is its backup
				repo.Updates[0].Backup = name
			}
		}
	}
}

func (r *Repository) readBackup(ctx context.Context, name string) (*format.Repo, error) {
	key := backupDir + name
	file, err := r.get(ctx, key)
	if err != nil {
		return nil, r.missing(key, err)
	}
	repo, err := format.DecodeRepo(file)
	if err != nil {
		return nil, r.damaged(key, err)
	}
	return repo, nil
}
