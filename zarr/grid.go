package zarr

import "slices"

// Grid is the number of chunks along each axis.
func (m *ArrayMeta) Grid() []uint32 {
	grid := make([]uint32, len(m.Shape))
	for i, n := range m.Shape {
		if n > 0 {
			grid[i] = uint32((n-1)/m.ChunkShape[i] + 1)
		}
	}
	return grid
}

// Chunks is the number of chunks of a grid; MaxUint64 when they are more.
func Chunks(grid []uint32) uint64 {
	wide := make([]uint64, len(grid))
	for i, n := range grid {
		if n == 0 {
			return 0
		}
		wide[i] = uint64(n)
	}
	return product(1, wide)
}

// Index gives chunk n of a grid, in C order, in dst, which has a number a dimension.
func Index(dst []uint32, grid []uint32, n uint64) {
	for i := len(grid) - 1; i >= 0; i-- {
		dst[i] = uint32(n % uint64(grid[i]))
		n /= uint64(grid[i])
	}
}

// Next moves index to the next chunk of a grid in C order; false after the last,
// when index is the first again.
func Next(index, grid []uint32) bool {
	for i := len(index) - 1; i >= 0; i-- {
		if index[i]++; index[i] < grid[i] {
			return true
		}
		index[i] = 0
	}
	return false
}

// Chunks of arrays we make: large enough that a request or a seek is small beside
// them, small enough that every worker holds a few.
const (
	mostDefault = 8 << 20
	leastGrown  = 4 << 20
)

// DefaultChunks is the chunk shape of an array for which none was chosen. The
// longest axis (the first of equals) is halved, rounding up, until a chunk is at
// most 8 MiB: chunks are 4 to 8 MiB, of nearly equal lengths along all axes, and
// cover the array with little to spare. Arrays up to 8 MiB are one chunk. Axes of
// length 0 are to grow: they get as much as makes a chunk of 4 MiB or more.
// elemSize 0, text, counts as 16.
func DefaultChunks(shape []uint64, elemSize int) []uint64 {
	elem := uint64(elemSize)
	if elem == 0 {
		elem = 16
	}
	chunks := slices.Clone(shape)
	for i, n := range chunks {
		chunks[i] = max(n, 1)
	}
	for product(elem, chunks) > mostDefault {
		longest := 0
		for i, n := range chunks {
			if n > chunks[longest] {
				longest = i
			}
		}
		if len(chunks) == 0 || chunks[longest] == 1 {
			break
		}
		chunks[longest] -= chunks[longest] / 2
	}
	for i, n := range shape {
		for n == 0 && product(elem, chunks) < leastGrown {
			chunks[i] *= 2
		}
	}
	return chunks
}
