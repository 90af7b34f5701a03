package icechunk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// A head is the object `repo` as it was at one time. It does not change.
type head struct {
	*format.Repo
	file    []byte
	version string // of the object
}

// read reads `repo`; what has not changed is not decoded again.
func (r *Repository) read(ctx context.Context) (*head, error) {
	if err := r.acquire(ctx); err != nil {
		return nil, err
	}
	defer r.release()
	r.mu.Lock()
	known := r.head
	r.mu.Unlock()
	var file []byte
	var info blob.Info
	err := retry(ctx, func() error {
		body, i, err := r.b.Get(ctx, repoKey)
		if err != nil {
			return err
		}
		defer body.Close()
		if info = i; known != nil && info.Version == known.version {
			return nil
		}
		if info.Size > objectLimit {
			return r.damaged(repoKey, errs.New(errs.TooLarge, "icechunk: object of %d bytes, expected at most 2 GiB", info.Size))
		}
		file = make([]byte, info.Size)
		_, err = io.ReadFull(body, file)
		if errors.Is(err, errs.Conflict) || err == io.ErrUnexpectedEOF || err == io.EOF {
			return errs.New(errs.Unavailable, "icechunk: repo was replaced while it was read: %w", err)
		}
		return err
	})
	switch {
	case errors.Is(err, errs.NotFound):
		gone := errs.New(errs.Corrupt, "icechunk: the object is missing, and copies of it are there")
		if r.rescue(ctx, gone) {
			return nil, r.damaged(repoKey, gone)
		}
		return nil, r.fail(errs.New(errs.NotFound, "icechunk: there is no repository here").
			WithFix("outcore repo create %s", r.b.Address()))
	case err != nil:
		return nil, err
	case file == nil:
		return known, nil
	}
	repo, err := format.DecodeRepo(file)
	if err != nil {
		var e *errs.Error
		if errors.As(err, &e) && errors.Is(err, errs.Corrupt) {
			at := *e
			r.rescue(ctx, &at)
			err = &at
		}
		return nil, r.damaged(repoKey, err)
	}
	h := &head{repo, file, info.Version}
	r.keep(h)
	return h, nil
}

func (r *Repository) keep(h *head) {
	r.mu.Lock()
	r.head = h
	r.mu.Unlock()
}

// swap makes repo the object when its version is still the given one; "" = when
// there is none. errs.Exists and errs.Conflict mean that another was first.
func (r *Repository) swap(ctx context.Context, repo *format.Repo, version string) error {
	file, err := repo.Encode(r.program...)
	if err != nil {
		return err
	}
	// Nothing is written that could not be read. It is also what the next reader
	// would decode: Encode may have sorted and filled in.
	if repo, err = format.DecodeRepo(file); err != nil {
		return errs.New(errs.Invalid, "icechunk: the change makes a repository that could not be read: %w", err)
	}
	info, err := r.b.Put(ctx, repoKey, bytes.NewReader(file), int64(len(file)),
		blob.PutOptions{IfAbsent: version == "", IfVersion: version})
	if err != nil {
		return err
	}
	r.keep(&head{repo, file, info.Version})
	return nil
}

// find describes a snapshot, nil when the repository has none such.
func (h *head) find(id format.ObjectID) *format.SnapshotInfo {
	i, ok := slices.BinarySearchFunc(h.Snapshots, id, func(s format.SnapshotInfo, id format.ObjectID) int {
		return bytes.Compare(s.ID[:], id[:])
	})
	if !ok {
		return nil
	}
	return &h.Snapshots[i]
}

// tip is where a branch is.
func (h *head) tip(branch string) (format.ObjectID, bool) { return lookup(h.Branches, branch) }

func lookup(refs []format.Ref, name string) (format.ObjectID, bool) {
	for _, ref := range refs {
		if ref.Name == name {
			return ref.Snapshot, true
		}
	}
	return format.ObjectID{}, false
}

// The flags whose meaning is known.
const (
	flagMove      = 3
	flagCreateTag = 4
	flagDeleteTag = 5
)

// why says why nothing can be written; "" when it can.
func (h *head) why() string {
	if h.Newer != "" {
		return "it has what this version does not know and would lose: " + h.Newer
	}
	if s := h.Status; s.Availability != format.Online {
		name := "offline"
		if s.Availability == format.ReadOnly {
			name = "read-only"
		}
		if s.Reason != "" {
			return "it was set " + name + ": " + s.Reason
		}
		return "it was set " + name
	}
	for _, f := range slices.Concat(h.EnabledFlags, h.DisabledFlags) {
		if f != flagMove && f != flagCreateTag && f != flagDeleteTag {
			return fmt.Sprintf("its feature flag %d is not known to this version", f)
		}
	}
	return ""
}

// ReadOnly says why nothing can be written; "" when it can.
func (r *Repository) ReadOnly(ctx context.Context) (why string, err error) {
	h, err := r.read(ctx)
	if err != nil {
		return "", err
	}
	return r.why(h), nil
}

func (r *Repository) why(h *head) string {
	if r.opt.ReadOnly {
		return "it was opened for reading"
	}
	return h.why()
}

// writable is errs.Unsupported when nothing can be written.
func (r *Repository) writable(h *head) error {
	why := r.why(h)
	if why == "" {
		return nil
	}
	e := errs.New(errs.Unsupported, "icechunk: the repository is read-only: %s", why)
	if strings.Contains(why, "this version") {
		e = e.WithFix("a newer version of the program")
	}
	return r.fail(e)
}
