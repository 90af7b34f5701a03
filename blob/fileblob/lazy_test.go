package fileblob

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

func putLazily(t *testing.T, b *blob.Bucket, key string) {
	t.Helper()
	if _, err := b.Put(context.Background(), key, strings.NewReader("content"), 7, blob.PutOptions{Lazy: true}); err != nil {
		t.Fatal(err)
	}
}

func left(b *blob.Bucket) int { return len(b.Driver().(*Bucket).unsynced.paths) }

func TestACancelledSyncForgetsNothing(t *testing.T) {
	b := openDir(t, t.TempDir())
	putLazily(t, b, "a/b")
	putLazily(t, b, "c")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Sync(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled sync: %v", err)
	}
	if n := left(b); n != 2 {
		t.Errorf("%d objects are still to be synced, want 2", n)
	}
	if err := b.Sync(context.Background()); err != nil || left(b) != 0 {
		t.Errorf("the next sync: %v, %d left", err, left(b))
	}
}

func TestASyncThatFailedNeverSucceeds(t *testing.T) {
	dir := t.TempDir()
	b := openDir(t, dir)
	putLazily(t, b, "a")
	putLazily(t, b, "b")
	path := filepath.Join(dir, "a")
	if err := errors.Join(os.Remove(path), os.Symlink("a", path)); err != nil { // a loop: no file opens
		t.Fatal(err)
	}
	first := b.Sync(context.Background())
	wantKind(t, "a sync of what cannot be opened", first, errs.Unavailable)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	putLazily(t, b, "a")
	wantKind(t, "the sync after it", b.Sync(context.Background()), errs.Unavailable)
	if !strings.Contains(first.Error(), "may be lost") || !strings.Contains(first.Error(), dir) {
		t.Errorf("%v, want it to say what happened where", first)
	}
	if err := openDir(t, dir).Sync(context.Background()); err != nil {
		t.Errorf("a bucket opened again: %v", err)
	}
}

func TestNamesOfLazyPutsAreBounded(t *testing.T) {
	b := openDir(t, t.TempDir())
	u := &b.Driver().(*Bucket).unsynced
	for i := range mostUnsynced - 2 {
		u.add(fmt.Sprintf("/nowhere/%d", i))
	}
	putLazily(t, b, "a")
	if n := left(b); n != mostUnsynced-1 {
		t.Fatalf("%d names, want %d", n, mostUnsynced-1)
	}
	putLazily(t, b, "b")
	if n := left(b); n != 0 {
		t.Errorf("%d names are kept, want that the put synced", n)
	}
}
