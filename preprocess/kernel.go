package preprocess

// sums is addRows.
func sums[T float32 | float64](sum []float64, data []T) { addRows(sum, data) }

// squares is addSquares.
func squares[T float32 | float64](spread, drift, mean []float64, data []T) {
	addSquares(spread, drift, mean, data)
}

// standardize writes (x-mean)/scale of the rows in data into dst.
func standardize[T float32 | float64](dst []float64, data []T, mean, scale []float64) {
	d := len(mean)
	scale = scale[:d]
	for len(data) >= d && d > 0 {
		row, out := data[:d], dst[:d]
		for j, m := range mean {
			out[j] = (float64(row[j]) - m) / scale[j]
		}
		data, dst = data[d:], dst[d:]
	}
}
