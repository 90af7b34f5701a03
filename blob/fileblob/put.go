package fileblob

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

// Put stores r; see driver.Bucket.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader, size int64, opts driver.PutOptions) (driver.Info, error) {
	if err := b.early(ctx, key, opts); err != nil {
		return driver.Info{}, err
	}
	t, err := b.newTemp()
	if err != nil {
		return driver.Info{}, err
	}
	defer t.discard()
	if _, err := copyTo(t.f, driver.Exactly(contextReader{ctx, r}, size)); err != nil {
		return driver.Info{}, blob.FileError("write the object", b.path(key), err)
	}
	if opts.Lazy {
		return b.place(ctx, key, t.f)
	}
	return b.commit(ctx, key, t.f, opts)
}

// PutFile moves the file at path into the bucket: by renaming when both are on
// one file system, else by copying. A renamed file keeps its mode.
func (b *Bucket) PutFile(ctx context.Context, key, path string, opts driver.PutOptions) (driver.Info, error) {
	if err := b.early(ctx, key, opts); err != nil {
		return driver.Info{}, err
	}
	st, err := os.Lstat(path)
	if err != nil {
		return driver.Info{}, blob.FileError("look at the staged file", path, err)
	}
	if !st.Mode().IsRegular() { // renaming would move a link, not the file
		return driver.Info{}, errs.New(errs.Invalid, "blob: cannot put %s: not a plain file", path)
	}
	// Opened for writing, for only so may a file be forced to disk everywhere.
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return driver.Info{}, blob.FileError("open the staged file", path, err)
	}
	defer f.Close()
	var info driver.Info
	if opts.Lazy {
		info, err = b.place(ctx, key, f)
	} else {
		info, err = b.commit(ctx, key, f, opts)
	}
	if !errors.Is(err, syscall.EXDEV) {
		return info, err
	}
	info, err = b.Put(ctx, key, io.NewSectionReader(f, 0, st.Size()), st.Size(), opts)
	if err != nil {
		return info, err
	}
	return info, blob.FileError("remove the staged file", path, os.Remove(path))
}

// early refuses what cannot succeed before any bytes are written. It decides
// nothing: commit does, under the lock.
func (b *Bucket) early(ctx context.Context, key string, opts driver.PutOptions) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if opts.IfAbsent {
		if st, err := os.Lstat(b.path(key)); err == nil && !st.IsDir() {
			return exists(b.path(key))
		}
	}
	return nil
}

// commit makes the finished file f the object key, under the lock, and makes it
// durable. f keeps its content; its name is gone when commit succeeds.
func (b *Bucket) commit(ctx context.Context, key string, f *os.File, opts driver.PutOptions) (driver.Info, error) {
	path := b.path(key)
	if err := f.Sync(); err != nil {
		return driver.Info{}, blob.FileError("write to disk", f.Name(), err)
	}
	if err := mkdirAll(filepath.Dir(path)); err != nil {
		return driver.Info{}, err
	}
	if err := b.lock.acquire(ctx); err != nil {
		return driver.Info{}, err
	}
	info, err := swap(key, path, f, opts)
	b.lock.release()
	if err != nil {
		return driver.Info{}, err
	}
	return info, syncDir(filepath.Dir(path))
}

// swap checks the conditions and moves f to path. The caller holds the lock.
func swap(key, path string, f *os.File, opts driver.PutOptions) (driver.Info, error) {
	if err := noFolder(key, path); err != nil {
		return driver.Info{}, err
	}
	old, err := current(key, path)
	if err != nil {
		return driver.Info{}, err
	}
	if opts.IfVersion != "" && opts.IfVersion != old.Version {
		found := "version " + old.Version
		if old.Version == "" {
			found = "no object"
		}
		return driver.Info{}, errs.New(errs.Conflict, "blob: found %s, expected version %s: another writer was first", found, opts.IfVersion)
	}
	now := time.Now()
	if !now.After(old.ModTime) {
		now = old.ModTime.Add(time.Nanosecond)
	}
	if err := os.Chtimes(f.Name(), time.Time{}, now); err != nil {
		return driver.Info{}, blob.FileError("set the time of", f.Name(), err)
	}
	info, err := identify(f, key)
	if err != nil {
		return driver.Info{}, blob.FileError("read back", f.Name(), err)
	}
	if !opts.IfAbsent {
		return info, moved(os.Rename(f.Name(), path), path)
	}
	switch err := renameNew(f.Name(), path); {
	case errors.Is(err, syscall.EEXIST):
		return driver.Info{}, exists(path)
	case !unknownCall(err):
		return info, moved(err, path)
	}
	// This file system cannot rename without replacing: the lock alone excludes
	// the others. A hard link would do too, but a crash before the old name is
	// gone would leave two names of one file, and who writes his staging file
	// again would write the object.
	if _, err := os.Lstat(path); err == nil {
		return driver.Info{}, exists(path)
	}
	return info, moved(os.Rename(f.Name(), path), path)
}

// noFolder refuses a key that is a directory.
func noFolder(key, path string) error {
	if st, err := os.Lstat(path); err == nil && st.IsDir() {
		return errs.New(errs.Invalid, "blob: there are objects below %s/, and a file system cannot hold both", key)
	}
	return nil
}

// unknownCall tells whether err says that the file system lacks the call.
func unknownCall(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.ENOTSUP)
}

// current describes the object at path, with no version when there is none.
func current(key, path string) (driver.Info, error) {
	f, err := openObject(path)
	if errors.Is(err, errs.NotFound) {
		return driver.Info{}, nil
	}
	if err != nil {
		return driver.Info{}, err
	}
	info, err := identify(f, key)
	if err != nil {
		err = blob.FileError("read the object", path, err)
	}
	return info, errors.Join(err, f.Close())
}

func moved(err error, path string) error { return blob.FileError("move into place", path, err) }

func exists(path string) error {
	return errs.New(errs.Exists, "blob: there is an object already, expected none: %s", path)
}

// contextReader ends a copy when its context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
