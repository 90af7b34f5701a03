package blosc

// Each goes steps × 16 elements; n is the elements of a row, steps > 0.

//go:noescape
func shuffle2SSE(dst, src *byte, n, steps int)

//go:noescape
func unshuffle2SSE(dst, src *byte, n, steps int)

//go:noescape
func shuffle4SSE(dst, src *byte, n, steps int)

//go:noescape
func unshuffle4SSE(dst, src *byte, n, steps int)

//go:noescape
func shuffle8SSE(dst, src *byte, n, steps int)

//go:noescape
func unshuffle8SSE(dst, src *byte, n, steps int)

// shuffleMost does what it can of shuffling n elements, the first ones, and tells
// how many.
func shuffleMost(dst, src []byte, size, n int) int {
	if n < 16 {
		return 0
	}
	_, _ = dst[:size*n], src[:size*n] // the assembly does not look
	switch size {
	case 2:
		shuffle2SSE(&dst[0], &src[0], n, n/16)
	case 4:
		shuffle4SSE(&dst[0], &src[0], n, n/16)
	case 8:
		shuffle8SSE(&dst[0], &src[0], n, n/16)
	default:
		return 0
	}
	return n &^ 15
}

// unshuffleMost is shuffleMost the other way.
func unshuffleMost(dst, src []byte, size, n int) int {
	if n < 16 {
		return 0
	}
	_, _ = dst[:size*n], src[:size*n]
	switch size {
	case 2:
		unshuffle2SSE(&dst[0], &src[0], n, n/16)
	case 4:
		unshuffle4SSE(&dst[0], &src[0], n, n/16)
	case 8:
		unshuffle8SSE(&dst[0], &src[0], n, n/16)
	default:
		return 0
	}
	return n &^ 15
}
