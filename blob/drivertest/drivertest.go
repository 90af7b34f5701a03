// Package drivertest is the test every driver of package blob passes.
package drivertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

// A Place is a fresh, empty bucket; each call gives another handle on it, as
// another process would have. The driver's test closes what it needs to.
type Place func() *blob.Bucket

// Config says how much to test.
type Config struct {
	Rounds int   // rounds of each race; 0 = 20
	Large  int64 // bytes of the largest object; 0 = 3 MiB
}

// Run runs the suite; open is called once a test.
func Run(t *testing.T, open func(t *testing.T) Place, c Config) {
	if c.Rounds == 0 {
		c.Rounds = 20
	}
	if c.Large == 0 {
		c.Large = 3 << 20
	}
	tests := map[string]func(*testing.T, Place, Config){
		"what was put is got, of any size": testRoundTrip,
		"an absent object":                 testAbsent,
		"put if absent":                    testIfAbsent,
		"put if version":                   testIfVersion,
		"a version is of the content":      testVersions,
		"a reader of the wrong length":     testWrongLength,
		"a reader that fails":              testFailingReader,
		"an open object keeps its version": testReplacedWhileOpen,
		"reads at random":                  testReaderAt,
		"files move in":                    testPutFile,
		"delete":                           testDelete,
		"lazy puts":                        testLazy,
		"list":                             testList,
		"hard names":                       testHardNames,
		"keys that no driver takes":        testBadKeys,
		"a cancelled context":              testCancelled,
		"random calls agree with a map":    testModel,
		"race: put if absent":              raceIfAbsent,
		"race: compare and swap":           raceIfVersion,
		"race: readers see whole objects":  raceReaders,
		"race: lazy puts and syncs":        raceSyncs,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t), c) })
	}
}

// content gives n bytes that depend on seed.
func content(n int64, seed uint64) []byte {
	var key [32]byte
	key[0], key[1] = byte(seed), byte(seed>>8)
	p := make([]byte, n)
	// A ChaCha8 source never fails.
	_, _ = rand.NewChaCha8(key).Read(p)
	return p
}

func put(t *testing.T, b *blob.Bucket, key string, p []byte, opts blob.PutOptions) blob.Info {
	t.Helper()
	info, err := b.Put(context.Background(), key, bytes.NewReader(p), int64(len(p)), opts)
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return info
}

func want(t *testing.T, b *blob.Bucket, key string, p []byte) blob.Info {
	t.Helper()
	r, info, err := b.Get(context.Background(), key)
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatalf("read %q: %v", key, err)
	}
	if !bytes.Equal(got, p) {
		t.Fatalf("%q has %d bytes %.40q, want %d bytes %.40q", key, len(got), got, len(p), p)
	}
	if info.Key != key || info.Size != int64(len(p)) || info.Version == "" || info.ModTime.IsZero() {
		t.Fatalf("info of %q is %+v, want its key, %d bytes, a version and a time", key, info, len(p))
	}
	return info
}

func wantKind(t *testing.T, what string, err error, kind errs.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("%s: got %v, want an error of kind %q", what, err, kind)
	}
}

func wantAbsent(t *testing.T, b *blob.Bucket, key string) {
	t.Helper()
	_, err := b.Stat(context.Background(), key)
	wantKind(t, "stat "+key, err, errs.NotFound)
}

func stage(t *testing.T, p []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "staged")
	if err := os.WriteFile(path, p, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
