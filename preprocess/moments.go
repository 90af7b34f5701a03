package preprocess

import (
	"math"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// moments are the sums of one block, a column each: what scikit-learn's
// _incremental_mean_and_var takes from one batch, in its order of operations.
type moments struct {
	rows   int
	count  []float64 // values that are there; nil means rows in every column
	sum    []float64
	spread []float64 // Σ(x-m)² with m = sum/count, corrected for the error of m
}

// n is the number of values of column j.
func (p *moments) n(j int) float64 {
	if p.count == nil {
		return float64(p.rows)
	}
	return p.count[j]
}

// momentsOf summarises a block.
func momentsOf(m feature.Matrix) (*moments, error) {
	switch x := m.(type) {
	case *feature.Dense[float32]:
		return denseMoments(x)
	case *feature.Dense[float64]:
		return denseMoments(x)
	case *feature.CSR[float32]:
		return sparseMoments(x)
	case *feature.CSR[float64]:
		return sparseMoments(x)
	}
	return nil, errs.New(errs.Unsupported, "cannot summarise a %T", m)
}

func denseMoments[T float32 | float64](m *feature.Dense[T]) (*moments, error) {
	d := m.D
	buf := make([]float64, 3*d)
	p := &moments{rows: m.N, sum: buf[:d:d], spread: buf[d : 2*d : 2*d]}
	if m.N == 0 || d == 0 {
		return p, nil
	}
	if d == 1 {
		return columnMoments(m, p)
	}
	mean := buf[2*d:]
	k := kernelsOf[T]()
	k.addRows(p.sum, m.Data)
	missing := false
	for j, s := range p.sum {
		missing = missing || s-s != 0 // NaN or infinite
		mean[j] = s / float64(m.N)
	}
	if missing {
		return missingMoments(m, p)
	}
	drift := make([]float64, d)
	k.addSquares(p.spread, drift, mean, m.Data)
	for j := range p.spread {
		p.spread[j] -= float64(drift[j]*drift[j]) / float64(m.N)
	}
	return p, nil
}

// missingMoments is denseMoments for a block with NaN, which are skipped.
func missingMoments[T float32 | float64](m *feature.Dense[T], p *moments) (*moments, error) {
	d := m.D
	p.count = make([]float64, d)
	clear(p.sum)
	for i := range m.N {
		for j, x := range m.Data[i*d : (i+1)*d] {
			if v := float64(x); v == v {
				if math.IsInf(v, 0) {
					return nil, &infinite{row: i, col: j, value: v}
				}
				p.sum[j] += v
				p.count[j]++
			}
		}
	}
	for j, s := range p.sum {
		if s-s != 0 {
			return nil, &infinite{row: -1, col: j, value: s}
		}
	}
	drift := make([]float64, d)
	for i := range m.N {
		for j, x := range m.Data[i*d : (i+1)*d] {
			if v := float64(x); v == v {
				u := v - p.sum[j]/p.count[j]
				drift[j] += u
				p.spread[j] += float64(u * u)
			}
		}
	}
	for j, n := range p.count {
		if n > 0 {
			p.spread[j] -= float64(drift[j]*drift[j]) / n
		}
	}
	return p, nil
}

// infinite is the cause of an error about a value that has no mean.
type infinite struct {
	row, col int // row of the block, -1 when only the sum overflowed
	value    float64
}

func (e *infinite) Error() string { return "infinite value" }

// err is what a step says of a value, or a sum, of a column of f.
func (e *infinite) err(step string, f *feature.Frame, column string) error {
	if e.row < 0 {
		return errs.New(errs.Invalid, "%s: the sum of the column is %v, expected finite numbers", step, e.value).At(errs.Position{Column: column})
	}
	return errs.New(errs.Invalid, "%s: found %v, expected a finite number", step, e.value).At(position(f, e.row, column))
}

// columnMoments is denseMoments for one column, which numpy sums pairwise.
func columnMoments[T float32 | float64](m *feature.Dense[T], p *moments) (*moments, error) {
	x := make([]float64, m.N)
	there := 0.0
	for i, v := range m.Data {
		x[i] = float64(v)
		if math.IsInf(x[i], 0) {
			return nil, &infinite{row: i, value: x[i]}
		}
		if x[i] == x[i] {
			there++
		}
	}
	if there < float64(m.N) {
		p.count = []float64{there}
	}
	if there == 0 {
		return p, nil
	}
	u := make([]float64, m.N)
	for i, v := range x {
		if v == v {
			u[i] = v
		}
	}
	p.sum[0] = pairwise(u)
	if math.IsInf(p.sum[0], 0) {
		return nil, &infinite{row: -1, value: p.sum[0]}
	}
	mean := p.sum[0] / there
	for i, v := range x {
		if u[i] = 0; v == v {
			u[i] = v - mean
		}
	}
	drift := pairwise(u)
	for i := range u {
		u[i] *= u[i]
	}
	p.spread[0] = pairwise(u) - float64(drift*drift)/there
	return p, nil
}

// pairwise adds up x as numpy does along a contiguous axis: halves, down to 128
// values that are added in eight strands.
func pairwise(x []float64) float64 {
	n := len(x)
	if n < 8 {
		var s float64
		for _, v := range x {
			s += v
		}
		return s
	}
	if n > 128 {
		half := n / 2
		half -= half % 8
		return pairwise(x[:half]) + pairwise(x[half:])
	}
	var r [8]float64
	copy(r[:], x)
	i := 8
	for ; i+8 <= n; i += 8 {
		for k := range r {
			r[k] += x[i+k]
		}
	}
	s := ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
	for ; i < n; i++ {
		s += x[i]
	}
	return s
}

// sparseMoments is denseMoments for compressed rows: what is not stored is 0.
func sparseMoments[T float32 | float64](m *feature.CSR[T]) (*moments, error) {
	d := m.D
	buf, stored, drift := make([]float64, 3*d), make([]float64, d), make([]float64, d)
	count := buf[:d:d]
	p := &moments{rows: m.N, count: count, sum: buf[d : 2*d : 2*d], spread: buf[2*d:]}
	for j := range count {
		count[j] = float64(m.N)
	}
	for i := range m.N {
		for k := m.Indptr[i]; k < m.Indptr[i+1]; k++ {
			j, v := m.Indices[k], float64(m.Values[k])
			if math.IsInf(v, 0) {
				return nil, &infinite{row: i, col: int(j), value: v}
			}
			if v == v {
				p.sum[j] += v
				stored[j]++
			} else {
				count[j]--
			}
		}
	}
	for i := range m.N {
		for k := m.Indptr[i]; k < m.Indptr[i+1]; k++ {
			j, v := m.Indices[k], float64(m.Values[k])
			if v == v {
				u := v - p.sum[j]/count[j]
				drift[j] += u
				p.spread[j] += float64(u * u)
			}
		}
	}
	for j, n := range count {
		if n == 0 {
			continue
		}
		mean, zeros := p.sum[j]/n, n-stored[j]
		if zeros != 0 {
			drift[j] -= float64(zeros * mean)
			p.spread[j] += float64(zeros * float64(mean*mean))
		}
		p.spread[j] -= float64(drift[j]*drift[j]) / n
	}
	return p, nil
}
