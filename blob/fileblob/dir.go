package fileblob

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

// mkdirAll makes dir and what is missing above it, each durable in its parent.
func mkdirAll(dir string) error {
	st, err := os.Stat(dir)
	if err == nil && st.IsDir() {
		return nil
	}
	if err == nil || errors.Is(err, syscall.ENOTDIR) {
		return errs.New(errs.Invalid, "blob: cannot make the directory: a file is in its way").At(errs.Position{File: dir})
	}
	if !absent(err) {
		return blob.FileError("look at the directory", dir, err)
	}
	parent := filepath.Dir(dir)
	if err := mkdirAll(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o777); err != nil && !errors.Is(err, os.ErrExist) {
		return blob.FileError("make the directory", dir, err)
	}
	return syncDir(parent)
}

// syncDir forces the names in dir to disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return blob.FileError("open the directory", dir, err)
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil // a file system that has no such call keeps names itself
	}
	return blob.FileError("write the directory to disk", dir, errors.Join(err, d.Close()))
}
