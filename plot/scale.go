package plot

import "math"

// An axis maps values to pixels. from is where lo stands and to where hi
// stands; from > to makes an axis that points up.
type axis struct {
	lo, hi   float64
	from, to float64
	bend     func(float64) float64 // linear in pixels after it; nil for a linear axis
	ticks    []float64             // between lo and hi
}

// at is the pixel of v, held within the axis; the middle when v is NaN.
func (a *axis) at(v float64) float64 {
	lo, hi := a.lo, a.hi
	if a.bend != nil {
		v, lo, hi = a.bend(v), a.bend(lo), a.bend(hi)
	}
	// Halves: hi - lo alone overflows for axes as long as float64 itself.
	share := (v/2 - lo/2) / (hi/2 - lo/2)
	if !finite(share) {
		share = 0.5
	}
	return a.from + float64(min(max(share, 0), 1)*(a.to-a.from))
}

// linear makes an axis over lo…hi with about n ticks at 1, 2 or 5 × 10^k.
func linear(lo, hi, from, to float64, n int) *axis {
	lo, hi = widen(lo, hi)
	a := &axis{lo: lo, hi: hi, from: from, to: to}
	span := hi/2 - lo/2
	raw := span / float64(max(n, 1)) * 2
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*step >= raw*0.999 {
			step *= m
			break
		}
	}
	a.tick(step)
	return a
}

// sizes makes an axis over 0…hi bytes with ticks at powers of two.
func sizes(hi, from, to float64, n int) *axis {
	a := &axis{hi: max(hi, 1), from: from, to: to}
	step := 1.0
	for a.hi/step > float64(max(n, 1)) && finite(step) {
		step *= 2
	}
	a.tick(step)
	return a
}

func (a *axis) tick(step float64) {
	if !finite(step) || step <= 0 {
		return
	}
	first := math.Ceil(a.lo / step)
	for k := range 64 {
		v := (first + float64(k)) * step
		if v > a.hi+step*1e-9 {
			return
		}
		if v == 0 {
			v = 0 // not -0
		}
		a.ticks = append(a.ticks, v)
	}
}

// logarithmic makes an axis over lo…hi, both above zero, widened to whole
// decades when whole is set, with at most about n ticks at powers of ten.
func logarithmic(lo, hi, from, to float64, n int, whole bool) *axis {
	lo = max(lo, leastPower)
	hi = max(hi, lo)
	first, last := int(math.Floor(math.Log10(lo))), int(math.Ceil(math.Log10(hi)))
	last = max(last, first+1)
	a := &axis{lo: lo, hi: hi, from: from, to: to, bend: log10}
	if whole || lo == hi {
		a.lo, a.hi = power(first), power(last)
	}
	if decades := math.Log10(a.hi) - math.Log10(a.lo); decades < 2 && n >= 3 {
		marks := []float64{1, 2, 5}
		if decades < 0.8 {
			marks = []float64{1, 1.5, 2, 3, 4, 5, 6, 8}
		}
		for k := first; k <= last; k++ {
			for _, m := range marks {
				if v := m * power(k); v >= a.lo && v <= a.hi {
					a.ticks = append(a.ticks, v)
				}
			}
		}
		return a
	}
	stride := max(1, (last-first+n-1)/max(n, 1))
	for k := first; k <= last; k += stride {
		if v := power(k); v >= a.lo*(1-1e-12) && v <= a.hi*(1+1e-12) {
			a.ticks = append(a.ticks, v)
		}
	}
	return a
}

// log10 is math.Log10 for what a log axis can show; the rest stands at its beginning.
func log10(v float64) float64 { return math.Log10(max(v, leastPower)) }

// leastPower is where log axes end: beyond it float64 loses digits.
const leastPower = 1e-300

// power is 10^k, held within leastPower and the largest float64.
func power(k int) float64 {
	return min(max(math.Pow(10, float64(k)), leastPower), math.MaxFloat64)
}

// symlog makes an axis that is logarithmic on both sides of zero and linear
// between -unit and unit.
func symlog(lo, hi, unit, from, to float64, n int) *axis {
	lo, hi = widen(lo, hi)
	a := &axis{lo: lo, hi: hi, from: from, to: to, bend: func(v float64) float64 {
		return math.Copysign(math.Log1p(math.Abs(v)/unit), v)
	}}
	decades := func(v float64) int { return max(0, int(math.Ceil(math.Log10(v/unit)))) }
	down, up := 0, 0
	if lo < 0 {
		down = decades(-lo)
	}
	if hi > 0 {
		up = decades(hi)
	}
	stride := max(1, (down+up+2+n-1)/max(n, 1))
	for k := down / stride * stride; k >= 0 && lo < 0; k -= stride {
		if v := -unit * power(k); v >= lo {
			a.ticks = append(a.ticks, v)
		}
	}
	if lo <= 0 && hi >= 0 {
		a.ticks = append(a.ticks, 0)
	}
	for k := 0; k <= up && hi > 0; k += stride {
		if v := unit * power(k); v <= hi && v >= lo {
			a.ticks = append(a.ticks, v)
		}
	}
	return a
}

// widen makes room around a single value.
func widen(lo, hi float64) (float64, float64) {
	if lo < hi {
		return lo, hi
	}
	if lo == 0 {
		return -1, 1
	}
	room := math.Abs(lo) / 2
	return max(lo-room, -math.MaxFloat64), min(lo+room, math.MaxFloat64)
}
