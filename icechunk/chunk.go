package icechunk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/zarr"
)

// StageChunk writes bytes that no index points to yet and gives the reference,
// so that another process can write what SetRef in this one makes visible. That
// process calls Sync before it hands references over: Commit makes last what its
// own bucket was given, and no other's.
func (r *Repository) StageChunk(ctx context.Context, data []byte) (format.ChunkRef, error) {
	if len(data) == 0 {
		return format.ChunkRef{}, errs.New(errs.Invalid, "icechunk: a chunk of no bytes, expected some").WithFix("delete the chunk")
	}
	if len(data) <= r.opt.Inline {
		return format.ChunkRef{Inline: append([]byte(nil), data...), Length: uint64(len(data))}, nil
	}
	if r.opt.ReadOnly {
		return format.ChunkRef{}, r.fail(errs.New(errs.Unsupported, "icechunk: the repository is read-only: it was opened for reading"))
	}
	ref := format.ChunkRef{Chunk: format.NewObjectID(), Length: uint64(len(data))}
	return ref, r.put(ctx, chunkKey(ref.Chunk), data)
}

// Sync makes what was staged survive a loss of power. Commit does it by itself
// for chunks of its own process.
func (r *Repository) Sync(ctx context.Context) error {
	return retry(ctx, func() error { return r.b.Sync(ctx) })
}

// open gives the bytes that a reference points to.
func (r *Repository) open(path string, ref format.ChunkRef) zarr.Chunk {
	switch {
	case ref.Inline != nil:
		// A copy: the session may write over its own.
		return inlineChunk(append([]byte(nil), ref.Inline...))
	case ref.Virtual != nil:
		return &virtualChunk{r, path, ref}
	}
	return &storedChunk{r: r, ref: ref}
}

// openIn is open for a row of a manifest.
func (r *Repository) openIn(path string, m *manifest, c *refColumns, row int) zarr.Chunk {
	ref := c.unpack(&c.refs[row])
	if ref.Inline != nil {
		return inlineChunk(ref.Inline) // never changes
	}
	if ref.Virtual == nil {
		return &storedChunk{r: r, ref: ref, span: m.spanOf(c, row, r.piece)}
	}
	return r.open(path, ref)
}

// A storedChunk is an object in chunks/, or a part of one.
type storedChunk struct {
	r    *Repository
	ref  format.ChunkRef
	span span // what is read with it
}

func (c *storedChunk) Size() int64 { return int64(c.ref.Length) }

func (c *storedChunk) ID() string {
	if c.ref.Offset == 0 {
		return fmt.Sprintf("%s:%d", c.ref.Chunk, c.ref.Length)
	}
	return fmt.Sprintf("%s:%d:%d", c.ref.Chunk, c.ref.Offset, c.ref.Length)
}

// Object is zarr.Located's.
func (c *storedChunk) Object() string { return c.r.where(chunkKey(c.ref.Chunk)) }

func (c *storedChunk) ReadAt(ctx context.Context, p []byte, off int64) error {
	if err := checkRange(off, len(p), c.Size()); err != nil {
		return err
	}
	b, ok, err := c.Lend(ctx)
	if err != nil {
		return err
	}
	if ok {
		copy(p, b[off:])
		return nil
	}
	return c.r.readChunk(ctx, c.ref.Chunk, p, c.ref.Offset+uint64(off))
}

// Lend is zarr.Lender's: the chunk as a part of what is read with it.
func (c *storedChunk) Lend(ctx context.Context) (b []byte, ok bool, err error) {
	if c.span.length == 0 {
		return nil, false, nil
	}
	piece, ok, err := c.r.readSpan(ctx, c.ref.Chunk, c.span)
	if !ok {
		return nil, false, err
	}
	at := c.ref.Offset - c.span.offset
	return piece[at : at+c.ref.Length : at+c.ref.Length], true, nil
}

func checkRange(off int64, n int, size int64) error {
	if off < 0 || off > size || int64(n) > size-off {
		return errs.New(errs.Invalid, "icechunk: asked for bytes %d to %d of a chunk of %d", off, off+int64(n), size)
	}
	return nil
}

// readChunk fills p from an object in chunks/. Those who ask for the same bytes
// at the same time share a request.
func (r *Repository) readChunk(ctx context.Context, id format.ObjectID, p []byte, off uint64) error {
	if len(p) == 0 {
		return nil
	}
	return r.reads.read(ctx, cacheKey{id, span{off, uint64(len(p))}}, p, func() error { return r.requestChunk(ctx, id, p, off) })
}

func (r *Repository) requestChunk(ctx context.Context, id format.ObjectID, p []byte, off uint64) error {
	if err := r.acquire(ctx); err != nil {
		return err
	}
	defer r.release()
	key := chunkKey(id)
	if off > math.MaxInt64-uint64(len(p)) {
		return r.damaged(key, errs.New(errs.Corrupt, "icechunk: a chunk at byte %d of an object", off))
	}
	err := retry(ctx, func() error {
		n, err := r.b.ReadRange(ctx, key, p, int64(off))
		if err == io.EOF {
			return r.damaged(key, errs.New(errs.Corrupt, "icechunk: the object has %d bytes, expected at least %d", off+uint64(n), off+uint64(len(p))))
		}
		return err
	})
	return r.missing(key, err)
}

// An inlineChunk is bytes that are in a manifest.
type inlineChunk []byte

func (c inlineChunk) Size() int64 { return int64(len(c)) }

func (c inlineChunk) ID() string {
	sum := sha256.Sum256(c)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (c inlineChunk) ReadAt(ctx context.Context, p []byte, off int64) error {
	if err := checkRange(off, len(p), c.Size()); err != nil {
		return err
	}
	copy(p, c[off:])
	return nil
}

// Lend is zarr.Lender's.
func (c inlineChunk) Lend(context.Context) ([]byte, bool, error) { return c, true, nil }

var (
	_ zarr.Lender = (*storedChunk)(nil)
	_ zarr.Lender = inlineChunk(nil)
)

// A virtualChunk is bytes outside the repository, which are not read yet.
type virtualChunk struct {
	r    *Repository
	path string
	ref  format.ChunkRef
}

func (c *virtualChunk) Size() int64 { return int64(c.ref.Length) }

func (c *virtualChunk) ID() string { return "" }

func (c *virtualChunk) ReadAt(ctx context.Context, p []byte, off int64) error {
	return c.r.fail(errs.New(errs.Unsupported, "icechunk: a chunk of %s is outside the repository, in %s, and such chunks are not read", c.path, c.ref.Virtual.Location))
}
