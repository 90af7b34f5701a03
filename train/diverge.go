package train

import (
	"fmt"
	"math"
	"slices"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/linear"
)

// A Divergence says that learning ran away, where and why.
type Divergence struct {
	Batches int64   `json:"batches"` // learned from up to then, the last one included
	Loss    float64 `json:"loss"`    // mean loss of the last batch
	Step    float64 `json:"step"`    // of the learner, at its worst row; 0 when not known
	Norm2   float64 `json:"norm2"`   // |x|² of that row
}

// runaway is how many times worse than guessing a batch must be to count as
// divergence: no model on its way to anything is a million times worse.
const runaway = 1e6

// watch notices when a batch was so bad that going on is pointless.
func (t *trainer) watch(l lesson, sum float64, rows int) {
	loss := sum / float64(rows)
	reference := 1.0
	if !t.Pipeline.Classifier() {
		reference = max(t.state.Target.meanSquare(), 1e-12)
	}
	if loss <= runaway*reference {
		return
	}
	d := &Divergence{Batches: l.first/int64(t.Batch) + 1, Loss: min(loss, math.MaxFloat64)}
	if g, ok := t.Pipeline.Learner().(interface{ Diagnose() linear.Diagnosis }); ok {
		d.Step, d.Norm2 = g.Diagnose().Eta, g.Diagnose().Norm2
	}
	t.state.Result.Diverged = d
}

// Why explains a divergence in one line.
func (d *Divergence) Why() string {
	if d.Step > 0 {
		return fmt.Sprintf("step %.3g x |x|^2 = %.4g > 2, so every update overshoots", d.Step, d.Step*d.Norm2)
	}
	return fmt.Sprintf("the loss of a row is %.3g, and grows", d.Loss)
}

// err is the divergence as what stopped the run.
func (d *Divergence) err(p *compose.Pipeline) error {
	batches := "1 batch"
	if d.Batches != 1 {
		batches = fmt.Sprintf("%d batches", d.Batches)
	}
	e := errs.New(errs.Invalid, "learning diverged after %s: %s", batches, d.Why())
	scaled := slices.ContainsFunc(p.Declarations(), func(s compose.Declaration) bool { return s.Step == "standard-scaler" })
	if scaled {
		return e.WithFix("a smaller step, such as eta0=0.001")
	}
	return e.WithFix("scale the features: --pipeline '%s'", "scale | "+p.String())
}
