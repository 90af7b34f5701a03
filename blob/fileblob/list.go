package fileblob

import (
	"context"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
)

// List walks the directories that can hold prefix; it keeps the names of one
// path of directories in memory. Versions are left empty.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[driver.Info, error] {
	return func(yield func(driver.Info, error) bool) {
		top := prefix[:strings.LastIndexByte(prefix, '/')+1]
		b.walk(ctx, top, prefix, yield)
	}
}

// walk yields what is below the folder dir ("" or ending in a slash) and has
// the prefix, and tells whether to go on.
func (b *Bucket) walk(ctx context.Context, dir, prefix string, yield func(driver.Info, error) bool) bool {
	if err := ctx.Err(); err != nil {
		yield(driver.Info{}, err)
		return false
	}
	entries, err := os.ReadDir(b.path(dir))
	if absent(err) {
		return true
	}
	if err != nil {
		yield(driver.Info{}, blob.FileError("list the directory", b.path(dir), err))
		return false
	}
	// A folder stands where its keys do: a/b comes after a.txt.
	sortName := func(e fs.DirEntry) string {
		if e.IsDir() {
			return e.Name() + "/"
		}
		return e.Name()
	}
	slices.SortFunc(entries, func(x, y fs.DirEntry) int { return strings.Compare(sortName(x), sortName(y)) })
	for _, e := range entries {
		key := dir + e.Name()
		if e.IsDir() {
			key += "/"
			if !strings.HasPrefix(key, prefix) && !strings.HasPrefix(prefix, key) || driver.IsPrivate(key) {
				continue
			}
			if !b.walk(ctx, key, prefix, yield) {
				return false
			}
			continue
		}
		if !strings.HasPrefix(key, prefix) || driver.IsPrivate(key) {
			continue
		}
		st, err := os.Stat(filepath.Join(b.root, key))
		if absent(err) || err == nil && !st.Mode().IsRegular() {
			continue // gone meanwhile, a dangling link, or no file
		}
		if err == nil {
			err = driver.CheckKey(key)
		}
		if err != nil {
			yield(driver.Info{}, blob.FileError("look at the object", b.path(key), err))
			return false
		}
		if !yield(driver.Info{Key: key, Size: st.Size(), ModTime: st.ModTime()}, nil) {
			return false
		}
	}
	return true
}
