package compose

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/outcore/outcore/errs"
)

// A Store holds the files of a model by name. *Dir is one; over object stores,
// a few lines make one of a bucket.
type Store interface {
	// ReadAll gives a file, errs.NotFound when there is none. A file of more
	// than limit bytes is an error before memory is taken for it.
	ReadAll(name string, limit int64) ([]byte, error)
	// Put writes a file as a whole and durably: readers see the old one or the
	// new one, also after a crash.
	Put(name string, data []byte) error
}

// A Remover is a Store that can delete: Save then removes the arrays of the
// model it replaced.
type Remover interface{ Remove(name string) error }

// Dir is a Store in a directory, made when needed. One process at a time may
// write to it; the caller sees to that.
type Dir string

func (d Dir) path(name string) string { return filepath.Join(string(d), name) }

// String is the path.
func (d Dir) String() string { return string(d) }

// ReadAll reads a regular file.
func (d Dir) ReadAll(name string, limit int64) ([]byte, error) {
	pos := errs.Position{File: d.path(name)}
	info, err := os.Stat(d.path(name))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, errs.New(errs.NotFound, "there is no such file").At(pos)
	}
	if err != nil {
		return nil, errs.New(diskKind(err), "%w", err).At(pos)
	}
	if !info.Mode().IsRegular() {
		return nil, errs.New(errs.Corrupt, "found a %s, expected a file", info.Mode().Type()).At(pos)
	}
	if info.Size() > limit {
		return nil, errs.New(errs.Corrupt, "found %d bytes, expected at most %d", info.Size(), limit).At(pos)
	}
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, errs.New(diskKind(err), "%w", err).At(pos)
	}
	defer f.Close()
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, errs.New(errs.Corrupt, "cut short while reading: %w", err).At(pos)
	}
	return b, nil
}

// Put writes a file beside, syncs it, renames it into place and syncs the
// directory.
func (d Dir) Put(name string, data []byte) error {
	fail := func(err error) error {
		e := errs.New(diskKind(err), "cannot write the model: %w", err).At(errs.Position{File: d.path(name)})
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			return e.WithFix("free space on the file system of %s and run the command again, it goes on where it stopped", d)
		}
		return e
	}
	if _, err := os.Stat(string(d)); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(string(d), 0o777); err != nil {
			return fail(err)
		}
		if err := syncDir(filepath.Dir(string(d))); err != nil {
			return fail(err)
		}
	}
	temp := d.path("." + name + ".tmp")
	if err := writeSynced(temp, data); err != nil {
		return fail(errors.Join(err, os.Remove(temp)))
	}
	if err := os.Rename(temp, d.path(name)); err != nil {
		return fail(errors.Join(err, os.Remove(temp)))
	}
	if err := syncDir(string(d)); err != nil {
		return fail(err)
	}
	return nil
}

func writeSynced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Remove deletes a file; that there is none is no error.
func (d Dir) Remove(name string) error {
	if err := os.Remove(d.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errs.New(diskKind(err), "%w", err).At(errs.Position{File: d.path(name)})
	}
	return nil
}

// diskKind tells what a user has to change from what may go by itself.
func diskKind(err error) errs.Kind {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrExist) {
		return errs.Invalid
	}
	return errs.Unavailable
}
