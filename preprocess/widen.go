package preprocess

import (
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/ml"
)

// extra are number columns to stand after those of a frame: first indicator
// columns, then values.
type extra struct {
	indicators int
	codes      []int32 // n×c: row i has a 1 in the indicator columns of its c codes, increasing; -1 is none
	c          int
	values     []float64 // n×v
	v          int
}

// widen makes a matrix of the columns keep of x (nil has no columns) and of e.
// Dense matrices keep their type unless sparse is set. The memory is scratch's.
func widen(n int, x feature.Matrix, keep []int, e extra, sparse bool, s *ml.Scratch) feature.Matrix {
	switch m := x.(type) {
	case *feature.Dense[float32]:
		if !sparse {
			return widenDense(m, keep, e, s)
		}
		return widenCSR(toCSR(m), keep, e, s)
	case *feature.Dense[float64]:
		if !sparse {
			return widenDense(m, keep, e, s)
		}
		return widenCSR(toCSR(m), keep, e, s)
	case *feature.CSR[float32]:
		return widenCSR(m, keep, e, s)
	case *feature.CSR[float64]:
		return widenCSR(m, keep, e, s)
	}
	return widen(n, &feature.Dense[float32]{N: n}, nil, e, sparse, s)
}

// room gives n values of type T of s.
func room[T float32 | float64](s *ml.Scratch, n int) []T {
	if s == nil {
		return make([]T, n)
	}
	if _, single := any(T(0)).(float32); single {
		if cap(s.F32) < n {
			s.F32 = make([]float32, n)
		}
		return any(s.F32[:n]).([]T)
	}
	return any(s.Floats(n)).([]T)
}

// codesIn gives n codes of s, of unspecified values.
func codesIn(s *ml.Scratch, n int) []int32 {
	if s == nil {
		return make([]int32, n)
	}
	if cap(s.Codes) < n {
		s.Codes = make([]int32, n)
	}
	return s.Codes[:n]
}

func widenDense[T float32 | float64](m *feature.Dense[T], keep []int, e extra, s *ml.Scratch) feature.Matrix {
	d := len(keep) + e.indicators + e.v
	out := room[T](s, m.N*d)
	for i := range m.N {
		row, src := out[i*d:(i+1)*d], m.Data[i*m.D:(i+1)*m.D]
		for k, j := range keep {
			row[k] = src[j]
		}
		ones := row[len(keep) : len(keep)+e.indicators]
		clear(ones)
		for _, code := range e.codes[i*e.c : (i+1)*e.c] {
			if code >= 0 {
				ones[code] = 1
			}
		}
		last := row[len(keep)+e.indicators:]
		for k, v := range e.values[i*e.v : (i+1)*e.v] {
			last[k] = T(v)
		}
	}
	return &feature.Dense[T]{N: m.N, D: d, Data: out}
}

func widenCSR[T float32 | float64](m *feature.CSR[T], keep []int, e extra, s *ml.Scratch) feature.Matrix {
	base := len(keep)
	to := make([]int32, m.D) // where a column goes, -1 nowhere
	for j := range to {
		to[j] = -1
	}
	for k, j := range keep {
		to[j] = int32(k)
	}
	if s == nil {
		s = new(ml.Scratch)
	}
	most := int(m.Indptr[m.N]-m.Indptr[0]) + m.N*(e.c+e.v)
	if cap(s.I32) < most {
		s.I32 = make([]int32, most)
	}
	if cap(s.I64) < m.N+1 {
		s.I64 = make([]int64, m.N+1)
	}
	indices, indptr, values := s.I32[:0], append(s.I64[:0], 0), room[T](s, most)[:0]
	for i := range m.N {
		for k := m.Indptr[i]; k < m.Indptr[i+1]; k++ {
			if j := to[m.Indices[k]]; j >= 0 {
				indices, values = append(indices, j), append(values, m.Values[k])
			}
		}
		for _, code := range e.codes[i*e.c : (i+1)*e.c] {
			if code >= 0 {
				indices, values = append(indices, int32(base)+code), append(values, 1)
			}
		}
		for k, v := range e.values[i*e.v : (i+1)*e.v] {
			if v != 0 {
				indices, values = append(indices, int32(base+e.indicators+k)), append(values, T(v))
			}
		}
		indptr = append(indptr, int64(len(values)))
	}
	return &feature.CSR[T]{N: m.N, D: base + e.indicators + e.v, Indptr: indptr, Indices: indices, Values: values}
}

func toCSR[T float32 | float64](m *feature.Dense[T]) *feature.CSR[T] {
	stored := 0
	for _, x := range m.Data[:m.N*m.D] {
		if x != 0 {
			stored++
		}
	}
	out := &feature.CSR[T]{N: m.N, D: m.D, Indptr: make([]int64, 1, m.N+1), Indices: make([]int32, 0, stored), Values: make([]T, 0, stored)}
	for i := range m.N {
		for j, x := range m.Data[i*m.D : (i+1)*m.D] {
			if x != 0 {
				out.Indices, out.Values = append(out.Indices, int32(j)), append(out.Values, x)
			}
		}
		out.Indptr = append(out.Indptr, int64(len(out.Values)))
	}
	return out
}
