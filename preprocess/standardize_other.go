//go:build !amd64

package preprocess

// standardize32 is standardize of stored float32.
func standardize32(dst []float64, data []float32, mean, scale []float64) {
	standardize(dst, data, mean, scale)
}
