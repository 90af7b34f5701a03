package mltest

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// mean predicts the mean of the targets: the simplest learner, and one that
// can promise everything.
type mean struct {
	d      int // columns, -1 before the first batch
	sum, n float64
}

func init() {
	ml.Register(ml.Spec{Name: "mean", Doc: "Predicts the mean.", Role: ml.Regress, Kind: ml.KindSequential,
		New: func(json.RawMessage) (ml.Step, error) { return &mean{d: -1}, nil }})
}

func (m *mean) PartialFit(b ml.Batch) error {
	n, d := b.X.Dims()
	switch {
	case m.d >= 0 && d != m.d, b.Y != nil && len(b.Y) != n, b.W != nil && len(b.W) != n:
		return errs.New(errs.Shape, "mean: shapes do not fit")
	case b.Y == nil:
		return errs.New(errs.Invalid, "mean: no target")
	}
	for _, v := range rows(b.X) {
		if v-v != 0 {
			return errs.New(errs.Invalid, "mean: found %v", v)
		}
	}
	sum, count := m.sum, m.n
	for i, y := range b.Y {
		w := 1.0
		if b.W != nil {
			w = b.W[i]
		}
		if math.IsNaN(y) || !(w >= 0) {
			return errs.New(errs.Invalid, "mean: found target %v of weight %v", y, w)
		}
		sum, count = sum+float64(w*y), count+w
	}
	if n > 0 {
		m.d, m.sum, m.n = d, sum, count
	}
	return nil
}

func (m *mean) Predict(dst []float64, x feature.Matrix) ([]float64, error) {
	if m.d < 0 {
		return nil, ml.ErrNotFitted
	}
	n, d := x.Dims()
	if d != m.d {
		return nil, errs.New(errs.Shape, "mean: found %d columns, expected %d", d, m.d)
	}
	dst = dst[:0]
	for range n {
		dst = append(dst, m.sum/m.n)
	}
	return dst, nil
}

func (m *mean) Save() (any, []dtype.Named) {
	return m.d, []dtype.Named{dtype.NewNamed("sums", []float64{m.sum, m.n})}
}

func (m *mean) Load(raw json.RawMessage, arrays []dtype.Named) error {
	var d int
	if err := ml.Config(raw, &d); err != nil {
		return err
	}
	sums, err := ml.State(arrays).Float64("sums", 2)
	if err != nil {
		return err
	}
	m.d, m.sum, m.n = d, sums[0], sums[1]
	return nil
}

func TestSuitePassesALearnerThatKeepsAllPromises(t *testing.T) {
	Covered(t, "mean")
	Learner(t, LearnerSubject{Name: "mean", SplitInvariant: true, WeightsRepeat: true, ZeroIsAbsent: true, SparseAgrees: true})
}

func TestStatesAreComparedToTheBit(t *testing.T) {
	state := func(x float64) saved { return save(t, &mean{sum: x}) }
	if !state(1).equal(state(1)) || state(1).equal(state(math.Nextafter(1, 2))) || state(0).equal(state(math.Copysign(0, -1))) {
		t.Error("states of other bits are equal, or equal ones are not")
	}
}
