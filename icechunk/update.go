package icechunk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

const (
	maxUpdates = 1000 // of one object; older ones are found in what it replaced
	maxSwaps   = 1000 // tries of one update, when others are always first

	// backupEpoch is 3000-01-01 in milliseconds: names of backups count down
	// to it, so that the newest is listed first.
	backupEpoch = 32503680000000

	// settle is how long a swap under way may take after its caller has given
	// up: its outcome must be known.
	settle = 2 * time.Minute
)

// errUnknown says that a swap was tried, and not how it ended.
var errUnknown = errors.New("it is not known whether the change was made")

// update changes `repo`: change gets a copy to work on, and says what was done,
// or why it cannot be. It is called again when others were first.
//
// Objects that the change refers to are written but not yet made to last: one
// Sync does, before the swap.
func (r *Repository) update(ctx context.Context, change func(*format.Repo) (format.Update, error)) error {
	if err := r.probe(ctx); err != nil {
		return err
	}
	var backup, copied string // the newest copy, and the version of `repo` it is of
	var tried []format.Update // whose swaps failed: one may have been done late
	var failures int
	for try := 1; ; try++ {
		h, err := r.read(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(tried, h.has) {
			return nil
		}
		if err := r.writable(h); err != nil {
			return err
		}
		next := copyRepo(h.Repo)
		u, err := change(next)
		if err != nil {
			return err
		}
		if copied != h.version {
			if backup, err = r.backup(ctx, h); err != nil {
				return err
			}
			copied = h.version
		}
		if err := r.checkClock(ctx, backupDir+backup); err != nil {
			return err
		}
		u = r.record(next, u, backup)
		if err := r.Sync(ctx); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		err = r.settled(ctx, next, h.version, u)
		switch {
		case err == nil || errors.Is(err, errUnknown):
			return err
		case errors.Is(err, errs.Unavailable):
			if failures++; failures == attempts && r.local() {
				return err
			}
			if failures == attempts {
				return r.fail(errs.New(errs.Unavailable, "icechunk: %w: %v", errUnknown, err))
			}
			tried = append(tried, u)
		case !errors.Is(err, errs.Conflict) && !errors.Is(err, errs.NotFound):
			return err
		case try == maxSwaps:
			return r.fail(errs.New(errs.Unavailable, "icechunk: others wrote first %d times", try).WithFix("try again when they are done"))
		}
		if try > 3 {
			if err := pause(ctx, min(try-3, 6)); err != nil {
				return err
			}
		}
	}
}

// settled swaps `repo` and finds out whether u was done: a reply may be lost.
// Once begun it cannot be cancelled, for then nobody would know. It is the error
// of the swap when u is known not to be done.
func (r *Repository) settled(ctx context.Context, next *format.Repo, version string, u format.Update) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	failed := r.swap(ctx, next, version)
	if failed == nil {
		return nil
	}
	lost := errors.Is(failed, errs.Conflict) || errors.Is(failed, errs.NotFound)
	if !lost && !errors.Is(failed, errs.Unavailable) && !errors.Is(failed, context.DeadlineExceeded) {
		return failed
	}
	// Also a lost race may be a won one: the request was repeated below us.
	h, err := r.read(ctx)
	if err != nil {
		return r.fail(errs.New(errs.Unavailable, "icechunk: %w: %v, then %v", errUnknown, failed, err).
			WithFix("look at the log when the store answers again"))
	}
	switch {
	case !h.has(u):
		return failed
	case !lost && r.onDisk():
		// A disk loses no replies: what failed is forcing the directory to it. Asked
		// again it would say that all is well.
		return r.fail(errs.New(errs.Unavailable, "icechunk: %w to last: %v", errUnknown, failed).
			WithFix("see what is wrong with the disk (dmesg), then look at the log"))
	}
	return nil
}

// has reports whether u was done.
func (h *head) has(u format.Update) bool {
	return slices.ContainsFunc(h.Updates, func(x format.Update) bool {
		return x.Kind == u.Kind && x.At == u.At && x.Name == u.Name && x.New == u.New && x.Previous == u.Previous
	})
}

// backup copies h aside and gives the file's name.
func (r *Repository) backup(ctx context.Context, h *head) (string, error) {
	name := fmt.Sprintf("repo.%014d.%s", max(0, backupEpoch-r.now()/1000), format.NewObjectID())
	return name, r.put(ctx, backupDir+name, h.file)
}

// record puts u before the updates of repo. Times strictly rise, whatever the
// clocks say. backup is the name of the copy of what repo replaces.
func (r *Repository) record(repo *format.Repo, u format.Update, backup string) format.Update {
	if u.At == 0 {
		u.At = r.now()
	}
	if len(repo.Updates) > 0 {
		newest := &repo.Updates[0]
		newest.Backup = backup
		u.At = max(u.At, newest.At+1)
	}
	repo.Updates = slices.Insert(repo.Updates, 0, u)
	if len(repo.Updates) > r.updates {
		// The newest that goes was the newest of the file that was its backup. A
		// migrated repository has none; the copy just made has all of them.
		repo.Before = repo.Updates[r.updates].Backup
		if repo.Before == "" {
			repo.Before = backup
		}
		repo.Updates = repo.Updates[:r.updates]
	}
	return u
}

// copyRepo is a copy whose slices may be changed; what they point to may not.
func copyRepo(p *format.Repo) *format.Repo {
	c := *p
	c.Tags, c.Branches, c.DeletedTags = slices.Clone(p.Tags), slices.Clone(p.Branches), slices.Clone(p.DeletedTags)
	c.Snapshots, c.Updates = slices.Clone(p.Snapshots), slices.Clone(p.Updates)
	return &c
}
