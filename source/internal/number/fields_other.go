//go:build !amd64

package number

// Ints reads the integers of a column: that of row r is b[ends[r*stride]+1:ends[r*stride+1]].
// It stops at the first field that is not 1 to 8 digits, with or without a
// minus, and returns how many it read, of len(dst).
func Ints(dst []int64, b []byte, ends []uint32, stride int) int { return ints(dst, b, ends, stride) }

// Floats is Ints for floats of 1 to 8 digits, one of which may be a point.
func Floats[T float32 | float64](dst []T, b []byte, ends []uint32, stride int) int {
	return floats(dst, b, ends, stride)
}
