package zarr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// Limits of chunks of variable-length elements, whose size nothing tells beforehand.
const (
	maxVaryingCount = 1 << 28 // elements
	maxVarying      = 1 << 30 // bytes
	usualVarying    = 4 << 20 // what ScratchBytes counts with

	// No compressor here makes more of a byte: zstd tells of a block of 128 KiB,
	// all one byte, in 4.
	maxExpansion = 128 << 10 / 4
)

// ReadStrings decodes a chunk of variable-length elements: element i is
// data[offsets[i]:offsets[i+1]]. Both are appended to what is given, emptied. A
// chunk that was never written is fill value.
func (a *Array) ReadStrings(ctx context.Context, index []uint32, offsets []int32, data []byte, s *Scratch) ([]int32, []byte, error) {
	c, ok, err := a.Chunk(ctx, index)
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		c = nil
	}
	return a.DecodeStrings(ctx, index, c, offsets, data, s)
}

// DecodeStrings is ReadStrings for a chunk that was found; a nil chunk is fill
// value. index is for errors alone.
func (a *Array) DecodeStrings(ctx context.Context, index []uint32, c Chunk, offsets []int32, data []byte, s *Scratch) ([]int32, []byte, error) {
	var err error
	switch {
	case !a.meta.Type.Varying():
		err = errs.New(errs.Invalid, "elements of %s are not strings", a.meta.Type)
	case c == nil:
		offsets, data, err = fillStrings(a.pipe.count, a.meta.Fill, offsets[:0], data[:0])
	default:
		offsets, data, err = a.pipe.decodeStrings(ctx, c, offsets[:0], data[:0], s)
	}
	if err != nil {
		return nil, nil, a.inChunk(index, inObject(c, err))
	}
	return offsets, data, nil
}

// WriteStrings encodes a chunk of variable-length elements. A chunk that is fill
// value throughout is deleted instead.
func (a *Array) WriteStrings(ctx context.Context, index []uint32, offsets []int32, data []byte, s *Scratch) error {
	if err := a.checkIndex(index); err != nil {
		return err
	}
	if !a.meta.Type.Varying() {
		return a.inChunk(index, errs.New(errs.Invalid, "elements of %s are not strings", a.meta.Type))
	}
	if len(offsets) != a.pipe.count+1 {
		return a.inChunk(index, errs.New(errs.Shape, "%d offsets, expected one more than %d elements", len(offsets), a.pipe.count))
	}
	if allFill(offsets, data, a.meta.Fill) {
		return a.store.DeleteChunk(ctx, a.path, index)
	}
	b, err := a.pipe.encodeStrings(ctx, offsets, data, s)
	if err != nil {
		return a.inChunk(index, err)
	}
	return a.store.PutChunk(ctx, a.path, index, b)
}

func allFill(offsets []int32, data, element []byte) bool {
	for i, at := range offsets[1:] {
		if !bytes.Equal(data[offsets[i]:at], element) {
			return false
		}
	}
	return true
}

// fillStrings appends n times one element.
func fillStrings(n int, element []byte, offsets []int32, data []byte) ([]int32, []byte, error) {
	if len(element) > 0 && n > maxVarying/len(element) {
		return nil, nil, errs.New(errs.TooLarge, "%d times a fill value of %d bytes", n, len(element))
	}
	offsets = slices.Grow(offsets, n+1)
	offsets = append(offsets, int32(len(data)))
	for range n {
		data = append(data, element...)
		offsets = append(offsets, int32(len(data)))
	}
	return offsets, data, nil
}

func (p *pipeline) decodeStrings(ctx context.Context, c Chunk, offsets []int32, data []byte, s *Scratch) ([]int32, []byte, error) {
	if p.shard != nil && len(p.filters) == 0 {
		return p.shard.decodeStrings(ctx, c, offsets, data, s)
	}
	b, err := p.varyingPayload(ctx, c, s)
	if err != nil {
		return nil, nil, err
	}
	if p.shard != nil {
		s.whole = b
		return p.shard.decodeStrings(ctx, &s.whole, offsets, data, s)
	}
	return p.parseStrings(b, offsets, data)
}

// parseStrings reads the layout of vlen-utf8 and vlen-bytes: the number of
// elements, then each behind its length, all numbers of 4 bytes.
func (p *pipeline) parseStrings(b []byte, offsets []int32, data []byte) ([]int32, []byte, error) {
	if len(b) < 4 {
		return nil, nil, errs.New(errs.Corrupt, "codec %s: %d bytes, expected a count", p.vlen, len(b))
	}
	if n := binary.LittleEndian.Uint32(b); uint64(n) != uint64(p.count) {
		return nil, nil, errs.New(errs.Corrupt, "codec %s: %d elements, expected %d", p.vlen, n, p.count)
	}
	b = b[4:]
	if len(b)/4 < p.count {
		return nil, nil, errs.New(errs.Corrupt, "codec %s: %d bytes cannot hold %d elements", p.vlen, len(b), p.count)
	}
	start := len(data)
	offsets = slices.Grow(offsets, p.count+1)
	data = slices.Grow(data, len(b)-4*p.count)
	offsets = append(offsets, int32(start))
	text := p.kind.kind() == kindString
	for i := range p.count {
		if len(b) < 4 || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-4) {
			return nil, nil, errs.New(errs.Corrupt, "codec %s: element %d is cut short", p.vlen, i)
		}
		n := int(binary.LittleEndian.Uint32(b))
		if text && n > 0 && !utf8.RuneStart(b[4]) {
			return nil, nil, errs.New(errs.Corrupt, "codec %s: element %d is not UTF-8", p.vlen, i)
		}
		data = append(data, b[4:4+n]...)
		offsets = append(offsets, int32(len(data)))
		b = b[4+n:]
	}
	if len(b) > 0 {
		return nil, nil, errs.New(errs.Corrupt, "codec %s: %d bytes behind the last element", p.vlen, len(b))
	}
	// All of it is UTF-8 and every element starts a character: so each is UTF-8.
	if text && !utf8.Valid(data[start:]) {
		return nil, nil, errs.New(errs.Corrupt, "codec %s: the text is not UTF-8", p.vlen)
	}
	return offsets, data, nil
}

// varyingPayload reads c and undoes the filters when no size is known: rooms are
// doubled until the data fit, so that memory follows what is there and not what
// a header claims.
func (p *pipeline) varyingPayload(ctx context.Context, c Chunk, s *Scratch) ([]byte, error) {
	size := c.Size()
	if size < 0 || size > maxVarying {
		return nil, errs.New(errs.TooLarge, "%d stored bytes, at most %d are read", size, maxVarying)
	}
	cur, err := s.buffer(bufStored, int(size))
	if err != nil {
		return nil, err
	}
	if err := c.ReadAt(ctx, cur, 0); err != nil {
		return nil, err
	}
	for i := len(p.filters) - 1; i >= 0; i-- {
		// The buffer that neither holds cur nor is that of i's neighbours.
		buf := bufPing + i%2
		if i == 0 {
			buf = bufElements
		}
		out, err := p.filters[i].decode(nil, cur, s) // a filter that needs no room
		most := min(64<<10+maxExpansion*len(cur), maxVarying)
		for room := max(4*len(cur), cap(s.buffers[buf].b), 64<<10); errors.Is(err, errs.TooLarge) && room < 2*most; room *= 2 {
			b, bad := s.buffer(buf, room)
			if bad != nil {
				return nil, bad
			}
			out, err = p.filters[i].decode(b[:0:room], cur, s)
		}
		if err != nil {
			return nil, p.inFilter(i, err)
		}
		cur = out
	}
	return cur, nil
}

func (p *pipeline) encodeStrings(ctx context.Context, offsets []int32, data []byte, s *Scratch) ([]byte, error) {
	if p.shard != nil {
		b, err := p.shard.encodeStrings(ctx, offsets, data, s)
		if err != nil {
			return nil, err
		}
		return p.filter(b, s)
	}
	first, last := int(offsets[0]), int(offsets[len(offsets)-1])
	if n := 4 + 4*p.count + last - first; n > maxVarying {
		return nil, errs.New(errs.TooLarge, "%d bytes of elements, at most %d can be read again", n, maxVarying).WithFix("smaller chunks")
	}
	b, err := s.buffer(bufElements, 4+4*p.count+last-first)
	if err != nil {
		return nil, err
	}
	b = binary.LittleEndian.AppendUint32(b[:0], uint32(p.count))
	for i, at := range offsets[1:] {
		element := data[offsets[i]:at]
		b = binary.LittleEndian.AppendUint32(b, uint32(len(element)))
		b = append(b, element...)
	}
	return p.filter(b, s)
}
