package ndarray

import "golang.org/x/sys/cpu"

// lanesAVX is lanesLoop of n elements, a positive multiple of 8. Each lane does
// what the Go loop does, so the bits are the same.
//
//go:noescape
func lanesAVX(l *lanes, x *float32, n int, shift float64)

// rowAVX is rowLoop of n columns, a positive multiple of 8.
//
//go:noescape
func rowAVX(r *rowSum, shift, x *float32, n int)

func lanes32(l *lanes, x []float32, shift float64) {
	if len(x) == 0 || !cpu.X86.HasAVX {
		lanesLoop(l, x, shift)
		return
	}
	lanesAVX(l, &x[0], len(x), shift)
}

func row32(r *rowSum, shift, x []float32) {
	n := len(x) &^ 7
	if n == 0 || !cpu.X86.HasAVX {
		rowLoop(r, shift, x)
		return
	}
	rowAVX(r, &shift[0], &x[0], n)
	for j := n; j < len(x); j++ {
		v := float64(x[j]) - float64(shift[j])
		r.s[j] += v
		r.q[j] += float64(v * v)
		if x[j] < r.lo[j] {
			r.lo[j] = x[j]
		}
		if x[j] > r.hi[j] {
			r.hi[j] = x[j]
		}
	}
}

// addRows32AVX and addRows64AVX are addRows of m columns, a positive multiple
// of 4.
//
//go:noescape
func addRows32AVX(s *float64, rows *float32, stride, m int, v *[4]float64)

//go:noescape
func addRows64AVX(s *float64, rows *float64, stride, m int, v *[4]float64)

// addRows adds four rows, stride apart, times the four numbers of v to s.
func addRows[T float](s []float64, rows []T, stride int, v *[4]float64) {
	m := len(s) &^ 3
	if m == 0 || !cpu.X86.HasAVX {
		addRowsLoop(s, rows, stride, v)
		return
	}
	switch rows := any(rows).(type) {
	case []float32:
		_ = rows[3*stride+m-1]
		addRows32AVX(&s[0], &rows[0], stride, m, v)
	case []float64:
		_ = rows[3*stride+m-1]
		addRows64AVX(&s[0], &rows[0], stride, m, v)
	}
	if m < len(s) {
		addRowsLoop(s[m:], rows[m:], stride, v)
	}
}
