// Package feature turns tables and blocks into the numbers learners see.
//
// A Matrix is n×d numbers, row by row: Dense over float32 or float64, or CSR.
// A Frame is the rows of one batch on their way through a pipeline: a Matrix
// of all that is already numeric, and beside it the text and time columns
// that some step has still to turn into numbers. A Schema names the columns
// of a Frame before any data flows.
//
// Numbers are stored in float32 or float64 and computed in float64. NaN means
// missing. Matrices wrap memory they do not own and are read-only.
package feature

import (
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A Matrix is an n×d block of numbers. *Dense and *CSR implement it. The two
// row kernels are enough for linear learners; the others switch on the type.
// All methods are safe for concurrent use. Row and weight lengths that do not
// fit are bugs and panic; user data is checked by Dims before.
type Matrix interface {
	Dims() (n, d int)
	Dot(i int, w []float64) float64          // ⟨row i, w⟩, summed from column 0 up; len(w) = d
	AddScaled(i int, a float64, w []float64) // w += a·row i
	Row(i int, dst []float64) []float64      // row i as d numbers in dst, grown if needed
	Slice(lo, hi int) Matrix                 // rows lo to hi, a view
}

// Dense is a row-major n×d matrix over data it does not own.
type Dense[T float32 | float64] struct {
	N, D int
	Data []T // len N*D
}

// CSR is a compressed-row n×d matrix over data it does not own: row i has the
// columns Indices[Indptr[i]:Indptr[i+1]], increasing, with their Values.
type CSR[T float32 | float64] struct {
	N, D    int
	Indptr  []int64
	Indices []int32
	Values  []T
}

var (
	_ Matrix = (*Dense[float32])(nil)
	_ Matrix = (*CSR[float64])(nil)
)

// Dims returns the number of rows and columns.
func (m *Dense[T]) Dims() (n, d int) { return m.N, m.D }

// Dims returns the number of rows and columns.
func (m *CSR[T]) Dims() (n, d int) { return m.N, m.D }

// Dot returns ⟨row i, w⟩, added up from column 0.
func (m *Dense[T]) Dot(i int, w []float64) float64 {
	row := m.Data[i*m.D : (i+1)*m.D]
	w = w[:len(row)]
	var s float64
	for j, x := range row {
		s += float64(w[j] * float64(x))
	}
	return s
}

// Dot returns ⟨row i, w⟩, added up from column 0.
func (m *CSR[T]) Dot(i int, w []float64) float64 {
	lo, hi := m.Indptr[i], m.Indptr[i+1]
	val := m.Values[lo:hi]
	idx := m.Indices[lo:hi][:len(val)]
	var s float64
	for k, x := range val {
		s += float64(w[idx[k]] * float64(x))
	}
	return s
}

// AddScaled does w += a·row i.
func (m *Dense[T]) AddScaled(i int, a float64, w []float64) {
	row := m.Data[i*m.D : (i+1)*m.D]
	w = w[:len(row)]
	for j, x := range row {
		w[j] += float64(a * float64(x))
	}
}

// AddScaled does w += a·row i.
func (m *CSR[T]) AddScaled(i int, a float64, w []float64) {
	lo, hi := m.Indptr[i], m.Indptr[i+1]
	val := m.Values[lo:hi]
	idx := m.Indices[lo:hi][:len(val)]
	for k, x := range val {
		w[idx[k]] += float64(a * float64(x))
	}
}

// Row gives row i in dst.
func (m *Dense[T]) Row(i int, dst []float64) []float64 {
	dst = grow(dst, m.D)
	for j, x := range m.Data[i*m.D : (i+1)*m.D] {
		dst[j] = float64(x)
	}
	return dst
}

// Row gives row i in dst.
func (m *CSR[T]) Row(i int, dst []float64) []float64 {
	dst = grow(dst, m.D)
	clear(dst)
	for k := m.Indptr[i]; k < m.Indptr[i+1]; k++ {
		dst[m.Indices[k]] = float64(m.Values[k])
	}
	return dst
}

// Slice is rows lo to hi as a view.
func (m *Dense[T]) Slice(lo, hi int) Matrix {
	return &Dense[T]{N: hi - lo, D: m.D, Data: m.Data[lo*m.D : hi*m.D : hi*m.D]}
}

// Slice is rows lo to hi as a view.
func (m *CSR[T]) Slice(lo, hi int) Matrix {
	return &CSR[T]{N: hi - lo, D: m.D, Indptr: m.Indptr[lo : hi+1 : hi+1], Indices: m.Indices, Values: m.Values}
}

func grow(dst []float64, n int) []float64 {
	if cap(dst) < n {
		return make([]float64, n)
	}
	return dst[:n]
}

// FromBlock gives b as a Matrix: over the same memory for float32 and float64,
// as a converted copy for the integer types (float32 where it is exact, that
// is for 8- and 16-bit types, else float64).
func FromBlock(b *dtype.Block) (Matrix, error) {
	switch b.Type {
	case dtype.Float32:
		return wrap(b, dtype.View[float32](b.Data)), nil
	case dtype.Float64:
		return wrap(b, dtype.View[float64](b.Data)), nil
	case dtype.Bool, dtype.Uint8:
		return wrap(b, convert[float32](b.Data)), nil
	case dtype.Int8:
		return wrap(b, convert[float32](dtype.View[int8](b.Data))), nil
	case dtype.Uint16:
		return wrap(b, convert[float32](dtype.View[uint16](b.Data))), nil
	case dtype.Int16:
		return wrap(b, convert[float32](dtype.View[int16](b.Data))), nil
	case dtype.Int32:
		return wrap(b, convert[float64](dtype.View[int32](b.Data))), nil
	case dtype.Uint32:
		return wrap(b, convert[float64](dtype.View[uint32](b.Data))), nil
	case dtype.Int64:
		return wrap(b, convert[float64](dtype.View[int64](b.Data))), nil
	case dtype.Uint64:
		return wrap(b, convert[float64](dtype.View[uint64](b.Data))), nil
	}
	return nil, errs.New(errs.Unsupported, "a block of %v cannot be learned from", b.Type)
}

func wrap[T float32 | float64](b *dtype.Block, v []T) Matrix {
	if b.Sparse() {
		return &CSR[T]{N: b.Rows, D: b.Cols, Indptr: b.Indptr, Indices: b.Indices, Values: v}
	}
	return &Dense[T]{N: b.Rows, D: b.Cols, Data: v}
}

func convert[To float32 | float64, From dtype.Number](src []From) []To {
	dst := make([]To, len(src))
	for i, v := range src {
		dst[i] = To(v)
	}
	return dst
}
