// Package driver is what blob asks of a place that holds objects: a disk, the
// memory of this process, an object store.
//
// Programs use blob.Bucket; this package is for those who write drivers. Keys
// and prefixes arrive checked (see CheckKey), contexts may end at any time, and
// every error a driver returns is an *errs.Error of the right kind:
//
//	errs.NotFound     the object is not there
//	errs.Exists       PutOptions.IfAbsent, and it is there
//	errs.Conflict     PutOptions.IfVersion, and it is not that version
//	errs.Invalid      no permission, or the place cannot hold such a key
//	errs.Unavailable  a disk or server that may answer later
//
// Package drivertest is the test every driver passes.
package driver

import (
	"context"
	"io"
	"iter"
	"time"
)

// Info describes one object.
type Info struct {
	Key  string
	Size int64 // bytes

	// Version is an opaque token that changes when the content does. It is
	// empty in what List yields where finding it would cost a read an object:
	// take the version to swap from Get, Stat or Put.
	Version string

	ModTime time.Time
}

// PutOptions are the conditions of a Put, at most one of the two, and its haste.
type PutOptions struct {
	IfAbsent  bool   // only if there is no such object, else errs.Exists
	IfVersion string // only over this version, else errs.Conflict (also when it is gone)

	// Lazy lets a loss of power take the object, or a part of it, until Sync. It
	// is for objects that nobody refers to yet, under keys that nobody else
	// writes; it goes with no condition, and Info.Version may be empty.
	Lazy bool
}

// ReaderAt reads any part of one version of an object. ReadAt may be called
// concurrently; it follows io.ReaderAt.
type ReaderAt interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Bucket is objects by key. All methods may be called concurrently, from
// several processes at once.
type Bucket interface {
	// Get opens an object; what is read is of the one version told in Info.
	Get(ctx context.Context, key string) (io.ReadCloser, Info, error)

	// OpenReaderAt opens an object for reading at random. ctx covers all later reads.
	OpenReaderAt(ctx context.Context, key string) (ReaderAt, Info, error)

	// Put stores size bytes of r (all of r when size is negative). The object
	// appears whole or not at all, and when Put returns nil it survives a loss
	// of power, unless opts.Lazy. A reader that ends early or late is an error,
	// and nothing appears.
	Put(ctx context.Context, key string, r io.Reader, size int64, opts PutOptions) (Info, error)

	// Stat describes an object.
	Stat(ctx context.Context, key string) (Info, error)

	// Delete removes an object; one that is not there is no error.
	Delete(ctx context.Context, key string) error

	// List yields the objects whose keys begin with prefix, in bytewise order
	// of keys. The sequence ends after its first error.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]

	Close() error
}

// A FilePutter stores a file faster than by reading it through Put. When it
// returns nil the file at path is gone; after an error it is still there,
// unless the error is of a write whose outcome is unknown.
type FilePutter interface {
	PutFile(ctx context.Context, key, path string, opts PutOptions) (Info, error)
}

// A Local is a bucket whose objects are plain files: key k is dir/k.
type Local interface {
	Local() (dir string, ok bool)
}

// A Syncer is a bucket that makes use of PutOptions.Lazy. When Sync returns nil,
// every object whose lazy Put on this Bucket had returned before Sync was called
// survives a loss of power; puts may go on meanwhile. After an error of the disk
// all later calls fail too: what it lost cannot be told any more. Drivers
// without it store durably at once.
type Syncer interface {
	Sync(ctx context.Context) error
}

// A RangeReader reads a part of an object at once, without finding out its
// version. It is for objects that are never replaced.
type RangeReader interface {
	// ReadRange fills p from off. As with io.ReaderAt, an object that ends before
	// is io.EOF.
	ReadRange(ctx context.Context, key string, p []byte, off int64) (n int, err error)
}
