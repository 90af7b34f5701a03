package fileblob

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

func TestDiskFull(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("NOT TESTED: mounting a small tmpfs takes root: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount (is a file still open?): %v", err)
		}
	}()
	b, err := blob.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	put(t, b, "small", "kept")
	for _, key := range []string{"large", "small"} {
		_, err = b.Put(ctx, key, bytes.NewReader(make([]byte, 2<<20)), 2<<20, blob.PutOptions{})
		wantKind(t, "put", err, errs.Unavailable)
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "disk is full") || !strings.Contains(err.Error(), dir) {
			t.Errorf("%v, want it to say which disk is full", err)
		}
	}
	if p, _, err := b.ReadAll(ctx, "small", 10); err != nil || string(p) != "kept" {
		t.Errorf("the object from before: %q, %v", p, err)
	}
	if n := temps(t, dir); n != 0 {
		t.Errorf("%d temporary files are left on a full disk", n)
	}
	put(t, b, "small", "goes on")
}

// asNobody runs f with the file permissions of a user who is not root.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		f()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with its user
		if err := syscall.Setfsuid(65534); err != nil {
			t.Error(err)
			return
		}
		f()
	}()
	<-done
}

func TestNoPermission(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755) //nolint:errcheck // else the cleanup of the test fails and says so
	b := openDir(t, dir)
	asNobody(t, func() {
		_, err := b.Put(ctx, "l", strings.NewReader("x"), 1, blob.PutOptions{})
		wantKind(t, "put", err, errs.Invalid)
		if !strings.Contains(err.Error(), "permission denied") || !strings.Contains(err.Error(), "ls -ld "+dir) {
			t.Errorf("%v, want it to say what to do", err)
		}
		_, _, err = b.Get(ctx, "secret")
		wantKind(t, "get", err, errs.Invalid)
		if !strings.Contains(err.Error(), "permission denied") || !strings.Contains(err.Error(), secret) {
			t.Errorf("%v, want it to name the file", err)
		}
	})
}
