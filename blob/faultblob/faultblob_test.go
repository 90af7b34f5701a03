package faultblob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/drivertest"
	"github.com/outcore/outcore/blob/faultblob"
	_ "github.com/outcore/outcore/blob/fileblob"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/errs"
)

func open(t *testing.T, addr string) *blob.Bucket {
	t.Helper()
	b, err := blob.Open(context.Background(), addr)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWithoutFaultsNothingChanges(t *testing.T) {
	drivertest.Run(t, func(t *testing.T) drivertest.Place {
		dir := t.TempDir()
		return func() *blob.Bucket { return faultblob.Wrap(open(t, dir)).Bucket }
	}, drivertest.Config{Rounds: 3})
}

func TestFaults(t *testing.T) {
	ctx := context.Background()
	b := blob.New(memblob.New(), "mem://")
	w := faultblob.Wrap(b,
		faultblob.Fail(1),
		faultblob.LoseReply(2).On(faultblob.Put),
		faultblob.Break(1).On(faultblob.Get),
		faultblob.Break(3).On(faultblob.Put),
		faultblob.Delay(1, time.Hour).On(faultblob.Stat),
	)
	put := func(key string) error {
		_, err := w.Put(ctx, key, strings.NewReader("0123456789"), 10, blob.PutOptions{IfAbsent: true})
		return err
	}
	if err := put("a"); !errors.Is(err, errs.Unavailable) {
		t.Errorf("call 1: %v", err)
	}
	if _, err := b.Stat(ctx, "a"); !errors.Is(err, errs.NotFound) {
		t.Errorf("the failed put took effect: %v", err)
	}
	if err := put("a"); !errors.Is(err, errs.Unavailable) {
		t.Errorf("put 2: %v", err)
	}
	if _, err := b.Stat(ctx, "a"); err != nil {
		t.Errorf("the put that lost its reply took no effect: %v", err)
	}
	if err := put("b"); !errors.Is(err, errs.Unavailable) {
		t.Errorf("put 3: %v", err)
	}
	if _, err := b.Stat(ctx, "b"); !errors.Is(err, errs.NotFound) {
		t.Errorf("the broken put took effect: %v", err)
	}
	r, _, err := w.Get(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := io.ReadAll(r); string(p) != "01234" || !errors.Is(err, errs.Unavailable) {
		t.Errorf("a broken get: %q, %v", p, err)
	}
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if _, err := w.Stat(short, "a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a delayed stat: %v", err)
	}
	if err := w.Sync(ctx); err != nil || w.Calls(faultblob.Sync) != 1 {
		t.Errorf("a sync: %v, counted %d", err, w.Calls(faultblob.Sync))
	}
	if w.Calls("") != 6 || w.Calls(faultblob.Put) != 3 || w.Calls(faultblob.List) != 0 {
		t.Errorf("counted %d calls, %d puts", w.Calls(""), w.Calls(faultblob.Put))
	}
}

// errCrash is what a simulated crash panics with.
var errCrash = errors.New("crash")

// copyAll is a little job that can be run again: it stores n objects and then
// the mark that they are complete.
func copyAll(ctx context.Context, b *blob.Bucket, staging string, n int) error {
	for i := range n {
		key := fmt.Sprintf("part-%d", i)
		if _, err := b.Stat(ctx, key); err == nil {
			continue
		}
		path := filepath.Join(staging, key)
		if err := os.WriteFile(path, bytes.Repeat([]byte{byte('a' + i)}, 1000), 0o644); err != nil {
			return err
		}
		if _, err := b.PutFile(ctx, key, path, blob.PutOptions{}); err != nil {
			return err
		}
	}
	_, err := b.Put(ctx, "done", strings.NewReader("yes"), 3, blob.PutOptions{})
	return err
}

func TestACrashAtAnyCallLeavesWholeObjects(t *testing.T) {
	ctx := context.Background()
	clean := faultblob.Wrap(open(t, t.TempDir()))
	if err := copyAll(ctx, clean.Bucket, t.TempDir(), 3); err != nil {
		t.Fatal(err)
	}
	calls := clean.Calls("")
	if calls != 7 {
		t.Fatalf("the job makes %d calls, want 3 stats and 4 puts", calls)
	}
	for _, when := range []faultblob.When{faultblob.Before, faultblob.Midway, faultblob.After} {
		for k := 1; k <= calls; k++ {
			dir, staging := t.TempDir(), t.TempDir()
			w := faultblob.Wrap(open(t, dir), faultblob.Crash(k, when, func() { panic(errCrash) }))
			crashes(t, when != faultblob.Midway, func() { _ = copyAll(ctx, w.Bucket, staging, 3) })
			b := open(t, dir)
			if err := copyAll(ctx, b, staging, 3); err != nil {
				t.Fatalf("again after a crash at call %d: %v", k, err)
			}
			for i := range 3 {
				p, _, err := b.ReadAll(ctx, fmt.Sprintf("part-%d", i), 1000)
				if err != nil || !bytes.Equal(p, bytes.Repeat([]byte{byte('a' + i)}, 1000)) {
					t.Fatalf("crash at call %d: part %d has %d bytes, %v", k, i, len(p), err)
				}
			}
		}
	}
}

func crashes(t *testing.T, must bool, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if p := recover(); p != errCrash && (must || p != nil) {
			t.Fatalf("got the panic %v, want the planned crash", p)
		}
	}()
	f()
}
