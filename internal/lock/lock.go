// Package lock keeps two processes from writing one output.
package lock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/outcore/outcore/errs"
)

// A Lock is held by one process until Release or its end, however it ends.
type Lock struct{ file *os.File }

// Acquire takes the lock file at path, made with its directories when needed.
// When another process holds it, it answers errs.Conflict at once and names
// that process. The file stays: removing it would let a third process in.
func Acquire(path string) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, failed(path, err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, failed(path, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		var who [64]byte
		n, _ := f.Read(who[:])
		f.Close()
		return nil, errs.New(errs.Conflict, "another process writes here%s", holder(string(who[:n]))).
			At(errs.Position{File: filepath.Dir(path)}).WithFix("wait for it, or choose another output")
	}
	if err != nil {
		f.Close()
		return nil, failed(path, err)
	}
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "%d\n", os.Getpid()) // for the message only
	}
	return &Lock{f}, nil
}

// failed says what is in the way of the lock file at path, and what to do.
func failed(path string, err error) error {
	dir := filepath.Dir(path)
	kind, fix := errs.Unavailable, ""
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		kind, fix = errs.Invalid, "name a directory, or a path where nothing is yet"
	case errors.Is(err, fs.ErrPermission):
		kind, fix = errs.Invalid, "ls -ld "+filepath.Dir(dir)+" shows who may write; change it or name another place"
	case errors.Is(err, syscall.EROFS):
		kind, fix = errs.Invalid, "name a place that can be written"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		fix = "free space on the file system of " + filepath.Dir(dir)
	}
	e := errs.New(kind, "cannot lock the output: %w", err).At(errs.Position{File: dir})
	if fix != "" {
		return e.WithFix("%s", fix)
	}
	return e
}

func holder(pid string) string {
	if pid = strings.TrimSpace(pid); pid == "" {
		return ""
	}
	return " (process " + pid + ")"
}

// Release gives the lock up. It may be called twice.
func (l *Lock) Release() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}
