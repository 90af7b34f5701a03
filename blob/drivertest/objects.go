package drivertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

func testRoundTrip(t *testing.T, open Place, c Config) {
	ctx, b := context.Background(), open()
	for _, n := range []int64{0, 1, 4095, 1 << 20, 1<<20 + 1, c.Large} {
		p := content(n, uint64(n))
		put := put(t, b, "a/b", p, blob.PutOptions{})
		got := want(t, open(), "a/b", p)
		stat, err := b.Stat(ctx, "a/b")
		if err != nil || put.Version != got.Version || stat.Version != got.Version || put.Size != n || stat.Size != n {
			t.Fatalf("%d bytes: put told %+v, get %+v, stat %+v, %v: want one version and size", n, put, got, stat, err)
		}
		// A reader that is nothing but a reader, of unknown length.
		if _, err := b.Put(ctx, "stream", iotest.OneByteReader(bytes.NewReader(p[:min(n, 5000)])), -1, blob.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		want(t, b, "stream", p[:min(n, 5000)])
		if _, err := b.Put(ctx, "stream", struct{ io.Reader }{bytes.NewReader(p)}, -1, blob.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		want(t, b, "stream", p)
		all, _, err := b.ReadAll(ctx, "a/b", n)
		if err != nil || !bytes.Equal(all, p) {
			t.Fatalf("ReadAll of %d bytes: %d bytes, %v", n, len(all), err)
		}
		if n > 0 {
			_, _, err = b.ReadAll(ctx, "a/b", n-1)
			wantKind(t, "ReadAll above its limit", err, errs.TooLarge)
		}
	}
}

func testAbsent(t *testing.T, open Place, _ Config) {
	ctx, b := context.Background(), open()
	_, _, err := b.Get(ctx, "no/such")
	wantKind(t, "get", err, errs.NotFound)
	if !strings.Contains(err.Error(), "no/such") {
		t.Errorf("error %q does not name the object", err)
	}
	_, _, err = b.ReaderAt(ctx, "no/such")
	wantKind(t, "reader at", err, errs.NotFound)
	wantAbsent(t, b, "no/such")
	for o, err := range b.List(ctx, "") {
		t.Errorf("an empty bucket lists %v, %v", o, err)
	}
	put(t, b, "no/such/thing", nil, blob.PutOptions{})
	wantAbsent(t, b, "no/such") // a folder is no object
	wantAbsent(t, b, "no/such/thing/below")
}

func testIfAbsent(t *testing.T, open Place, _ Config) {
	ctx, b := context.Background(), open()
	put(t, b, "k", []byte("first"), blob.PutOptions{IfAbsent: true})
	_, err := open().Put(ctx, "k", strings.NewReader("other"), 5, blob.PutOptions{IfAbsent: true})
	wantKind(t, "second put", err, errs.Exists)
	_, err = b.PutFile(ctx, "k", stage(t, []byte("other")), blob.PutOptions{IfAbsent: true})
	wantKind(t, "second put of a file", err, errs.Exists)
	want(t, b, "k", []byte("first"))
	// The same content is another write all the same.
	_, err = b.Put(ctx, "k", strings.NewReader("first"), 5, blob.PutOptions{IfAbsent: true})
	wantKind(t, "put of the same bytes", err, errs.Exists)
	_, err = b.Put(ctx, "k", strings.NewReader("x"), 1, blob.PutOptions{IfAbsent: true, IfVersion: "v"})
	wantKind(t, "two conditions", err, errs.Invalid)
}

func testIfVersion(t *testing.T, open Place, c Config) {
	ctx, b := context.Background(), open()
	for _, n := range []int64{5, c.Large} {
		_, err := b.Put(ctx, "k", strings.NewReader("x"), 1, blob.PutOptions{IfVersion: "h-0123456789abcdef0123456789abcdef"})
		wantKind(t, "swap of nothing", err, errs.Conflict)
		wantAbsent(t, b, "k")
		v1 := put(t, b, "k", content(n, 1), blob.PutOptions{})
		v2 := put(t, b, "k", content(n, 2), blob.PutOptions{IfVersion: v1.Version})
		if v1.Version == v2.Version {
			t.Fatalf("version %s stayed when the content changed", v1.Version)
		}
		_, err = open().Put(ctx, "k", bytes.NewReader(content(n, 3)), n, blob.PutOptions{IfVersion: v1.Version})
		wantKind(t, "swap of an old version", err, errs.Conflict)
		_, err = b.PutFile(ctx, "k", stage(t, content(n, 3)), blob.PutOptions{IfVersion: v1.Version})
		wantKind(t, "swap of an old version by file", err, errs.Conflict)
		if got := want(t, b, "k", content(n, 2)); got.Version != v2.Version {
			t.Fatalf("version is %s, want %s", got.Version, v2.Version)
		}
		if _, err := b.PutFile(ctx, "k", stage(t, content(n, 3)), blob.PutOptions{IfVersion: v2.Version}); err != nil {
			t.Fatal(err)
		}
		want(t, b, "k", content(n, 3))
		if err := b.Delete(ctx, "k"); err != nil {
			t.Fatal(err)
		}
	}
}

func testVersions(t *testing.T, open Place, c Config) {
	b := open()
	for _, n := range []int64{9, c.Large} {
		seen := map[string]int{}
		for i := range 6 {
			info := put(t, b, "k", content(n, uint64(i)), blob.PutOptions{})
			if j, dup := seen[info.Version]; dup {
				t.Fatalf("contents %d and %d of one size have one version %s", j, i, info.Version)
			}
			seen[info.Version] = i
		}
	}
}

func testWrongLength(t *testing.T, open Place, c Config) {
	ctx, b := context.Background(), open()
	put(t, b, "old", []byte("old"), blob.PutOptions{})
	for _, n := range []int64{10, c.Large} {
		for _, promised := range []int64{n - 1, n + 1} {
			for _, key := range []string{"new", "old"} {
				for _, r := range []io.Reader{bytes.NewReader(content(n, 1)), struct{ io.Reader }{bytes.NewReader(content(n, 1))}} {
					_, err := b.Put(ctx, key, r, promised, blob.PutOptions{})
					wantKind(t, "put", err, errs.Invalid)
				}
			}
		}
	}
	wantAbsent(t, b, "new")
	want(t, b, "old", []byte("old"))
	wantKeys(t, b, "", "old")
}

func testFailingReader(t *testing.T, open Place, c Config) {
	ctx, b := context.Background(), open()
	broken := errors.New("the source broke")
	for _, n := range []int64{10, c.Large} {
		r := io.MultiReader(bytes.NewReader(content(n, 1)), iotest.ErrReader(broken))
		if _, err := b.Put(ctx, "k", r, n+10, blob.PutOptions{}); !errors.Is(err, broken) {
			t.Fatalf("got %v, want the reader's own error", err)
		}
	}
	wantAbsent(t, b, "k")
	wantKeys(t, b, "")
}

func testReplacedWhileOpen(t *testing.T, open Place, c Config) {
	ctx, b := context.Background(), open()
	for _, n := range []int64{100, c.Large} {
		old := content(n, 1)
		put(t, b, "k", old, blob.PutOptions{})
		r, _, err := b.Get(ctx, "k")
		if err != nil {
			t.Fatal(err)
		}
		at, _, err := b.ReaderAt(ctx, "k")
		if err != nil {
			t.Fatal(err)
		}
		put(t, b, "k", content(n, 2), blob.PutOptions{})
		got, err := io.ReadAll(r)
		if err == nil && !bytes.Equal(got, old) {
			t.Errorf("a reader of %d bytes changed its version", n)
		} else if err != nil && !errors.Is(err, errs.Conflict) {
			t.Errorf("a reader of a replaced object: %v, want the old bytes or a conflict", err)
		}
		part := make([]byte, 50)
		if _, err := at.ReadAt(part, 10); err == nil && !bytes.Equal(part, old[10:60]) {
			t.Errorf("a reader at random of %d bytes changed its version", n)
		} else if err != nil && !errors.Is(err, errs.Conflict) {
			t.Errorf("a random read of a replaced object: %v, want the old bytes or a conflict", err)
		}
		if err := errors.Join(r.Close(), at.Close()); err != nil {
			t.Error(err)
		}
	}
}

func testReaderAt(t *testing.T, open Place, c Config) {
	ctx, b := context.Background(), open()
	for _, n := range []int64{0, 1000, c.Large} {
		p := content(n, 7)
		put(t, b, "k", p, blob.PutOptions{})
		r, info, err := b.ReaderAt(ctx, "k")
		if err != nil {
			t.Fatal(err)
		}
		if r.Size() != n || info.Size != n {
			t.Fatalf("size %d, info %+v, want %d", r.Size(), info, n)
		}
		for _, off := range []int64{0, 1, n / 2, n - 1, n, n + 5} {
			for _, length := range []int64{1, 100, 70_000} {
				if off < 0 {
					continue
				}
				for what, read := range map[string]func([]byte, int64) (int, error){
					"ReadAt":    r.ReadAt,
					"ReadRange": func(p []byte, off int64) (int, error) { return b.ReadRange(ctx, "k", p, off) },
				} {
					got := make([]byte, length)
					m, err := read(got, off)
					wantN := max(0, min(length, n-off))
					if int64(m) != wantN || (err == io.EOF) != (wantN < length) || err != nil && err != io.EOF {
						t.Fatalf("%s(%d bytes, %d) of %d: %d, %v", what, length, off, n, m, err)
					}
					if wantN > 0 && !bytes.Equal(got[:m], p[off:off+wantN]) {
						t.Fatalf("%s(%d bytes, %d) of %d: wrong bytes", what, length, off, n)
					}
				}
			}
		}
		if _, err := r.ReadAt(make([]byte, 1), -1); err == nil {
			t.Error("a read at a negative offset succeeds")
		}
		if _, err := b.ReadRange(ctx, "k", make([]byte, 1), -1); !errors.Is(err, errs.Invalid) {
			t.Errorf("ReadRange at a negative offset: %v", err)
		}
		if _, err := b.ReadRange(ctx, "no/such", make([]byte, 1), 0); !errors.Is(err, errs.NotFound) {
			t.Errorf("ReadRange of no object: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

func testPutFile(t *testing.T, open Place, c Config) {
	ctx, b := context.Background(), open()
	for _, n := range []int64{0, 10, c.Large} {
		p := content(n, 3)
		path := stage(t, p)
		info, err := b.PutFile(ctx, "dir/file", path, blob.PutOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := want(t, open(), "dir/file", p); got.Version != info.Version {
			t.Errorf("PutFile told version %s, get %s", info.Version, got.Version)
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the staged file is still there: %v", err)
		}
	}
	path := stage(t, []byte("kept"))
	_, err := b.PutFile(ctx, "dir/file", path, blob.PutOptions{IfAbsent: true})
	wantKind(t, "put of a file over an object", err, errs.Exists)
	if p, err := os.ReadFile(path); err != nil || string(p) != "kept" {
		t.Errorf("the staged file after an error: %q, %v; want it untouched", p, err)
	}
	_, err = b.PutFile(ctx, "k", path+".not-there", blob.PutOptions{})
	wantKind(t, "put of no file", err, errs.NotFound)
	wantKeys(t, b, "", "dir/file")
}

func testDelete(t *testing.T, open Place, _ Config) {
	ctx, b := context.Background(), open()
	put(t, b, "d/k", []byte("1"), blob.PutOptions{})
	put(t, b, "d/l", []byte("2"), blob.PutOptions{})
	for _, key := range []string{"d/k", "d/k", "never", "d", "d/l/x"} {
		if err := b.Delete(ctx, key); err != nil {
			t.Fatalf("delete %q: %v", key, err)
		}
	}
	wantKeys(t, open(), "", "d/l")
	put(t, b, "d/k", []byte("3"), blob.PutOptions{IfAbsent: true})
}

func wantKeys(t *testing.T, b *blob.Bucket, prefix string, keys ...string) {
	t.Helper()
	var got []string
	for info, err := range b.List(context.Background(), prefix) {
		if err != nil {
			t.Fatalf("list %q: %v", prefix, err)
		}
		got = append(got, info.Key)
	}
	if !slices.Equal(got, keys) {
		t.Fatalf("list %q gives\n%q, want\n%q", prefix, got, keys)
	}
}
