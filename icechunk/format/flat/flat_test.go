package flat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
)

// sample is a table with a field of every kind.
func sample() []byte {
	b := NewBuilder(0) // grows
	name := b.String("größe")
	none := b.String("")
	raw := b.Bytes([]byte{1, 2, 3})
	nums := b.Uint32s([]uint32{7, 8, 9})
	shorts := b.Uint16s([]uint16{1, 2, 3})
	longs := b.Structs(16, 8, 2, func(i int, dst []byte) { binary.LittleEndian.PutUint64(dst[8:], uint64(i+5)) })
	var tables []Ref
	for i := range 3 {
		b.Start()
		b.SetUint64(0, uint64(i))
		tables = append(tables, b.End())
	}
	list := b.Refs(tables)
	names := b.Refs([]Ref{name, none})
	b.Start()
	b.SetUint8(0, 1)
	b.SetUint64(1, 1<<40)
	b.SetUint16(2, 300)
	b.SetUint32(3, 70000)
	b.SetStruct(4, []byte("twelve bytes"))
	b.Set(5, name)
	b.Set(6, raw)
	b.Set(7, nums)
	b.Set(8, shorts)
	b.Set(9, longs)
	b.Set(10, list)
	b.Set(11, names)
	b.Set(12, 0)
	return b.Finish(b.End(), "Test")
}

func TestEveryKindComesBack(t *testing.T) {
	buf := sample()
	if string(buf[4:8]) != "Test" || len(buf)%8 != 0 {
		t.Errorf("%d bytes with identifier %q", len(buf), buf[4:8])
	}
	r := NewReader(buf)
	root := r.Root()
	root.Require("sample", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	list, longs := root.Vector(10, 4), root.Vector(9, 16)
	for i, ok := range []bool{
		root.Bool(0), root.Uint64(1) == 1<<40, root.Uint16(2) == 300, root.Int32(3) == 70000,
		string(root.Struct(4, 12)) == "twelve bytes", root.String(5) == "größe", bytes.Equal(root.Bytes(6), []byte{1, 2, 3}),
		root.Vector(7, 4).Len() == 3 && binary.LittleEndian.Uint32(root.Vector(7, 4).At(2)) == 9,
		bytes.Equal(root.Vector(8, 2).Raw(), []byte{1, 0, 2, 0, 3, 0}),
		longs.Len() == 2 && longs.At(1)[8] == 6,
		list.Len() == 3 && list.Table(2).Uint64(0) == 2,
		root.Vector(11, 4).String(0) == "größe" && root.Vector(11, 4).String(1) == "",
		!root.Has(12) && root.Table(12).Uint8(0, 9) == 9 && root.Bytes(12) == nil && root.Vector(12, 4).Len() == 0 && root.String(12) == "",
		!root.Beyond(12) && root.Beyond(11),
		root.Uint8(40, 3) == 3 && root.Uint64(40) == 0 && root.Uint16(40) == 0 && root.Struct(40, 1) == nil,
	} {
		if !ok {
			t.Errorf("field %d is not what was set", i)
		}
	}
	if err := r.Err(); err != nil {
		t.Error(err)
	}
}

func TestNumbersAreAligned(t *testing.T) {
	buf := sample()
	r := NewReader(buf)
	root := r.Root()
	for _, c := range []struct{ slot, size int }{{1, 8}, {2, 2}, {3, 4}, {5, 4}} {
		if at := root.field(c.slot, c.size); at%c.size != 0 {
			t.Errorf("slot %d of %d bytes is at byte %d", c.slot, c.size, at)
		}
	}
	if at := root.Vector(9, 16).pos; at%8 != 0 {
		t.Errorf("structs of 8 bytes begin at byte %d", at)
	}
	for i := range 3 {
		if at := root.Vector(10, 4).Table(i).field(0, 8); at%8 != 0 {
			t.Errorf("number of table %d is at byte %d", i, at)
		}
	}
	if root.Vector(10, 4).Table(1).vt != root.Vector(10, 4).Table(2).vt {
		t.Error("tables of one shape do not share a vtable")
	}
}

func TestAbsentRequiredFieldIsNamed(t *testing.T) {
	r := NewReader(sample())
	r.Root().Require("sample", 0, 12)
	if err := r.Err(); !errors.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "sample") || !strings.Contains(err.Error(), "12") {
		t.Errorf("%v", err)
	}
}

func TestTextMustBeUTF8(t *testing.T) {
	b := NewBuilder(0)
	s := b.String("\xff")
	b.Start()
	b.Set(0, s)
	r := NewReader(b.Finish(b.End(), "Test"))
	if got := r.Root().String(0); got != "" || !errors.Is(r.Err(), errs.Corrupt) {
		t.Errorf("found %q, %v", got, r.Err())
	}
}

// A buffer of n offsets to one long text claims n times its size.
func TestOneTextManyTimesIsRefused(t *testing.T) {
	b := NewBuilder(0)
	long := b.String(strings.Repeat("x", 1<<20))
	refs := make([]Ref, 1000)
	for i := range refs {
		refs[i] = long
	}
	list := b.Refs(refs)
	b.Start()
	b.Set(0, list)
	r := NewReader(b.Finish(b.End(), "Test"))
	v := r.Root().Vector(0, 4)
	for i := range v.Len() {
		v.String(i)
	}
	if !errors.Is(r.Err(), errs.Corrupt) {
		t.Errorf("found %v", r.Err())
	}
}

func TestTooLargeABufferIsNil(t *testing.T) {
	for _, part := range []int{10, 999, 5000} {
		b := NewBuilder(0)
		b.limit = 1000
		var refs []Ref
		for range 200 {
			refs = append(refs, b.Bytes(make([]byte, part)))
			b.Start()
			b.Set(0, refs[len(refs)-1])
			b.SetUint64(5, 1)
			refs[len(refs)-1] = b.End()
		}
		list := b.Refs(refs)
		b.Start()
		b.Set(0, list)
		if buf := b.Finish(b.End(), "Test"); buf != nil {
			t.Errorf("found %d bytes", len(buf))
		}
	}
}

// walk reads a table as a decoder of any schema might.
func walk(t Table, depth int) {
	for slot := range 14 {
		t.Uint8(slot, 1)
		t.Uint16(slot)
		t.Uint32(slot)
		t.Uint64(slot)
		t.Struct(slot, 12)
		t.String(slot)
		t.Bytes(slot)
		v := t.Vector(slot, 4)
		for i := range v.Len() {
			v.At(i)
			v.String(i)
			if depth > 0 {
				walk(v.Table(i), depth-1)
			}
		}
		if depth > 0 {
			walk(t.Table(slot), depth-1)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(sample())
	f.Fuzz(func(t *testing.T, buf []byte) {
		r := NewReader(buf)
		walk(r.Root(), 2)
		r = NewReader(buf)
		root := r.Root()
		root.Vector(9, 16).Raw()
		for i := range root.Vector(10, 4).Len() {
			root.Vector(10, 4).Table(i).Uint64(0)
		}
	})
}
