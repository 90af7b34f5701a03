//go:build !amd64

package ndarray

func lanes32(l *lanes, x []float32, shift float64) { lanesLoop(l, x, shift) }

func row32(r *rowSum, shift, x []float32) { rowLoop(r, shift, x) }

func addRows[T float](s []float64, rows []T, stride int, v *[4]float64) {
	addRowsLoop(s, rows, stride, v)
}
