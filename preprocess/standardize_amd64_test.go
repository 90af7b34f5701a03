package preprocess

import "golang.org/x/sys/cpu"

// standardizers are the loops this machine has for 4 columns or more.
func standardizers() map[string]func([]float64, []float32, []float64, []float64) {
	all := map[string]func([]float64, []float32, []float64, []float64){"go": standardize[float32]}
	if cpu.X86.HasAVX {
		all["fours"] = fours
	}
	if cpu.X86.HasAVX512F {
		all["eights"] = eights
	}
	return all
}
