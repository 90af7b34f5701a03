// Package fileblob keeps objects as plain files: key a/b of a bucket is the
// file a/b under its root. It registers the scheme file.
//
// A Put writes a temporary file under ROOT/.outcore/tmp, forces it to disk, then
// renames it into place (put-if-absent: without replacing) while holding the
// bucket's lock, an flock(2) on ROOT/.outcore/blob.lock, and forces the directory
// to disk. So two processes may write one bucket. Temporary files of processes that
// died are removed by the next first Put. Reading makes no files.
//
// A lazy Put takes no lock and forces nothing to disk; Sync forces the files and
// their directories to disk, several at once. A Bucket that has put 10,000 objects
// lazily syncs them by itself.
//
// The version of an object of at most 1 MiB is a hash of its content. Larger
// ones are versioned by size, modification time in nanoseconds and inode; a Put
// makes the time later than that of what it replaces, so that the version
// changes even on a clock that stands still.
//
// A file system has limits that object stores do not: below an object there is
// no other (a and a/b), and on a file system that ignores case a and A are one.
// Symbolic links to files are read as the files; those to directories are not
// followed when listing. The file system must honour flock and rename; NFS of
// version 4 and local ones do.
package fileblob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

func init() {
	blob.Register("file", func(_ context.Context, a blob.Address, _ blob.Config) (driver.Bucket, error) {
		return New(a.Path)
	})
}

// Bucket is a directory of objects.
type Bucket struct {
	root string
	lock lock

	mu    sync.Mutex
	swept bool // strays were removed, as before the first Put

	unsynced unsynced
}

var (
	_ driver.Bucket     = (*Bucket)(nil)
	_ driver.FilePutter = (*Bucket)(nil)
	_ driver.Local      = (*Bucket)(nil)
	_ driver.Syncer     = (*Bucket)(nil)

	_ driver.RangeReader = (*Bucket)(nil)
)

// New gives the bucket at the directory root, which the first Put makes if
// need be. A root that is a file is errs.Invalid.
func New(root string) (*Bucket, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, blob.FileError("find the directory", root, err)
	}
	if st, err := os.Stat(abs); err == nil && !st.IsDir() {
		return nil, errs.New(errs.Invalid, "blob: %s is a file, expected a directory", root)
	}
	return &Bucket{root: abs, lock: lock{path: filepath.Join(abs, driver.Private, "blob.lock")}}, nil
}

// Local gives the root, absolute.
func (b *Bucket) Local() (string, bool) { return b.root, true }

// Close releases the lock file.
func (b *Bucket) Close() error { return b.lock.close() }

// Get opens an object.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, driver.Info, error) {
	f, info, small, err := b.open(ctx, key)
	if err != nil {
		return nil, driver.Info{}, err
	}
	if small != nil {
		return io.NopCloser(bytes.NewReader(small)), info, f.Close()
	}
	return &reader{f: f}, info, nil
}

// OpenReaderAt opens an object for pread(2).
func (b *Bucket) OpenReaderAt(ctx context.Context, key string) (driver.ReaderAt, driver.Info, error) {
	f, info, _, err := b.open(ctx, key)
	if err != nil {
		return nil, driver.Info{}, err
	}
	return &readerAt{f: f, size: info.Size}, info, nil
}

// ReadRange reads by pread(2), and nothing for a version.
func (b *Bucket) ReadRange(ctx context.Context, key string, p []byte, off int64) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	f, err := openObject(b.path(key))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, err := f.ReadAt(p, off)
	return n, readError(f, err)
}

// Stat describes an object; one of at most 1 MiB is read for its version.
func (b *Bucket) Stat(ctx context.Context, key string) (driver.Info, error) {
	f, info, _, err := b.open(ctx, key)
	if err != nil {
		return driver.Info{}, err
	}
	return info, f.Close()
}

// open opens the object and tells its version; small is its content where that
// was read for the version.
func (b *Bucket) open(ctx context.Context, key string) (f *os.File, info driver.Info, small []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, info, nil, err
	}
	path := b.path(key)
	f, err = openObject(path)
	if err != nil {
		return nil, info, nil, err
	}
	info, small, err = describe(f, key)
	if err != nil {
		return nil, info, nil, errors.Join(blob.FileError("read the object", path, err), f.Close())
	}
	return f, info, small, nil
}

// Delete removes an object.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	path := b.path(key)
	if _, err := os.Lstat(path); absent(err) {
		return nil
	}
	if err := b.lock.acquire(ctx); err != nil {
		return err
	}
	err := removeObject(path)
	b.lock.release()
	if err != nil {
		return blob.FileError("delete the object", path, err)
	}
	return syncDir(filepath.Dir(path))
}

func (b *Bucket) path(key string) string { return filepath.Join(b.root, filepath.FromSlash(key)) }

// openObject opens the plain file at path; a directory is no object.
func openObject(path string) (*os.File, error) {
	// Asked before opening: opening a FIFO would wait for its writer.
	st, err := os.Stat(path)
	if err != nil {
		return nil, notFound(path, err)
	}
	if !st.Mode().IsRegular() {
		return nil, errs.New(errs.NotFound, "blob: there is no such object, %s is not a plain file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, notFound(path, err)
	}
	return f, nil
}

func notFound(path string, err error) error {
	if absent(err) {
		return errs.New(errs.NotFound, "blob: there is no such object: %w", err)
	}
	return blob.FileError("open the object", path, err)
}

// removeObject deletes a file but no directory.
func removeObject(path string) error {
	st, err := os.Lstat(path)
	if absent(err) || err == nil && st.IsDir() {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
