// Package metric holds running scores: numbers that are updated batch by
// batch and never need all predictions at once.
//
// A Score is a few sums. Merge adds the sums of another one, so partitions can
// be scored apart; merged in the same order they give the same bits.
// Values agree with scikit-learn's functions of the same name to 1e-12.
package metric

import (
	"math"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
)

// A Score is a running score. It is not safe for concurrent use.
type Score interface {
	// Name is the score's name, as New takes it.
	Name() string
	// Update adds a batch: true values, predictions, weights (nil means all 1).
	// Lengths that do not fit are a bug and panic. Nothing is kept.
	Update(yTrue, yPred, w []float64)
	// Value is the score of all rows so far; NaN before the first.
	Value() float64
	// Merge adds the rows of other, a Score of the same kind, as if they had
	// come after. Another kind is a bug and panics.
	Merge(other Score)
	// Better reports whether a is a better value than b.
	Better(a, b float64) bool
}

var makers = map[string]func() Score{
	"mse":      func() Score { return new(MSE) },
	"mae":      func() Score { return new(MAE) },
	"r2":       func() Score { return new(R2) },
	"accuracy": func() Score { return new(Accuracy) },
	"log_loss": func() Score { return new(LogLoss) },
}

// Names lists the scores by name.
func Names() []string {
	var names []string
	for name := range makers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// New makes a score by name. New("log_loss") is for two classes; for more set
// LogLoss.Classes.
func New(name string) (Score, error) {
	if mk, ok := makers[name]; ok {
		return mk(), nil
	}
	return nil, errs.New(errs.NotFound, "no score %q%s; have %s", name, errs.Suggest(name, Names()), strings.Join(Names(), ", "))
}

// check panics unless the lengths of one Update fit.
func check(name string, yTrue, yPred, w []float64) {
	if len(yTrue) != len(yPred) || w != nil && len(w) != len(yTrue) {
		panic("metric: " + name + ": lengths of yTrue, yPred and w differ")
	}
}

// A sum is a compensated (Neumaier) sum: the error does not grow with the
// number of terms.
type sum struct{ s, c float64 }

func (a *sum) add(x float64) {
	t := a.s + x
	if math.Abs(a.s) >= math.Abs(x) {
		a.c += (a.s - t) + x
	} else {
		a.c += (x - t) + a.s
	}
	a.s = t
}

func (a *sum) merge(b sum) { a.add(b.s); a.c += b.c }

func (a *sum) value() float64 {
	if math.IsInf(a.s, 0) { // the compensation of an overflow is NaN
		return a.s
	}
	return a.s + a.c
}
