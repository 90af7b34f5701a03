package zarr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

func create(t testing.TB, o MetaOptions, shape ...uint64) *Array {
	t.Helper()
	m, err := NewMeta(shape, NumberType(dtype.Float32), o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := CreateArray(context.Background(), NewMem(), "/g/a", m)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func ramp(n int) []byte {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i / 3)
	}
	return dtype.Bytes(v)
}

// TestFillIsComparedBitwise keeps −0 where the fill value is 0, and a NaN of
// other bits where it is NaN.
func TestFillIsComparedBitwise(t *testing.T) {
	ctx := t.Context()
	for fill, other := range map[uint32]uint32{0: 1 << 31, 0x7fc00000: 0x7fc00001} {
		a := create(t, MetaOptions{Chunks: []uint64{4}, Fill: binary.LittleEndian.AppendUint32(nil, fill)}, 4)
		var s Scratch
		for v, stored := range map[uint32]bool{fill: false, other: true} {
			src := dtype.Bytes([]uint32{fill, fill, fill, v})
			if err := a.Write(ctx, []uint32{0}, src, &s); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, 16)
			ok, err := a.Read(ctx, []uint32{0}, got, &s)
			if ok != stored || err != nil || !bytes.Equal(got, src) {
				t.Errorf("%x among %x: stored %v, %x, %v", v, fill, ok, got, err)
			}
		}
	}
}

// TestDamageIsFound flips every bit of a stored chunk in turn: codecs with a
// checksum find each, the others do not fall over.
func TestDamageIsFound(t *testing.T) {
	ctx := t.Context()
	b := Bytes(NumberType(dtype.Float32))
	for name, codecs := range map[string][]CodecSpec{
		"zstd":           {b, Zstd(1, true)},
		"crc32c":         {b, CRC32C()},
		"zstd, crc32c":   {b, Zstd(3, false), CRC32C()},
		"gzip":           {b, Gzip(1)},
		"default":        DefaultCodecs(NumberType(dtype.Float32)),
		"shard":          {Sharding([]uint64{16}, b, CRC32C())},
		"without a sum":  {b, Zstd(1, false)},
		"blosc":          {b, Blosc("lz4", 5, 4)},
		"shard of blosc": {Sharding([]uint64{16}, b, Blosc("zstd", 5, 4))},
	} {
		a := create(t, MetaOptions{Chunks: []uint64{64}, Codecs: codecs}, 64)
		var s Scratch
		src, got := ramp(64), make([]byte, 256)
		if err := a.Write(ctx, []uint32{0}, src, &s); err != nil {
			t.Fatal(err)
		}
		c, _, err := a.Chunk(ctx, []uint32{0})
		if err != nil {
			t.Fatal(err)
		}
		stored := make([]byte, c.Size())
		if err := c.ReadAt(ctx, stored, 0); err != nil {
			t.Fatal(err)
		}
		for cut := range len(stored) {
			bad := held(stored[:cut])
			if err := a.Decode(ctx, []uint32{0}, &bad, got, &s); !errors.Is(err, errs.Corrupt) {
				t.Errorf("%s: cut to %d bytes: %v", name, cut, err)
			}
		}
		for i := range 8 * len(stored) {
			bad := held(bytes.Clone(stored))
			bad[i/8] ^= 1 << (i % 8)
			err := a.Decode(ctx, []uint32{0}, &bad, got, &s)
			switch {
			case err == nil && !bytes.Equal(got, src) && !strings.Contains(name, "without") && !strings.Contains(name, "blosc"):
				t.Errorf("%s: bit %d of byte %d is wrong and nobody says so", name, i%8, i/8)
			case err != nil && (!strings.Contains(err.Error(), "/g/a: chunk [0]") || !errors.Is(err, errs.Corrupt) && !errors.Is(err, errs.Unsupported)):
				t.Errorf("%s: bit %d of byte %d: %v", name, i%8, i/8, err)
			}
		}
	}
}

// TestBombsAreRefused gives chunks that decode to more than a chunk is.
func TestBombsAreRefused(t *testing.T) {
	ctx := t.Context()
	b := Bytes(NumberType(dtype.Float32))
	for name, codec := range map[string]CodecSpec{"zstd": Zstd(1, true), "gzip": Gzip(1), "blosc": Blosc("zstd", 5, 4)} {
		small := create(t, MetaOptions{Chunks: []uint64{16}, Codecs: []CodecSpec{b, codec}}, 16)
		large := create(t, MetaOptions{Chunks: []uint64{1 << 20}, Codecs: []CodecSpec{b, codec}}, 1<<20)
		var s Scratch
		src := bytes.Repeat([]byte{1}, 4<<20)
		if err := large.Write(ctx, []uint32{0}, src, &s); err != nil {
			t.Fatal(err)
		}
		c, _, err := large.Chunk(ctx, []uint32{0})
		if err != nil {
			t.Fatal(err)
		}
		bomb := make(held, min(c.Size(), 1000))
		if err := c.ReadAt(ctx, bomb, 0); err != nil {
			t.Fatal(err)
		}
		var limited Scratch
		limited.Alloc = func(n int) ([]byte, func(), error) {
			if n > 1<<16 {
				t.Errorf("%s: %d bytes wanted for a chunk of 64", name, n)
			}
			return make([]byte, n), func() {}, nil
		}
		if err := small.Decode(ctx, []uint32{0}, &bomb, make([]byte, 64), &limited); !errors.Is(err, errs.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// More is stored than a chunk can have: not even read.
	a := create(t, MetaOptions{Chunks: []uint64{16}}, 16)
	if err := a.Decode(ctx, []uint32{0}, endless{}, make([]byte, 64), &Scratch{}); !errors.Is(err, errs.Corrupt) {
		t.Error(err)
	}
}

// endless is a chunk whose store claims that it is huge.
type endless struct{}

func (endless) Size() int64                                 { return math.MaxInt64 }
func (endless) ID() string                                  { return "" }
func (endless) ReadAt(context.Context, []byte, int64) error { panic("read") }

func TestIndicesAndSizesAreChecked(t *testing.T) {
	ctx := t.Context()
	a := create(t, MetaOptions{Chunks: []uint64{4, 4}}, 8, 6)
	var s Scratch
	b := make([]byte, a.ChunkBytes())
	for _, index := range [][]uint32{{2, 0}, {0, 2}, {0}, {0, 0, 0}, nil} {
		if _, err := a.Read(ctx, index, b, &s); !errors.Is(err, errs.Invalid) {
			t.Errorf("reading %v: %v", index, err)
		}
		if err := a.Write(ctx, index, b, &s); !errors.Is(err, errs.Invalid) {
			t.Errorf("writing %v: %v", index, err)
		}
	}
	for _, n := range []int{0, a.ChunkBytes() - 1, a.ChunkBytes() + 4} {
		if _, err := a.Read(ctx, []uint32{0, 0}, make([]byte, n), &s); !errors.Is(err, errs.Shape) {
			t.Errorf("reading into %d bytes: %v", n, err)
		}
	}
	if _, _, err := a.ReadStrings(ctx, []uint32{0, 0}, nil, nil, &s); !errors.Is(err, errs.Invalid) {
		t.Errorf("numbers as strings: %v", err)
	}
}

func TestCodecsThatDoNotFit(t *testing.T) {
	kind := NumberType(dtype.Float32)
	b := Bytes(kind)
	for name, codecs := range map[string][]CodecSpec{
		"no bytes":                 {Transpose(0, 1)},
		"zstd first":               {Zstd(1, true), b},
		"bytes twice":              {b, b},
		"transpose behind bytes":   {b, Transpose(1, 0)},
		"no order of axes":         {Transpose(0, 0), b},
		"order of one axis":        {Transpose(0), b},
		"no endian":                {{Name: "bytes"}},
		"level of 99":              {b, Zstd(99, true)},
		"inner that do not divide": {Sharding([]uint64{3, 4}, b)},
		"inner of no length":       {Sharding([]uint64{0, 4}, b)},
		"text codec of numbers":    {{Name: "vlen-utf8"}},
		"unknown":                  {b, {Name: "lzma"}},
		"index of no fixed length": {{Name: "sharding_indexed", Config: []byte(`{"chunk_shape": [4, 4], "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
			"index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "zstd"}]}`)}},
	} {
		if _, err := NewMeta([]uint64{8, 8}, kind, MetaOptions{Chunks: []uint64{4, 4}, Codecs: codecs}); !errors.Is(err, errs.Invalid) && !errors.Is(err, errs.Unsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewMeta([]uint64{1 << 62}, kind, MetaOptions{}); err == nil {
		t.Error("2^62 elements in numbered chunks")
	}
}

// TestScratchIsReused reads and writes without allocating, and within the bytes
// that were told.
func TestScratchIsReused(t *testing.T) {
	ctx := t.Context()
	kind := NumberType(dtype.Float32)
	b := Bytes(kind)
	for name, codecs := range map[string][]CodecSpec{
		"bytes":     {b},
		"zstd":      {b, Zstd(1, true)},
		"chain":     {Transpose(1, 0), b, Zstd(1, false), CRC32C(), Gzip(1)},
		"shard":     {Sharding([]uint64{64, 64}, b, Zstd(1, true))},
		"default":   DefaultCodecs(kind),
		"big shard": {Sharding([]uint64{256, 16}, b), Zstd(1, true)},
	} {
		a := create(t, MetaOptions{Chunks: []uint64{256, 256}, Codecs: codecs}, 256, 256)
		held, out := 0, 0
		s := Scratch{Alloc: func(n int) ([]byte, func(), error) {
			held += n
			out++
			return make([]byte, n), func() { held -= n; out-- }, nil
		}}
		index := []uint32{0, 0}
		src, dst := ramp(1<<16), make([]byte, 1<<18)
		for range 3 {
			if err := a.Write(ctx, index, src, &s); err != nil {
				t.Fatal(err)
			}
			if _, err := a.Read(ctx, index, dst, &s); err != nil || !bytes.Equal(src, dst) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if held > a.ScratchBytes() {
			t.Errorf("%s: %d bytes held, %d were told", name, held, a.ScratchBytes())
		}
		n := testing.AllocsPerRun(20, func() {
			if _, err := a.Read(ctx, index, dst, &s); err != nil {
				t.Fatal(err)
			}
		})
		if (name == "bytes" || name == "zstd" || name == "default") && n > 0 && !raceEnabled {
			t.Errorf("%s: %v allocations a chunk", name, n)
		}
		s.Release()
		if held != 0 || out != 0 {
			t.Errorf("%s: %d bytes in %d buffers are not given back", name, held, out)
		}
	}
}

func TestAllocationThatIsRefused(t *testing.T) {
	ctx := t.Context()
	a := create(t, MetaOptions{Chunks: []uint64{1024}}, 1024)
	if err := a.Write(ctx, []uint32{0}, ramp(1024), &Scratch{}); err != nil {
		t.Fatal(err)
	}
	s := Scratch{Alloc: func(int) ([]byte, func(), error) { return nil, nil, errs.New(errs.TooLarge, "no") }}
	if _, err := a.Read(ctx, []uint32{0}, make([]byte, 4096), &s); !errors.Is(err, errs.TooLarge) {
		t.Error(err)
	}
}
