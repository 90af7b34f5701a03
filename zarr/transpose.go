package zarr

import (
	"encoding/json"
	"slices"

	"github.com/outcore/outcore/errs"
)

// addTranspose adds a codec transpose behind those there are.
func (p *pipeline) addTranspose(config json.RawMessage) error {
	var order []int
	if err := fields(config, map[string]any{"order": &order}); err != nil {
		return err
	}
	d := len(p.shape)
	seen := make([]bool, d)
	if len(order) != d {
		return errs.New(errs.Invalid, "order %v for %d dimensions", order, d)
	}
	for _, axis := range order {
		if axis < 0 || axis >= d || seen[axis] {
			return errs.New(errs.Invalid, "order %v is no order of %d axes", order, d)
		}
		seen[axis] = true
	}
	stored := make([]uint64, d)
	composed := make([]int, d)
	for k, axis := range order {
		stored[k] = p.stored[axis]
		composed[k] = axis
		if p.order != nil {
			composed[k] = p.order[axis]
		}
	}
	p.stored, p.order = stored, composed
	if slices.IsSorted(composed) {
		p.order = nil
	}
	return nil
}

// permute writes src, in the order of the array's axes, to dst in that of the
// stored ones.
func (p *pipeline) permute(dst, src []byte) {
	strides := make([]int, len(p.order))
	of := cStrides(p.shape, p.kind.Size)
	for k, axis := range p.order {
		strides[k] = of[axis]
	}
	gather(dst, src, p.stored, strides, p.kind.Size)
}

// restore is the inverse of permute.
func (p *pipeline) restore(dst, src []byte) { p.restoreShape(dst, src, p.shape, p.stored) }

// restoreShape is restore for a block of another shape, given both ways.
func (p *pipeline) restoreShape(dst, src []byte, shape, stored []uint64) {
	strides := make([]int, len(p.order))
	of := cStrides(stored, p.kind.Size)
	for k, axis := range p.order {
		strides[axis] = of[k]
	}
	gather(dst, src, shape, strides, p.kind.Size)
}

// cStrides is the bytes from one element to the next along each axis, in C order.
func cStrides(shape []uint64, elem int) []int {
	strides := make([]int, len(shape))
	n := elem
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = n
		n *= int(shape[i])
	}
	return strides
}

// gather fills dst, of the given shape in C order, with elements of src that are
// strides apart.
func gather(dst, src []byte, shape []uint64, strides []int, elem int) {
	last := len(shape) - 1
	if last < 0 {
		copy(dst, src[:elem])
		return
	}
	run, step := int(shape[last]), strides[last]
	index := make([]uint64, last)
	at := 0
	for len(dst) > 0 {
		row := dst[:run*elem]
		dst = dst[run*elem:]
		from := src[at:]
		switch {
		case step == elem:
			copy(row, from)
		case elem == 4:
			for i := 0; i < len(row); i += 4 {
				copy(row[i:i+4], from[i/4*step:])
			}
		case elem == 8:
			for i := 0; i < len(row); i += 8 {
				copy(row[i:i+8], from[i/8*step:])
			}
		default:
			for i := 0; i < run; i++ {
				copy(row[i*elem:(i+1)*elem], from[i*step:])
			}
		}
		for axis := last - 1; axis >= 0; axis-- {
			index[axis]++
			at += strides[axis]
			if index[axis] < shape[axis] {
				break
			}
			at -= int(index[axis]) * strides[axis]
			index[axis] = 0
		}
	}
}

// swapBytes turns the bytes of every word of the given size round; 0 = none.
func swapBytes(b []byte, word int) {
	switch word {
	case 0:
	case 2:
		for ; len(b) >= 2; b = b[2:] {
			b[0], b[1] = b[1], b[0]
		}
	case 4:
		for ; len(b) >= 4; b = b[4:] {
			b[0], b[1], b[2], b[3] = b[3], b[2], b[1], b[0]
		}
	default:
		for ; len(b) >= word; b = b[word:] {
			slices.Reverse(b[:word])
		}
	}
}
