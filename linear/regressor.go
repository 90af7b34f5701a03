package linear

import (
	"math"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// A Regressor is a linear regression learned by SGD. Once its weights have
// overflowed it is spent: every method that answers or learns gives the error
// that says so.
type Regressor struct{ sgd }

var (
	_ ml.Learner      = (*Regressor)(nil)
	_ ml.Predictor    = (*Regressor)(nil)
	_ ml.LossReporter = (*Regressor)(nil)
)

// NewRegressor makes a regressor; RegressorParams are the defaults.
func NewRegressor(p Params) (*Regressor, error) {
	h, err := hyperOf("sgd-regressor", p, regressionLosses)
	if err != nil {
		return nil, err
	}
	return &Regressor{sgd{step: "sgd-regressor", h: h, d: -1, t: 1}}, nil
}

// PartialFit learns from b. On an error about b the model is as it was; on the
// overflow of the weights it is spent.
func (r *Regressor) PartialFit(b ml.Batch) error {
	reach, err := r.check(b)
	if err != nil {
		return err
	}
	for i, y := range b.Y {
		if math.IsNaN(y) || math.IsInf(y, 0) {
			return errs.New(errs.Invalid, "%s: found the target %v, expected a finite number", r.step, y).At(errs.Position{Row: int64(i) + 1})
		}
	}
	if len(b.Y) == 0 {
		return nil
	}
	r.begin(b, 1)
	return r.learn(b, reach, func(int) []float64 { return b.Y })
}

// Predict writes ⟨coefficients, row⟩ + intercept of each row of x.
func (r *Regressor) Predict(dst []float64, x feature.Matrix) ([]float64, error) {
	return r.decide(dst, x)
}
