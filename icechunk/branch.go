package icechunk

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// CreateBranch makes a branch at a snapshot; errs.Exists.
func (r *Repository) CreateBranch(ctx context.Context, name string, at format.ObjectID) error {
	if err := r.checkName("branch", name); err != nil {
		return err
	}
	return r.update(ctx, func(repo *format.Repo) (format.Update, error) {
		if _, ok := lookup(repo.Branches, name); ok {
			return format.Update{}, r.fail(errs.New(errs.Exists, "icechunk: there is a branch %s already", name))
		}
		if err := r.hasSnapshot(repo, at); err != nil {
			return format.Update{}, err
		}
		repo.Branches = append(repo.Branches, format.Ref{Name: name, Snapshot: at})
		return format.Update{Kind: format.BranchCreated, Name: name}, nil
	})
}

// ResetBranch moves a branch from one snapshot to another; errs.Conflict when it is not at from.
func (r *Repository) ResetBranch(ctx context.Context, name string, from, to format.ObjectID) error {
	return r.update(ctx, func(repo *format.Repo) (format.Update, error) {
		i, err := r.branchAt(repo, name, from)
		if err != nil {
			return format.Update{}, err
		}
		if err := r.hasSnapshot(repo, to); err != nil {
			return format.Update{}, err
		}
		repo.Branches[i].Snapshot = to
		return format.Update{Kind: format.BranchReset, Name: name, Previous: from}, nil
	})
}

// DeleteBranch removes a branch that is at from; main cannot be removed.
func (r *Repository) DeleteBranch(ctx context.Context, name string, from format.ObjectID) error {
	if name == Main {
		return r.fail(errs.New(errs.Invalid, "icechunk: the branch main cannot be deleted"))
	}
	return r.update(ctx, func(repo *format.Repo) (format.Update, error) {
		i, err := r.branchAt(repo, name, from)
		if err != nil {
			return format.Update{}, err
		}
		repo.Branches = slices.Delete(repo.Branches, i, i+1)
		return format.Update{Kind: format.BranchDeleted, Name: name, Previous: from}, nil
	})
}

// branchAt finds a branch that must be at a snapshot.
func (r *Repository) branchAt(repo *format.Repo, name string, from format.ObjectID) (int, error) {
	i := slices.IndexFunc(repo.Branches, func(b format.Ref) bool { return b.Name == name })
	if i < 0 {
		return 0, r.noBranch(repo, name)
	}
	if at := repo.Branches[i].Snapshot; at != from {
		return 0, r.moved(name, at, from)
	}
	return i, nil
}

func (r *Repository) noBranch(repo *format.Repo, name string) error {
	var names []string
	for _, b := range repo.Branches {
		names = append(names, b.Name)
	}
	return r.fail(errs.New(errs.NotFound, "icechunk: there is no branch %q, have %s%s", name, listed(repo.Branches), errs.Suggest(name, names)))
}

func (r *Repository) moved(branch string, at, from format.ObjectID) error {
	return r.fail(errs.New(errs.Conflict, "icechunk: branch %s is at %s, expected %s: another writer was first", branch, at, from))
}

func (r *Repository) hasSnapshot(repo *format.Repo, id format.ObjectID) error {
	if (&head{Repo: repo}).find(id) == nil {
		return r.fail(errs.New(errs.NotFound, "icechunk: there is no snapshot %s", id))
	}
	return nil
}

// CreateTag names a snapshot for ever; errs.Exists, also for a name that was deleted.
func (r *Repository) CreateTag(ctx context.Context, name string, at format.ObjectID) error {
	if err := r.checkName("tag", name); err != nil {
		return err
	}
	return r.update(ctx, func(repo *format.Repo) (format.Update, error) {
		if _, ok := lookup(repo.Tags, name); ok {
			return format.Update{}, r.fail(errs.New(errs.Exists, "icechunk: there is a tag %s already", name))
		}
		if slices.Contains(repo.DeletedTags, name) {
			return format.Update{}, r.fail(errs.New(errs.Exists, "icechunk: there was a tag %s, and its name cannot be used again", name))
		}
		if err := r.allowed(repo, flagCreateTag, "creating tags"); err != nil {
			return format.Update{}, err
		}
		if err := r.hasSnapshot(repo, at); err != nil {
			return format.Update{}, err
		}
		repo.Tags = append(repo.Tags, format.Ref{Name: name, Snapshot: at})
		return format.Update{Kind: format.TagCreated, Name: name}, nil
	})
}

// DeleteTag removes a tag; its name cannot be used again.
func (r *Repository) DeleteTag(ctx context.Context, name string) error {
	return r.update(ctx, func(repo *format.Repo) (format.Update, error) {
		i := slices.IndexFunc(repo.Tags, func(t format.Ref) bool { return t.Name == name })
		if i < 0 {
			var names []string
			for _, t := range repo.Tags {
				names = append(names, t.Name)
			}
			return format.Update{}, r.fail(errs.New(errs.NotFound, "icechunk: there is no tag %q, have %s%s", name, listed(repo.Tags), errs.Suggest(name, names)))
		}
		if err := r.allowed(repo, flagDeleteTag, "deleting tags"); err != nil {
			return format.Update{}, err
		}
		u := format.Update{Kind: format.TagDeleted, Name: name, Previous: repo.Tags[i].Snapshot}
		repo.Tags = slices.Delete(repo.Tags, i, i+1)
		repo.DeletedTags = append(repo.DeletedTags, name)
		return u, nil
	})
}

// allowed honours the repository's feature flags.
func (r *Repository) allowed(repo *format.Repo, flag uint16, what string) error {
	if slices.Contains(repo.DisabledFlags, flag) {
		return r.fail(errs.New(errs.Unsupported, "icechunk: %s is switched off in this repository (flag %d)", what, flag))
	}
	return nil
}

const maxName = 255 // bytes of a branch or tag

// checkName refuses names that would trouble those who read them.
func (r *Repository) checkName(what, name string) error {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) || strings.TrimSpace(name) != name {
		return r.fail(errs.New(errs.Invalid, "icechunk: %s name %q, expected 1 to %d bytes of text", what, name, maxName))
	}
	return nil
}
