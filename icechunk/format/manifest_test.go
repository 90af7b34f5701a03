package format

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format/flat"
)

// kinds is a manifest with a reference of every kind.
func kinds() *Manifest {
	return &Manifest{ID: id(1), Arrays: []ArrayManifest{
		{Node: node(1), Rank: 2, Indices: []uint32{0, 1, 0, 256, 1, 0, 70000, 0}, Refs: []ChunkRef{
			{Inline: []byte("inline")}, {Inline: []byte{}}, {Chunk: id(9), Offset: 1 << 33, Length: 7}, {Chunk: id(8)},
		}},
		{Node: node(2), Rank: 0, Refs: []ChunkRef{{Virtual: &Virtual{Location: "s3://b/k", ETag: "e", LastModified: 5}, Offset: 3, Length: 4}}},
		{Node: node(3), Rank: 1, Indices: []uint32{4}, Refs: []ChunkRef{{Virtual: &Virtual{Location: "file:///x"}}}, Extra: []byte{1}},
	}, Extra: []byte{2}}
}

func TestManifestComesBackSorted(t *testing.T) {
	want, mixed := kinds(), kinds()
	mixed.Arrays = shuffled(mixed.Arrays)
	mixed.Arrays[2].Indices = []uint32{70000, 0, 1, 0, 0, 256, 0, 1}
	mixed.Arrays[2].Refs = shuffled(mixed.Arrays[2].Refs)
	a, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mixed.Encode()
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("another order gives other bytes, %v", err)
	}
	got, err := DecodeManifest(a)
	if err != nil {
		t.Fatal(err)
	}
	want.Arrays[1].Indices = []uint32{}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(- want, + got):\n%s", d)
	}
}

func TestManifestThatReadersWouldRefuseIsInvalid(t *testing.T) {
	for name, spoil := range map[string]func(*Manifest){
		"array twice":  func(m *Manifest) { m.Arrays[1].Node = node(1) },
		"index twice":  func(m *Manifest) { m.Arrays[0].Indices[3] = 1 },
		"ragged":       func(m *Manifest) { m.Arrays[0].Indices = m.Arrays[0].Indices[:7] },
		"of no kind":   func(m *Manifest) { m.Arrays[0].Refs[0].Inline = nil },
		"of two kinds": func(m *Manifest) { m.Arrays[0].Refs[0].Chunk = id(3) },
		"two points":   func(m *Manifest) { m.Arrays[1].Refs = append(m.Arrays[1].Refs, m.Arrays[1].Refs[0]) },
	} {
		m := kinds()
		spoil(m)
		if file, err := m.Encode(); file != nil || !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLookupFindsWhatIsThere(t *testing.T) {
	file, err := kinds().Encode()
	if err != nil {
		t.Fatal(err)
	}
	v, err := OpenManifest(file)
	if err != nil {
		t.Fatal(err)
	}
	var users sync.WaitGroup
	for range 4 {
		users.Go(func() {
			for _, a := range kinds().Arrays {
				for i, want := range a.Refs {
					got, have, err := v.Lookup(a.Node, a.Indices[i*a.Rank:(i+1)*a.Rank])
					if d := cmp.Diff(want, got); !have || err != nil || d != "" {
						t.Errorf("%v %d: %v, %v, (- want, + got):\n%s", a.Node, i, have, err, d)
					}
				}
			}
		})
	}
	users.Wait()
	for _, c := range []struct {
		node  NodeID
		index []uint32
	}{{node(1), []uint32{0, 0}}, {node(1), []uint32{0, 2}}, {node(1), []uint32{70000, 1}}, {node(1), []uint32{1}}, {node(1), nil}, {node(7), []uint32{0, 1}}, {node(3), []uint32{5}}} {
		if ref, have, err := v.Lookup(c.node, c.index); have || err != nil {
			t.Errorf("%v %v: found %v, %v", c.node, c.index, ref, err)
		}
	}
	if a, have, err := v.Array(node(9)); have || err != nil {
		t.Errorf("found %v, %v", a, err)
	}
	if a, have, err := v.Array(node(3)); !have || err != nil || a.Refs[0].Virtual.Location != "file:///x" {
		t.Errorf("found %v, %v, %v", a, have, err)
	}
	if v.Size() < 256 {
		t.Errorf("a size of %d bytes", v.Size())
	}
}

func TestRefsWithinRanges(t *testing.T) {
	file, err := grid(20300).Encode()
	if err != nil {
		t.Fatal(err)
	}
	v, err := OpenManifest(file)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]uint32
	for e, err := range v.Refs(NodeID{1, 2, 3}, Range{1, 3}, Range{2, 4}, Range{98, 200}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, slices.Clone(e.Index))
	}
	want := [][]uint32{{1, 2, 98}, {1, 2, 99}, {1, 3, 98}, {1, 3, 99}, {2, 2, 98}, {2, 2, 99}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(- want, + got):\n%s", d)
	}
	for e, err := range v.Refs(NodeID{1, 2, 3}, Range{0, 9}) { // of another rank
		t.Errorf("found %v, %v", e, err)
	}
	for e, err := range v.Refs(NodeID{1, 2, 3}) {
		if err != nil || e.Index[2] > 4 {
			t.Errorf("found %v, %v", e, err)
		}
		if e.Index[2] == 4 {
			break
		}
	}
}

// rawManifest builds a manifest of one array with references in the order given.
func rawManifest(refs func(b *build) []flat.Ref, more func(b *build)) []byte {
	b := newBuild(0)
	list := b.Refs(refs(b))
	b.Start()
	b.Set(1, list)
	b.SetStruct(0, make([]byte, 8))
	arrays := b.Refs([]flat.Ref{b.End()})
	b.Start()
	b.Set(1, arrays)
	b.SetStruct(0, make([]byte, 12))
	if more != nil {
		more(b)
	}
	return plainFile(ManifestFile, b.Finish(b.End(), identifier))
}

func rawRef(b *build, index []uint32, set func()) flat.Ref {
	at := b.Uint32s(index)
	b.Start()
	b.Set(0, at)
	set()
	return b.End()
}

func TestReferencesInAnotherOrderAreFound(t *testing.T) {
	file := rawManifest(func(b *build) (refs []flat.Ref) {
		for _, i := range []uint32{5, 1, 9, 0} {
			refs = append(refs, rawRef(b, []uint32{i}, func() { b.SetStruct(4, []byte("chunk of 12 ")); b.SetUint64(2, uint64(i)) }))
		}
		return refs
	}, nil)
	v, err := OpenManifest(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []uint32{0, 1, 5, 9} {
		if ref, have, err := v.Lookup(NodeID{}, []uint32{i}); !have || err != nil || ref.Offset != uint64(i) {
			t.Errorf("%d: %v, %v, %v", i, ref, have, err)
		}
	}
	m, err := DecodeManifest(file)
	if err != nil || !slices.Equal(m.Arrays[0].Indices, []uint32{0, 1, 5, 9}) || m.Arrays[0].Refs[2].Offset != 5 {
		t.Errorf("found %+v, %v", m, err)
	}
}

func TestManifestsThatLieAreRefused(t *testing.T) {
	chunk := []byte("chunk of 12 ")
	for name, file := range map[string][]byte{
		"index twice": rawManifest(func(b *build) []flat.Ref {
			ref := rawRef(b, []uint32{1}, func() { b.SetStruct(4, chunk) })
			return []flat.Ref{ref, ref}
		}, nil),
		"ranks": rawManifest(func(b *build) []flat.Ref {
			return []flat.Ref{rawRef(b, []uint32{1}, func() { b.SetStruct(4, chunk) }), rawRef(b, []uint32{1, 2}, func() { b.SetStruct(4, chunk) })}
		}, nil),
		"of no kind": rawManifest(func(b *build) []flat.Ref { return []flat.Ref{rawRef(b, []uint32{1}, func() {})} }, nil),
		"beyond every file": rawManifest(func(b *build) []flat.Ref {
			return []flat.Ref{rawRef(b, []uint32{1}, func() { b.SetStruct(4, chunk); b.SetUint64(2, 1<<63-5); b.SetUint64(3, 9) })}
		}, nil),
		"chunk without id": rawManifest(func(b *build) []flat.Ref {
			return []flat.Ref{rawRef(b, []uint32{1}, func() { b.SetStruct(4, make([]byte, 12)) })}
		}, nil),
		"frame that is none": rawManifest(func(b *build) []flat.Ref {
			packed := b.Bytes([]byte("not a frame"))
			return []flat.Ref{rawRef(b, []uint32{1}, func() { b.Set(8, packed) })}
		}, nil),
		"dictionary that is none": rawManifest(func(b *build) []flat.Ref {
			packed := b.Bytes(encode(nil, []byte("s3://x")))
			return []flat.Ref{rawRef(b, []uint32{1}, func() { b.Set(8, packed); b.Set(5, packed) })}
		}, func(b *build) { b.SetUint8(3, 1); b.Set(2, 8) }),
	} {
		m, err := DecodeManifest(file)
		if !errors.Is(err, errs.Corrupt) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

// The default of compression_algorithm is 1: without a dictionary that is no
// error, and a location that is a frame of its own is read.
func TestLocationsWithoutDictionary(t *testing.T) {
	file := rawManifest(func(b *build) []flat.Ref {
		packed := b.Bytes(encode(nil, []byte("s3://bucket/key")))
		location := b.String("s3://plain")
		return []flat.Ref{
			rawRef(b, []uint32{1}, func() { b.Set(8, packed) }),
			rawRef(b, []uint32{2}, func() { b.Set(5, location) }),
		}
	}, nil)
	m, err := DecodeManifest(file)
	if err != nil || m.Arrays[0].Refs[0].Virtual.Location != "s3://bucket/key" || m.Arrays[0].Refs[1].Virtual.Location != "s3://plain" {
		t.Errorf("found %+v, %v", m, err)
	}
}

// A few hundred bytes that say "the same array" thousands of times.
func TestSharingDoesNotMultiplyMemory(t *testing.T) {
	b := newBuild(0)
	refs := make([]flat.Ref, 50000)
	index := make([]flat.Ref, len(refs))
	for i := range refs {
		index[i] = b.Uint32s([]uint32{uint32(i)})
		b.Start()
		b.Set(0, index[i])
		b.SetStruct(4, []byte("chunk of 12 "))
		refs[i] = b.End()
	}
	list := b.Refs(refs)
	arrays := make([]flat.Ref, 5000)
	for i := range arrays {
		b.Start()
		b.Set(1, list)
		b.SetStruct(0, []byte{byte(i), byte(i >> 8), 0, 0, 0, 0, 0, 0})
		arrays[i] = b.End()
	}
	all := b.Refs(arrays)
	b.Start()
	b.Set(1, all)
	b.SetStruct(0, make([]byte, 12))
	file := plainFile(ManifestFile, b.Finish(b.End(), identifier))
	n := allocated(func() {
		if _, err := DecodeManifest(file); !errors.Is(err, errs.Corrupt) {
			t.Errorf("found %v", err)
		}
	})
	if n > 32*int64(len(file)) {
		t.Errorf("%d bytes were allocated for %d", n, len(file))
	}
}

func TestManifestsAreCompact(t *testing.T) {
	const n = 20000
	file, err := grid(n).Encode()
	if err != nil {
		t.Fatal(err)
	}
	v, err := OpenManifest(file)
	if err != nil {
		t.Fatal(err)
	}
	if v.Size() > 64*n {
		t.Errorf("a view holds %d bytes a reference", v.Size()/n)
	}
	// The FlatBuffer, references of 64 bytes, indices of 12.
	if got := allocated(func() {
		if _, err := DecodeManifest(file); err != nil {
			t.Error(err)
		}
	}); got > 140*n {
		t.Errorf("decoding allocates %d bytes a reference", got/n)
	}
	index := []uint32{1, 2, 3}
	if got := testing.AllocsPerRun(100, func() {
		if _, have, err := v.Lookup(NodeID{1, 2, 3}, index); !have || err != nil {
			t.Error(have, err)
		}
	}); got > 0 {
		t.Errorf("Lookup allocates %v times", got)
	}
}
