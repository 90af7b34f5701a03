package fileblob

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

const (
	// mostUnsynced bounds the names kept of lazy puts, about a megabyte.
	mostUnsynced = 10_000

	// syncers is how many files are forced to disk at once: journals of file
	// systems write what waits together in one go.
	syncers = 16

	// writeSoon is the size from which a lazily put file is handed to the disk
	// at once, without waiting: it works while the next chunk is made, and Sync
	// finds little left. Below it the call costs more than it saves.
	writeSoon = 1 << 20
)

// unsynced is what was put lazily and not forced to disk since.
type unsynced struct {
	// turn is held by the Sync under way, so that one that finds no names left
	// waits for the one that took them.
	turn sync.Mutex

	mu    sync.Mutex
	paths []string
	lost  error // of the first Sync that failed
}

// place moves the finished file f to key: without lock, wait or version.
func (b *Bucket) place(ctx context.Context, key string, f *os.File) (driver.Info, error) {
	path := b.path(key)
	st, err := f.Stat()
	if err != nil {
		return driver.Info{}, blob.FileError("look at the file", f.Name(), err)
	}
	if st.Size() >= writeSoon {
		startWriting(f)
	}
	if err := mkdirAll(filepath.Dir(path)); err != nil {
		return driver.Info{}, err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		if err := noFolder(key, path); err != nil {
			return driver.Info{}, err
		}
		return driver.Info{}, moved(err, path)
	}
	info := driver.Info{Key: key, Size: st.Size(), ModTime: st.ModTime()}
	if b.unsynced.add(path) < mostUnsynced {
		return info, nil
	}
	return info, b.Sync(ctx)
}

// add notes a file and tells how many there are.
func (u *unsynced) add(path string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.paths = append(u.paths, path)
	return len(u.paths)
}

// Sync forces the files put lazily, and the directories they are in, to disk.
// syncfs(2) would be twice as fast for thousands of small files and slower for
// large ones; but it waits for what others write, and before Linux 5.8 it does
// not tell of errors.
func (b *Bucket) Sync(ctx context.Context) error {
	u := &b.unsynced
	u.turn.Lock()
	defer u.turn.Unlock()
	u.mu.Lock()
	paths, lost := u.paths, u.lost
	u.paths = nil
	u.mu.Unlock()
	if lost != nil {
		return lost
	}
	whole, err := b.syncAll(ctx, paths)
	if whole {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err == nil {
		u.paths = append(paths, u.paths...)
		return ctx.Err()
	}
	// The system tells of a failed write once; asked again it would say that all
	// is well with what is gone.
	u.lost = errs.New(errs.Unavailable, "blob: objects put before may be lost: %w", err).
		WithFix("see what is wrong with the disk (dmesg), then start again")
	return u.lost
}

// syncAll forces files to disk, and the directories up to the root: another
// process that is making one of them may not be done with it. Their order does
// not matter, and what waits together a file system writes together. It is not
// whole, without an error, when ctx ended.
func (b *Bucket) syncAll(ctx context.Context, paths []string) (whole bool, err error) {
	dirs := b.dirsOf(paths)
	var (
		wg    sync.WaitGroup
		next  atomic.Int64
		fails [syncers]error
	)
	for i := range min(syncers, len(paths)+len(dirs)) {
		wg.Go(func() {
			for fails[i] == nil && ctx.Err() == nil {
				switch k := int(next.Add(1)) - 1; {
				case k < len(paths):
					fails[i] = syncFile(paths[k])
				case k < len(paths)+len(dirs):
					fails[i] = syncDir(dirs[k-len(paths)])
					if errors.Is(fails[i], errs.NotFound) {
						fails[i] = nil // it was deleted since, with what was in it
					}
				default:
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(fails[:]...); err != nil || ctx.Err() != nil {
		return false, err
	}
	return true, nil
}

// dirsOf lists the directories that files are in, and those above.
func (b *Bucket) dirsOf(paths []string) (dirs []string) {
	seen := map[string]bool{}
	for _, path := range paths {
		for dir := filepath.Dir(path); !seen[dir]; dir = filepath.Dir(dir) {
			seen[dir] = true
			dirs = append(dirs, dir)
			if dir == b.root {
				break
			}
		}
	}
	return dirs
}

// syncFile forces a file to disk; one that was deleted since is none.
func syncFile(path string) error {
	f, err := os.Open(path)
	if absent(err) {
		return nil
	}
	if err != nil {
		return blob.FileError("open the object", path, err)
	}
	return blob.FileError("write to disk", path, errors.Join(f.Sync(), f.Close()))
}
