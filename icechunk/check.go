package icechunk

import (
	"context"
	"errors"
	"iter"
	"math"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// A Finding is one thing that is wrong, with the object it is wrong with.
type Finding struct {
	Object string // key in the bucket
	Path   string // of the node, "" when it is not about one
	Index  []uint32
	Err    error
}

// Check reads ref and its history ("" = the whole repository), chunks too when
// deep, and yields all that is wrong; errors of reading at all end it. What is
// shared by snapshots is read once. Deep, the elements of arrays whose types or
// codecs are not known here are not decoded.
func (r *Repository) Check(ctx context.Context, ref string, deep bool) iter.Seq2[Finding, error] {
	return func(yield func(Finding, error) bool) {
		c := &checker{r: r, deep: deep, yield: yield, chunks: map[format.ObjectID]int64{}, manifests: map[format.ObjectID]bool{}, seen: map[seenRefs]bool{}, decoded: map[cacheKey]bool{}, bad: map[cacheKey]bool{}}
		if err := c.check(ctx, ref); err != nil && !errors.Is(err, errStop) {
			yield(Finding{}, err)
		}
	}
}

// errStop says that the caller has left the loop.
var errStop = errors.New("icechunk: stop")

// A checker is one Check.
type checker struct {
	r         *Repository
	deep      bool
	yield     func(Finding, error) bool
	chunks    map[format.ObjectID]int64 // sizes of the objects in chunks/
	manifests map[format.ObjectID]bool  // those that were read: whether they are sound
	seen      map[seenRefs]bool
	decoded   map[cacheKey]bool
	bad       map[cacheKey]bool // parts of objects that were reported
}

// seenRefs are references that were checked: one array's of one manifest.
type seenRefs struct {
	manifest format.ObjectID
	node     format.NodeID
}

func (c *checker) found(f Finding) error {
	if !c.yield(f, nil) {
		return errStop
	}
	return nil
}

// damage reports err when it is about the repository, and returns it when
// nothing could be read.
func (c *checker) damage(f Finding, err error) error {
	if errors.Is(err, errs.Corrupt) || errors.Is(err, errs.Unsupported) || errors.Is(err, errs.TooLarge) || errors.Is(err, errs.Invalid) {
		f.Err = err
		return c.found(f)
	}
	return err
}

func (c *checker) check(ctx context.Context, ref string) error {
	h, err := c.r.read(ctx)
	if err != nil {
		return c.damage(Finding{Object: repoKey}, err)
	}
	for info, err := range c.r.b.List(ctx, chunkDir) {
		if err != nil {
			return err
		}
		if id, err := format.ParseObjectID(strings.TrimPrefix(info.Key, chunkDir)); err == nil {
			c.chunks[id] = info.Size
		}
	}
	ids, err := c.snapshots(h, ref)
	if err != nil {
		return err
	}
	if ref == "" {
		if err := c.checkUpdates(ctx, h); err != nil {
			return err
		}
	}
	for _, id := range ids {
		info := h.find(id)
		for _, log := range append([]format.ObjectID{id}, info.Pruned...) {
			if err := c.checkLog(ctx, log); err != nil {
				return err
			}
		}
		if err := c.checkSnapshot(ctx, info); err != nil {
			return err
		}
	}
	return nil
}

// snapshots lists what is to be checked, the newest of a history first.
func (c *checker) snapshots(h *head, ref string) (ids []format.ObjectID, err error) {
	if ref == "" {
		for i := range h.Snapshots {
			s := &h.Snapshots[i]
			ids = append(ids, s.ID)
			if s.Parent != (format.ObjectID{}) && h.find(s.Parent) == nil {
				if err := c.found(Finding{Object: repoKey, Err: errs.New(errs.Corrupt, "icechunk: snapshot %s comes from %s, which is not there", s.ID, s.Parent)}); err != nil {
					return nil, err
				}
			}
		}
		return ids, nil
	}
	id, err := c.r.resolve(h, ref)
	if err != nil {
		return nil, err
	}
	for s, err := range c.r.ancestry(h, id) {
		if err != nil {
			return ids, c.damage(Finding{Object: repoKey}, err)
		}
		ids = append(ids, s.ID)
	}
	return ids, nil
}

// checkUpdates follows the log of operations through the objects that were replaced.
func (c *checker) checkUpdates(ctx context.Context, h *head) error {
	last, object := int64(math.MaxInt64), repoKey
	for repo := h.Repo; ; {
		for _, u := range repo.Updates {
			if u.At >= last && object == repoKey {
				if err := c.found(Finding{Object: object, Err: errs.New(errs.Corrupt, "icechunk: the times of updates do not rise at %d", u.At)}); err != nil {
					return err
				}
			}
			last = u.At
		}
		if repo.Before == "" {
			return nil
		}
		object = backupDir + repo.Before
		next, err := c.r.readBackup(ctx, repo.Before)
		if err != nil {
			return c.damage(Finding{Object: object}, err)
		}
		if repo = next; len(repo.Updates) == 0 || repo.Updates[len(repo.Updates)-1].At >= last {
			return nil
		}
	}
}

func (c *checker) checkLog(ctx context.Context, id format.ObjectID) error {
	_, err := c.r.log(ctx, id)
	if err != nil && id == format.InitialSnapshot && errors.Is(err, errs.NotFound) {
		return nil // repositories that were migrated have none
	}
	if err != nil {
		return c.damage(Finding{Object: logKey(id)}, err)
	}
	return nil
}

func (c *checker) checkSnapshot(ctx context.Context, info *format.SnapshotInfo) error {
	key := snapshotKey(info.ID)
	t, err := c.r.loadSnapshot(ctx, info.ID)
	if err != nil {
		return c.damage(Finding{Object: key}, err)
	}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if err := c.checkNode(t, i); err != nil {
			return err
		}
		if n.Array == nil {
			continue
		}
		if err := c.checkExtents(t, n); err != nil {
			return err
		}
		for _, ref := range n.Array.Manifests {
			if err := c.checkRefs(ctx, t, n, ref); err != nil {
				return err
			}
		}
	}
	if c.deep {
		return c.decode(ctx, t)
	}
	return nil
}

// checkExtents looks for manifests of an array that have a place in common. Only
// those that share one along the first axis are compared.
func (c *checker) checkExtents(t *tree, n *format.Node) error {
	for _, slab := range slabs(n.Array.Manifests) {
		for i, ref := range slab {
			for _, other := range slab[:i] {
				if !overlap(other.Extents, ref.Extents) {
					continue
				}
				if err := c.found(Finding{Object: snapshotKey(t.ID), Path: n.Path, Err: errs.New(errs.Corrupt, "icechunk: the extents of manifests %s and %s overlap", other.ID, ref.ID)}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// checkNode looks at what a snapshot says of its i-th node.
func (c *checker) checkNode(t *tree, i int) error {
	n := &t.Nodes[i]
	var err error
	switch up := t.find(parent(n.Path)); {
	case i > 0 && t.Nodes[i-1].Path == n.Path:
		err = errs.New(errs.Corrupt, "icechunk: the node is there twice")
	case up != nil && up.Array != nil:
		err = errs.New(errs.Corrupt, "icechunk: the node is in an array")
	default:
		var d nodeDoc
		if d, err = parseDoc(n.Path, n.UserData); err != nil {
			break
		}
		if d.array != (n.Array != nil) {
			err = errs.New(errs.Corrupt, "icechunk: the node is %s, and its zarr.json of %s", kindOf(n.Array != nil), kindOf(d.array))
		} else if d.array && len(d.shape) != len(n.Array.Shape) {
			err = errs.New(errs.Corrupt, "icechunk: the node has %d dimensions, and its zarr.json %d", len(n.Array.Shape), len(d.shape))
		}
	}
	if err != nil {
		return c.found(Finding{Object: snapshotKey(t.ID), Path: n.Path, Err: err})
	}
	return nil
}
