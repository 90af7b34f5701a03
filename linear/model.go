package linear

import (
	"math"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// sgd is what the regressor and the classifier share: one vector a problem,
// learned apart from each other from the same batches.
type sgd struct {
	step  string // name, for errors
	h     hyper
	d     int // columns, -1 before the first batch
	t     float64
	batch int64 // batches learned
	v     []vector
	seeds []uint32

	order     []int32   // rows of a shuffled batch
	target    []float64 // of one problem
	old       []vector  // before the batch
	lossSum   float64
	lossRows  int
	diagnosis Diagnosis
	diverged  int64 // first batch in which a slope was cut off
	spent     error // set once the weights overflowed
}

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

// Rows is the number of rows learned so far, over all passes.
func (s *sgd) Rows() int64 { return int64(s.t) - 1 }

// LastLoss is the sum of the losses of the rows of the last batch, each
// measured before the row was learned; for several classes over all the
// one-against-the-rest problems. The penalty is not in it.
func (s *sgd) LastLoss() (sum float64, rows int) { return s.lossSum, s.lossRows }

// averaged reports whether answers come from the averaged weights.
func (s *sgd) averaged() bool { return s.h.average > 0 && s.h.average <= s.t-1 }

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
			return 0, errs.New(errs.Invalid, "%s: row %d of the batch has weight %v, expected 0 or more", s.step, i+1, w)
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
	return errs.New(errs.Invalid, "%s: row %d of the batch has %v in column %d, expected a finite number", step, row+1, x, col+1).
		WithFix("put `impute |` before %s", step)
}

// begin makes the vectors when b is the first batch.
func (s *sgd) begin(b ml.Batch, problems int) {
	if s.d >= 0 {
		return
	}
	_, d := b.X.Dims()
	s.d = d
	s.v = make([]vector, problems)
	for i := range s.v {
		s.v[i] = newVector(&s.h, d)
	}
	if s.h.shuffle {
		s.seeds = seedsLike(s.h.seed, s.step == "sgd-classifier", problems)
	}
}

// learn goes through b once for each problem; target gives the targets of a
// problem as the loss wants them. b has been checked and is not empty.
func (s *sgd) learn(b ml.Batch, reach float64, target func(problem int) []float64) error {
	first := s.batch == 0
	if first {
		s.diagnosis = s.diagnose(b)
	}
	n, _ := b.X.Dims()
	if s.old == nil {
		s.old = make([]vector, len(s.v))
	}
	_, d32 := b.X.(*feature.Dense[float32])
	_, d64 := b.X.(*feature.Dense[float64])
	denseRows := d32 || d64
	s.lossSum, s.lossRows = 0, n
	for i := range s.v {
		v := &s.v[i]
		if denseRows {
			v.keep(&s.old[i])
		}
		l := lesson{h: &s.h, y: target(i), weight: b.W, t: s.t, reach: reach}
		if s.h.shuffle {
			l.order = s.permuted(n, i)
		}
		bias := v.bias
		if s.h.sklearn {
			v.restart()
		}
		var sum float64
		stopped := -1
		switch x := b.X.(type) {
		case *feature.Dense[float32]:
			sum, stopped = dense(&l, v, x)
		case *feature.Dense[float64]:
			sum, stopped = dense(&l, v, x)
		case *feature.CSR[float32]:
			sum, stopped = sparse(&l, v, x)
		case *feature.CSR[float64]:
			sum, stopped = sparse(&l, v, x)
		}
		if stopped >= 0 {
			if col, x, bad := notNumber(b.X, stopped); bad {
				for k := range s.v[:i+1] {
					s.v[k].restore(&s.old[k])
				}
				if first {
					s.forget()
				}
				return notFinite(s.step, stopped, col, x)
			}
		}
		if stopped >= 0 || !s.sound(v, denseRows || s.h.sklearn) {
			s.spent = s.overflow(b)
			return s.spent
		}
		s.lossSum += sum
		if v.cutOff && s.diverged == 0 {
			s.diverged = s.batch + 1
		}
		if s.h.sklearn {
			v.fold()
			s.mistake(v, bias, float64(n))
		}
	}
	s.t += float64(n)
	s.batch++
	return nil
}

// forget makes the model as it was before the first batch.
func (s *sgd) forget() {
	s.d, s.v, s.old, s.diagnosis, s.lossSum, s.lossRows = -1, nil, nil, Diagnosis{}, 0, 0
}

// sound reports whether the weights are finite, looking at all of them only
// when all is set or they might not be.
func (s *sgd) sound(v *vector, all bool) bool {
	if all || !(v.bound < 1e300) {
		return v.finite()
	}
	return math.Abs(v.bias) <= math.MaxFloat64
}

// mistake repeats what scikit-learn's classifier does with the intercept once
// averaging has begun: partial_fit goes on from the intercept of before, and
// with several classes also writes the plain intercept over the averaged one.
func (s *sgd) mistake(v *vector, before, rows float64) {
	if s.step != "sgd-classifier" || s.h.average == 0 || s.h.average > s.t+rows-1 {
		return
	}
	if len(s.v) == 1 {
		v.bias = before
		return
	}
	if v.aliased {
		v.meanBias, v.bias = v.bias, before
	}
	v.aliased = true
}

// permuted is the order of the rows of a batch for one problem. With
// compat=sklearn each batch uses the same seeds, as each call of partial_fit
// does; else the seed moves on with the rows.
func (s *sgd) permuted(n, problem int) []int32 {
	if cap(s.order) < n {
		s.order = make([]int32, n)
	}
	s.order = s.order[:n]
	seed := s.seeds[problem]
	if !s.h.sklearn {
		z := uint64(seed)<<32 + uint64(s.t)
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		seed = uint32(z ^ z>>31)
	}
	permute(s.order, seed)
	return s.order
}

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

// notNumber finds the first value of row i that is not a finite number.
func notNumber(m feature.Matrix, i int) (col int, x float64, bad bool) {
	for j, x := range m.Row(i, nil) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return j, x, true
		}
	}
	return 0, 0, false
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
