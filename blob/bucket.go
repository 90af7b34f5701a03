package blob

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

// Info describes one object; see driver.Info.
type Info = driver.Info

// PutOptions are the conditions of a Put; see driver.PutOptions.
type PutOptions = driver.PutOptions

// ReaderAt reads any part of one version of an object; see driver.ReaderAt.
type ReaderAt = driver.ReaderAt

// A Bucket is objects by key. All methods may be called concurrently, and from
// several processes on one place. Errors are *errs.Error of the kinds told in
// package driver, with the object's address as position.
type Bucket struct {
	d    driver.Bucket
	addr string
}

// New makes a Bucket of a driver; addr is how messages name it. Programs call Open.
func New(d driver.Bucket, addr string) *Bucket { return &Bucket{d: d, addr: addr} }

// Address is the address b was opened with.
func (b *Bucket) Address() string { return b.addr }

// Driver is what b stands on, for wrappers.
func (b *Bucket) Driver() driver.Bucket { return b.d }

// Get opens an object for reading from its start. The caller closes it. What is
// read is of the one version told in Info, even if the object is replaced meanwhile;
// where the store cannot keep that promise the read fails with errs.Conflict.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	if err := driver.CheckKey(key); err != nil {
		return nil, Info{}, b.fail(key, err)
	}
	r, info, err := b.d.Get(ctx, key)
	return r, info, b.fail(key, err)
}

// ReaderAt opens an object for reading at random. The caller closes it; ctx
// covers its reads too. ReadAt may be called concurrently. A store that cannot
// keep the version that was opened fails the read with errs.Conflict.
func (b *Bucket) ReaderAt(ctx context.Context, key string) (ReaderAt, Info, error) {
	if err := driver.CheckKey(key); err != nil {
		return nil, Info{}, b.fail(key, err)
	}
	r, info, err := b.d.OpenReaderAt(ctx, key)
	return r, info, b.fail(key, err)
}

// ReadRange fills p from byte off of an object, and ends with io.EOF when the
// object does before. It is one request where ReaderAt may be two, and reads
// whatever version there is: it is for objects that are never replaced.
func (b *Bucket) ReadRange(ctx context.Context, key string, p []byte, off int64) (int, error) {
	if err := driver.CheckKey(key); err != nil {
		return 0, b.fail(key, err)
	}
	if off < 0 {
		return 0, b.fail(key, errs.New(errs.Invalid, "blob: found the offset %d, expected none below 0", off))
	}
	if d, ok := b.d.(driver.RangeReader); ok {
		n, err := d.ReadRange(ctx, key, p, off)
		if err == io.EOF {
			return n, err
		}
		return n, b.fail(key, err)
	}
	r, _, err := b.ReaderAt(ctx, key)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	n, err := r.ReadAt(p, off)
	switch {
	case n == len(p):
		return n, nil
	case err == io.EOF:
		return n, err
	}
	return n, b.fail(key, err)
}

// ReadAll reads a whole object of at most limit bytes; a larger one is
// errs.TooLarge, before anything is read.
func (b *Bucket) ReadAll(ctx context.Context, key string, limit int64) ([]byte, Info, error) {
	r, info, err := b.Get(ctx, key)
	if err != nil {
		return nil, Info{}, err
	}
	defer r.Close()
	if info.Size > limit {
		return nil, info, b.fail(key, errs.New(errs.TooLarge, "object has %d bytes, expected at most %d", info.Size, limit))
	}
	p := make([]byte, info.Size)
	if _, err := io.ReadFull(r, p); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = errs.New(errs.Corrupt, "object ended before the %d bytes it should have: %w", info.Size, io.ErrUnexpectedEOF)
		}
		return nil, info, b.fail(key, err)
	}
	return p, info, nil
}

// Put stores size bytes of r, or all of r when size is negative. The object
// appears whole or not at all; when Put returns nil it is durable, or with
// opts.Lazy will be when Sync returns nil. A reader of
// another length than size is an error and nothing appears. An error of kind
// errs.Unavailable may leave the outcome unknown; a conditional Put that was
// done and whose reply was lost is recognised as done where the store allows.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader, size int64, opts PutOptions) (Info, error) {
	if err := checkPut(key, opts); err != nil {
		return Info{}, b.fail(key, err)
	}
	info, err := b.d.Put(ctx, key, r, size, opts)
	return info, b.fail(key, err)
}

// PutFile moves the finished file at path into the bucket. On success the file
// at path is gone: renamed or linked into place when it is on the bucket's file
// system, else copied or uploaded in parallel parts and removed. After an error
// it is still there. Atomicity, durability and conditions are those of Put.
func (b *Bucket) PutFile(ctx context.Context, key, path string, opts PutOptions) (Info, error) {
	if err := checkPut(key, opts); err != nil {
		return Info{}, b.fail(key, err)
	}
	if p, ok := b.d.(driver.FilePutter); ok {
		info, err := p.PutFile(ctx, key, path, opts)
		return info, b.fail(key, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return Info{}, FileError("open the staged file", path, err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return Info{}, FileError("look at the staged file", path, err)
	}
	info, err := b.d.Put(ctx, key, f, st.Size(), opts)
	if err != nil {
		return Info{}, b.fail(key, err)
	}
	if err := os.Remove(path); err != nil {
		return info, FileError("remove the staged file", path, err)
	}
	return info, nil
}

// Stat describes an object.
func (b *Bucket) Stat(ctx context.Context, key string) (Info, error) {
	if err := driver.CheckKey(key); err != nil {
		return Info{}, b.fail(key, err)
	}
	info, err := b.d.Stat(ctx, key)
	return info, b.fail(key, err)
}

// Delete removes an object. One that is not there is no error.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := driver.CheckKey(key); err != nil {
		return b.fail(key, err)
	}
	return b.fail(key, b.d.Delete(ctx, key))
}

// List yields the objects whose keys begin with prefix (a string, not a
// folder), in bytewise order of keys. Version may be empty: Stat has it. After
// an error the sequence ends. Objects that come or go meanwhile may be in it or not.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := driver.CheckPrefix(prefix); err != nil {
			yield(Info{}, b.fail(prefix, err))
			return
		}
		for info, err := range b.d.List(ctx, prefix) {
			if err != nil {
				yield(Info{}, b.fail(prefix, err))
				return
			}
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Local gives the directory whose plain files are the objects: key k is the
// file dir/k. It is not ok when the bucket is not on a disk of this machine.
func (b *Bucket) Local() (dir string, ok bool) {
	if l, is := b.d.(driver.Local); is {
		return l.Local()
	}
	return "", false
}

// Close frees what the bucket holds. Readers already open go on.
func (b *Bucket) Close() error { return b.d.Close() }

// Sync makes durable every object whose lazy Put on b had returned before Sync
// was called; others may put meanwhile. Where lazy puts are durable at once, as
// in an object store, it does nothing. After it failed, other than by ctx, the
// bucket cannot tell what is lost, and all later calls fail too: open it again
// and put the objects again.
func (b *Bucket) Sync(ctx context.Context) error {
	if d, ok := b.d.(driver.Syncer); ok {
		return b.fail("", d.Sync(ctx))
	}
	return nil
}

func checkPut(key string, opts PutOptions) error {
	if err := driver.CheckKey(key); err != nil {
		return err
	}
	if opts.IfAbsent && opts.IfVersion != "" {
		return errs.New(errs.Invalid, "blob: a put asks both for no object and for version %s", opts.IfVersion)
	}
	if opts.Lazy && (opts.IfAbsent || opts.IfVersion != "") {
		return errs.New(errs.Invalid, "blob: a lazy put has a condition, expected none: a loss of power could undo it after it was met")
	}
	return nil
}

// fail puts the object's address in front of an error.
func (b *Bucket) fail(key string, err error) error {
	if err == nil {
		return nil
	}
	where := b.addr
	if key != "" {
		where = strings.TrimSuffix(b.addr, "/") + "/" + key
	}
	e, ok := err.(*errs.Error)
	if !ok {
		return fmt.Errorf("%s: %w", where, err)
	}
	if e.Pos.File != "" {
		return err
	}
	at := *e // it may be the caller's own, out of his reader
	at.Pos.File = where
	return &at
}
