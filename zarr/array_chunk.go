package zarr

import (
	"bytes"
	"context"

	"github.com/outcore/outcore/errs"
)

// Chunk finds the stored bytes of a chunk, for Decode; ok is false when it was
// never written and is fill value. Its ID names what Decode will give.
func (a *Array) Chunk(ctx context.Context, index []uint32) (c Chunk, ok bool, err error) {
	if err := a.checkIndex(index); err != nil {
		return nil, false, err
	}
	return a.store.Chunk(ctx, a.path, index)
}

// Read decodes the chunk at index into dst, ChunkBytes long, in C order and
// little-endian; elements beyond the array's border are as stored. A chunk that
// was never written is fill value, and ok is false. errs.Corrupt names the chunk.
func (a *Array) Read(ctx context.Context, index []uint32, dst []byte, s *Scratch) (ok bool, err error) {
	c, ok, err := a.Chunk(ctx, index)
	if err != nil {
		return false, err
	}
	if !ok {
		if err := a.checkSize(index, dst); err != nil {
			return false, err
		}
		a.Fill(dst)
		return false, nil
	}
	return true, a.Decode(ctx, index, c, dst, s)
}

// Decode is Read for a chunk that was found. index is for errors alone. dst is
// unspecified after an error.
func (a *Array) Decode(ctx context.Context, index []uint32, c Chunk, dst []byte, s *Scratch) error {
	if err := a.checkSize(index, dst); err != nil {
		return err
	}
	if err := a.pipe.decode(ctx, c, dst, s); err != nil {
		return a.inChunk(index, inObject(c, err))
	}
	return nil
}

// Fill fills dst, a whole number of elements, with the fill value.
func (a *Array) Fill(dst []byte) { fill(dst, a.meta.Fill) }

// Write encodes src, ChunkBytes long, as the chunk at index. A chunk that is
// fill value throughout, bit for bit, is deleted instead.
func (a *Array) Write(ctx context.Context, index []uint32, src []byte, s *Scratch) error {
	if err := a.checkIndex(index); err != nil {
		return err
	}
	if err := a.checkSize(index, src); err != nil {
		return err
	}
	if isFill(src, a.meta.Fill) {
		return a.store.DeleteChunk(ctx, a.path, index)
	}
	b, err := a.pipe.encode(ctx, src, s)
	if err != nil {
		return a.inChunk(index, err)
	}
	return a.store.PutChunk(ctx, a.path, index, b)
}

func (a *Array) checkSize(index []uint32, b []byte) error {
	if a.meta.Type.Varying() {
		return a.inChunk(index, errs.New(errs.Invalid, "elements of %s are read and written as strings", a.meta.Type))
	}
	if len(b) != a.pipe.size {
		return a.inChunk(index, errs.New(errs.Shape, "%d bytes in memory, expected %d", len(b), a.pipe.size))
	}
	return nil
}

// fill repeats one element over dst.
func fill(dst, element []byte) {
	zero := true
	for _, v := range element {
		zero = zero && v == 0
	}
	if zero {
		clear(dst)
		return
	}
	for n := copy(dst, element); n < len(dst); n *= 2 {
		copy(dst[n:], dst[:n])
	}
}

// isFill reports whether src is one element throughout, bit for bit. Comparing
// src with itself, shifted by an element, is one pass at the speed of memory.
func isFill(src, element []byte) bool {
	n := len(element)
	return len(src) >= n && bytes.Equal(src[:n], element) && bytes.Equal(src[n:], src[:len(src)-n])
}
