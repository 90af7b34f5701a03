package icechunk

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/outcore/outcore/icechunk/format"
)

// The sizes that docs/design/002-store.md counts with.
func TestReferencesAreSmall(t *testing.T) {
	if n := unsafe.Sizeof(packedRef{}); n != 28 {
		t.Errorf("a packed reference has %d bytes, want 28", n)
	}
	c := &refColumns{rank: 3, index: make([]uint32, 3000), refs: make([]packedRef, 1000)}
	if n := c.bytes() / 1000; n > 48 {
		t.Errorf("a reference takes %d bytes, want at most 48", n)
	}
}

func randomRef(t *rapid.T) format.ChunkRef {
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		p := rapid.SliceOfN(rapid.Byte(), 1, 600).Draw(t, "inline")
		return format.ChunkRef{Inline: p, Length: uint64(len(p))}
	case 1:
		return format.ChunkRef{
			Virtual: &format.Virtual{Location: rapid.String().Draw(t, "location")},
			Offset:  rapid.Uint64().Draw(t, "offset"), Length: rapid.Uint64Max(1<<61-1).Draw(t, "length"),
		}
	}
	return format.ChunkRef{Chunk: format.NewObjectID(), Offset: rapid.Uint64().Draw(t, "offset"), Length: rapid.Uint64Max(1<<61-1).Draw(t, "length")}
}

// A table is a map from index to reference.
func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rank := rapid.IntRange(0, 3).Draw(t, "rank")
		table := newRefTable(rank)
		want := map[string]format.ChunkRef{}
		for range rapid.IntRange(0, 200).Draw(t, "writes") {
			index := rapid.SliceOfN(rapid.Uint32Max(4), rank, rank).Draw(t, "index")
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				table.mark(index, refNone)
				delete(want, fmt.Sprint(index))
			case 1:
				table = table.clone()
			default:
				ref := randomRef(t)
				table.set(index, ref)
				want[fmt.Sprint(index)] = ref
			}
		}
		rows := table.sorted()
		if !slices.IsSortedFunc(rows, func(a, b int) int { return compareIndex(table.at(a), table.at(b)) }) {
			t.Fatal("rows are not in order")
		}
		got := map[string]format.ChunkRef{}
		for _, row := range rows {
			if table.row(table.at(row)) != row {
				t.Fatalf("row %d is not found", row)
			}
			got[fmt.Sprint(table.at(row))] = table.unpack(&table.refs[row])
		}
		if !maps.EqualFunc(got, want, func(a, b format.ChunkRef) bool { return reflect.DeepEqual(a, b) }) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// Writing over inline chunks does not fill the memory, and what was read stays.
func TestTableForgetsWhatWasWrittenOver(t *testing.T) {
	table := newRefTable(1)
	index := []uint32{7}
	var first []byte
	for i := range 10_000 {
		table.set(index, format.ChunkRef{Inline: bytes.Repeat([]byte{byte(i)}, 500), Length: 500})
		if i == 0 {
			first = table.unpack(&table.refs[0]).Inline
		}
	}
	if len(table.inline) > 256<<10 {
		t.Errorf("one chunk takes %d bytes", len(table.inline))
	}
	if !bytes.Equal(first, make([]byte, 500)) {
		t.Error("bytes that were handed out changed")
	}
}
