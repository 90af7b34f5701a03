package ndarray

// An axisGrid cuts an axis into tiles: one of first elements, then of size each,
// the last perhaps shorter. It is how chunks of a stored array look through a
// slice. Both are positive.
type axisGrid struct{ First, Size int }

// A grid cuts an array into tiles, one axisGrid an axis.
type grid []axisGrid

// tiles is the number of tiles along an axis of n elements.
func (g axisGrid) tiles(n int) int {
	if n <= g.First {
		return min(n, 1)
	}
	return 1 + (n-g.First+g.Size-1)/g.Size
}

// span is where tile i of an axis of n elements begins and ends.
func (g axisGrid) span(i, n int) (lo, hi int) {
	if i > 0 {
		lo = g.First + (i-1)*g.Size
		return lo, min(n, lo+g.Size)
	}
	return 0, min(n, g.First)
}

// at is the tile that element i is in.
func (g axisGrid) at(i int) int {
	if i < g.First {
		return 0
	}
	return 1 + (i-g.First)/g.Size
}

// coarsen joins f tiles to one; borders stay borders.
func (g axisGrid) coarsen(f int) axisGrid {
	return axisGrid{g.First + (f-1)*g.Size, f * g.Size}
}

// through is the grid of a slice from start by step (not 0) of n elements of an
// axis that is cut as g. Where step does not divide the size the borders are
// only near.
func (g axisGrid) through(start, step, n int) axisGrid {
	if n < 2 {
		return axisGrid{1, 1}
	}
	i := g.at(start)
	lo, hi := 0, g.First
	if i > 0 {
		lo = g.First + (i-1)*g.Size
		hi = lo + g.Size
	}
	if step > 0 {
		return axisGrid{(hi - start + step - 1) / step, max(1, g.Size/step)}
	}
	return axisGrid{(start-lo)/-step + 1, max(1, g.Size/-step)}
}

// counts is the number of tiles along each axis.
func (g grid) counts(shape []int) []int {
	c := make([]int, len(g))
	for k := range g {
		c[k] = g[k].tiles(shape[k])
	}
	return c
}

// largest is the shape of the largest tile.
func (g grid) largest(shape []int) []int {
	s := make([]int, len(g))
	for k := range g {
		s[k] = min(shape[k], max(g[k].First, g[k].Size))
		if shape[k] <= g[k].First {
			s[k] = shape[k]
		}
	}
	return s
}

// A box is the part lo ≤ i < hi of an index space.
type box struct{ lo, hi []int }

func newBox(n int) box {
	b := make([]int, 2*n)
	return box{b[:n:n], b[n:]}
}

// shape is the lengths of b's sides.
func (b box) shape() []int {
	s := make([]int, len(b.lo))
	for k := range s {
		s[k] = b.hi[k] - b.lo[k]
	}
	return s
}

// tile is the box of the tile at index.
func (g grid) tile(index, shape []int) box {
	b := newBox(len(g))
	for k := range g {
		b.lo[k], b.hi[k] = g[k].span(index[k], shape[k])
	}
	return b
}

// unravel writes the index vector of number i in counts, in C order.
func unravel(i int, counts, index []int) {
	for k := len(counts) - 1; k >= 0; k-- {
		index[k] = i % counts[k]
		i /= counts[k]
	}
}

// coarse joins neighbours, along the last axes first, until a tile has about
// want elements.
func (g grid) coarse(shape []int, want int) grid {
	out := append(grid(nil), g...)
	have := count(g.largest(shape))
	for k := len(g) - 1; k >= 0 && have > 0; k-- {
		f := min(want/have, out[k].tiles(shape[k]))
		if f < 2 {
			if out[k].tiles(shape[k]) > 1 {
				break
			}
			continue
		}
		out[k] = out[k].coarsen(f)
		have = count(out.largest(shape))
	}
	return out
}

// wholeGrid has one tile.
func wholeGrid(shape []int) grid {
	g := make(grid, len(shape))
	for k, s := range shape {
		g[k] = axisGrid{max(1, s), max(1, s)}
	}
	return g
}

// unitGrid cuts an array that lies nowhere in chunks into tiles of about want
// elements, rows together.
func unitGrid(shape []int, want int) grid {
	g := wholeGrid(shape)
	below := 1 // elements of one index of axis k
	for k := len(shape) - 1; k >= 0; k-- {
		n := max(1, shape[k])
		size := min(n, max(1, want/below))
		g[k] = axisGrid{size, size}
		below *= size
		if size < n {
			for j := range k {
				g[j] = axisGrid{1, 1}
			}
			break
		}
	}
	return g
}
