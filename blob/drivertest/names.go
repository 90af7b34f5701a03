package drivertest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

func testList(t *testing.T, open Place, _ Config) {
	ctx, b := context.Background(), open()
	keys := []string{"a.txt", "a/b", "a/b.x", "a/b0/c", "a0", "B", "é", "data-1", "data/1", "data/10", "data/2", ".outcore/job", "z/y/x/w"}
	for i, k := range keys {
		put(t, b, k, content(int64(i), 1), blob.PutOptions{})
	}
	sorted := slices.Sorted(slices.Values(keys))
	for _, prefix := range []string{"", "a", "a/", "a/b", "a/b0", "data", "data/", "data/1", "z/y/x/w", "zz", "a/b/c", ".", "\u00e9"} {
		var with []string
		for _, k := range sorted {
			if strings.HasPrefix(k, prefix) {
				with = append(with, k)
			}
		}
		wantKeys(t, b, prefix, with...)
	}
	for info, err := range b.List(ctx, "") {
		if err != nil {
			t.Fatal(err)
		}
		if i := slices.Index(keys, info.Key); info.Size != int64(i) || info.ModTime.IsZero() {
			t.Errorf("list tells %+v, want %d bytes and a time", info, i)
		}
	}
	for info, err := range b.List(ctx, "a") {
		if err != nil || info.Key != "a.txt" {
			t.Fatalf("first of a: %v, %v", info, err)
		}
		break // leaving early is fine
	}
}

func testHardNames(t *testing.T, open Place, _ Config) {
	b := open()
	keys := []string{
		"with space", "plus+and&amp=", "per%23cent%", "#hash@at", "quote'\"", "star*?[x]", "~tilde", "-dash",
		"日本語/ファイル", "emoji-🎈", "...", "..a/b..", ".hidden", "semi;colon:x,y", "<xml>&", strings.Repeat("long", 50),
	}
	for _, k := range keys {
		put(t, b, k, []byte(k), blob.PutOptions{IfAbsent: true})
	}
	for _, k := range keys {
		want(t, open(), k, []byte(k))
	}
	wantKeys(t, b, "", slices.Sorted(slices.Values(keys))...)
	for _, k := range keys {
		if err := b.Delete(context.Background(), k); err != nil {
			t.Errorf("delete %q: %v", k, err)
		}
	}
	wantKeys(t, b, "")
}

func testBadKeys(t *testing.T, open Place, _ Config) {
	ctx, b := context.Background(), open()
	for _, k := range []string{
		"", "/", "/etc/passwd", "a/", "a//b", ".", "..", "../up", "a/../../up", "a/./b", "a\\b", "a\x00b", "line\nbreak",
		"\xff", strings.Repeat("x", 256), strings.Repeat("x/", 600) + "x", ".outcore/tmp/x", ".outcore/blob.lock",
	} {
		_, err := b.Put(ctx, k, strings.NewReader("x"), 1, blob.PutOptions{})
		wantKind(t, "put "+k, err, errs.Invalid)
		_, _, err = b.Get(ctx, k)
		wantKind(t, "get "+k, err, errs.Invalid)
		wantKind(t, "delete "+k, b.Delete(ctx, k), errs.Invalid)
	}
	for _, prefix := range []string{"../", "/", "a//", "a\x00", "./"} {
		for _, err := range b.List(ctx, prefix) {
			wantKind(t, "list "+prefix, err, errs.Invalid)
		}
	}
}

func testCancelled(t *testing.T, open Place, _ Config) {
	b := open()
	put(t, b, "k", []byte("1"), blob.PutOptions{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := b.Put(ctx, "l", strings.NewReader("x"), 1, blob.PutOptions{})
	wantCancelled(t, "put", err)
	_, _, err = b.Get(ctx, "k")
	wantCancelled(t, "get", err)
	_, err = b.Stat(ctx, "k")
	wantCancelled(t, "stat", err)
	wantCancelled(t, "delete", b.Delete(ctx, "k"))
	for _, err = range b.List(ctx, "") {
		wantCancelled(t, "list", err)
	}
	wantKeys(t, b, "", "k")
}

func wantCancelled(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%s: got %v, want context.Canceled", what, err)
	}
}
