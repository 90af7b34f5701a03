package ndarray

import (
	"math"

	"github.com/outcore/outcore/dtype"
)

// finish writes the results of r; n elements went into each output.
func (a *acc[T]) finish(dst []byte, n int64) {
	switch a.r.Op {
	case redSum, redProd:
		if a.isum != nil {
			copy(view[int64](dst), a.isum)
			return
		}
		a.write(dst, func(i int) float64 { return a.sum[i] })
	case redMean:
		a.write(dst, func(i int) float64 { return a.sum[i] / float64(a.taken(i, n)) })
	case redVar:
		a.write(dst, func(i int) float64 { return a.variance(i, n) })
	case redStd:
		a.write(dst, func(i int) float64 { return math.Sqrt(a.variance(i, n)) })
	case redMin:
		copy(view[T](dst), a.lo)
		a.blank(dst)
	case redMax:
		copy(view[T](dst), a.hi)
		a.blank(dst)
	case redArgMin, redArgMax:
		copy(view[int64](dst), a.at)
	case redAny:
		d := view[bool](dst)
		for i, c := range a.count {
			d[i] = c > 0
		}
	case redAll:
		d := view[bool](dst)
		for i, c := range a.count {
			d[i] = c == n
		}
	case redCount:
		copy(view[int64](dst), a.count)
	case redNaN:
		copy(view[int64](dst), a.nan)
	}
}

// taken is the elements of output i that were not skipped.
func (a *acc[T]) taken(i int, n int64) int64 {
	if a.r.Skip {
		return a.n[i]
	}
	return n
}

// variance is NaN where there are too few elements, as NumPy has it; infinite
// where it is NumPy's that divides by nothing.
func (a *acc[T]) variance(i int, n int64) float64 {
	n = a.taken(i, n)
	d := float64(n) - float64(a.r.DDoF)
	if n == 0 || a.r.Skip && d <= 0 {
		return math.NaN()
	}
	return a.m2[i] / max(d, 0)
}

// write rounds float64 results to the result's type.
func (a *acc[T]) write(dst []byte, f func(i int) float64) {
	if a.r.result(a.typ) == dtype.Float32 {
		d := view[float32](dst)
		for i := range d {
			d[i] = float32(f(i))
		}
		return
	}
	d := view[float64](dst)
	for i := range d {
		d[i] = f(i)
	}
}

// blank makes NaN of outputs that had nothing but NaN, which were skipped.
func (a *acc[T]) blank(dst []byte) {
	if !a.r.Skip {
		return
	}
	for i, n := range a.n {
		if n == 0 {
			if a.typ == dtype.Float32 {
				view[float32](dst)[i] = float32(math.NaN())
			} else {
				view[float64](dst)[i] = math.NaN()
			}
		}
	}
}
