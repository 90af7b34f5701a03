package zarrtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

func create(t *testing.T, s zarr.Store, path string, shape []uint64, kind zarr.DataType, o zarr.MetaOptions) *zarr.Array {
	t.Helper()
	m, err := zarr.NewMeta(shape, kind, o)
	must(t, err)
	a, err := zarr.CreateArray(ctx, s, path, m)
	must(t, err)
	return a
}

// numbers is n int32 from first on, as bytes.
func numbers(first, n int) []byte {
	v := make([]int32, n)
	for i := range v {
		v[i] = int32(first + i)
	}
	return dtype.Bytes(v)
}

func arrays(t *testing.T, s zarr.Store) {
	kind := zarr.NumberType(dtype.Int32)
	a := create(t, s, "/x/y/z", []uint64{5, 4}, kind, zarr.MetaOptions{Chunks: []uint64{2, 3}, Fill: []byte{9, 0, 0, 0}})
	_, err := zarr.CreateArray(ctx, s, "/x/y/z", a.Meta())
	want(t, "an array where one is", err, errs.Exists)
	_, err = zarr.CreateArray(ctx, s, "/x/y/z/below", a.Meta())
	want(t, "an array below an array", err, errs.Invalid)
	want(t, "a group where one is", zarr.CreateGroup(ctx, s, "/x/y", nil), errs.Exists)
	must(t, zarr.CreateGroup(ctx, s, "/x/other/deep", nil))
	_, err = zarr.OpenArray(ctx, s, "/x")
	want(t, "a group as an array", err, errs.Invalid)
	_, err = zarr.OpenGroup(ctx, s, "/x/y/z")
	want(t, "an array as a group", err, errs.Invalid)
	var buf zarr.Scratch
	data := numbers(1, 6)
	must(t, a.Write(ctx, []uint32{2, 1}, data, &buf))
	must(t, a.SetAttributes(ctx, map[string]json.RawMessage{"units": json.RawMessage(`"m"`)}))
	a, err = zarr.OpenArray(ctx, s, "/x/y/z")
	must(t, err)
	if string(a.Meta().Attributes["units"]) != `"m"` {
		t.Errorf("attributes %v", a.Meta().Attributes)
	}
	got := make([]byte, a.ChunkBytes())
	if ok, err := a.Read(ctx, []uint32{2, 1}, got, &buf); err != nil || !ok || !bytes.Equal(got, data) {
		t.Errorf("got %x, %v, %v, want %x", got, ok, err, data)
	}
	empty := bytes.Repeat([]byte{9, 0, 0, 0}, 6)
	if ok, err := a.Read(ctx, []uint32{0, 0}, got, &buf); err != nil || ok || !bytes.Equal(got, empty) {
		t.Errorf("a chunk nobody wrote: got %x, %v, %v, want %x", got, ok, err, empty)
	}
	// A chunk of fill value takes the stored one away.
	must(t, a.Write(ctx, []uint32{2, 1}, empty, &buf))
	check(t, s, a.Path(), []uint32{2, 1}, nil)
}

func resize(t *testing.T, s zarr.Store) {
	a := create(t, s, "/a", []uint64{6, 6}, zarr.NumberType(dtype.Int32), zarr.MetaOptions{Chunks: []uint64{2, 2}})
	var buf zarr.Scratch
	got := make([]byte, a.ChunkBytes())
	for i := range uint32(9) {
		must(t, a.Write(ctx, []uint32{i / 3, i % 3}, numbers(10*int(i)+10, 4), &buf))
	}
	must(t, a.Resize(ctx, []uint64{3, 4}))
	must(t, a.Resize(ctx, []uint64{8, 8}))
	a, err := zarr.OpenArray(ctx, s, "/a")
	must(t, err)
	if !slices.Equal(a.Meta().Shape, []uint64{8, 8}) {
		t.Errorf("shape %v, want 8, 8", a.Meta().Shape)
	}
	for at, want := range map[[2]uint32][]int32{
		{0, 0}: {10, 11, 12, 13}, {0, 1}: {20, 21, 22, 23}, {0, 2}: {0, 0, 0, 0},
		{1, 0}: {40, 41, 0, 0}, {1, 1}: {50, 51, 0, 0}, {2, 0}: {0, 0, 0, 0}, {3, 3}: {0, 0, 0, 0},
	} {
		if _, err := a.Read(ctx, at[:], got, &buf); err != nil || !bytes.Equal(got, dtype.Bytes(want)) {
			t.Errorf("chunk %v: got %x, %v, want %v", at, got, err, want)
		}
	}
	check(t, s, "/a", []uint32{0, 2}, nil)
	check(t, s, "/a", []uint32{2, 0}, nil)
	must(t, a.Resize(ctx, []uint64{0, 8}))
	must(t, a.Resize(ctx, []uint64{8, 8}))
	check(t, s, "/a", []uint32{0, 0}, nil)
	want(t, "another number of dimensions", a.Resize(ctx, []uint64{8}), errs.Shape)
}

func shards(t *testing.T, s zarr.Store) {
	kind := zarr.NumberType(dtype.Int32)
	a := create(t, s, "/a", []uint64{64}, kind, zarr.MetaOptions{Chunks: []uint64{32},
		Codecs: []zarr.CodecSpec{zarr.Sharding([]uint64{8}, zarr.DefaultCodecs(kind)...)}})
	var buf zarr.Scratch
	data := append(numbers(1, 24), make([]byte, 32)...)
	must(t, a.Write(ctx, []uint32{1}, data, &buf))
	got := make([]byte, a.InnerBytes())
	for i := range uint32(4) {
		ok, err := a.ReadInner(ctx, []uint32{1}, []uint32{i}, got, &buf)
		if err != nil || ok != (i < 3) || !bytes.Equal(got, data[32*i:][:32]) {
			t.Errorf("inner chunk %d: got %x, %v, %v", i, got, ok, err)
		}
	}
}

func texts(t *testing.T, s zarr.Store) {
	a := create(t, s, "/a", []uint64{10}, zarr.StringType(), zarr.MetaOptions{Chunks: []uint64{4}})
	var buf zarr.Scratch
	must(t, a.WriteStrings(ctx, []uint32{1}, []int32{0, 0, 1, 3, 6}, []byte("abbé0"), &buf))
	offsets, data, err := a.ReadStrings(ctx, []uint32{1}, nil, nil, &buf)
	if err != nil || fmt.Sprint(offsets) != "[0 0 1 3 6]" || string(data) != "abbé0" {
		t.Errorf("got %v, %q, %v", offsets, data, err)
	}
	offsets, data, err = a.ReadStrings(ctx, []uint32{0}, offsets, data, &buf)
	if err != nil || fmt.Sprint(offsets) != "[0 0 0 0 0]" || len(data) != 0 {
		t.Errorf("a chunk nobody wrote: got %v, %q, %v", offsets, data, err)
	}
	must(t, a.Resize(ctx, []uint64{6}))
	offsets, data, err = a.ReadStrings(ctx, []uint32{1}, offsets, data, &buf)
	if err != nil || fmt.Sprint(offsets) != "[0 0 1 1 1]" || string(data) != "a" {
		t.Errorf("after shrinking: got %v, %q, %v", offsets, data, err)
	}
}

func scalar(t *testing.T, s zarr.Store) {
	a := create(t, s, "/a", nil, zarr.NumberType(dtype.Int32), zarr.MetaOptions{})
	var buf zarr.Scratch
	must(t, a.Write(ctx, nil, numbers(7, 1), &buf))
	a, err := zarr.OpenArray(ctx, s, "/a")
	must(t, err)
	got := make([]byte, 4)
	if ok, err := a.Read(ctx, nil, got, &buf); err != nil || !ok || !bytes.Equal(got, numbers(7, 1)) {
		t.Errorf("got %x, %v, %v", got, ok, err)
	}
}
