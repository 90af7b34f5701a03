package linear

// kernels are the two loops over a dense row of every step.
type kernels[T float32 | float64] struct {
	dot func(w []float64, x []T) float64    // ⟨w, x⟩, as dot says; len(w) = len(x)
	add func(w []float64, c float64, x []T) // w += c·x
}

// dot is ⟨w, x⟩ in eight lanes: lane k sums the columns k, k+8, … of the whole
// eights; then lanes k and k+4 are added, neighbours of what that gives, and the
// two halves; then the columns that are left, one by one. In one sum from column
// 0 up every addition would wait for the one before, which took most of the time
// of a step.
func dot[T float32 | float64](w []float64, x []T) float64 {
	var lanes [8]float64
	w = w[:len(x)]
	for len(x) >= 8 {
		x8, w8 := x[:8:8], w[:8:8]
		for k := range lanes {
			lanes[k] += float64(w8[k] * float64(x8[k]))
		}
		x, w = x[8:], w[8:]
	}
	return rest(fold(&lanes), w, x)
}

// fold adds the lanes up.
func fold(l *[8]float64) float64 {
	return ((l[0] + l[4]) + (l[1] + l[5])) + ((l[2] + l[6]) + (l[3] + l[7]))
}

// rest goes on from the sum s one by one.
func rest[T float32 | float64](s float64, w []float64, x []T) float64 {
	w = w[:len(x)]
	for j, xj := range x {
		s += float64(w[j] * float64(xj))
	}
	return s
}

// add does w += c·x.
func add[T float32 | float64](w []float64, c float64, x []T) {
	w = w[:len(x)]
	for j, xj := range x {
		w[j] += float64(c * float64(xj))
	}
}
