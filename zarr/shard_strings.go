package zarr

import (
	"context"

	"github.com/outcore/outcore/errs"
)

// varying is elements of variable length of one chunk.
type varying struct {
	offsets []int32
	data    []byte
}

func (v varying) at(i int) []byte { return v.data[v.offsets[i]:v.offsets[i+1]] }

// decodeStrings reads all of a shard of variable-length elements. Its inner
// chunks are held until they are put in order.
func (h *shard) decodeStrings(ctx context.Context, c Chunk, offsets []int32, data []byte, s *Scratch) ([]int32, []byte, error) {
	parts := make([]varying, h.count)
	total := 0
	err := h.eachInner(ctx, c, s, func(i int, part Chunk) (err error) {
		p := &parts[i]
		if part == nil {
			p.offsets, p.data, err = fillStrings(h.pipe.count, h.pipe.fill, nil, nil)
		} else {
			p.offsets, p.data, err = h.pipe.decodeStrings(ctx, part, nil, nil, s.below())
		}
		if total += len(p.data); err == nil && total > maxVarying {
			err = errs.New(errs.TooLarge, "more than %d bytes of text", maxVarying)
		}
		if err != nil {
			return h.inInner(i, err)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	offsets = append(offsets, int32(len(data)))
	h.elements(func(part, i int) {
		data = append(data, parts[part].at(i)...)
		offsets = append(offsets, int32(len(data)))
	})
	return offsets, data, nil
}

// encodeStrings puts a shard of variable-length elements together.
func (h *shard) encodeStrings(ctx context.Context, offsets []int32, data []byte, s *Scratch) ([]byte, error) {
	all := varying{offsets, data}
	parts := make([]varying, h.count)
	for i := range parts {
		parts[i].offsets = append(make([]int32, 0, h.pipe.count+1), 0)
	}
	at := 0
	h.elements(func(part, _ int) {
		p := &parts[part]
		p.data = append(p.data, all.at(at)...)
		p.offsets = append(p.offsets, int32(len(p.data)))
		at++
	})
	return h.build(s, 0, func(i int) ([]byte, error) {
		if allFill(parts[i].offsets, parts[i].data, h.pipe.fill) {
			return nil, nil
		}
		return h.pipe.encodeStrings(ctx, parts[i].offsets, parts[i].data, s.below())
	})
}

// elements calls f for every element of the shard in C order: its inner chunk,
// and its place there.
func (h *shard) elements(f func(part, i int)) {
	lo, hi := make([]uint32, len(h.outer)), make([]uint32, len(h.outer))
	for axis, n := range h.outer {
		hi[axis] = uint32(n) // a chunk of text has at most maxVaryingCount
	}
	_ = eachIndex(lo, hi, func(index []uint32) error {
		part, i := 0, 0
		for axis, v := range index {
			n := uint32(h.shape[axis])
			part = part*int(h.grid[axis]) + int(v/n)
			i = i*int(n) + int(v%n)
		}
		f(part, i)
		return nil
	})
}
