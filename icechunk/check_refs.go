package icechunk

import (
	"context"
	"errors"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// checkRefs looks at the references that an array has in a manifest.
func (c *checker) checkRefs(ctx context.Context, t *tree, n *format.Node, ref format.ManifestRef) error {
	key := manifestKey(ref.ID)
	info, ok := t.info(ref.ID)
	if !ok {
		return c.found(Finding{Object: snapshotKey(t.ID), Path: n.Path, Err: errs.New(errs.Corrupt, "icechunk: manifest %s is not in the list of manifests", ref.ID)})
	}
	sound, known := c.manifests[ref.ID]
	at := seenRefs{ref.ID, n.ID}
	if known && !sound || c.seen[at] {
		return nil
	}
	c.seen[at] = true
	m, err := c.readManifest(ctx, info, known)
	c.manifests[ref.ID] = err == nil
	if err != nil {
		return c.damage(Finding{Object: key, Path: n.Path}, err)
	}
	v := viewOfBase(n)
	columns, err := c.r.columns(m, &v)
	if err != nil {
		return c.damage(Finding{Object: key, Path: n.Path}, err)
	}
	if columns == nil {
		return c.found(Finding{Object: key, Path: n.Path, Err: errs.New(errs.Corrupt, "icechunk: the manifest has no reference of the array")})
	}
	for row := range columns.rows() {
		if err := c.checkRef(ctx, n, columns, row); err != nil {
			return err
		}
	}
	return nil
}

// readManifest reads a manifest from the bucket; one that was read before may
// come from memory.
func (c *checker) readManifest(ctx context.Context, info format.ManifestInfo, known bool) (*manifest, error) {
	if known {
		return c.r.manifest(ctx, info.ID, info.Size)
	}
	m, err := c.r.loadManifest(ctx, info.ID, info.Size)
	if err == nil && m.rows() != int(info.Refs) {
		err = c.r.damaged(manifestKey(info.ID), errs.New(errs.Corrupt, "icechunk: the manifest has %d references, expected %d", m.rows(), info.Refs))
	}
	if err == nil {
		c.r.objects.put(cacheKey{id: m.id}, m, m.bytes())
	}
	return m, err
}

// checkRef looks for the bytes of one chunk. A list may be older than the chunk:
// one that it does not have is asked for.
func (c *checker) checkRef(ctx context.Context, n *format.Node, columns *refColumns, row int) error {
	p := &columns.refs[row]
	if p.kind() != refNative {
		return nil
	}
	key := chunkKey(p.id)
	size, ok := c.chunks[p.id]
	if !ok {
		info, err := c.r.b.Stat(ctx, key)
		if err != nil && !errors.Is(err, errs.NotFound) {
			return err
		}
		if size, ok = info.Size, err == nil; ok {
			c.chunks[p.id] = size
		}
	}
	var err error
	switch {
	case !ok:
		err = errs.New(errs.Corrupt, "icechunk: the object is missing, and others refer to it")
	case p.off() > uint64(size) || p.len() > uint64(size)-p.off():
		err = errs.New(errs.Corrupt, "icechunk: the object has %d bytes, expected at least %d", size, p.off()+p.len())
	default:
		return nil
	}
	at := cacheKey{p.id, span{p.off(), p.len()}}
	if c.bad[at] { // as another manifest has it
		return nil
	}
	c.bad[at] = true
	return c.found(Finding{Object: key, Path: n.Path, Index: append([]uint32(nil), columns.at(row)...), Err: c.r.damaged(key, err)})
}
