package preprocess

// standardize writes (x-mean)/scale of the rows in data into dst: two
// roundings, as scikit-learn does it.
func standardize[T float32 | float64](dst []float64, data []T, mean, scale []float64) {
	d := len(mean)
	scale = scale[:d]
	for len(data) >= d && d > 0 {
		standardizeRow(dst[:d], data[:d], mean, scale)
		data, dst = data[d:], dst[d:]
	}
}

// standardizeRow is standardize of one row; all slices are of one length.
func standardizeRow[T float32 | float64](dst []float64, row []T, mean, scale []float64) {
	dst, row, scale = dst[:len(mean)], row[:len(mean)], scale[:len(mean)]
	for j, m := range mean {
		dst[j] = (float64(row[j]) - m) / scale[j]
	}
}
