package train

import "math"

// A target is what guessing needs: the mean and spread of the numbers learned
// from, or how often each class came.
type target struct {
	N      int64     `json:"n"`
	Weight float64   `json:"weight"` // sum of the weights; N when there are none
	Mean   float64   `json:"mean"`
	M2     float64   `json:"m2"`               // Σw(y-mean)²
	Count  []float64 `json:"counts,omitempty"` // weight by class number; nil for a regression
}

// add takes the targets of one batch, w nil for weights of 1; batches come in
// order, so that the bits depend on the batch size only.
func (t *target) add(y, w []float64) {
	sum, mean := float64(len(y)), 0.0
	if w == nil {
		for _, v := range y {
			mean += v
		}
	} else {
		sum = 0
		for i, v := range y {
			sum += w[i]
			mean += float64(w[i] * v)
		}
	}
	t.N += int64(len(y))
	if sum == 0 {
		return
	}
	mean /= sum
	m2 := 0.0
	for i, v := range y {
		square := float64((v - mean) * (v - mean))
		if w != nil {
			square *= w[i]
		}
		m2 += square
	}
	t.count(y, w)
	all := t.Weight + sum
	delta, share := mean-t.Mean, sum/all
	t.M2 += m2 + float64(float64(float64(delta*delta)*t.Weight)*share)
	t.Mean += float64(delta * share)
	t.Weight = all
}

// count adds the weight of each class.
func (t *target) count(y, w []float64) {
	if t.Count == nil {
		return
	}
	for i, v := range y {
		k := int(v)
		switch {
		case k < 0 || k >= len(t.Count):
		case w == nil:
			t.Count[k]++
		default:
			t.Count[k] += w[i]
		}
	}
}

// meanSquare is the mean of y².
func (t *target) meanSquare() float64 {
	if t.Weight == 0 {
		return 0
	}
	return float64(t.Mean*t.Mean) + t.M2/t.Weight
}

// guess is what to predict knowing nothing else: the mean, or the commonest class.
func (t *target) guess() float64 {
	best := 0
	for k, n := range t.Count {
		if n > t.Count[best] {
			best = k
		}
	}
	if t.Count != nil {
		return float64(best)
	}
	return t.Mean
}

// shares are how often each class came, never quite 0.
func (t *target) shares() []float64 {
	p := make([]float64, len(t.Count))
	for k, n := range t.Count {
		p[k] = math.Max(n, 0.5) / t.Weight
	}
	return p
}
