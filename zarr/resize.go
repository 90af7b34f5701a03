package zarr

import (
	"context"
	"slices"

	"github.com/outcore/outcore/errs"
)

// Resize changes the shape; chunks that are wholly outside are deleted, what a
// border chunk holds outside becomes fill value. Growing touches no chunk.
func (a *Array) Resize(ctx context.Context, shape []uint64) error {
	m := a.meta.clone()
	m.Shape = slices.Clone(shape)
	if len(shape) != len(a.grid) {
		return inNode(a.path, errs.New(errs.Shape, "resize to %v: the array has %d dimensions", shape, len(a.grid)))
	}
	if err := m.check(); err != nil {
		return inNode(a.path, err)
	}
	old, oldGrid := a.meta.Shape, a.grid
	shrinks := false
	for i, n := range shape {
		shrinks = shrinks || n < old[i]
	}
	if shrinks {
		// Before the metadata: stopped between the two, the array has holes where
		// it was to end, but a later growth does not show old elements.
		if err := a.trim(ctx, oldGrid, m.Grid()); err != nil {
			return err
		}
		s := &Scratch{}
		defer s.Release()
		for axis, n := range shape {
			if n < old[axis] && n%m.ChunkShape[axis] != 0 {
				if err := a.clearBorder(ctx, m, axis, s); err != nil {
					return err
				}
			}
		}
	}
	return a.setMeta(ctx, m)
}

// trim deletes the chunks that grid has no longer.
func (a *Array) trim(ctx context.Context, old, grid []uint32) error {
	if t, ok := a.store.(Trimmer); ok {
		return t.Trim(ctx, a.path, grid)
	}
	// What is outside is cut into boxes: beyond the grid along one axis, inside it
	// along those before.
	for axis := range grid {
		lo, hi := make([]uint32, len(grid)), slices.Clone(old)
		for i := range axis {
			hi[i] = min(grid[i], old[i])
		}
		lo[axis] = grid[axis]
		err := eachIndex(lo, hi, func(index []uint32) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return a.store.DeleteChunk(ctx, a.path, index)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// clearBorder makes fill value of what the last chunks along axis hold outside
// the shape of m.
func (a *Array) clearBorder(ctx context.Context, m *ArrayMeta, axis int, s *Scratch) error {
	grid := m.Grid()
	lo, hi := make([]uint32, len(grid)), slices.Clone(grid)
	for i := range hi {
		hi[i] = min(grid[i], a.grid[i])
	}
	lo[axis] = grid[axis] - 1
	keep := m.Shape[axis] % m.ChunkShape[axis] // along the axis
	return eachIndex(lo, hi, func(index []uint32) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		c, ok, err := a.Chunk(ctx, index)
		if err != nil || !ok {
			return err
		}
		if a.meta.Type.Varying() {
			return a.clearStrings(ctx, index, c, axis, keep, s)
		}
		b, err := s.buffer(bufBorder, a.pipe.size)
		if err != nil {
			return a.inChunk(index, err)
		}
		if err := a.Decode(ctx, index, c, b, s); err != nil {
			return err
		}
		row := cStrides(a.meta.ChunkShape, a.meta.Type.Size)[axis]
		block := row * int(a.meta.ChunkShape[axis])
		for at := 0; at < len(b); at += block {
			a.Fill(b[at+int(keep)*row : at+block])
		}
		return a.Write(ctx, index, b, s)
	})
}

func (a *Array) clearStrings(ctx context.Context, index []uint32, c Chunk, axis int, keep uint64, s *Scratch) error {
	offsets, data, err := a.DecodeStrings(ctx, index, c, nil, nil, s)
	if err != nil {
		return err
	}
	row := cStrides(a.meta.ChunkShape, 1)[axis]
	kept := make([]int32, 1, len(offsets))
	var text []byte
	for i := range a.pipe.count {
		if uint64(i/row)%a.meta.ChunkShape[axis] < keep {
			text = append(text, data[offsets[i]:offsets[i+1]]...)
		} else {
			text = append(text, a.meta.Fill...)
		}
		kept = append(kept, int32(len(text)))
	}
	return a.WriteStrings(ctx, index, kept, text, s)
}

// eachIndex calls f for every index of the box from lo to hi, in C order.
func eachIndex(lo, hi []uint32, f func(index []uint32) error) error {
	for i := range lo {
		if lo[i] >= hi[i] {
			return nil
		}
	}
	index := slices.Clone(lo)
	for {
		if err := f(index); err != nil {
			return err
		}
		axis := len(index) - 1
		for ; axis >= 0; axis-- {
			if index[axis]++; index[axis] < hi[axis] {
				break
			}
			index[axis] = lo[axis]
		}
		if axis < 0 {
			return nil
		}
	}
}
