package main

import (
	"context"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/engine/local"
	"github.com/outcore/outcore/ndarray"
	"github.com/outcore/outcore/zarr"
)

// textsRoom is reserved while texts are read: two chunks of what tables have, and
// what they are decoded with.
const textsRoom = 32 << 20

// A textReader gives texts by the number of their row, quickly when the rows are
// near each other.
type textReader struct {
	array   *zarr.Array
	scratch zarr.Scratch
	at      int64 // the chunk that is read; -1 = none
	offsets []int32
	data    []byte
}

func newTextReader(a *zarr.Array) *textReader { return &textReader{array: a, at: -1} }

// text is the text of a row, valid until the next call.
func (r *textReader) text(ctx context.Context, row int64) ([]byte, error) {
	size := int64(r.array.Meta().ChunkShape[0])
	if c := row / size; c != r.at {
		var err error
		if r.offsets, r.data, err = r.array.ReadStrings(ctx, []uint32{uint32(c)}, r.offsets, r.data, &r.scratch); err != nil {
			r.at = -1
			return nil, err
		}
		r.at = c
	}
	i := row % size
	return r.data[r.offsets[i]:r.offsets[i+1]], nil
}

// set makes text the texts of rows, in the order they come, chunk by chunk.
func (r *textReader) set(ctx context.Context, rows []int64, text string) error {
	size := int64(r.array.Meta().ChunkShape[0])
	for len(rows) > 0 {
		c := rows[0] / size
		n := 0
		for n < len(rows) && rows[n]/size == c {
			n++
		}
		if _, err := r.text(ctx, rows[0]); err != nil {
			return err
		}
		here := make(map[int64]bool, n)
		for _, row := range rows[:n] {
			here[row%size] = true
		}
		offsets, data := make([]int32, 1, size+1), make([]byte, 0, len(r.data)+n*len(text))
		for i := range size {
			if here[i] {
				data = append(data, text...)
			} else {
				data = append(data, r.data[r.offsets[i]:r.offsets[i+1]]...)
			}
			offsets = append(offsets, int32(len(data)))
		}
		if err := r.array.WriteStrings(ctx, []uint32{uint32(c)}, offsets, data, &r.scratch); err != nil {
			return err
		}
		r.at, rows = -1, rows[n:]
	}
	return nil
}

// eachPiece computes a 1-D part, or one element, some elements at a time, and of
// the parts beside it the same elements.
func eachPiece(ctx context.Context, j *job, step int, each func([]*ndarray.Values) error, parts ...ndarray.Any) error {
	n := parts[0].Size()
	for i, p := range parts {
		if p.Dims() == 0 {
			parts[i] = p.Slice(ndarray.NewAxis)
		}
	}
	for lo := 0; lo < n; lo += step {
		got := make([]*ndarray.Values, len(parts))
		for i, p := range parts {
			var err error
			if got[i], err = p.Slice(ndarray.R(lo, min(lo+step, n))).Compute(ctx, j.runner(), ndarray.WithBudget(j.budget)); err != nil {
				return err
			}
		}
		if err := each(got); err != nil {
			return err
		}
	}
	return nil
}

// spanOf gives the least and the greatest of row numbers that rise or fall evenly.
func spanOf(rows ndarray.Any) ([2]int64, error) {
	if rows.Dims() == 0 {
		rows = rows.Slice(ndarray.NewAxis)
	}
	v, err := rows.Slice(ndarray.All.By(max(1, rows.Size()-1))).Compute(context.Background(), local.New(local.Config{Workers: 1}))
	if err != nil {
		return [2]int64{}, err
	}
	ends := dtype.View[int64](v.Data)
	return [2]int64{min(ends[0], ends[len(ends)-1]), max(ends[0], ends[len(ends)-1])}, nil
}
