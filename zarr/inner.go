package zarr

import (
	"context"
	"slices"

	"github.com/outcore/outcore/errs"
)

// InnerShape is the shape of what can be read alone: of the inner chunks where
// chunks are shards (those of the first level), else ChunkShape.
func (a *Array) InnerShape() []uint64 {
	h := a.pipe.shard
	if h == nil {
		return a.meta.ChunkShape
	}
	shape := slices.Clone(h.shape)
	for k, axis := range a.pipe.order {
		shape[axis] = h.shape[k]
	}
	return shape
}

// InnerGrid is the number of inner chunks of a chunk along each axis.
func (a *Array) InnerGrid() []uint32 {
	grid := make([]uint32, len(a.grid))
	for i, n := range a.InnerShape() {
		grid[i] = uint32(a.meta.ChunkShape[i] / n)
	}
	return grid
}

// InnerBytes is the bytes of one decoded inner chunk; 0 for elements of variable length.
func (a *Array) InnerBytes() int {
	if a.pipe.shard == nil {
		return a.pipe.size
	}
	return a.pipe.shard.pipe.size
}

// ReadInner decodes inner chunk inner of the chunk at outer into dst, InnerBytes
// long. It reads the shard's index, which s keeps for the next of the same shard,
// and the inner chunk's bytes; the whole shard only where codecs stand behind
// sharding. ok is false when it was never written and is fill value.
func (a *Array) ReadInner(ctx context.Context, outer, inner []uint32, dst []byte, s *Scratch) (ok bool, err error) {
	c, ok, err := a.Chunk(ctx, outer)
	if err != nil {
		return false, err
	}
	if !ok {
		c = nil
	}
	return a.DecodeInner(ctx, outer, inner, c, dst, s)
}

// DecodeInner is ReadInner for a chunk that was found; a nil chunk is fill value.
// outer is for errors alone.
func (a *Array) DecodeInner(ctx context.Context, outer, inner []uint32, c Chunk, dst []byte, s *Scratch) (ok bool, err error) {
	n, err := a.innerNumber(inner)
	if err == nil && len(dst) != a.InnerBytes() {
		err = errs.New(errs.Shape, "%d bytes in memory, expected %d", len(dst), a.InnerBytes())
	}
	if err == nil && a.meta.Type.Varying() {
		err = errs.New(errs.Unsupported, "elements of %s are read by the chunk", a.meta.Type)
	}
	switch {
	case err != nil:
	case c != nil && a.pipe.shard == nil:
		return true, a.Decode(ctx, outer, c, dst, s)
	case c != nil:
		ok, err = a.pipe.decodeInner(ctx, c, n, dst, s)
	}
	if err != nil {
		return false, a.inChunk(outer, inObject(c, err))
	}
	if !ok {
		a.Fill(dst)
	}
	return ok, nil
}

// innerNumber is the place of an inner chunk in the shard's index.
func (a *Array) innerNumber(inner []uint32) (int, error) {
	h := a.pipe.shard
	if len(inner) != len(a.grid) {
		return 0, errs.New(errs.Invalid, "inner chunk %v of %d dimensions", slices.Clone(inner), len(a.grid))
	}
	n := 0
	for k := range inner {
		v, most := inner[k], uint32(1)
		if h != nil {
			most = h.grid[k]
			if a.pipe.order != nil {
				v = inner[a.pipe.order[k]]
			}
		}
		if v >= most {
			return 0, errs.New(errs.Invalid, "inner chunk %v: the grid is %v", slices.Clone(inner), a.InnerGrid())
		}
		n = n*int(most) + int(v)
	}
	return n, nil
}

// decodeInner reads inner chunk i of a shard into dst, in the order of the
// array's axes.
func (p *pipeline) decodeInner(ctx context.Context, c Chunk, i int, dst []byte, s *Scratch) (ok bool, err error) {
	if c, err = p.unfiltered(ctx, c, s); err != nil {
		return false, err
	}
	target := dst
	if p.order != nil {
		if target, err = s.buffer(bufElements, len(dst)); err != nil {
			return false, err
		}
	}
	ok, err = p.shard.decodeInner(ctx, c, i, target, s)
	if err == nil && ok && p.order != nil {
		shape := make([]uint64, len(p.order))
		for k, axis := range p.order {
			shape[axis] = p.shard.shape[k]
		}
		p.restoreShape(dst, target, shape, p.shard.shape)
	}
	return ok, err
}
