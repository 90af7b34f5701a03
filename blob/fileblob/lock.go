package fileblob

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

// lockWait is how long a Put waits for another process. The lock is held for a
// rename and at most 1 MiB of reading, so this long means a stopped process.
const lockWait = 30 * time.Second

// lock excludes other goroutines by a mutex and other processes by flock(2).
type lock struct {
	path string

	mu sync.Mutex // held from acquire to release
	f  *os.File   // open from the first acquire on
}

// acquire waits for the lock until ctx ends or lockWait has passed.
func (l *lock) acquire(ctx context.Context) error {
	l.mu.Lock()
	if err := l.flock(ctx); err != nil {
		l.mu.Unlock()
		return err
	}
	return nil
}

// flock takes the file lock. Somebody may have removed the file, or moved the
// directory and put another in its place, since it was opened: a lock on a file
// that is not at the path any more excludes nobody, and the one that is there is
// taken instead.
func (l *lock) flock(ctx context.Context) error {
	deadline := time.Now().Add(lockWait)
	for pause := 50 * time.Microsecond; ; pause = min(2*pause, 20*time.Millisecond) {
		if err := l.open(); err != nil {
			return err
		}
		err := syscall.Flock(int(l.f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil && l.inPlace():
			return nil
		case err == nil || errors.Is(err, syscall.EWOULDBLOCK) && !l.inPlace():
			err, l.f = l.f.Close(), nil
			if err != nil {
				return blob.FileError("close the lock", l.path, err)
			}
			continue
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return blob.FileError("lock the bucket", l.path, err)
		case time.Now().After(deadline):
			return errs.New(errs.Unavailable, "blob: another process has held the lock for %v", lockWait).
				At(errs.Position{File: l.path}).WithFix("lsof %s names the process", l.path)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// open opens the file when it is not open.
func (l *lock) open() error {
	if l.f != nil {
		return nil
	}
	if err := mkdirAll(filepath.Dir(l.path)); err != nil {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return blob.FileError("open the lock", l.path, err)
	}
	l.f = f
	return nil
}

// inPlace tells whether the open file is the one at the path.
func (l *lock) inPlace() bool {
	ours, err := l.f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.path)
	return err == nil && os.SameFile(ours, there)
}

// release gives up the lock.
func (l *lock) release() {
	// Unlocking a file we hold open and locked cannot fail.
	_ = syscall.Flock(int(l.f.Fd()), syscall.LOCK_UN)
	l.mu.Unlock()
}

func (l *lock) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.f == nil {
		return nil
	}
	err := l.f.Close()
	l.f = nil
	return err
}
