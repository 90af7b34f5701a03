package linear

import (
	"math"

	"github.com/outcore/outcore/feature"
)

// A lesson is one batch as the loops see it.
type lesson struct {
	h      *hyper
	y      []float64 // targets as the loss wants them
	weight []float64 // nil means all 1
	order  []int32   // nil means in order
	t      float64   // number of the first row, from 1
	reach  float64   // no |x| is larger; 0 when not known
}

// maxSlope keeps steps inside what float64 can hold: a slope that passes it is
// cut, and the model has diverged.
const maxSlope = 1e12

// step finds the move for a row that is predicted as p: how much the row is
// added to the weights, with the shrinking of the weights already done.
func (l *lesson) step(v *vector, r int, p, eta float64) (value, move float64) {
	h := l.h
	value, slope := h.lossAt(l.y[r], p)
	if slope > maxSlope {
		slope, v.cutOff = maxSlope, true
	} else if slope < -maxSlope {
		slope, v.cutOff = -maxSlope, true
	}
	move = -eta * slope
	if l.weight != nil {
		move *= l.weight[r]
	}
	if h.shrink {
		v.shrink(max(0, 1-float64(float64((1-h.l1)*eta)*h.alpha)))
	}
	return value, move
}

// dense learns from the rows of m. It returns the sum of the losses and, when
// a prediction is not a number, the row it stopped at, else -1.
func dense[T float32 | float64](l *lesson, v *vector, m *feature.Dense[T]) (sum float64, stopped int) {
	h, t, d, k := l.h, l.t, m.D, kernelsOf[T]()
	for i := range m.N {
		r := i
		if l.order != nil {
			r = int(l.order[i])
		}
		x := m.Data[r*d : (r+1)*d : (r+1)*d]
		w := v.w[:len(x)]
		var p float64
		if h.sklearn || d < 8 { // where both sums are the same
			for j, xj := range x {
				p += float64(w[j] * float64(xj))
			}
		} else {
			p = k.dot(w, x)
		}
		p = float64(p*v.scale) + v.bias
		if !(math.Abs(p) <= math.MaxFloat64) {
			return sum, r
		}
		eta := h.eta(t)
		value, move := l.step(v, r, p, eta)
		sum += value
		if move != 0 {
			if c := move / v.scale; d < 8 {
				for j, xj := range x {
					w[j] += float64(c * float64(xj))
				}
			} else {
				k.add(w, c, x)
			}
			if h.intercept {
				v.bias += move
			}
		}
		if v.mean != nil && h.average <= t {
			c := -move / v.scale
			for j, xj := range x {
				v.mean[j] += float64(float64(v.meanA*float64(xj)) * c)
			}
			v.average(t - h.average + 1)
		}
		if h.truncate {
			v.total += float64(float64(h.l1*eta) * h.alpha)
			for j := range x {
				v.cut(j)
			}
		}
		t++
	}
	return sum, -1
}

// sparseDecay slows the intercept down where rows have few non-zeros.
const sparseDecay = 0.01

// sparse is dense for compressed rows.
func sparse[T float32 | float64](l *lesson, v *vector, m *feature.CSR[T]) (sum float64, stopped int) {
	h, t := l.h, l.t
	w := v.w
	var moved float64
	for i := range m.N {
		r := i
		if l.order != nil {
			r = int(l.order[i])
		}
		x := m.Values[m.Indptr[r]:m.Indptr[r+1]]
		idx := m.Indices[m.Indptr[r]:m.Indptr[r+1]]
		idx = idx[:len(x)]
		var p float64
		for k, xk := range x {
			p += float64(w[idx[k]] * float64(xk))
		}
		p = float64(p*v.scale) + v.bias
		if !(math.Abs(p) <= math.MaxFloat64) {
			return sum, r
		}
		eta := h.eta(t)
		value, move := l.step(v, r, p, eta)
		sum += value
		if move != 0 {
			c := move / v.scale
			moved += math.Abs(c)
			for k, xk := range x {
				w[idx[k]] += float64(c * float64(xk))
			}
			if h.intercept {
				v.bias += float64(move * sparseDecay)
			}
		}
		if v.mean != nil && h.average <= t {
			c := -move / v.scale
			for k, xk := range x {
				v.mean[idx[k]] += float64(float64(v.meanA*float64(xk)) * c)
			}
			v.average(t - h.average + 1)
		}
		if h.truncate {
			v.total += float64(float64(h.l1*eta) * h.alpha)
			for _, j := range idx {
				v.cut(int(j))
			}
		}
		t++
	}
	v.bound += float64(moved * l.reach)
	return sum, -1
}

// average takes the weights as they stand after row n of the averaged ones.
func (v *vector) average(n float64) {
	share := 1 / n
	if n > 1 {
		v.meanB /= 1 - share
	}
	v.meanA += float64(float64(share*v.meanB) * v.scale)
	v.meanBias += (v.bias - v.meanBias) / n
}

// cut makes weight j pay what it owes of the cumulative L1 penalty, stopping at
// zero.
func (v *vector) cut(j int) {
	z := v.w[j]
	if s := v.scale * z; s > 0 {
		v.w[j] = max(0, z-(v.total+v.paid[j])/v.scale)
	} else if s < 0 {
		v.w[j] = min(0, z+(v.total-v.paid[j])/v.scale)
	}
	v.paid[j] += float64(v.scale * (v.w[j] - z))
}
