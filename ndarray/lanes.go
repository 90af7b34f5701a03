package ndarray

// lanes is a summary of float32 being made, eight elements at a time: element i
// goes to lane i modulo 8. The order of fields is known to the assembly.
type lanes struct {
	s, q   [8]float64 // distances from the shift, and their squares
	lo, hi [8]float32
}

// summary32 is the moments and extremes of x, which has 1 to momentsLen
// elements. Extremes of 0 have no sign.
func summary32(x []float32) (m moments, lo, hi float32) {
	var l lanes
	shift := float64(x[0])
	for i := range l.lo {
		l.lo[i], l.hi[i] = x[0], x[0]
	}
	whole := len(x) &^ 7
	lanes32(&l, x[:whole], shift)
	for _, e := range x[whole:] {
		v := float64(e) - shift
		l.s[0] += v
		l.q[0] += float64(v * v)
		l.lo[0], l.hi[0] = smaller(l.lo[0], e), larger(l.hi[0], e)
	}
	s := ((l.s[0] + l.s[1]) + (l.s[2] + l.s[3])) + ((l.s[4] + l.s[5]) + (l.s[6] + l.s[7]))
	if s-s != 0 { // infinities or NaN
		return notFinite(x), minRun(x) + 0, maxRun(x) + 0
	}
	q := ((l.q[0] + l.q[1]) + (l.q[2] + l.q[3])) + ((l.q[4] + l.q[5]) + (l.q[6] + l.q[7]))
	n := float64(len(x))
	return moments{n, shift, s, centred(n, s, q)}, minRun(l.lo[:]) + 0, maxRun(l.hi[:]) + 0
}

// summaryRun is summary32 of any length.
func summaryRun(x []float32) (m moments, lo, hi float32) {
	if len(x) <= momentsLen {
		return summary32(x)
	}
	half := (len(x)/2 + pairwise - 1) / pairwise * pairwise
	m, lo, hi = summaryRun(x[:half])
	k, lo2, hi2 := summaryRun(x[half:])
	return m.plus(k), smaller(lo, lo2), larger(hi, hi2)
}

// lanesLoop takes x, whose length is a multiple of 8. Where x has NaN, lo and hi
// are of no use.
func lanesLoop(l *lanes, x []float32, shift float64) {
	for ; len(x) >= 8; x = x[8:] {
		for i, e := range x[:8] {
			v := float64(e) - shift
			l.s[i] += v
			l.q[i] += float64(v * v)
			if e < l.lo[i] {
				l.lo[i] = e
			}
			if e > l.hi[i] {
				l.hi[i] = e
			}
		}
	}
}

// A rowSum is a summary of columns of float32 being made, a row at a time.
type rowSum struct {
	s, q   [momentCols]float64
	lo, hi [momentCols]float32
}

// rowLoop adds a row of n columns; shift is the first row. Where a column has
// NaN, its lo and hi are of no use.
func rowLoop(r *rowSum, shift, x []float32) {
	s, q, lo, hi := r.s[:len(x)], r.q[:len(x)], r.lo[:len(x)], r.hi[:len(x)]
	shift = shift[:len(x)]
	for j, e := range x {
		v := float64(e) - float64(shift[j])
		s[j] += v
		q[j] += float64(v * v)
		if e < lo[j] {
			lo[j] = e
		}
		if e > hi[j] {
			hi[j] = e
		}
	}
}
