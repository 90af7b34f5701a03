package mltest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

func errorIs(err error, k errs.Kind) bool { return errors.Is(err, k) }

// A LearnerSubject is one learner with its parameters and what it promises.
type LearnerSubject struct {
	Name    string
	Params  map[string]any
	Classes int // 0 for a regressor

	SplitInvariant bool // fit(a+b) has the bits of fit(a), fit(b)
	WeightsRepeat  bool // a row of weight 2 is the row twice
	ZeroIsAbsent   bool // a row of weight 0 is no row
	SparseAgrees   bool // compressed rows give what dense rows give, to 1e-12
}

const width = 5

// example draws n rows of width float64 that fit in float32, with targets.
func (s LearnerSubject) example(seed uint64, n int) ml.Batch {
	r := rand.New(rand.NewPCG(seed, 11))
	x := make([]float64, n*width)
	for i := range x {
		if x[i] = float64(float32(r.NormFloat64())); r.IntN(4) == 0 {
			x[i] = 0
		}
	}
	y := make([]float64, n)
	w := make([]float64, n)
	for i := range y {
		v := x[i*width] - 2*x[i*width+1] + 0.3*r.NormFloat64()
		y[i] = v
		if s.Classes > 0 {
			y[i] = float64(min(max(int(math.Floor(v+float64(s.Classes)/2)), 0), s.Classes-1))
		}
		w[i] = float64(1 + r.IntN(3))
	}
	return ml.Batch{X: &feature.Dense[float64]{N: n, D: width, Data: x}, Y: y, W: w}
}

func cut(b ml.Batch, lo, hi int) ml.Batch {
	out := ml.Batch{X: b.X.Slice(lo, hi), Y: b.Y[lo:hi]}
	if b.W != nil {
		out.W = b.W[lo:hi]
	}
	return out
}

func (s LearnerSubject) fresh(t *testing.T) ml.Learner {
	t.Helper()
	l, ok := build(t, s.Name, s.Params).(ml.Learner)
	if !ok {
		t.Fatalf("%s is no ml.Learner", s.Name)
	}
	if c, ok := l.(ml.Classifier); ok {
		var names []string
		for i := range s.Classes {
			names = append(names, fmt.Sprint("class ", i))
		}
		if err := c.SetClasses(names); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func learn(t *testing.T, l ml.Learner, bs ...ml.Batch) ml.Learner {
	t.Helper()
	for _, b := range bs {
		if err := l.PartialFit(b); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// Learner runs the suite on one learner.
func Learner(t *testing.T, s LearnerSubject) {
	t.Run("input unchanged", s.inputUnchanged)
	t.Run("same seed, same bits", s.sameBits)
	t.Run("any split", s.split)
	t.Run("weights", s.weights)
	t.Run("storage", s.storage)
	t.Run("save and load", s.saveLoad)
	t.Run("refused batches change nothing", s.refused)
	t.Run("predict", s.predict)
	t.Run("loss", s.loss)
}

func (s LearnerSubject) inputUnchanged(t *testing.T) {
	b := s.example(1, 60)
	x, y, w := slices.Clone(rows(b.X)), slices.Clone(b.Y), slices.Clone(b.W)
	learn(t, s.fresh(t), b)
	if !sameBits(rows(b.X), x) || !sameBits(b.Y, y) || !sameBits(b.W, w) {
		t.Error("PartialFit changed its batch")
	}
}

func (s LearnerSubject) sameBits(t *testing.T) {
	b := s.example(2, 80)
	one := save(t, learn(t, s.fresh(t), cut(b, 0, 50), cut(b, 50, 80)))
	two := save(t, learn(t, s.fresh(t), cut(b, 0, 50), cut(b, 50, 80)))
	mustEqual(t, two, one, "learned twice")
}

func (s LearnerSubject) split(t *testing.T) {
	if !s.SplitInvariant {
		t.Skip("not promised")
	}
	b := s.example(3, 90)
	whole, ok := learn(t, s.fresh(t), b).(ml.Predictor)
	if !ok {
		t.Skip("does not predict")
	}
	want, err := whole.Predict(nil, b.X)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{1, 30, 89} {
		parts := learn(t, s.fresh(t), cut(b, 0, at), cut(b, at, 90)).(ml.Predictor)
		got, err := parts.Predict(nil, b.X)
		if err != nil {
			t.Fatal(err)
		}
		if !sameBits(got, want) {
			t.Errorf("cut at %d: predictions differ: %v, want %v", at, got[:3], want[:3])
		}
	}
}

// near compares predictions of two learners.
func near(t *testing.T, what string, a, b ml.Learner, x feature.Matrix, tol float64) {
	t.Helper()
	pa, err := a.(ml.Predictor).Predict(nil, x)
	if err != nil {
		t.Fatal(err)
	}
	pb, err := b.(ml.Predictor).Predict(nil, x)
	if err != nil {
		t.Fatal(err)
	}
	for i := range pa {
		if !(math.Abs(pa[i]-pb[i]) <= tol*max(1, math.Abs(pb[i]))) {
			t.Errorf("%s: row %d: got %v, want %v", what, i, pa[i], pb[i])
			return
		}
	}
}

func (s LearnerSubject) weights(t *testing.T) {
	b := s.example(4, 40)
	if s.WeightsRepeat {
		var x, y, w []float64
		for i := range b.Y {
			for range int(b.W[i]) {
				x, y, w = append(x, b.X.Row(i, nil)...), append(y, b.Y[i]), append(w, 1)
			}
		}
		twice := ml.Batch{X: &feature.Dense[float64]{N: len(y), D: width, Data: x}, Y: y, W: w}
		near(t, "weights against repeated rows", learn(t, s.fresh(t), b), learn(t, s.fresh(t), twice), b.X, 1e-9)
	}
	if s.ZeroIsAbsent {
		without := cut(b, 0, 20)
		for i := 20; i < 40; i++ {
			b.W[i] = 0
		}
		near(t, "weight 0 against absent rows", learn(t, s.fresh(t), b), learn(t, s.fresh(t), without), b.X, 1e-12)
	}
	plain, ones := s.example(4, 40), s.example(4, 40)
	plain.W = nil
	for i := range ones.W {
		ones.W[i] = 1
	}
	mustEqual(t, save(t, learn(t, s.fresh(t), ones)), save(t, learn(t, s.fresh(t), plain)), "weights of 1 and none")
}

func (s LearnerSubject) storage(t *testing.T) {
	b := s.example(5, 40)
	single := b
	x := rows(b.X)
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	single.X = &feature.Dense[float32]{N: 40, D: width, Data: y}
	mustEqual(t, save(t, learn(t, s.fresh(t), single)), save(t, learn(t, s.fresh(t), b)), "float32 and float64 storage of the same numbers")
	sparse := b
	m := csr(b.X)
	sparse.X = m
	l := learn(t, s.fresh(t), sparse)
	if s.SparseAgrees {
		near(t, "compressed rows", l, learn(t, s.fresh(t), b), b.X, 1e-12)
	}
	near(t, "prediction of compressed rows", l, l, m, 0)
	// A slice of compressed rows does not start at 0.
	half := ml.Batch{X: m.Slice(20, 40), Y: b.Y[20:], W: b.W[20:]}
	own := half
	own.X = csr(half.X)
	mustEqual(t, save(t, learn(t, s.fresh(t), half)), save(t, learn(t, s.fresh(t), own)), "a slice of compressed rows")
}

func (s LearnerSubject) saveLoad(t *testing.T) {
	b := s.example(6, 120)
	for _, at := range []int{0, 50, 120} {
		straight := learn(t, s.fresh(t), cut(b, 0, at), cut(b, at, 120))
		half := learn(t, s.fresh(t), cut(b, 0, at))
		state := save(t, half)
		again := build(t, s.Name, s.Params).(ml.Learner)
		if err := again.Load(state.config, state.arrays); err != nil {
			t.Fatalf("Load after %d rows: %v", at, err)
		}
		mustEqual(t, save(t, again), state, "saved, loaded and saved")
		learn(t, again, cut(b, at, 120))
		mustEqual(t, save(t, again), save(t, straight), fmt.Sprintf("saved after %d rows, loaded and learned on", at))
	}
	l := learn(t, s.fresh(t), b)
	state := save(t, l)
	damaged(t, state, func(d saved) error {
		victim := build(t, s.Name, s.Params).(ml.Learner)
		return victim.Load(d.config, d.arrays)
	})
}

func (s LearnerSubject) refused(t *testing.T) {
	good := s.example(7, 30)
	bad := func(change func(b *ml.Batch, x []float64)) ml.Batch {
		b := s.example(8, 12)
		change(&b, b.X.(*feature.Dense[float64]).Data)
		return b
	}
	sparse := func(b ml.Batch) ml.Batch { b.X = csr(b.X); return b }
	nan := bad(func(_ *ml.Batch, x []float64) { x[7*width+2] = math.NaN() })
	inf := bad(func(_ *ml.Batch, x []float64) { x[11*width+4] = math.Inf(-1) })
	cases := map[string]struct {
		b    ml.Batch
		kind errs.Kind
	}{
		"wrong width": {bad(func(b *ml.Batch, x []float64) {
			b.X = &feature.Dense[float64]{N: 10, D: width + 1, Data: x[:60]}
			b.Y, b.W = b.Y[:10], nil
		}), errs.Shape},
		"no target":             {bad(func(b *ml.Batch, _ []float64) { b.Y = nil }), errs.Invalid},
		"too few targets":       {bad(func(b *ml.Batch, _ []float64) { b.Y = b.Y[:5] }), errs.Shape},
		"too few weights":       {bad(func(b *ml.Batch, _ []float64) { b.W = b.W[:5] }), errs.Shape},
		"NaN":                   {nan, errs.Invalid},
		"infinite":              {inf, errs.Invalid},
		"NaN compressed":        {sparse(nan), errs.Invalid},
		"infinite compressed":   {sparse(inf), errs.Invalid},
		"NaN target":            {bad(func(b *ml.Batch, _ []float64) { b.Y[3] = math.NaN() }), errs.Invalid},
		"negative weight":       {bad(func(b *ml.Batch, _ []float64) { b.W[3] = -1 }), errs.Invalid},
		"NaN weight":            {bad(func(b *ml.Batch, _ []float64) { b.W[3] = math.NaN() }), errs.Invalid},
		"class beyond the last": {bad(func(b *ml.Batch, _ []float64) { b.Y[3] = float64(s.Classes) }), errs.Invalid},
		"half a class":          {bad(func(b *ml.Batch, _ []float64) { b.Y[3] = 0.5 }), errs.Invalid},
	}
	for _, first := range []bool{true, false} {
		for name, c := range cases {
			if s.Classes == 0 && (name == "class beyond the last" || name == "half a class") || first && name == "wrong width" {
				continue
			}
			l := s.fresh(t)
			if !first {
				learn(t, l, good)
			}
			before := save(t, l)
			if err := l.PartialFit(c.b); !errorIs(err, c.kind) {
				t.Errorf("%s (first batch: %v): got error %v, want %v", name, first, err, c.kind)
			}
			mustEqual(t, save(t, l), before, name)
		}
	}
	l := learn(t, s.fresh(t), good)
	before := save(t, l)
	if err := l.PartialFit(cut(good, 0, 0)); err != nil {
		t.Errorf("empty batch: %v", err)
	}
	mustEqual(t, save(t, l), before, "empty batch")
}

func (s LearnerSubject) predict(t *testing.T) {
	p, ok := s.fresh(t).(ml.Predictor)
	if !ok {
		t.Skip("does not predict")
	}
	b := s.example(9, 64)
	if _, err := p.Predict(nil, b.X); !errors.Is(err, ml.ErrNotFitted) {
		t.Errorf("Predict before learning: got %v, want ErrNotFitted", err)
	}
	p = learn(t, s.fresh(t), b).(ml.Predictor)
	all, err := p.Predict(nil, b.X)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 64 {
		t.Fatalf("%d predictions for 64 rows", len(all))
	}
	part, err := p.Predict(make([]float64, 0, 100), b.X.Slice(10, 20))
	if err != nil || !sameBits(part, all[10:20]) {
		t.Errorf("Predict of a subset is not the subset of Predict (%v)", err)
	}
	if _, err := p.Predict(nil, &feature.Dense[float64]{N: 1, D: width - 1, Data: make([]float64, width-1)}); !errorIs(err, errs.Shape) {
		t.Errorf("Predict of a wrong width: got %v, want errs.Shape", err)
	}
	before := save(t, p)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, err := p.Predict(nil, b.X)
			if err != nil || !sameBits(got, all) {
				t.Errorf("concurrent Predict differs (%v)", err)
			}
			if c, ok := p.(ml.Classifier); ok {
				if _, err := c.PredictProba(nil, b.X); err != nil && !errorIs(err, errs.Unsupported) {
					t.Errorf("concurrent PredictProba: %v", err)
				}
			}
		})
	}
	wg.Wait()
	mustEqual(t, save(t, p), before, "Predict")
	if c, ok := p.(ml.Classifier); ok {
		s.proba(t, c, b.X, all)
	}
}

func (s LearnerSubject) proba(t *testing.T, c ml.Classifier, x feature.Matrix, classes []float64) {
	if len(c.Classes()) != s.Classes {
		t.Errorf("Classes gives %q, want %d names", c.Classes(), s.Classes)
	}
	if err := c.SetClasses([]string{"other", "names"}); !errorIs(err, errs.Invalid) {
		t.Errorf("SetClasses after learning: got %v, want errs.Invalid", err)
	}
	proba, err := c.PredictProba(nil, x)
	if errorIs(err, errs.Unsupported) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, class := range classes {
		row := proba[i*s.Classes : (i+1)*s.Classes]
		var sum float64
		best := 0
		for j, p := range row {
			if !(p >= 0 && p <= 1) {
				t.Fatalf("row %d: probabilities %v", i, row)
			}
			if sum += p; p > row[best] {
				best = j
			}
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Fatalf("row %d: probabilities sum to %v", i, sum)
		}
		if row[int(class)] < row[best] {
			t.Fatalf("row %d: class %v is predicted, but its probability is less than another's: %v", i, class, row)
		}
	}
}

func (s LearnerSubject) loss(t *testing.T) {
	l := s.fresh(t)
	r, ok := l.(ml.LossReporter)
	if !ok {
		t.Skip("reports no loss")
	}
	learn(t, l, s.example(10, 33))
	if sum, n := r.LastLoss(); n != 33 || !(sum >= 0) || math.IsInf(sum, 0) {
		t.Errorf("LastLoss of a batch of 33 rows: %v of %d rows", sum, n)
	}
}
