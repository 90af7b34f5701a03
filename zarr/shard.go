package zarr

import (
	"context"
	"encoding/binary"
	"encoding/json"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/internal/ranges"
)

// A shard is a chunk that holds chunks of its own, in any order, and an index of
// them. It is read-only and serves all goroutines.
type shard struct {
	outer, shape []uint64 // of the shard, of its inner chunks
	grid         []uint32
	count        int       // inner chunks
	pipe         *pipeline // of the inner chunks
	index        *pipeline
	indexBytes   int  // as stored
	atStart      bool // the index stands before the chunks, and not behind
	contiguous   bool // an inner chunk is one piece of the shard's elements
}

const (
	maxInner  = 1 << 24 // chunks of a shard: an index of 256 MiB
	maxNested = 4

	absentEntry = 1<<64 - 1 // offset and length of an inner chunk that is fill value
)

// together says which inner chunks of a shard are read at once. Those who read a
// shard have a buffer for all of it, so that it can be more than of other chunks.
var together = ranges.Rule{Gap: 1 << 20, Most: 16 << 20}

func newShard(config json.RawMessage, t DataType, outer []uint64, fill []byte, depth int) (*shard, error) {
	if depth > maxNested {
		return nil, errs.New(errs.Unsupported, "shards in more than %d shards", maxNested)
	}
	var shape, codecs, indexCodecs json.RawMessage
	location := "end"
	err := fields(config, map[string]any{"chunk_shape": &shape, "codecs": &codecs, "index_codecs": &indexCodecs, "index_location": &location})
	if err != nil {
		return nil, err
	}
	if shape == nil || codecs == nil || indexCodecs == nil {
		return nil, errs.New(errs.Invalid, "expected chunk_shape, codecs and index_codecs")
	}
	h := &shard{outer: outer, atStart: location == "start"}
	if location != "start" && location != "end" {
		return nil, errs.New(errs.Invalid, "index_location %q, expected start or end", location)
	}
	if err := decodeList(shape, &h.shape); err != nil {
		return nil, err
	}
	if len(h.shape) != len(outer) {
		return nil, errs.New(errs.Invalid, "chunk_shape %v for %d dimensions", h.shape, len(outer))
	}
	for i, n := range h.shape {
		if n == 0 || outer[i]%n != 0 {
			return nil, errs.New(errs.Invalid, "chunk_shape %v does not divide %v", h.shape, outer)
		}
		h.grid = append(h.grid, uint32(min(outer[i]/n, maxInner+1)))
	}
	if n := Chunks(h.grid); n > maxInner {
		return nil, errs.New(errs.Unsupported, "%v chunks in a shard, at most %d are read", h.grid, maxInner)
	}
	h.count, h.contiguous = int(Chunks(h.grid)), contiguous(outer, h.shape)
	inner, err := parseCodecs(codecs)
	if err == nil {
		h.pipe, err = newPipeline(inner, t, h.shape, fill, depth+1)
	}
	if err != nil {
		return nil, errs.New(kindOf(err), "codecs: %w", err)
	}
	if err := h.setIndex(indexCodecs); err != nil {
		return nil, errs.New(kindOf(err), "index_codecs: %w", err)
	}
	return h, nil
}

// contiguous reports whether inner chunks are pieces of the elements around them:
// behind the first axis along which they have a length nothing is cut.
func contiguous(outer, inner []uint64) bool {
	split := false
	for i, n := range inner {
		if split && n != outer[i] {
			return false
		}
		split = split || n > 1
	}
	return true
}

// setIndex makes the codecs of the index ready, whose length must be known
// before it is read.
func (h *shard) setIndex(codecs json.RawMessage) error {
	specs, err := parseCodecs(codecs)
	if err != nil {
		return err
	}
	shape := make([]uint64, 0, len(h.grid)+1)
	for _, n := range h.grid {
		shape = append(shape, uint64(n))
	}
	t := DataType{Name: "uint64", Size: 8}
	h.index, err = newPipeline(specs, t, append(shape, 2), make([]byte, 8), maxNested)
	if err != nil {
		return err
	}
	for i, f := range h.index.filters {
		if _, ok := f.(fixed); !ok {
			return errs.New(errs.Invalid, "codec %s: the length of its result is not fixed", h.index.names[i])
		}
	}
	if h.index.shard != nil {
		return errs.New(errs.Unsupported, "an index in shards")
	}
	h.indexBytes = h.index.bounds[len(h.index.bounds)-1]
	return nil
}

// bound is the most bytes a shard is stored in.
func (h *shard) bound() int {
	if h.pipe.bounds == nil {
		return 0
	}
	return h.indexBytes + h.count*h.chunkBound()
}

// chunkBound is the most bytes an inner chunk of known size is stored in.
func (h *shard) chunkBound() int { return h.pipe.bounds[len(h.pipe.bounds)-1] }

func (h *shard) scratch() int {
	n := h.index.size + h.index.scratch() + h.pipe.size + h.pipe.scratch()
	return n + h.bound() // what is put together while writing
}

// readIndex gives the index of c, as it is in memory; s keeps it for the next
// chunk of the same shard.
func (h *shard) readIndex(ctx context.Context, c Chunk, s *Scratch) ([]byte, error) {
	b, err := s.buffer(bufIndex, h.index.size)
	if err != nil {
		return nil, err
	}
	id := c.ID()
	if id != "" && id == s.indexID && h == s.indexOf {
		return b, nil
	}
	s.indexID, s.indexOf = "", nil
	at := c.Size() - int64(h.indexBytes)
	if at < 0 {
		return nil, errs.New(errs.Corrupt, "%d stored bytes, expected an index of %d", c.Size(), h.indexBytes)
	}
	if h.atStart {
		at = 0
	}
	s.section = section{c, at, int64(h.indexBytes)}
	if err := h.index.decode(ctx, &s.section, b, s.below()); err != nil {
		return nil, errs.New(kindOf(err), "index: %w", err)
	}
	s.indexID, s.indexOf = id, h
	return b, nil
}

// entry gives where inner chunk i stands in c; ok is false when it is fill value.
func (h *shard) entry(index []byte, i int, size int64) (off, n int64, ok bool, err error) {
	o, l := binary.LittleEndian.Uint64(index[16*i:]), binary.LittleEndian.Uint64(index[16*i+8:])
	if o == absentEntry && l == absentEntry {
		return 0, 0, false, nil
	}
	if o > uint64(size) || l > uint64(size)-o {
		return 0, 0, false, errs.New(errs.Corrupt, "index: inner chunk %d at %d, %d bytes long, of a shard of %d", i, o, l, size)
	}
	if b := h.pipe.bounds; b != nil && l > uint64(b[len(b)-1]) {
		return 0, 0, false, errs.New(errs.Corrupt, "index: inner chunk %d has %d bytes, expected at most %d", i, l, b[len(b)-1])
	}
	return int64(o), int64(l), true, nil
}

// decodeInner reads inner chunk i alone into dst: the index and its own bytes.
func (h *shard) decodeInner(ctx context.Context, c Chunk, i int, dst []byte, s *Scratch) (ok bool, err error) {
	index, err := h.readIndex(ctx, c, s)
	if err != nil {
		return false, err
	}
	off, n, ok, err := h.entry(index, i, c.Size())
	if err != nil || !ok {
		return false, err
	}
	s.section = section{c, off, n}
	if err := h.pipe.decode(ctx, &s.section, dst, s.below()); err != nil {
		return true, h.inInner(i, err)
	}
	return true, nil
}

func (h *shard) inInner(i int, err error) error {
	at := make([]uint32, len(h.grid))
	Index(at, h.grid, uint64(i))
	return errs.New(kindOf(err), "inner chunk %v: %w", at, err)
}

// decode reads all of a shard into dst.
func (h *shard) decode(ctx context.Context, c Chunk, dst []byte, s *Scratch) error {
	return h.eachInner(ctx, c, s, func(i int, part Chunk) error {
		if err := h.put(ctx, i, part, dst, s); err != nil {
			return h.inInner(i, err)
		}
		return nil
	})
}

// put decodes inner chunk i to its place in dst; nil is fill value.
func (h *shard) put(ctx context.Context, i int, part Chunk, dst []byte, s *Scratch) error {
	block, err := h.block(dst, i, s)
	if err != nil {
		return err
	}
	if part == nil {
		fill(block, h.pipe.fill)
	} else if err := h.pipe.decode(ctx, part, block, s.below()); err != nil {
		return err
	}
	if !h.contiguous {
		h.rows(i, func(at, in, n int) { copy(dst[at:at+n], block[in:]) })
	}
	return nil
}

// eachInner calls f for every inner chunk, with nil for those that are fill
// value: in the order they are stored in, several of them read at once.
func (h *shard) eachInner(ctx context.Context, c Chunk, s *Scratch, f func(i int, part Chunk) error) error {
	return h.some(ctx, c, s, h.count, func(i int) int { return i }, together, f)
}

// some is eachInner of n inner chunks: f is called with 0 to n-1, where inner
// chunk number(i) is the i-th of them.
func (h *shard) some(ctx context.Context, c Chunk, s *Scratch, n int, number func(i int) int, rule ranges.Rule, f func(i int, part Chunk) error) error {
	index, err := h.readIndex(ctx, c, s)
	if err != nil {
		return err
	}
	s.spans = s.spans[:0]
	for i := range n {
		off, length, ok, err := h.entry(index, number(i), c.Size())
		if err != nil {
			return err
		}
		if ok {
			s.spans = append(s.spans, ranges.Range{Lo: off, Hi: off + length, Number: i})
		} else if err := f(i, nil); err != nil {
			return err
		}
	}
	for g := range rule.Plan(s.spans) {
		all, err := readSpan(ctx, c, g.Lo, g.Hi, s)
		if err != nil {
			return err
		}
		for _, m := range g.Members {
			s.part = g.Cut(all, m)
			if err := f(m.Number, &s.part); err != nil {
				return err
			}
		}
	}
	return nil
}

// readSpan gives bytes lo to hi of c, which is not read when it is in memory.
func readSpan(ctx context.Context, c Chunk, lo, hi int64, s *Scratch) ([]byte, error) {
	if b, ok, err := lent(ctx, c); ok || err != nil {
		if err != nil {
			return nil, err
		}
		return b[lo:hi], nil
	}
	b, err := s.buffer(bufShard, int(hi-lo))
	if err != nil {
		return nil, err
	}
	return b, c.ReadAt(ctx, b, lo)
}

// block is where inner chunk i is decoded to: its place in elements, or a buffer.
func (h *shard) block(elements []byte, i int, s *Scratch) ([]byte, error) {
	if h.contiguous {
		at, n := 0, h.pipe.size
		h.rows(i, func(first, in, _ int) {
			if in == 0 {
				at = first
			}
		})
		return elements[at : at+n], nil
	}
	return s.buffer(bufBlock, h.pipe.size)
}

// rows calls f for every run of inner chunk i along the last axis: where it is in
// the shard's elements, where in the inner chunk's, and how long, in bytes.
func (h *shard) rows(i int, f func(at, in, n int)) {
	elem, last := h.pipe.kind.Size, len(h.shape)-1
	if last < 0 {
		f(0, 0, elem)
		return
	}
	strides := cStrides(h.outer, elem)
	index := make([]uint32, len(h.grid))
	Index(index, h.grid, uint64(i))
	base := 0
	for axis, v := range index {
		base += int(v) * int(h.shape[axis]) * strides[axis]
	}
	run := int(h.shape[last]) * elem
	row := make([]uint64, last)
	for in := 0; in < h.pipe.size; in += run {
		f(base, in, run)
		for axis := last - 1; axis >= 0; axis-- {
			row[axis]++
			base += strides[axis]
			if row[axis] < h.shape[axis] {
				break
			}
			base -= int(row[axis]) * strides[axis]
			row[axis] = 0
		}
	}
}

// encode puts the elements of a shard together; inner chunks that are fill value
// are left out.
func (h *shard) encode(ctx context.Context, src []byte, s *Scratch) ([]byte, error) {
	return h.build(s, h.bound(), func(i int) ([]byte, error) {
		block, err := h.block(src, i, s)
		if err != nil {
			return nil, err
		}
		if !h.contiguous {
			h.rows(i, func(at, in, n int) { copy(block[in:in+n], src[at:]) })
		}
		if isFill(block, h.pipe.fill) {
			return nil, nil
		}
		return h.pipe.encode(ctx, block, s.below())
	})
}

// build writes a shard of what inner gives, nil for an inner chunk that is left
// out. room is the most bytes it can need; 0 when that is not known.
func (h *shard) build(s *Scratch, room int, inner func(i int) ([]byte, error)) ([]byte, error) {
	s.indexID, s.indexOf = "", nil
	index, err := s.buffer(bufIndex, h.index.size)
	if err != nil {
		return nil, err
	}
	out, err := s.buffer(bufShard, room)
	if err != nil {
		return nil, err
	}
	out = out[:0]
	if h.atStart {
		out = append(out, make([]byte, h.indexBytes)...)
	}
	for i := range h.count {
		b, err := inner(i)
		if err != nil {
			return nil, h.inInner(i, err)
		}
		off, n := uint64(absentEntry), uint64(absentEntry)
		if b != nil {
			off, n = uint64(len(out)), uint64(len(b))
			out = append(out, b...)
		}
		binary.LittleEndian.PutUint64(index[16*i:], off)
		binary.LittleEndian.PutUint64(index[16*i+8:], n)
	}
	coded, err := h.index.encode(context.Background(), index, s.below())
	if err != nil {
		return nil, err
	}
	if h.atStart {
		copy(out, coded)
		return out, nil
	}
	return append(out, coded...), nil
}

// A section is a part of a chunk.
type section struct {
	c      Chunk
	off, n int64
}

func (p *section) Size() int64 { return p.n }
func (p *section) ID() string  { return "" }

func (p *section) ReadAt(ctx context.Context, b []byte, off int64) error {
	if off < 0 || off+int64(len(b)) > p.n {
		return errs.New(errs.Corrupt, "bytes %d to %d of %d", off, off+int64(len(b)), p.n)
	}
	return p.c.ReadAt(ctx, b, p.off+off)
}
