package ndarray

import "math"

// moments are of n numbers: s is the sum of their distances from shift, which
// is one of them, m2 that of their squared distances from their mean. Sums of
// distances lose nothing where the mean is far larger than the deviations.
type moments struct{ n, shift, s, m2 float64 }

// plus joins a and b by Chan's formula, as distances from the shift of a.
func (a moments) plus(b moments) moments {
	if a.n == 0 {
		return b
	}
	if b.n == 0 {
		return a
	}
	s := b.s + float64(b.n*(b.shift-a.shift))
	d := s/b.n - a.s/a.n
	return moments{a.n + b.n, a.shift, a.s + s, a.m2 + b.m2 + float64(d*d)*(a.n*b.n/(a.n+b.n))}
}

func (a moments) sum() float64  { return float64(a.n*a.shift) + a.s }
func (a moments) mean() float64 { return a.shift + a.s/a.n }

// momentsLen is the most elements that are taken with one shift. Squares of
// distances from an element of theirs cannot be more than so many times m2,
// which bounds what cancels.
const momentsLen = 8 * pairwise

// momentsRun is the moments of x.
func momentsRun[T number](x []T) moments {
	if len(x) > momentsLen {
		half := (len(x)/2 + pairwise - 1) / pairwise * pairwise
		return momentsRun(x[:half]).plus(momentsRun(x[half:]))
	}
	if len(x) == 0 {
		return moments{}
	}
	all := x
	n, shift := float64(len(x)), float64(x[0])
	var s0, s1, s2, s3, q0, q1, q2, q3 float64
	for len(x) >= 4 {
		v0, v1, v2, v3 := float64(x[0])-shift, float64(x[1])-shift, float64(x[2])-shift, float64(x[3])-shift
		s0 += v0
		s1 += v1
		s2 += v2
		s3 += v3
		q0 += float64(v0 * v0)
		q1 += float64(v1 * v1)
		q2 += float64(v2 * v2)
		q3 += float64(v3 * v3)
		x = x[4:]
	}
	for _, e := range x {
		v := float64(e) - shift
		s0 += v
		q0 += float64(v * v)
	}
	s := (s0 + s1) + (s2 + s3)
	if s-s != 0 { // infinities or NaN
		return notFinite(all)
	}
	return moments{n, shift, s, centred(n, s, (q0+q1)+(q2+q3))}
}

// notFinite is the moments of numbers some of which are not finite: their sum
// is as it is, they have no deviation. Where only distances overflow, that does.
func notFinite[T number](x []T) moments {
	s := sumRun(x)
	m := moments{n: float64(len(x)), s: s, m2: math.NaN()}
	if s-s == 0 {
		m.m2 = math.Inf(1)
	}
	return m
}

// centred turns squares of distances from the shift into those from the mean.
func centred(n, s, squares float64) float64 { return max(squares-float64(s*s)/n, 0) }
