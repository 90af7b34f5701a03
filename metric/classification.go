package metric

import "math"

// Accuracy is the share of rows whose predicted class index is the true one. A
// true class of -1, a label the model does not know, is never right.
type Accuracy struct{ hits, weight sum }

// Name is "accuracy".
func (*Accuracy) Name() string { return "accuracy" }

// Update adds a batch of class indices.
func (m *Accuracy) Update(yTrue, yPred, w []float64) {
	check("accuracy", yTrue, yPred, w)
	if w == nil {
		hits := 0
		for i, y := range yTrue {
			if y == yPred[i] {
				hits++
			}
		}
		m.hits.add(float64(hits))
		m.weight.add(float64(len(yTrue)))
		return
	}
	for i, y := range yTrue {
		if y == yPred[i] {
			m.hits.add(w[i])
		}
		m.weight.add(w[i])
	}
}

// Value is in [0,1].
func (m *Accuracy) Value() float64 { return m.hits.value() / m.weight.value() }

// Merge adds the rows of other, an *Accuracy.
func (m *Accuracy) Merge(other Score) {
	o := other.(*Accuracy)
	m.hits.merge(o.hits)
	m.weight.merge(o.weight)
}

// Better: more is better.
func (*Accuracy) Better(a, b float64) bool { return a > b }

// LogLoss is the mean of -log P(true class). Probabilities are kept inside
// [2⁻⁵², 1-2⁻⁵²], as in scikit-learn; rows of several classes must sum to 1. A
// true class of -1, a label the model does not know, has the least of these.
type LogLoss struct {
	Classes      int // k, 0 means 2
	loss, weight sum
}

// Name is "log_loss".
func (*LogLoss) Name() string { return "log_loss" }

// Update adds a batch: class indices, and the probabilities either of class 1
// (two classes, length n) or of all classes (row-major, length n·k).
func (m *LogLoss) Update(yTrue, proba, w []float64) {
	k := max(m.Classes, 2)
	n := len(yTrue)
	single := k == 2 && len(proba) == n
	if !single && len(proba) != n*k || w != nil && len(w) != n {
		panic("metric: log_loss: lengths of yTrue, probabilities and w do not fit the number of classes")
	}
	const eps = 0x1p-52
	for i, y := range yTrue {
		var p float64
		switch {
		case y < 0:
		case single:
			p = proba[i]
			if y == 0 {
				p = 1 - p
			}
		default:
			p = proba[i*k+int(y)]
		}
		p = min(max(p, eps), 1-eps)
		wi := 1.0
		if w != nil {
			wi = w[i]
		}
		m.loss.add(float64(-math.Log(p) * wi))
		m.weight.add(wi)
	}
}

// Value is the weighted mean in nats.
func (m *LogLoss) Value() float64 { return m.loss.value() / m.weight.value() }

// Merge adds the rows of other, a *LogLoss.
func (m *LogLoss) Merge(other Score) {
	o := other.(*LogLoss)
	m.loss.merge(o.loss)
	m.weight.merge(o.weight)
}

// Better: less is better.
func (*LogLoss) Better(a, b float64) bool { return a < b }
