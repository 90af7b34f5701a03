package preprocess

// kernels are the two loops over the rows of a block that misses nothing.
type kernels[T float32 | float64] struct {
	addRows    func(sum []float64, data []T)
	addSquares func(spread, drift, mean []float64, data []T)
}

// addRows does sum[j] += column j of the rows in data, row after row: each
// column has its own order of additions, whatever is done to go through them
// together.
func addRows[T float32 | float64](sum []float64, data []T) {
	d := len(sum)
	for len(data) >= 4*d {
		a, b, c, e := data[:d], data[d:2*d], data[2*d:3*d], data[3*d:4*d]
		a, b, c, e = a[:len(sum)], b[:len(sum)], c[:len(sum)], e[:len(sum)]
		for j, s := range sum {
			sum[j] = s + float64(a[j]) + float64(b[j]) + float64(c[j]) + float64(e[j])
		}
		data = data[4*d:]
	}
	for ; len(data) >= d; data = data[d:] {
		for j, x := range data[:d] {
			sum[j] += float64(x)
		}
	}
}

// addSquares does spread[j] += (x-mean[j])² and drift[j] += x-mean[j] in the
// same way.
func addSquares[T float32 | float64](spread, drift, mean []float64, data []T) {
	d := len(spread)
	drift, mean = drift[:d], mean[:d]
	for len(data) >= 2*d {
		a, b := data[:d], data[d:2*d]
		a, b = a[:len(spread)], b[:len(spread)]
		for j, s := range spread {
			m := mean[j]
			u, v := float64(a[j])-m, float64(b[j])-m
			drift[j] = drift[j] + u + v
			spread[j] = s + float64(u*u) + float64(v*v)
		}
		data = data[2*d:]
	}
	for ; len(data) >= d; data = data[d:] {
		for j, x := range data[:d] {
			u := float64(x) - mean[j]
			drift[j] += u
			spread[j] += float64(u * u)
		}
	}
}
