package zarr

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

func FuzzParseArray(f *testing.F) {
	files := golden(f, "testdata/zarr-python.tar.gz")
	for _, folder := range folders(files) {
		if strings.HasPrefix(folder, "chains") || strings.HasPrefix(folder, "fill") {
			f.Add(files[folder+"/zarr.json"])
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		m, err := ParseArray(doc)
		if err != nil {
			return
		}
		out, err := m.Marshal()
		if err != nil {
			t.Fatalf("%v of %s", err, doc)
		}
		again, err := ParseArray(out)
		if err != nil {
			t.Fatalf("%v of %s", err, out)
		}
		if twice, err := again.Marshal(); err != nil || !bytes.Equal(twice, out) {
			t.Fatalf("%v: %s, then %s", err, out, twice)
		}
		if !bytes.Equal(m.Fill, again.Fill) || len(m.Grid()) != len(again.Grid()) {
			t.Fatalf("%s, then %s", doc, out)
		}
		_, _ = newPipeline(m.Codecs, m.Type, m.ChunkShape, m.Fill, 0)
	})
}

func FuzzParseGroup(f *testing.F) {
	f.Add([]byte(`{"zarr_format": 3, "node_type": "group", "attributes": {"b": 1, "a": [1.50, {}]}}`))
	f.Add([]byte(`{"zarr_format": 3, "node_type": "group", "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": {}}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		m, err := ParseGroup(doc)
		if err != nil {
			return
		}
		out, err := m.Marshal()
		if err != nil {
			t.Fatalf("%v of %s", err, doc)
		}
		again, err := ParseGroup(out)
		if err != nil {
			t.Fatalf("%v of %s", err, out)
		}
		if twice, err := again.Marshal(); err != nil || !bytes.Equal(twice, out) {
			t.Fatalf("%v: %s, then %s", err, out, twice)
		}
	})
}

// chains is what FuzzDecode decodes with: every codec, alone and in company.
func chains() [][]CodecSpec {
	b := Bytes(NumberType(dtype.Float32))
	start := strings.Replace(string(Sharding([]uint64{2, 4}, b).Config), `"end"`, `"start"`, 1)
	return [][]CodecSpec{
		{b}, {b, Zstd(1, true)}, {b, Gzip(1)}, {b, CRC32C()}, {b, Blosc("lz4", 5, 4)},
		{Transpose(1, 0), b, Gzip(1), Zstd(3, false)},
		{Sharding([]uint64{2, 4}, b)},
		{Sharding([]uint64{4, 2}, b, Zstd(1, true)), CRC32C()},
		{Transpose(1, 0), Sharding([]uint64{4, 4}, Sharding([]uint64{2, 4}, b, CRC32C()))},
		{{Name: "sharding_indexed", Config: json.RawMessage(start)}},
	}
}

func FuzzDecode(f *testing.F) {
	ctx := context.Background()
	all := chains()
	arrays := make([]*Array, len(all))
	var s Scratch
	for i, codecs := range all {
		arrays[i] = create(f, MetaOptions{Chunks: []uint64{8, 8}, Codecs: codecs}, 8, 8)
		if err := arrays[i].Write(ctx, []uint32{0, 0}, ramp(64), &s); err != nil {
			f.Fatal(err)
		}
		c, _, err := arrays[i].Chunk(ctx, []uint32{0, 0})
		if err != nil {
			f.Fatal(err)
		}
		b := make([]byte, c.Size())
		if err := c.ReadAt(ctx, b, 0); err != nil {
			f.Fatal(err)
		}
		f.Add(uint(i), b)
	}
	f.Fuzz(func(t *testing.T, i uint, stored []byte) {
		a := arrays[i%uint(len(arrays))]
		c := held(stored)
		dst := make([]byte, a.ChunkBytes())
		whole := a.Decode(ctx, []uint32{0, 0}, &c, dst, &s)
		if whole != nil && kindOf(whole) != errs.Corrupt && kindOf(whole) != errs.Unsupported {
			t.Fatal(whole)
		}
		unitsLike(t, a, &c, dst, whole, &s)
		if whole != nil {
			return
		}
		// What decodes as a whole decodes in parts, to the same elements.
		in := make([]byte, a.InnerBytes())
		inner := make([]uint32, 2)
		shape := a.InnerShape()
		for ok := true; ok; ok = Next(inner, a.InnerGrid()) {
			if _, err := a.DecodeInner(ctx, []uint32{0, 0}, inner, &c, in, &s); err != nil {
				t.Fatal(err)
			}
			for r := range int(shape[0]) {
				n := 4 * int(shape[1])
				at := 4 * (8*(int(inner[0])*int(shape[0])+r) + int(inner[1])*int(shape[1]))
				if !bytes.Equal(in[r*n:][:n], dst[at:][:n]) {
					t.Fatalf("inner chunk %v differs", inner)
				}
			}
		}
		// And comes back when it is written.
		if err := a.Write(ctx, []uint32{0, 0}, dst, &s); err != nil {
			t.Fatal(err)
		}
		again := make([]byte, len(dst))
		if _, err := a.Read(ctx, []uint32{0, 0}, again, &s); err != nil || !bytes.Equal(again, dst) {
			t.Fatalf("%v", err)
		}
	})
}

// unitsLike decodes a chunk of 8 × 8 elements of 4 bytes by units of several
// sizes: to what it is as a whole, or with errors of damage where it has one.
func unitsLike(t *testing.T, a *Array, c Chunk, want []byte, whole error, s *Scratch) {
	t.Helper()
	for _, most := range []int{1, 40, 100, 200} {
		u := a.Units(most)
		dst := make([]byte, u.Bytes())
		rows, cols := int(u.Shape()[0]), int(u.Shape()[1])
		index := make([]uint32, 2)
		for ok := true; ok; ok = Next(index, u.per) {
			err := u.Decode(context.Background(), index, c, dst, s)
			if err != nil && (whole == nil || kindOf(err) != errs.Corrupt && kindOf(err) != errs.Unsupported) {
				t.Fatal(err)
			}
			for r := 0; whole == nil && r < rows; r++ {
				at := 4 * (8*(int(index[0])*rows+r) + int(index[1])*cols)
				if !bytes.Equal(dst[4*r*cols:][:4*cols], want[at:][:4*cols]) {
					t.Fatalf("unit %v of %v differs", index, u.Shape())
				}
			}
		}
	}
}

func FuzzStrings(f *testing.F) {
	ctx := context.Background()
	var arrays []*Array
	var s Scratch
	b := Bytes(StringType())
	for i, codecs := range [][]CodecSpec{{b}, {b, Zstd(1, true)}, {Sharding([]uint64{2}, b)}, {b, Gzip(1), CRC32C()}} {
		m, err := NewMeta([]uint64{4}, StringType(), MetaOptions{Codecs: codecs})
		if err != nil {
			f.Fatal(err)
		}
		a, err := CreateArray(ctx, NewMem(), "/a", m)
		if err != nil {
			f.Fatal(err)
		}
		arrays = append(arrays, a)
		if err := a.WriteStrings(ctx, []uint32{0}, []int32{0, 1, 1, 3, 7}, []byte("aéétt"), &s); err != nil {
			f.Fatal(err)
		}
		c, _, err := a.Chunk(ctx, []uint32{0})
		if err != nil {
			f.Fatal(err)
		}
		stored := make([]byte, c.Size())
		if err := c.ReadAt(ctx, stored, 0); err != nil {
			f.Fatal(err)
		}
		f.Add(uint(i), stored)
	}
	f.Fuzz(func(t *testing.T, i uint, stored []byte) {
		a := arrays[i%uint(len(arrays))]
		c := held(stored)
		s := Scratch{Alloc: func(n int) ([]byte, func(), error) {
			if n > 64<<20 {
				return nil, nil, errs.New(errs.TooLarge, "%d bytes", n)
			}
			return make([]byte, n), func() {}, nil
		}}
		offsets, data, err := a.DecodeStrings(ctx, []uint32{0}, &c, nil, nil, &s)
		if err != nil {
			return
		}
		if err := a.WriteStrings(ctx, []uint32{0}, offsets, data, &s); err != nil {
			t.Fatal(err)
		}
		offsets2, data2, err := a.ReadStrings(ctx, []uint32{0}, nil, nil, &s)
		if err != nil || !bytes.Equal(data, data2) || len(offsets) != len(offsets2) {
			t.Fatalf("%q, then %q, %v", data, data2, err)
		}
	})
}

func TestStringsAreChecked(t *testing.T) {
	m, err := NewMeta([]uint64{2}, StringType(), MetaOptions{Codecs: []CodecSpec{Bytes(StringType())}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := CreateArray(t.Context(), NewMem(), "/a", m)
	if err != nil {
		t.Fatal(err)
	}
	for name, stored := range map[string]string{
		"nothing":             "",
		"another count":       "\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		"an element cut":      "\x02\x00\x00\x00\x00\x00\x00\x00\x05\x00\x00\x00a",
		"a huge element":      "\x02\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00",
		"bytes behind":        "\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00x",
		"half a character":    "\x02\x00\x00\x00\x01\x00\x00\x00\xc3\x01\x00\x00\x00\xa9",
		"no text":             "\x02\x00\x00\x00\x01\x00\x00\x00\xff\x00\x00\x00\x00",
		"a count that is cut": "\x02\x00",
	} {
		c := held(stored)
		_, _, err := a.DecodeStrings(t.Context(), []uint32{0}, &c, nil, nil, &Scratch{})
		if !errors.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "vlen-utf8") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, offsets := range [][]int32{{0, 1}, {0, 1, 1, 1}} {
		if err := a.WriteStrings(t.Context(), []uint32{0}, offsets, []byte("ab"), &Scratch{}); !errors.Is(err, errs.Shape) {
			t.Errorf("offsets %v: %v", offsets, err)
		}
	}
}
