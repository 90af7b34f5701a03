package preprocess

import "golang.org/x/sys/cpu"

// addRowAVX is addRows, and addSquaresAVX addSquares, for n values of one row, a
// multiple of 4 and not 0. Each lane does what the Go loop does, so the bits are
// the same.
//
//go:noescape
func addRowAVX(sum *float64, row *float32, n int)

//go:noescape
func addSquaresAVX(spread, drift, mean *float64, row *float32, n int)

// kernelsOf gives the loops for a machine.
func kernelsOf[T float32 | float64]() kernels[T] {
	k := any(kernels[T]{addRows[T], addSquares[T]})
	if _, single := k.(kernels[float32]); single && cpu.X86.HasAVX {
		k = kernels[float32]{addRows32, addSquares32}
	}
	return k.(kernels[T])
}

func addRows32(sum []float64, data []float32) {
	d := len(sum)
	whole := d &^ 3
	if whole == 0 {
		addRows(sum, data)
		return
	}
	for ; len(data) >= d; data = data[d:] {
		addRowAVX(&sum[0], &data[:d][0], whole)
		for j := whole; j < d; j++ {
			sum[j] += float64(data[j])
		}
	}
}

func addSquares32(spread, drift, mean []float64, data []float32) {
	d := len(spread)
	whole := d &^ 3
	if whole == 0 {
		addSquares(spread, drift, mean, data)
		return
	}
	drift, mean = drift[:d], mean[:d]
	for ; len(data) >= d; data = data[d:] {
		addSquaresAVX(&spread[0], &drift[0], &mean[0], &data[:d][0], whole)
		for j := whole; j < d; j++ {
			u := float64(data[j]) - mean[j]
			drift[j] += u
			spread[j] += float64(u * u)
		}
	}
}
