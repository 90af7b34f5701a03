package main

import (
	"context"
	"io"
	"slices"

	"github.com/outcore/outcore/ndarray"
)

// statRow is about the bytes of a row of a statTable and of what it is made from.
const statRow = 128

// keptAxes are those that are not gone over; axes nil is all of them.
func keptAxes(dims int, axes []int) (kept []int) {
	for k := range dims {
		if axes != nil && !slices.Contains(axes, k) && !slices.Contains(axes, k-dims) {
			kept = append(kept, k)
		}
	}
	return kept
}

// statParts writes a table that does not fit into memory, a part of the first
// kept axis after the other.
func (j *job) statParts(ctx context.Context, a ndarray.Any, axes []int, out string, write func(io.Writer, *statTable) error, stat func(ndarray.Any) (*statTable, error)) (any, error) {
	shape := a.Shape()
	kept := keptAxes(len(shape), axes)
	rows := 1 // of one index of the first
	var whole []int
	for _, k := range kept {
		whole = append(whole, shape[k])
		if k != kept[0] {
			rows *= max(1, shape[k])
		}
	}
	n := shape[kept[0]]
	step := int(max(1, j.budget.Room()/4/statRow/int64(rows)))
	result := map[string]any{"shape": whole}
	return result, j.written(out, func(w io.Writer) error {
		index := make([]ndarray.Index, kept[0]+1)
		for k := range index {
			index[k] = ndarray.All
		}
		for lo := 0; lo < n; lo += step {
			index[kept[0]] = ndarray.R(lo, min(lo+step, n))
			t, err := stat(a.Slice(index...))
			if err != nil {
				return err
			}
			t.first = lo
			result["count"] = t.n
			if err := write(w, t); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
}
