package fileblob

import (
	"bytes"
	"context"
	"errors"
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
