package zarr

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/internal/ranges"
)

// Units are the parts of an array that are read alone: its chunks, or where
// these are large shards, boxes of their inner chunks. They are numbered along
// each axis as chunks are. They are read-only and serve all goroutines, each
// with a Scratch of its own.
type Units struct {
	a     *Array
	shape []uint64 // of a unit
	per   []uint32 // units of a chunk along each axis
	box   *shard   // a unit as a shard of its inner chunks; nil: units are chunks
	rule  ranges.Rule
	form  string
}

// Units gives units of at most so many decoded bytes; larger ones only where
// inner chunks, or chunks that are no shards, are larger. Chunks are not cut
// whose shards can only be read whole, as behind a codec that compresses them.
func (a *Array) Units(most int) *Units {
	u := &Units{a: a, shape: a.meta.ChunkShape, per: make([]uint32, len(a.grid)), form: formOf(a.meta)}
	for k := range u.per {
		u.per[k] = 1
	}
	h := a.pipe.shard
	if h == nil || a.pipe.order != nil || len(a.pipe.filters) > 0 || a.pipe.kind.Varying() || a.pipe.size <= most {
		return u
	}
	// As many inner chunks as fit, those beside each other along the last axis first.
	box := *h
	box.outer, box.grid, box.count = slices.Clone(h.shape), make([]uint32, len(h.grid)), 1
	size := h.pipe.size
	for k := len(h.grid) - 1; k >= 0; k-- {
		n := divisor(h.grid[k], uint32(max(1, min(most/max(1, size), maxInner))))
		box.grid[k] = n
		box.outer[k] *= uint64(n)
		box.count *= int(n)
		u.per[k] = h.grid[k] / n
		size *= int(n)
		if u.per[k] > 1 {
			most = 0 // a unit is one piece of the elements' order
		}
	}
	box.contiguous = contiguous(box.outer, box.shape)
	u.shape, u.box = box.outer, &box
	u.rule = ranges.Rule{Gap: together.Gap, Most: int64(min(together.Most, int64(2*max(box.chunkBound()*box.count, minTogether))))}
	return u
}

// unitID names unit n of the chunk that id names.
func unitID(id string, in []uint32) string { return fmt.Sprint(id, "/", in) }

// minTogether is what is read together of small units.
const minTogether = 1 << 20

// divisor is the largest divisor of n that is at most most.
func divisor(n, most uint32) uint32 {
	for d := min(n, most); d > 1; d-- {
		if n%d == 0 {
			return d
		}
	}
	return 1
}

// Shape is the shape of a unit, which the caller must not change.
func (u *Units) Shape() []uint64 { return u.shape }

// Form tells how chunks decode: where it differs, equal stored bytes may be other
// elements.
func (u *Units) Form() string { return u.form }

func formOf(m *ArrayMeta) string {
	var b strings.Builder
	fmt.Fprint(&b, m.Type.Name, m.ChunkShape, m.Fill)
	for _, c := range m.Codecs {
		fmt.Fprintf(&b, " %s%s", c.Name, c.Config)
	}
	return b.String()
}

// Array is the array that u cuts.
func (u *Units) Array() *Array { return u.a }

// Whole reports units that are chunks.
func (u *Units) Whole() bool { return u.box == nil }

// Bytes is the bytes of one decoded unit; 0 for elements of variable length.
func (u *Units) Bytes() int {
	if u.box == nil {
		return u.a.ChunkBytes()
	}
	return u.box.count * u.box.pipe.size
}

// ScratchBytes is Array.ScratchBytes of one who only reads units.
func (u *Units) ScratchBytes() int {
	if u.box == nil {
		return u.a.ScratchBytes()
	}
	b := u.box
	return b.index.size + b.indexBytes + b.index.scratch() + b.pipe.size + b.pipe.scratch() + int(max(u.rule.Most, int64(b.chunkBound())))
}

// Chunk finds the stored bytes that a unit is in. id names the decoded unit, ""
// when it must not be cached; ok is false when it is fill value.
func (u *Units) Chunk(ctx context.Context, index []uint32) (c Chunk, id string, ok bool, err error) {
	outer, n := u.place(index)
	c, ok, err = u.a.Chunk(ctx, outer)
	if err != nil || !ok {
		return nil, "", false, err
	}
	if id = c.ID(); id != "" && u.box != nil {
		id = unitID(id, n)
	}
	return c, id, true, nil
}

// Read decodes the unit at index into dst, Bytes long, as Array.Read does. Of a
// shard it reads the index, which s keeps for the next unit of the same shard,
// and the unit's inner chunks, those near each other by one request.
func (u *Units) Read(ctx context.Context, index []uint32, dst []byte, s *Scratch) (ok bool, err error) {
	c, _, ok, err := u.Chunk(ctx, index)
	if err != nil {
		return false, err
	}
	if !ok {
		u.a.Fill(dst)
		return false, nil
	}
	return true, u.Decode(ctx, index, c, dst, s)
}

// ReadPart is Read of the elements lo ≤ i < hi of a unit, to their places in dst;
// others are unspecified. Of a unit that is a part of a shard only the inner
// chunks around them are read.
func (u *Units) ReadPart(ctx context.Context, index []uint32, lo, hi []int, dst []byte, s *Scratch) (ok bool, err error) {
	if u.box == nil {
		return u.Read(ctx, index, dst, s)
	}
	c, _, ok, err := u.Chunk(ctx, index)
	if err != nil {
		return false, err
	}
	if !ok {
		u.a.Fill(dst)
		return false, nil
	}
	first, count := make([]uint32, len(lo)), make([]uint32, len(lo))
	for k, n := range u.box.shape {
		first[k] = uint32(uint64(lo[k]) / n)
		count[k] = uint32(uint64(hi[k]-1)/n) + 1 - first[k]
	}
	return true, u.decodeBox(ctx, index, first, count, c, dst, s)
}

// Decode is Read for a chunk that was found.
func (u *Units) Decode(ctx context.Context, index []uint32, c Chunk, dst []byte, s *Scratch) error {
	if u.box == nil {
		return u.a.Decode(ctx, index, c, dst, s)
	}
	return u.decodeBox(ctx, index, make([]uint32, len(index)), u.box.grid, c, dst, s)
}

// decodeBox reads count inner chunks from first on along each axis of a unit.
func (u *Units) decodeBox(ctx context.Context, index, first, count []uint32, c Chunk, dst []byte, s *Scratch) error {
	outer, in := u.place(index)
	if len(dst) != u.Bytes() {
		return u.a.inChunk(outer, errs.New(errs.Shape, "%d bytes in memory, expected %d", len(dst), u.Bytes()))
	}
	if err := u.decode(ctx, in, first, count, c, dst, s); err != nil {
		return u.a.inChunk(outer, inObject(c, err))
	}
	return nil
}

// place is the chunk of a unit, and the unit's place in it along each axis.
func (u *Units) place(index []uint32) (outer, in []uint32) {
	if u.box == nil {
		return index, nil
	}
	both := make([]uint32, 2*len(index))
	outer, in = both[:len(index)], both[len(index):]
	for k, i := range index {
		outer[k], in[k] = i/u.per[k], i%u.per[k]
	}
	return outer, in
}

// decode reads inner chunks of the unit at in of the shard c.
func (u *Units) decode(ctx context.Context, in, first, count []uint32, c Chunk, dst []byte, s *Scratch) error {
	h, b := u.a.pipe.shard, u.box
	at := make([]uint32, len(in))
	numbers := func(i int) (n, local int) { // of the i-th in the shard, in the unit
		Index(at, count, uint64(i))
		for k := range at {
			at := first[k] + at[k]
			n = n*int(h.grid[k]) + int(in[k]*b.grid[k]+at)
			local = local*int(b.grid[k]) + int(at)
		}
		return n, local
	}
	number := func(i int) int { n, _ := numbers(i); return n }
	return h.some(ctx, c, s, int(Chunks(count)), number, u.rule, func(i int, part Chunk) error {
		n, local := numbers(i)
		if err := b.put(ctx, local, part, dst, s); err != nil {
			return h.inInner(n, err)
		}
		return nil
	})
}
