package icechunktest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
)

// A lateStore fails the swaps of `repo` of which refuse says so, and does some
// of them only when the object has been read twice since: after its caller looked.
type lateStore struct {
	driver.Bucket
	refuse, late bool
	swaps        int
	reads        int
	then         func()
}

func (b *lateStore) Get(ctx context.Context, key string) (io.ReadCloser, driver.Info, error) {
	if key == "repo" {
		if b.reads++; b.then != nil && b.reads == 3 {
			b.then()
			b.then = nil
		}
	}
	return b.Bucket.Get(ctx, key)
}

func (b *lateStore) Put(ctx context.Context, key string, r io.Reader, size int64, o driver.PutOptions) (driver.Info, error) {
	if key != "repo" || !b.refuse {
		return b.Bucket.Put(ctx, key, r, size, o)
	}
	b.swaps++
	if b.late && b.swaps == 1 {
		file, err := io.ReadAll(r)
		if err != nil {
			return driver.Info{}, err
		}
		b.reads = 0
		b.then = func() {
			b.Bucket.Put(context.WithoutCancel(ctx), key, bytes.NewReader(file), size, o) //nolint:errcheck // nobody hears how it ends
		}
	}
	return driver.Info{}, errs.New(errs.Unavailable, "no reply")
}

func TestSwapsWithoutReply(t *testing.T) {
	for _, addr := range []string{"mem://test", "s3://test"} {
		store := &lateStore{Bucket: memblob.New()}
		b := blob.New(store, addr)
		r, err := icechunk.Create(ctx, b, icechunk.Options{})
		if err != nil {
			t.Fatal(err)
		}
		store.refuse = true
		err = commitOnce("main", "never")(r)
		if !errors.Is(err, errs.Unavailable) {
			t.Errorf("%s: found %v, expected Unavailable", addr, err)
		}
		if store.swaps == 0 || store.swaps > 8 { // commitOnce tries twice
			t.Errorf("%s: %d swaps", addr, store.swaps)
		}
		copies := 0
		for info, err := range b.List(ctx, "overwritten/") {
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(info.Key, "overwritten/repo.") {
				copies++
			}
		}
		if copies > 2 {
			t.Errorf("%s: %d copies of what was not replaced", addr, copies)
		}
		store.refuse = false
		if committed("main", "never")(t, r) {
			t.Errorf("%s: what failed was done", addr)
		}
	}
}

// A swap whose reply is lost, and that is done after we have looked for it and
// begun to try again, is ours and no other's.
func TestASwapThatIsDoneLate(t *testing.T) {
	store := &lateStore{Bucket: memblob.New()}
	r, err := icechunk.Create(ctx, blob.New(store, "s3://test"), icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Session(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetMetadata(ctx, "/a", []byte(largeChunks)); err != nil {
		t.Fatal(err)
	}
	store.refuse, store.late = true, true
	if _, err := s.Commit(ctx, "late", icechunk.WithRebase(icechunk.Solver{})); err != nil {
		t.Fatal(err)
	}
	if !committed("main", "late")(t, r) {
		t.Error("the commit is not there")
	}
}

// A disk that fails to keep the directory of `repo` has moved the file: the
// commit is there, and may be gone after a loss of power. It is not acknowledged.
func TestASwapThatMayNotLast(t *testing.T) {
	store := &movedStore{Bucket: memblob.New()}
	r, err := icechunk.Create(ctx, blob.New(store, "/disk/lab"), icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Session(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetMetadata(ctx, "/a", []byte(largeChunks)); err != nil {
		t.Fatal(err)
	}
	store.broken = true
	if _, err := s.Commit(ctx, "torn"); !errors.Is(err, errs.Unavailable) {
		t.Errorf("found %v, expected Unavailable", err)
	}
	store.broken = false
	if _, err := s.Commit(ctx, "torn"); err != nil {
		t.Error(err)
	}
	if !committed("main", "torn")(t, r) {
		t.Error("the commit is not there")
	}
}

// A movedStore does the swap of `repo` and says that it failed.
type movedStore struct {
	driver.Bucket
	broken bool
}

func (b *movedStore) Put(ctx context.Context, key string, r io.Reader, size int64, o driver.PutOptions) (driver.Info, error) {
	info, err := b.Bucket.Put(ctx, key, r, size, o)
	if err == nil && key == "repo" && b.broken {
		err = errs.New(errs.Unavailable, "cannot write the directory to disk")
	}
	return info, err
}
