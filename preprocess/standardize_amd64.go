package preprocess

import "golang.org/x/sys/cpu"

// standardizeAVX is standardizeRow for n values, a multiple of 4 and not 0, four
// at a time, and standardizeAVX512 for any n, eight at a time. Each lane does
// what the Go loop does, so the bits are the same.
//
//go:noescape
func standardizeAVX(dst *float64, row *float32, mean, scale *float64, n int)

//go:noescape
func standardizeAVX512(dst *float64, row *float32, mean, scale *float64, n int)

// standardize32 is standardize of stored float32: division bounds it, and four,
// or eight, take little longer than one.
func standardize32(dst []float64, data []float32, mean, scale []float64) {
	switch {
	case len(mean) < 4 || !cpu.X86.HasAVX:
		standardize(dst, data, mean, scale)
	case cpu.X86.HasAVX512F:
		eights(dst, data, mean, scale)
	default:
		fours(dst, data, mean, scale)
	}
}

// eights and fours are standardize32 of 4 columns or more.
func eights(dst []float64, data []float32, mean, scale []float64) {
	d := len(mean)
	for len(data) >= d {
		standardizeAVX512(&dst[:d][0], &data[:d][0], &mean[0], &scale[:d][0], d)
		data, dst = data[d:], dst[d:]
	}
}

func fours(dst []float64, data []float32, mean, scale []float64) {
	d := len(mean)
	whole := d &^ 3
	for len(data) >= d {
		standardizeAVX(&dst[:d][0], &data[:d][0], &mean[0], &scale[:d][0], whole)
		standardizeRow(dst[whole:d], data[whole:d], mean[whole:], scale[whole:])
		data, dst = data[d:], dst[d:]
	}
}
