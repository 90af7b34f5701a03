package linear

import (
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// Coef gives the coefficients the model predicts with, one row of d for the
// regressor and for two classes, k rows of d for more classes; nil before the
// first batch.
func (s *sgd) Coef() []float64 {
	if s.d < 0 {
		return nil
	}
	out := make([]float64, len(s.v)*s.d)
	for i := range s.v {
		s.v[i].answer(out[i*s.d:(i+1)*s.d], s.averaged())
	}
	return out
}

// Intercept gives the constant term of each row of Coef.
func (s *sgd) Intercept() []float64 {
	var out []float64
	for i := range s.v {
		if s.averaged() {
			out = append(out, s.v[i].meanBias)
		} else {
			out = append(out, s.v[i].bias)
		}
	}
	return out
}

// T is the number of the next row, from 1, which the schedules see.
func (s *sgd) T() float64 { return s.t }

// decide writes ⟨coefficients, row⟩ + intercept of each row and problem into
// dst, row by row, grown if needed.
func (s *sgd) decide(dst []float64, x feature.Matrix) ([]float64, error) {
	if s.spent != nil {
		return nil, s.spent
	}
	if s.d < 0 {
		return nil, ml.ErrNotFitted
	}
	if x == nil {
		return nil, errs.New(errs.Shape, "%s: no numbers to predict from, expected %d columns", s.step, s.d)
	}
	n, d := x.Dims()
	if d != s.d {
		return nil, errs.New(errs.Shape, "%s: found %d columns, expected %d as learned from", s.step, d, s.d)
	}
	k := len(s.v)
	dst = grow(dst, n*k)
	for c := range s.v {
		v := &s.v[c]
		if s.averaged() {
			for i := range n {
				p := x.Dot(i, v.mean) + float64(v.meanA*x.Dot(i, v.w))
				dst[i*k+c] = p/v.meanB + v.meanBias
			}
			continue
		}
		for i := range n {
			dst[i*k+c] = float64(v.scale*x.Dot(i, v.w)) + v.bias
		}
	}
	return dst, nil
}

func grow(dst []float64, n int) []float64 {
	if cap(dst) < n {
		return make([]float64, n)
	}
	return dst[:n]
}
