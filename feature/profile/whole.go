package profile

// kernels are the two loops over the rows of a block that misses nothing, one
// row at a time; all slices are as long as the row.
type kernels[T float32 | float64] struct {
	one     func(sum, low, high []float64, row []T)
	centred func(m2, sxy, mean []float64, row []T, ey float64)
}

// whole is dense for a block without missing values: each column has the sums,
// in the order of rows, that one and centred make, but they lie side by side and
// need no branches. It reports false, having changed nothing, when a value or a
// target is missing, or infinities of both signs meet.
func whole[T float32 | float64](cols []moments, data []T, y []float64) bool {
	d := len(cols)
	n := len(data) / d
	if n == 0 || y != nil && len(y) < n {
		return false
	}
	k := kernelsOf[T]()
	buf := make([]float64, 6*d)
	sum, low, high, m2, sxy, mean := buf[:d], buf[d:2*d], buf[2*d:3*d], buf[3*d:4*d], buf[4*d:5*d], buf[5*d:]
	for j := range cols {
		low[j], high[j] = cols[j].min, cols[j].max
	}
	for i := range n {
		k.one(sum, low, high, data[i*d:(i+1)*d])
	}
	var my float64
	if y != nil {
		for _, v := range y[:n] {
			my += v
		}
		my /= float64(n)
	}
	if my != my {
		return false
	}
	for j, s := range sum {
		if s != s {
			return false
		}
		mean[j] = s / float64(n)
	}
	var syy, ey float64
	for i := range n {
		if y != nil {
			ey = y[i] - my
			syy += float64(ey * ey)
		}
		k.centred(m2, sxy, mean, data[i*d:(i+1)*d], ey)
	}
	for j := range cols {
		c := &cols[j]
		c.n, c.min, c.max, c.mean, c.m2 = int64(n), low[j], high[j], mean[j], m2[j]
		if y != nil {
			c.pairs, c.mx, c.my, c.sxx, c.syy, c.sxy = int64(n), mean[j], my, m2[j], syy, sxy[j]
		}
	}
	return true
}

// oneOf adds a row to sums and extremes.
func oneOf[T float32 | float64](sum, low, high []float64, row []T) {
	sum, low, high = sum[:len(row)], low[:len(row)], high[:len(row)]
	for j, v := range row {
		x := float64(v)
		sum[j] += x
		low[j] = min(low[j], x)
		high[j] = max(high[j], x)
	}
}

// centredOf adds a row to the centred squares and products with ey.
func centredOf[T float32 | float64](m2, sxy, mean []float64, row []T, ey float64) {
	m2, sxy, mean = m2[:len(row)], sxy[:len(row)], mean[:len(row)]
	for j, v := range row {
		dx := float64(v) - mean[j]
		m2[j] += float64(dx * dx)
		sxy[j] += float64(dx * ey)
	}
}
