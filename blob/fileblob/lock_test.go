package fileblob

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/outcore/outcore/blob/driver"
)

// Somebody cleans .outcore away, or puts a copy where the directory was, while
// buckets are open: they must go on to exclude each other.
func TestALockThatWasReplacedExcludes(t *testing.T) {
	for _, c := range []struct {
		name    string
		replace func(root string) error
	}{
		{"removed", func(root string) error { return os.RemoveAll(filepath.Join(root, driver.Private)) }},
		{"moved", func(root string) error {
			if err := os.Rename(root, root+".old"); err != nil {
				return err
			}
			return os.CopyFS(root, os.DirFS(root+".old"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "b")
			open := func() *Bucket {
				b, err := New(root)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { b.Close() })
				return b
			}
			lock := func(b *Bucket) error {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				return b.lock.acquire(ctx)
			}
			early, late := open(), open()
			if err := lock(early); err != nil {
				t.Fatal(err)
			}
			early.lock.release()
			if err := c.replace(root); err != nil {
				t.Fatal(err)
			}
			if err := lock(late); err != nil {
				t.Fatal(err)
			}
			switch err := lock(early); {
			case err == nil:
				t.Error("two hold the lock")
				early.lock.release()
			case !errors.Is(err, context.DeadlineExceeded):
				t.Error(err)
			}
			late.lock.release()
			if err := lock(early); err != nil {
				t.Fatal(err)
			}
			early.lock.release()
		})
	}
}
