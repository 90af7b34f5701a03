package drivertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

// testLazy puts lazily: whole objects, seen at once by everybody. That they
// survive a loss of power is for the driver's own tests.
func testLazy(t *testing.T, open Place, c Config) {
	ctx, b := context.Background(), open()
	if err := b.Sync(ctx); err != nil {
		t.Fatalf("sync of nothing: %v", err)
	}
	lazy := blob.PutOptions{Lazy: true}
	for _, n := range []int64{0, 1, c.Large} {
		info := put(t, b, "new/folder/a", content(n, 1), lazy)
		if info.Key != "new/folder/a" || info.Size != n || info.ModTime.IsZero() {
			t.Errorf("a lazy put of %d bytes told %+v", n, info)
		}
		before := want(t, open(), "new/folder/a", content(n, 1))
		if info.Version != "" && info.Version != before.Version {
			t.Errorf("a lazy put told version %s, a get %s", info.Version, before.Version)
		}
		if _, err := b.PutFile(ctx, "new/b", stage(t, content(n, 2)), lazy); err != nil {
			t.Fatal(err)
		}
		want(t, open(), "new/b", content(n, 2))
		if err := b.Sync(ctx); err != nil {
			t.Fatalf("sync: %v", err)
		}
		if after := want(t, b, "new/folder/a", content(n, 1)); after.Version != before.Version {
			t.Errorf("version %s became %s by a sync", before.Version, after.Version)
		}
	}
	for _, promised := range []int64{9, 11} {
		_, err := b.Put(ctx, "bad", bytes.NewReader(content(10, 1)), promised, lazy)
		wantKind(t, "a reader of the wrong length", err, errs.Invalid)
	}
	for _, opts := range []blob.PutOptions{{Lazy: true, IfAbsent: true}, {Lazy: true, IfVersion: "v"}} {
		_, err := b.Put(ctx, "bad", strings.NewReader("x"), 1, opts)
		wantKind(t, "a lazy put with a condition", err, errs.Invalid)
		_, err = b.PutFile(ctx, "bad", stage(t, []byte("x")), opts)
		wantKind(t, "a lazy put of a file with a condition", err, errs.Invalid)
	}
	wantAbsent(t, b, "bad")
	put(t, b, "gone", []byte("x"), lazy)
	if err := errors.Join(b.Delete(ctx, "gone"), b.Sync(ctx)); err != nil {
		t.Errorf("sync after what was put is deleted: %v", err)
	}
	wantKeys(t, b, "", "new/b", "new/folder/a")
}

// raceSyncs puts from several goroutines while others sync.
func raceSyncs(t *testing.T, open Place, c Config) {
	ctx, b := context.Background(), open()
	results := race(func(i int) error {
		for k := range c.Rounds {
			if i%4 == 0 {
				if err := b.Sync(ctx); err != nil {
					return err
				}
				continue
			}
			p := mark(i)
			if _, err := b.Put(ctx, fmt.Sprintf("lazy/%d/%d", i, k), bytes.NewReader(p), int64(len(p)), blob.PutOptions{Lazy: true}); err != nil {
				return err
			}
		}
		return nil
	})
	for i, err := range results {
		if err != nil {
			t.Errorf("writer %d: %v", i, err)
		}
	}
	var wg sync.WaitGroup
	for range 4 { // the last of them find nothing to do, and wait for it all the same
		wg.Go(func() {
			if err := b.Sync(ctx); err != nil {
				t.Errorf("sync: %v", err)
			}
		})
	}
	wg.Wait()
	for i := range racers {
		if i%4 != 0 {
			want(t, open(), fmt.Sprintf("lazy/%d/%d", i, c.Rounds-1), mark(i))
		}
	}
}
