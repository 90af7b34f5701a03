package icechunk

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// Main is the branch that every repository has.
const Main = "main"

const (
	idLength  = 20 // characters of a snapshot's id
	idAtLeast = 8  // of a beginning of one
)

// Resolve finds the snapshot that ref means: a branch, a tag, a snapshot id, or
// a beginning of one that is long enough to be the only one (8 characters).
// "" is main. errs.NotFound says what there is, and suggests.
func (r *Repository) Resolve(ctx context.Context, ref string) (format.ObjectID, error) {
	h, err := r.read(ctx)
	if err != nil {
		return format.ObjectID{}, err
	}
	return r.resolve(h, ref)
}

func (r *Repository) resolve(h *head, ref string) (format.ObjectID, error) {
	if ref == "" {
		ref = Main
	}
	// A whole id means its snapshot for ever: no branch or tag of that name may
	// change what was written down.
	if id, err := format.ParseObjectID(ref); err == nil && h.find(id) != nil {
		return id, nil
	}
	if id, ok := h.tip(ref); ok {
		return id, nil
	}
	if id, ok := lookup(h.Tags, ref); ok {
		return id, nil
	}
	var found []format.ObjectID
	if len(ref) >= idAtLeast && len(ref) <= idLength {
		for i := range h.Snapshots {
			if s := h.Snapshots[i].ID.String(); strings.EqualFold(s[:len(ref)], ref) {
				found = append(found, h.Snapshots[i].ID)
			}
		}
	}
	switch len(found) {
	case 0:
		return format.ObjectID{}, r.noRef(h, ref)
	case 1:
		return found[0], nil
	}
	return format.ObjectID{}, r.fail(errs.New(errs.Invalid, "icechunk: %s is the beginning of %d snapshots, expected one", ref, len(found)).
		WithFix("%s or %s", found[0], found[1]))
}

// noRef says what there is instead.
func (r *Repository) noRef(h *head, ref string) error {
	var names []string
	for _, b := range slices.Concat(h.Branches, h.Tags) {
		names = append(names, b.Name)
	}
	if slices.Contains(h.DeletedTags, ref) {
		return r.fail(errs.New(errs.NotFound, "icechunk: the tag %s was deleted", ref))
	}
	have := fmt.Sprintf("branches %s", listed(h.Branches))
	if len(h.Tags) > 0 {
		have += ", tags " + listed(h.Tags)
	}
	e := errs.New(errs.NotFound, "icechunk: there is no branch, tag or snapshot %q, have %s%s", ref, have, errs.Suggest(ref, names))
	if begins := func(s format.SnapshotInfo) bool { return strings.HasPrefix(s.ID.String(), strings.ToUpper(ref)) }; len(ref) > 2 && len(ref) < idAtLeast && slices.ContainsFunc(h.Snapshots, begins) {
		_ = e.WithFix("%d letters or more of a snapshot's id", idAtLeast)
	}
	return r.fail(e)
}

// listed is the first names of refs.
func listed(refs []format.Ref) string {
	const most = 8
	var names []string
	for i, ref := range refs {
		if i == most {
			return fmt.Sprintf("%s and %d more", strings.Join(names, " "), len(refs)-most)
		}
		names = append(names, ref.Name)
	}
	return strings.Join(names, " ")
}

// Branches and Tags list refs in byte order.
func (r *Repository) Branches(ctx context.Context) ([]format.Ref, error) {
	h, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	return inOrder(h.Branches), nil
}

// Tags lists the tags.
func (r *Repository) Tags(ctx context.Context) ([]format.Ref, error) {
	h, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	return inOrder(h.Tags), nil
}

func inOrder(refs []format.Ref) []format.Ref {
	refs = slices.Clone(refs)
	slices.SortFunc(refs, func(a, b format.Ref) int { return strings.Compare(a.Name, b.Name) })
	return refs
}

// insertInfo puts a snapshot into the table, in order of ids.
func insertInfo(list []format.SnapshotInfo, s format.SnapshotInfo) []format.SnapshotInfo {
	i, _ := slices.BinarySearchFunc(list, s.ID, func(s format.SnapshotInfo, id format.ObjectID) int {
		return bytes.Compare(s.ID[:], id[:])
	})
	return slices.Insert(list, i, s)
}
