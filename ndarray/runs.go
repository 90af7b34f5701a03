package ndarray

// Loops over elements that lie together. The order of floating additions is
// fixed: it depends on the length alone.

// pairwise is the elements that are added before pairs are.
const pairwise = 128

// sumRun adds in float64: eight sums of every eighth element in blocks of 128,
// then blocks in pairs.
func sumRun[T number](x []T) float64 {
	if len(x) > pairwise {
		half := (len(x)/2 + pairwise - 1) / pairwise * pairwise
		return sumRun(x[:half]) + sumRun(x[half:])
	}
	var s0, s1, s2, s3, s4, s5, s6, s7 float64
	for len(x) >= 8 {
		s0 += float64(x[0])
		s1 += float64(x[1])
		s2 += float64(x[2])
		s3 += float64(x[3])
		s4 += float64(x[4])
		s5 += float64(x[5])
		s6 += float64(x[6])
		s7 += float64(x[7])
		x = x[8:]
	}
	for _, v := range x {
		s0 += float64(v)
	}
	return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
}

// sumIntRun adds modulo 2⁶⁴.
func sumIntRun[T number](x []T) int64 {
	var a, b, c, d int64
	for len(x) >= 4 {
		a += int64(x[0])
		b += int64(x[1])
		c += int64(x[2])
		d += int64(x[3])
		x = x[4:]
	}
	for _, v := range x {
		a += int64(v)
	}
	return a + b + c + d
}

// smaller and larger are NaN when one is.
func smaller[T number](a, b T) T {
	if b < a || b != b {
		return b
	}
	return a
}

func larger[T number](a, b T) T {
	if b > a || b != b {
		return b
	}
	return a
}

// minRun is the smallest of x, which is not empty, or NaN.
func minRun[T number](x []T) T {
	m := x[0]
	for _, v := range x {
		if !(v >= m) { // smaller, or one is NaN
			if m != m {
				break
			}
			m = v
		}
	}
	return m
}

func maxRun[T number](x []T) T {
	m := x[0]
	for _, v := range x {
		if !(v <= m) {
			if m != m {
				break
			}
			m = v
		}
	}
	return m
}

// argMinRun is the first place of minRun.
func argMinRun[T number](x []T) int {
	at := 0
	m := x[0]
	for i, v := range x {
		if !(v >= m) {
			if m != m {
				break
			}
			m, at = v, i
		}
	}
	return at
}

func argMaxRun[T number](x []T) int {
	at := 0
	m := x[0]
	for i, v := range x {
		if !(v <= m) {
			if m != m {
				break
			}
			m, at = v, i
		}
	}
	return at
}

func nanRun[T number](x []T) (n int64) {
	for _, v := range x {
		if v != v {
			n++
		}
	}
	return n
}
