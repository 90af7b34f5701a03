//go:build !amd64

package preprocess

// standardizers are the loops this machine has for 4 columns or more.
func standardizers() map[string]func([]float64, []float32, []float64, []float64) {
	return map[string]func([]float64, []float32, []float64, []float64){"go": standardize[float32]}
}
