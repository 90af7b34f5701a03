package icechunktest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
)

// TestDiskFull stages more than the disk holds: the error says so, the
// repository is as before, and with room again the same session can commit.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := mountSmall(dir); err != nil {
		t.Skipf("NOT TESTED: mounting a small tmpfs takes root: %v", err)
	}
	b, err := blob.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(b.Close(), unmount(dir)); err != nil {
			t.Errorf("unmount (is a file still open?): %v", err)
		}
	}()
	r, err := icechunk.Create(ctx, b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := deeds[0].do(r); err != nil {
		t.Fatal(err)
	}
	ballast := filepath.Join(dir, "ballast")
	for room := int64(0); room < 64<<10; room += 4 << 10 { // the disk is full at another step of the commit each time
		s, err := r.Session(ctx, "main")
		if err != nil {
			t.Fatal(err)
		}
		fill(t, ballast, room)
		message := fmt.Sprint("with ", room)
		write := func() error {
			for i := range 3 {
				if err := s.PutChunk(ctx, "/a0", []uint32{uint32(i)}, bytes.Repeat([]byte{byte(room >> 12)}, 600)); err != nil {
					return err
				}
			}
			_, err := s.Commit(ctx, message)
			return err
		}
		err = write()
		if err != nil && (!errors.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "disk is full")) {
			t.Errorf("with %d bytes: %v, want it to say that the disk is full", room, err)
		}
		if err == nil && room == 0 {
			t.Error("a commit on a full disk succeeded")
		}
		failed := err != nil
		if again, err := icechunk.Open(ctx, b, icechunk.Options{}); err != nil || committed("main", message)(t, again) == failed {
			t.Errorf("with %d bytes: failed %v, open %v", room, failed, err)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		if failed {
			if err := write(); err != nil || !committed("main", message)(t, r) {
				t.Errorf("with room again: %v", err)
			}
		}
		for f, err := range r.Check(ctx, "", true) {
			t.Fatalf("with %d bytes: %+v, %v", room, f, err)
		}
	}
}

// fill leaves so many bytes on the disk of path.
func fill(t *testing.T, path string, room int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n, err := io.Copy(f, &zeros{})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full after %d bytes: %v", n, err)
	}
	if err := f.Truncate(max(0, n-room)); err != nil {
		t.Fatal(err)
	}
}

type zeros struct{}

func (*zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
