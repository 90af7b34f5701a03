package blob

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"

	"github.com/outcore/outcore/errs"
)

// FileError turns an error of the operating system about the file at path into
// an *errs.Error that says what was being done (as in "write the object") and
// what to do. Errors that are not the system's pass through. The cause stays in
// the chain, so errors.Is(err, syscall.ENOSPC) holds.
func FileError(doing, path string, err error) error {
	var e *errs.Error
	var no syscall.Errno
	if err == nil || errors.As(err, &e) || !errors.As(err, &no) {
		return err
	}
	kind, why, fix := errs.Unavailable, "", ""
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		kind, why = errs.NotFound, "there is no such file"
	case errors.Is(err, fs.ErrExist):
		kind, why = errs.Exists, "it is already there"
	case errors.Is(err, syscall.ENOSPC):
		why = "the disk is full"
		fix = "free space on the file system of " + filepath.Dir(path) + " and run the command again, it goes on where it stopped"
	case errors.Is(err, syscall.EDQUOT):
		why = "the disk quota is used up"
		fix = "free space of your quota on " + filepath.Dir(path) + " and run the command again"
	case errors.Is(err, syscall.EROFS):
		kind, why = errs.Invalid, "the file system is read-only"
		fix = "name a place that can be written"
	case errors.Is(err, fs.ErrPermission):
		kind, why = errs.Invalid, "permission denied"
		fix = "ls -ld " + filepath.Dir(path) + " shows who may; change it or name another place"
	case errors.Is(err, syscall.ENAMETOOLONG):
		kind, why = errs.Invalid, "the name is longer than the file system takes"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		why, fix = "too many open files", "raise ulimit -n"
	case errors.Is(err, syscall.EIO):
		why = "the disk reports an input/output error"
	case errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENOTEMPTY):
		kind, why = errs.Conflict, "there is a directory of this name"
	default:
		why = "the operating system refuses"
	}
	out := errs.New(kind, "blob: cannot %s: %s: %w", doing, why, err).At(errs.Position{File: path})
	if fix != "" {
		out = out.WithFix("%s", fix)
	}
	return out
}
