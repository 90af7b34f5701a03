package metric

import "math"

// MSE is the mean of (y-p)².
type MSE struct{ loss, weight sum }

// Name is "mse".
func (*MSE) Name() string { return "mse" }

// Update adds a batch.
func (m *MSE) Update(yTrue, yPred, w []float64) {
	check("mse", yTrue, yPred, w)
	if w == nil {
		for i, y := range yTrue {
			e := y - yPred[i]
			m.loss.add(float64(e * e))
		}
		m.weight.add(float64(len(yTrue)))
		return
	}
	for i, y := range yTrue {
		e := y - yPred[i]
		m.loss.add(float64(float64(e*e) * w[i]))
		m.weight.add(w[i])
	}
}

// Value is the weighted mean.
func (m *MSE) Value() float64 { return m.loss.value() / m.weight.value() }

// Merge adds the rows of other, an *MSE.
func (m *MSE) Merge(other Score) {
	o := other.(*MSE)
	m.loss.merge(o.loss)
	m.weight.merge(o.weight)
}

// Better: less is better.
func (*MSE) Better(a, b float64) bool { return a < b }

// MAE is the mean of |y-p|.
type MAE struct{ loss, weight sum }

// Name is "mae".
func (*MAE) Name() string { return "mae" }

// Update adds a batch.
func (m *MAE) Update(yTrue, yPred, w []float64) {
	check("mae", yTrue, yPred, w)
	if w == nil {
		for i, y := range yTrue {
			m.loss.add(math.Abs(y - yPred[i]))
		}
		m.weight.add(float64(len(yTrue)))
		return
	}
	for i, y := range yTrue {
		m.loss.add(float64(math.Abs(y-yPred[i]) * w[i]))
		m.weight.add(w[i])
	}
}

// Value is the weighted mean.
func (m *MAE) Value() float64 { return m.loss.value() / m.weight.value() }

// Merge adds the rows of other, an *MAE.
func (m *MAE) Merge(other Score) {
	o := other.(*MAE)
	m.loss.merge(o.loss)
	m.weight.merge(o.weight)
}

// Better: less is better.
func (*MAE) Better(a, b float64) bool { return a < b }

// R2 is 1 - Σ(y-p)²/Σ(y-mean y)², the share of the variance that is explained.
// When all targets are equal it is 1 for a perfect prediction, else 0, as in
// scikit-learn; with fewer than two rows it is NaN.
type R2 struct {
	loss   sum
	weight float64
	mean   float64 // weighted mean of y so far
	spread sum     // Σ w(y-mean)² so far
	rows   int64
}

// Name is "r2".
func (*R2) Name() string { return "r2" }

// Update adds a batch. The batch's own mean and spread are taken in two passes
// and then joined (Chan), so that a large mean costs no digits.
func (m *R2) Update(yTrue, yPred, w []float64) {
	check("r2", yTrue, yPred, w)
	var total, weight, loss, spread sum
	for i, y := range yTrue {
		wi := 1.0
		if w != nil {
			wi = w[i]
		}
		e := y - yPred[i]
		loss.add(float64(float64(e*e) * wi))
		total.add(float64(y * wi))
		weight.add(wi)
	}
	if weight.value() == 0 {
		return
	}
	mean := total.value() / weight.value()
	for i, y := range yTrue {
		wi := 1.0
		if w != nil {
			wi = w[i]
		}
		e := y - mean
		spread.add(float64(float64(e*e) * wi))
	}
	m.join(&R2{loss: loss, weight: weight.value(), mean: mean, spread: spread, rows: int64(len(yTrue))})
}

func (m *R2) join(o *R2) {
	if o.weight == 0 {
		return
	}
	total := m.weight + o.weight
	delta := o.mean - m.mean
	share := o.weight / total
	m.loss.merge(o.loss)
	m.spread.merge(o.spread)
	m.spread.add(float64(float64(delta*delta) * float64(m.weight*share)))
	m.mean += float64(delta * share)
	m.weight = total
	m.rows += o.rows
}

// Value is the share of variance explained; it may be negative.
func (m *R2) Value() float64 {
	loss, spread := m.loss.value(), m.spread.value()
	switch {
	case m.rows < 2:
		return math.NaN()
	case spread != 0:
		return 1 - loss/spread
	case loss == 0:
		return 1
	case math.IsNaN(loss):
		return loss
	}
	return 0
}

// Merge adds the rows of other, an *R2.
func (m *R2) Merge(other Score) { m.join(other.(*R2)) }

// Better: more is better.
func (*R2) Better(a, b float64) bool { return a > b }
