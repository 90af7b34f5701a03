//go:build !amd64

package ndarray

func lanes32(l *lanes, x []float32, shift float64) { lanesLoop(l, x, shift) }

func row32(r *rowSum, shift, x []float32) { rowLoop(r, shift, x) }
