package linear

import (
	"math"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// A Diagnosis explains a divergence: how far a step of the first batch
// overshoots. Along a row x a step of size eta moves the prediction by
// eta·|x|² times the error, so for a squared error more than 2 makes every
// update worse than none.
type Diagnosis struct {
	Step   float64 `json:"step"`   // the largest eta·|x|² of the first batch
	Eta    float64 `json:"eta"`    // its eta
	Norm2  float64 `json:"norm2"`  // its |x|²
	Row    int     `json:"row"`    // its row in the batch, from 0
	Column int     `json:"column"` // the column with the largest share of |x|²
}

// Diagnose gives the largest step of the first batch learned; zero before it.
func (s *sgd) Diagnose() Diagnosis { return s.diagnosis }

// Diverged gives the number, from 1, of the first batch in which the slope of
// the loss passed 1e12 and was cut off, as scikit-learn does: from there on the
// weights are finite but mean nothing, and Diagnose says why. 0 is never.
func (s *sgd) Diverged() int64 { return s.diverged }

// diagnose looks for the row of b with the largest step.
func (s *sgd) diagnose(b ml.Batch) (worst Diagnosis) {
	n, _ := b.X.Dims()
	worst.Step = -1
	var row []float64
	for i := range n {
		norm := min(norm2(b.X, i), math.MaxFloat64) // infinity has no JSON
		eta := s.h.eta(s.t + float64(i))
		if step := min(float64(eta*norm), math.MaxFloat64); step > worst.Step {
			worst = Diagnosis{Step: step, Eta: eta, Norm2: norm, Row: i}
		}
	}
	var top float64
	row = b.X.Row(worst.Row, row)
	for j, x := range row {
		if a := math.Abs(x); a > top {
			top, worst.Column = a, j
		}
	}
	return worst
}

// norm2 is |row i|².
func norm2(m feature.Matrix, i int) float64 {
	switch x := m.(type) {
	case *feature.Dense[float32]:
		return squares(x.Data[i*x.D : (i+1)*x.D])
	case *feature.Dense[float64]:
		return squares(x.Data[i*x.D : (i+1)*x.D])
	case *feature.CSR[float32]:
		return squares(x.Values[x.Indptr[i]:x.Indptr[i+1]])
	case *feature.CSR[float64]:
		return squares(x.Values[x.Indptr[i]:x.Indptr[i+1]])
	}
	return 0
}

func squares[T float32 | float64](row []T) (s float64) {
	for _, x := range row {
		s += float64(float64(x) * float64(x))
	}
	return s
}

// overflow is the error of weights that are no numbers any more.
func (s *sgd) overflow(b ml.Batch) error {
	d := s.diagnose(b)
	why := ""
	if s.diagnosis.Step > d.Step {
		d = s.diagnosis
	}
	if d.Step > 2 {
		why = " > 2, so every update overshoots"
	}
	return errs.New(errs.Invalid, "%s: weights overflowed after batch %d: step eta·|x|² = %.3g·%.3g = %.3g%s; the largest value is in column %d",
		s.step, s.batch+1, d.Eta, d.Norm2, d.Step, why, d.Column+1).
		WithFix("scale the features: put `scale |` before %s", s.step)
}
