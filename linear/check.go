package linear

import (
	"math"
	"strconv"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// check finds what is wrong with b before anything changes. reach is the
// largest |x| of a compressed batch.
func (s *sgd) check(b ml.Batch) (reach float64, err error) {
	if s.spent != nil {
		return 0, s.spent
	}
	if b.X == nil {
		return 0, errs.New(errs.Shape, "%s: the batch has no numbers to learn from", s.step)
	}
	n, d := b.X.Dims()
	if s.d >= 0 && d != s.d {
		return 0, errs.New(errs.Shape, "%s: found %d columns, expected %d as in the first batch", s.step, d, s.d)
	}
	if b.Y == nil {
		return 0, errs.New(errs.Invalid, "%s: the batch has no target", s.step).WithFix("name the target column: --target COLUMN")
	}
	if len(b.Y) != n || b.W != nil && len(b.W) != n {
		return 0, errs.New(errs.Shape, "%s: found %d targets and %d weights for %d rows", s.step, len(b.Y), len(b.W), n)
	}
	for i, w := range b.W {
		if !(w >= 0 && w <= math.MaxFloat64) {
			return 0, errs.New(errs.Invalid, "%s: found the weight %v, expected 0 or more", s.step, w).At(errs.Position{Row: int64(i) + 1})
		}
	}
	switch x := b.X.(type) {
	case *feature.CSR[float32]:
		return reachOf(s.step, x)
	case *feature.CSR[float64]:
		return reachOf(s.step, x)
	case *feature.Dense[float32], *feature.Dense[float64]: // found while learning
		return 0, nil
	}
	return 0, errs.New(errs.Unsupported, "%s: cannot learn from a %T", s.step, b.X)
}

// reachOf is the largest |x| stored in m, or the error of a value that is not
// a finite number.
func reachOf[T float32 | float64](step string, m *feature.CSR[T]) (float64, error) {
	var top T
	values := m.Values[m.Indptr[0]:m.Indptr[m.N]]
	ok := true
	for _, x := range values {
		if x < 0 {
			x = -x
		}
		if x > top {
			top = x
		}
		ok = ok && x == x
	}
	if ok && float64(top) <= math.MaxFloat64 {
		return float64(top), nil
	}
	for i := range m.N {
		for k := m.Indptr[i]; k < m.Indptr[i+1]; k++ {
			if x := float64(m.Values[k]); math.IsNaN(x) || math.IsInf(x, 0) {
				return 0, notFinite(step, i, int(m.Indices[k]), x)
			}
		}
	}
	return float64(top), nil
}

func notFinite(step string, row, col int, x float64) error {
	return errs.New(errs.Invalid, "%s: found %v, expected a finite number", step, x).At(errs.Position{Row: int64(row) + 1, Column: strconv.Itoa(col + 1)}).
		WithFix("put `impute |` before %s", step)
}

// notNumber finds the first value of row i that is not a finite number.
func notNumber(m feature.Matrix, i int) (col int, x float64, bad bool) {
	for j, x := range m.Row(i, nil) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return j, x, true
		}
	}
	return 0, 0, false
}
