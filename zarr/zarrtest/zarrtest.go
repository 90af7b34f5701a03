// Package zarrtest holds a zarr.Store against what the interface promises.
//
//	func TestStore(t *testing.T) {
//		zarrtest.Run(t, func(t *testing.T) zarr.Store { return zarr.NewMem() })
//	}
package zarrtest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

// Run runs the suite; open gives a new store with an empty root group.
func Run(t *testing.T, open func(t *testing.T) zarr.Store) {
	for name, test := range map[string]func(t *testing.T, s zarr.Store){
		"nodes":                   nodes,
		"nodes that are refused":  refused,
		"children in byte order":  children,
		"deleting takes all":      deleting,
		"chunks":                  chunks,
		"chunks of many sizes":    sizes,
		"chunks outlive writes":   outlive,
		"reads during writes":     reads,
		"arrays":                  arrays,
		"arrays shrink and grow":  resize,
		"shards":                  shards,
		"strings":                 texts,
		"one chunk without axes":  scalar,
		"writers of other arrays": writers,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

var ctx = context.Background()

// group and array are documents of nodes.
func group(t *testing.T) []byte {
	t.Helper()
	doc, err := (&zarr.GroupMeta{}).Marshal()
	must(t, err)
	return doc
}

func array(t *testing.T, shape, chunk []uint64) []byte {
	t.Helper()
	m, err := zarr.NewMeta(shape, zarr.NumberType(dtype.Int32), zarr.MetaOptions{Chunks: chunk})
	must(t, err)
	doc, err := m.Marshal()
	must(t, err)
	return doc
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// want reports an error that is not of the kind.
func want(t *testing.T, what string, err error, kind errs.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v, want an error of the kind %q", what, err, kind)
	}
}

func put(t *testing.T, s zarr.Store, path string, index []uint32, data []byte) {
	t.Helper()
	must(t, s.PutChunk(ctx, path, index, data))
}

// get is the bytes of a chunk; nil when there is none.
func get(t *testing.T, s zarr.Store, path string, index []uint32) []byte {
	t.Helper()
	c, ok, err := s.Chunk(ctx, path, index)
	must(t, err)
	if !ok {
		return nil
	}
	return read(t, c)
}

func read(t *testing.T, c zarr.Chunk) []byte {
	t.Helper()
	b := make([]byte, c.Size())
	must(t, c.ReadAt(ctx, b, 0))
	return b
}

// check compares the bytes of a chunk; nil = there is none.
func check(t *testing.T, s zarr.Store, path string, index []uint32, want []byte) {
	t.Helper()
	if got := get(t, s, path, index); !bytes.Equal(got, want) || (got == nil) != (want == nil) {
		t.Errorf("chunk %v of %s: got %.40x, want %.40x", index, path, got, want)
	}
}
