package linear

import (
	"math"

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

// Rows is the number of rows learned so far, over all passes.
func (s *sgd) Rows() int64 { return int64(s.t) - 1 }

// LastLoss is the sum of the losses of the rows of the last batch, each
// measured before the row was learned; for several classes over all the
// one-against-the-rest problems. The penalty is not in it.
func (s *sgd) LastLoss() (sum float64, rows int) { return s.lossSum, s.lossRows }

// averaged reports whether answers come from the averaged weights.
func (s *sgd) averaged() bool { return s.h.average > 0 && s.h.average <= s.t-1 }

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
