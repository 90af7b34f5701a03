package zarr

import (
	"context"
	"iter"
)

// A Store holds nodes (groups and arrays) by path and the stored chunks of
// arrays by index. Paths start with "/", have no empty segments, no "." and
// "..", and no "/" at the end but that of the root.
//
// Reads may be called concurrently with each other and with writes; a reader
// sees a chunk as it was before a write or as it is after it, never between.
// Errors are *errs.Error: errs.NotFound for a node that is not there,
// errs.Invalid for a path that CheckPath refuses, and for a group where an array
// is needed or the other way round. zarrtest holds a store against all of this.
type Store interface {
	// Metadata gives the zarr.json of a node. The caller must not change it.
	Metadata(ctx context.Context, path string) ([]byte, error)

	// SetMetadata makes a node or replaces its metadata, whose parent must be a
	// group. The store keeps doc. A node stays a group or an array as long as it
	// is there: errs.Exists for a doc of the other type.
	SetMetadata(ctx context.Context, path string, doc []byte) error

	// DeleteNode removes a node, what is below it, and their chunks. The root
	// cannot be deleted: errs.Invalid.
	DeleteNode(ctx context.Context, path string) error

	// Children yields the paths of the nodes directly below a group, in byte order.
	Children(ctx context.Context, path string) iter.Seq2[string, error]

	// Chunk finds the stored bytes of a chunk; ok is false when there are none,
	// which means that all of it is fill value. index has one number a
	// dimension; the store does not keep it.
	Chunk(ctx context.Context, path string, index []uint32) (c Chunk, ok bool, err error)

	// PutChunk stores the bytes of a chunk, which the store does not keep or change.
	PutChunk(ctx context.Context, path string, index []uint32, data []byte) error

	// DeleteChunk removes the bytes of a chunk; it is no error when there are none.
	DeleteChunk(ctx context.Context, path string, index []uint32) error
}

// A Chunk is the stored bytes of one chunk, whole or a part of some object. It
// may be read concurrently, and stays readable when the chunk is overwritten.
type Chunk interface {
	Size() int64
	// ReadAt fills p from off; less than len(p) is an error. Bytes that were
	// damaged are an *errs.Error of the kind errs.Corrupt that names the object.
	ReadAt(ctx context.Context, p []byte, off int64) error
	// ID names the bytes: equal IDs are equal bytes, for ever. "" when there is
	// none, and the chunk must not be cached.
	ID() string
}

// A Lender is a Chunk whose bytes may be in memory, as those read together with
// their neighbours are.
type Lender interface {
	// Lend gives the bytes of the whole chunk, which nobody may change; not ok
	// when they have to be read.
	Lend(ctx context.Context) (b []byte, ok bool, err error)
}

// A Located is a Chunk that lies in an object people can find.
type Located interface {
	Object() string // its address
}

// lent gives the bytes of c when they are in memory.
func lent(ctx context.Context, c Chunk) (b []byte, ok bool, err error) {
	if l, is := c.(Lender); is {
		return l.Lend(ctx)
	}
	return nil, false, nil
}

// A Trimmer is a Store that can drop many chunks at once, as shrinking an array
// does. Resize deletes chunks one by one where a store cannot.
type Trimmer interface {
	// Trim removes the chunks of an array whose index is at or beyond grid along
	// any axis.
	Trim(ctx context.Context, path string, grid []uint32) error
}
