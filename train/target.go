package train

import "math"

// A target is what guessing needs: the mean and spread of the numbers learned
// from, or how often each class came.
type target struct {
	N     int64   `json:"n"`
	Mean  float64 `json:"mean"`
	M2    float64 `json:"m2"`               // Σ(y-mean)²
	Count []int64 `json:"counts,omitempty"` // by class number; nil for a regression
}

// add takes the targets of one batch; batches come in order, so that the bits
// depend on the batch size only.
func (t *target) add(y []float64) {
	if len(y) == 0 {
		return
	}
	var mean, m2 float64
	for _, v := range y {
		mean += v
	}
	mean /= float64(len(y))
	for _, v := range y {
		m2 += float64((v - mean) * (v - mean))
	}
	n := t.N + int64(len(y))
	delta, share := mean-t.Mean, float64(len(y))/float64(n)
	t.M2 += m2 + float64(float64(delta*delta)*float64(t.N))*share
	t.Mean += float64(delta * share)
	t.N = n
	for _, v := range y {
		if int(v) >= 0 && int(v) < len(t.Count) {
			t.Count[int(v)]++
		}
	}
}

// meanSquare is the mean of y².
func (t *target) meanSquare() float64 {
	if t.N == 0 {
		return 0
	}
	return float64(t.Mean*t.Mean) + t.M2/float64(t.N)
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
		p[k] = math.Max(float64(n), 0.5) / float64(t.N)
	}
	return p
}
