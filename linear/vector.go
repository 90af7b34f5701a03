package linear

import "math"

// A vector is the weights of one problem: coefficients scale·w and an
// intercept, so that shrinking all weights is one multiplication.
type vector struct {
	w     []float64
	scale float64
	bias  float64

	// Cumulative L1 penalty (Tsuruoka, Tsujii, Ananiadou 2009): total is what
	// each weight should have paid so far, paid[j] what weight j has.
	total float64
	paid  []float64 // nil without l1

	// Averaged weights, kept lazily (Bottou 2012): the mean of the
	// coefficients is (mean + meanA·w)/meanB.
	mean         []float64 // nil without averaging
	meanA, meanB float64
	meanBias     float64
	aliased      bool // compat: scikit-learn's intercept_ is the averaged one

	bound  float64 // no |w[j]| is larger, while finite
	cutOff bool    // a slope was larger than maxSlope
}

func newVector(h *hyper, d int) vector {
	v := vector{w: make([]float64, d), scale: 1, meanB: 1}
	if h.truncate {
		v.paid = make([]float64, d)
	}
	if h.average > 0 {
		v.mean = make([]float64, d)
	}
	return v
}

// smallest is the scale below which the weights are folded.
const smallest = 1e-9

// shrink multiplies all weights by c ≥ 0.
func (v *vector) shrink(c float64) {
	v.scale *= c
	if v.scale < smallest {
		v.fold()
	}
}

// fold makes scale 1, and meanA 0.
func (v *vector) fold() {
	if v.mean != nil {
		for j, w := range v.w {
			v.mean[j] = float64(1/v.meanB) * (float64(v.meanA*w) + v.mean[j])
		}
		v.meanA, v.meanB = 0, 1
	}
	if v.scale != 1 {
		for j := range v.w {
			v.w[j] *= v.scale
		}
		v.bound *= v.scale
		v.scale = 1
	}
}

// restart is what scikit-learn forgets between two calls of partial_fit.
func (v *vector) restart() {
	v.total = 0
	clear(v.paid)
}

// answer writes the coefficients to predict with into dst and returns the intercept.
func (v *vector) answer(dst []float64, averaged bool) (bias float64) {
	if averaged {
		for j, w := range v.w {
			dst[j] = float64(1/v.meanB) * (float64(v.meanA*w) + v.mean[j])
		}
		return v.meanBias
	}
	for j, w := range v.w {
		dst[j] = float64(v.scale * w)
	}
	return v.bias
}

// finite reports whether the weights are numbers, and brings bound up to date.
func (v *vector) finite() bool {
	var top float64
	for _, w := range v.w {
		if a := math.Abs(w); a > top || a != a {
			top = a
		}
	}
	v.bound = top
	return top <= math.MaxFloat64 && !math.IsInf(v.bias, 0) && v.bias == v.bias
}

// keep copies v into old, to be put back by restore.
func (v *vector) keep(old *vector) {
	w, paid, mean := append(old.w[:0], v.w...), old.paid[:0], old.mean[:0]
	if v.paid != nil {
		paid = append(paid, v.paid...)
	}
	if v.mean != nil {
		mean = append(mean, v.mean...)
	}
	*old = *v
	old.w, old.paid, old.mean = w, paid, mean
}

// restore undoes what happened since keep(old).
func (v *vector) restore(old *vector) {
	w, paid, mean := v.w, v.paid, v.mean
	copy(w, old.w)
	copy(paid, old.paid)
	copy(mean, old.mean)
	*v = *old
	v.w, v.paid, v.mean = w, paid, mean
}
