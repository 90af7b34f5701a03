package fileblob

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

func put(t *testing.T, b *blob.Bucket, key, s string) blob.Info {
	t.Helper()
	info, err := b.Put(context.Background(), key, strings.NewReader(s), int64(len(s)), blob.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func wantKind(t *testing.T, what string, err error, kind errs.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: got %v, want an error of kind %q", what, err, kind)
	}
}

func temps(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, ".outcore", "tmp"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestReadingMakesNoFiles(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "x"), []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := openDir(t, dir)
	if _, _, err := b.ReadAll(ctx, "x", 10); err != nil {
		t.Error(err)
	}
	for _, err := range b.List(ctx, "") {
		if err != nil {
			t.Error(err)
		}
	}
	if err := b.Delete(ctx, "y"); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("reading left %v", entries)
	}
	if got, ok := b.Local(); got != dir || !ok {
		t.Errorf("Local gives %q, %v; want %q", got, ok, dir)
	}
}

func TestStrayTemporaryFilesAreSwept(t *testing.T) {
	dir := t.TempDir()
	b := openDir(t, dir)
	put(t, b, "k", "1")
	stray := filepath.Join(dir, ".outcore", "tmp", "put-STRAY")
	other := filepath.Join(dir, ".outcore", "tmp", "somebody's")
	for _, p := range []string{stray, other} {
		if err := os.WriteFile(p, []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// A live writer, in another bucket as in another process.
	live, err := b.Driver().(*Bucket).newTemp()
	if err != nil {
		t.Fatal(err)
	}
	put(t, openDir(t, dir), "k", "2")
	if _, err := os.Stat(stray); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the stray is still there: %v", err)
	}
	for _, p := range []string{other, live.f.Name()} {
		if _, err := os.Stat(p); err != nil {
			t.Errorf("what is no stray was swept: %v", err)
		}
	}
	live.discard()
	if n := temps(t, dir); n != 1 {
		t.Errorf("%d temporary files are left, want the foreign one", n)
	}
}

func TestVersionsSeeForeignEdits(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	b := openDir(t, dir)
	v := put(t, b, "k", "before")
	path := filepath.Join(dir, "k")
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	// In place, of the same size, at the same time: only the content tells.
	if err := os.WriteFile(path, []byte("after!"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, st.ModTime()); err != nil {
		t.Fatal(err)
	}
	_, err = b.Put(ctx, "k", strings.NewReader("x"), 1, blob.PutOptions{IfVersion: v.Version})
	wantKind(t, "a swap after an edit", err, errs.Conflict)
}

func TestTimeMovesOnFromAFutureOne(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	b := openDir(t, dir)
	large := bytes.Repeat([]byte("x"), hashLimit+1)
	put(t, b, "k", string(large))
	future := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "k"), time.Time{}, future); err != nil {
		t.Fatal(err)
	}
	before, err := b.Stat(ctx, "k")
	if err != nil {
		t.Fatal(err)
	}
	after := put(t, b, "k", string(large))
	if now, err := b.Stat(ctx, "k"); err != nil || after.Version == before.Version || now.Version != after.Version {
		t.Errorf("versions before %s, put %s, now %s, %v", before.Version, after.Version, now.Version, err)
	}
}

func TestAnObjectIsNoFolder(t *testing.T) {
	ctx := context.Background()
	b := openDir(t, t.TempDir())
	put(t, b, "a", "1")
	put(t, b, "d/e", "1")
	for _, opts := range []blob.PutOptions{{}, {IfAbsent: true}, {IfVersion: "h-0"}} {
		_, err := b.Put(ctx, "a/b", strings.NewReader("x"), 1, opts)
		wantKind(t, "an object below one", err, errs.Invalid)
		_, err = b.Put(ctx, "d", strings.NewReader("x"), 1, opts)
		wantKind(t, "an object above others", err, errs.Invalid)
	}
}

func TestOddFiles(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	b := openDir(t, dir)
	put(t, b, "plain", "12345")
	if err := errors.Join(
		syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644),
		os.Symlink("plain", filepath.Join(dir, "link")),
		os.Symlink("nowhere", filepath.Join(dir, "dangling")),
		os.Symlink(".", filepath.Join(dir, "loop")),
	); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for info, err := range b.List(ctx, "") {
		if err != nil || info.Size != 5 {
			t.Fatal(info, err)
		}
		keys = append(keys, info.Key)
	}
	if got := strings.Join(keys, " "); got != "link plain" {
		t.Errorf("listed %s, want link plain", got)
	}
	_, _, err := b.Get(ctx, "fifo")
	wantKind(t, "get of a FIFO", err, errs.NotFound)
	// A put replaces the link, not what it points to.
	put(t, b, "link", "new")
	if p, err := os.ReadFile(filepath.Join(dir, "plain")); err != nil || string(p) != "12345" {
		t.Errorf("the target of the link is %q, %v", p, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "back\\slash"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var last error
	for _, last = range b.List(ctx, "") {
	}
	wantKind(t, "a file whose name is no key", last, errs.Invalid)
}

func TestOpenRefusesAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := blob.Open(context.Background(), path)
	wantKind(t, "a file as a bucket", err, errs.Invalid)
}

func TestPutFileAcrossFileSystems(t *testing.T) {
	other, err := os.MkdirTemp("/dev/shm", "outcore-test-")
	if err != nil {
		t.Skipf("NOT TESTED: no second file system at /dev/shm: %v", err)
	}
	defer os.RemoveAll(other)
	ctx := context.Background()
	b := openDir(t, t.TempDir())
	path := filepath.Join(other, "staged")
	for i, opts := range []blob.PutOptions{{IfAbsent: true}, {}} {
		content := bytes.Repeat([]byte{byte(i)}, 3<<20)
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := b.PutFile(ctx, "k", path, opts); err != nil {
			t.Fatal(err)
		}
		if p, _, err := b.ReadAll(ctx, "k", 1<<30); err != nil || !bytes.Equal(p, content) {
			t.Errorf("read %d bytes, %v", len(p), err)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the staged file is still there: %v", err)
		}
	}
}
