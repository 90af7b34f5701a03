package fileblob

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
)

// tempPrefix begins the names of files being written.
const tempPrefix = "put-"

// temp is a file being written. Its writer holds an flock on it, so that others
// can tell a live one from the stray of a process that died, on any host and
// whatever became of process numbers.
type temp struct{ f *os.File }

func (b *Bucket) newTemp() (*temp, error) {
	dir := filepath.Join(b.root, driver.Private, "tmp")
	if err := mkdirAll(dir); err != nil {
		return nil, err
	}
	if err := b.sweep(dir); err != nil {
		return nil, err
	}
	for {
		path := filepath.Join(dir, tempPrefix+rand.Text())
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return nil, blob.FileError("make a temporary file", path, err)
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
			return nil, errors.Join(blob.FileError("lock a temporary file", path, err), f.Close(), os.Remove(path))
		}
		// Another process may have swept the file between its making and its lock.
		if _, err := os.Lstat(path); err == nil {
			return &temp{f: f}, nil
		}
		f.Close()
	}
}

// discard closes the file and removes its name if it still has that one.
func (t *temp) discard() {
	// Whatever fails here leaves a stray that the next process sweeps.
	_ = os.Remove(t.f.Name())
	_ = t.f.Close()
}

// sweep removes the strays in dir, once a bucket.
func (b *Bucket) sweep(dir string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.swept {
		return nil
	}
	err := removeStrays(dir)
	b.swept = err == nil
	return err
}

// removeStrays removes the temporary files that nobody holds.
func removeStrays(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return blob.FileError("list temporary files", dir, err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !strings.HasPrefix(e.Name(), tempPrefix) || !e.Type().IsRegular() {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			continue // gone, or another user's
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			err = os.Remove(path)
		}
		f.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return blob.FileError("remove a stray temporary file", path, err)
		}
	}
	return nil
}
