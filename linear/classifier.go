package linear

import (
	"math"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// A Classifier is a linear classifier learned by SGD: for two classes one
// vector whose side says class 1, for k > 2 one against the rest each. Once
// its weights have overflowed it is spent: every method that answers or learns
// gives the error that says so.
type Classifier struct {
	sgd
	classes []string
}

var (
	_ ml.Learner      = (*Classifier)(nil)
	_ ml.Classifier   = (*Classifier)(nil)
	_ ml.LossReporter = (*Classifier)(nil)
)

// NewClassifier makes a classifier; ClassifierParams are the defaults.
func NewClassifier(p Params) (*Classifier, error) {
	h, err := hyperOf("sgd-classifier", p, classLosses)
	if err != nil {
		return nil, err
	}
	return &Classifier{sgd: sgd{step: "sgd-classifier", h: h, d: -1, t: 1}}, nil
}

// SetClasses fixes the names of the classes, before the first batch.
func (c *Classifier) SetClasses(names []string) error {
	if c.d >= 0 && !slices.Equal(names, c.classes) {
		return errs.New(errs.Invalid, "%s: classes are fixed once learning has begun: have %q, found %q", c.step, c.classes, names)
	}
	if len(names) < 2 {
		return errs.New(errs.Invalid, "%s: found %d classes %q, expected 2 or more", c.step, len(names), names)
	}
	seen := make(map[string]struct{}, len(names))
	for _, name := range names {
		if _, twice := seen[name]; twice {
			return errs.New(errs.Invalid, "%s: class %q is named twice", c.step, name)
		}
		seen[name] = struct{}{}
	}
	c.classes = slices.Clone(names)
	return nil
}

// Classes gives the names of the classes by index; nil before SetClasses.
func (c *Classifier) Classes() []string { return c.classes }

// PartialFit learns from b, whose targets are class indices. On an error about
// b the model is as it was; on the overflow of the weights it is spent.
func (c *Classifier) PartialFit(b ml.Batch) error {
	reach, err := c.check(b)
	if err != nil {
		return err
	}
	if c.classes == nil {
		return errs.New(errs.Invalid, "%s: the classes are not known yet", c.step).WithFix("call SetClasses first, or put label-encoder in the pipeline")
	}
	k := len(c.classes)
	for i, y := range b.Y {
		if !(y >= 0 && y < float64(k) && y == math.Trunc(y)) {
			return errs.New(errs.Invalid, "%s: found the target %v, expected a class index 0 to %d", c.step, y, k-1).At(errs.Position{Row: int64(i) + 1})
		}
	}
	if len(b.Y) == 0 {
		return nil
	}
	problems := k
	if k == 2 {
		problems = 1
	}
	c.begin(b, problems)
	c.target = grow(c.target, len(b.Y))
	negative := c.h.loss.negative()
	return c.learn(b, reach, func(problem int) []float64 {
		positive := float64(problem)
		if problems == 1 {
			positive = 1
		}
		for i, y := range b.Y {
			c.target[i] = negative
			if y == positive {
				c.target[i] = 1
			}
		}
		return c.target
	})
}

// Decide writes the n×k signed distances to the planes, row-major; for two
// classes n×1, more than 0 for class 1. Safe for concurrent use while nothing
// learns.
func (c *Classifier) Decide(dst []float64, x feature.Matrix) ([]float64, error) {
	return c.decide(dst, x)
}

// Predict writes the index of the class of each row of x: the side of the
// plane, or the largest distance, the first of equals; NaN for a row that has a
// NaN, which is on no side.
func (c *Classifier) Predict(dst []float64, x feature.Matrix) ([]float64, error) {
	k := len(c.v)
	if k <= 1 {
		dst, err := c.decide(dst, x)
		for i, s := range dst {
			switch {
			case s > 0:
				dst[i] = 1
			case s == s:
				dst[i] = 0
			}
		}
		return dst, err
	}
	scores, err := c.decide(nil, x)
	if err != nil {
		return nil, err
	}
	dst = grow(dst, len(scores)/k)
	for i := range dst {
		best, row := 0, scores[i*k:(i+1)*k]
		for j, s := range row {
			if s > row[best] {
				best = j
			}
		}
		dst[i] = float64(best)
		if row[best] != row[best] { // so are all others
			dst[i] = math.NaN()
		}
	}
	return dst, nil
}

// PredictProba writes n×k probabilities: the logistic function of the distance
// (log_loss) or the distance clipped to [-1,1] and moved to [0,1]
// (modified_huber), for several classes divided by their sum.
func (c *Classifier) PredictProba(dst []float64, x feature.Matrix) ([]float64, error) {
	var squash func(float64) float64
	switch c.h.loss {
	case logLoss:
		squash = func(s float64) float64 {
			if s < 0 {
				e := math.Exp(s)
				return e / (1 + e)
			}
			return 1 / (1 + math.Exp(-s))
		}
	case modifiedHuber:
		squash = func(s float64) float64 { return (min(max(s, -1), 1) + 1) / 2 }
	default:
		return nil, errs.New(errs.Unsupported, "%s: this loss gives no probabilities", c.step).WithFix("loss=log_loss or loss=modified_huber")
	}
	scores, err := c.decide(nil, x)
	if err != nil {
		return nil, err
	}
	if len(c.v) == 1 {
		dst = grow(dst, 2*len(scores))
		for i, s := range scores {
			p := squash(s)
			dst[2*i], dst[2*i+1] = 1-p, p
		}
		return dst, nil
	}
	k := len(c.v)
	dst = grow(dst, len(scores))
	for i := 0; i < len(scores); i += k {
		var total float64
		for j, s := range scores[i : i+k] {
			dst[i+j] = squash(s)
			total += dst[i+j]
		}
		for j := range k {
			if total == 0 {
				dst[i+j] = 1 / float64(k)
			} else {
				dst[i+j] /= total
			}
		}
	}
	return dst, nil
}
