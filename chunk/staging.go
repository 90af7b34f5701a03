package chunk

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/internal/lock"
)

const (
	stagingLock = "lock"      // in a directory of temporary files: its process is alive
	youngest    = time.Minute // a directory without a lock is being made
)

// stage makes the directory where files are written before they are put. On a
// disk that is beside the output, under its lock; for other destinations it is
// among the temporary files, with a lock of its own.
func (w *work) stage() error {
	if dir, ok := w.Dest.Local(); ok {
		w.staging = filepath.Join(dir, stateDir, w.opt.Prefix+".staged")
		return blob.FileError("make the directory", w.staging, os.MkdirAll(w.staging, 0o777))
	}
	temp, job := w.temporary()
	if err := os.MkdirAll(temp, 0o777); err != nil {
		return blob.FileError("make the directory", temp, err)
	}
	for {
		dir, err := os.MkdirTemp(temp, job+"*")
		if err != nil {
			return blob.FileError("make a directory in", temp, err)
		}
		if w.staged, err = lock.Acquire(filepath.Join(dir, stagingLock)); err == nil {
			w.staging = dir
			return nil
		}
		if !errors.Is(err, errs.Conflict) { // else swept just now by another, which removes it
			return errors.Join(err, os.RemoveAll(dir))
		}
	}
}

// unstage removes the directory of stage.
func (w *work) unstage() error {
	err := os.RemoveAll(w.staging)
	if w.staged != nil {
		w.staged.Release()
		w.staged = nil
	}
	return err
}

// temporary is where directories of stage are made, and how the names of those
// of this job begin.
func (w *work) temporary() (dir, job string) {
	dir = w.Temp
	if dir == "" {
		dir = os.TempDir()
	}
	sum := sha256.Sum256([]byte(w.Dest.Address() + "\x00" + w.opt.Prefix))
	return dir, fmt.Sprintf("outcore-chunk-%x-", sum[:8])
}

// sweep removes the directories of stage that killed processes of the same job
// left: those whose lock nobody holds. What cannot be looked into is not ours.
func (w *work) sweep() error {
	if _, ok := w.Dest.Local(); ok {
		return nil
	}
	temp, job := w.temporary()
	entries, err := os.ReadDir(temp)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return blob.FileError("read the directory", temp, err)
	}
	for _, e := range entries {
		if len(e.Name()) <= len(job) || e.Name()[:len(job)] != job || !e.IsDir() {
			continue
		}
		dir := filepath.Join(temp, e.Name())
		if _, err := os.Lstat(filepath.Join(dir, stagingLock)); err != nil {
			info, gone := e.Info()
			if gone != nil || !errors.Is(err, os.ErrNotExist) || time.Since(info.ModTime()) < youngest {
				continue
			}
		}
		l, err := lock.Acquire(filepath.Join(dir, stagingLock))
		if err != nil {
			continue
		}
		err = os.RemoveAll(dir)
		l.Release()
		if err != nil {
			return blob.FileError("remove what a killed job left", dir, err)
		}
	}
	return nil
}
