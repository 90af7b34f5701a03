package profile

import (
	"encoding/binary"
	"math"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// A Wide finds the columns of sparse rows that correlate with the target. It
// goes through the values that are stored only, and takes 24 bytes a column.
// Rows are added in order, by one caller at a time.
type Wide struct {
	rows  int64
	shift float64 // the first target: targets are summed less it, which keeps their digits
	sy    float64
	syy   float64
	sums  [][3]float64 // Σx, Σx², Σx(y-shift) of each column
}

// NewWide makes a Wide of so many columns.
func NewWide(columns int) *Wide { return &Wide{sums: make([][3]float64, columns)} }

// Add adds the rows of x and their targets. What is not a sparse matrix of
// these columns is errs.Shape.
func (w *Wide) Add(x feature.Matrix, y []float64) error {
	if n, d := x.Dims(); d != len(w.sums) || n != len(y) {
		return errs.New(errs.Shape, "profile: found %d rows of %d columns and %d targets, expected %d columns", n, d, len(y), len(w.sums))
	}
	if w.rows == 0 && len(y) > 0 {
		w.shift = y[0]
	}
	switch m := x.(type) {
	case *feature.CSR[float32]:
		addWide(w, m, y)
	case *feature.CSR[float64]:
		addWide(w, m, y)
	default:
		return errs.New(errs.Shape, "profile: found a %T, expected sparse rows", x)
	}
	return nil
}

func addWide[T float32 | float64](w *Wide, m *feature.CSR[T], y []float64) {
	for i, v := range y {
		t := v - w.shift
		w.rows++
		w.sy += t
		w.syy += float64(t * t)
		for k := m.Indptr[i]; k < m.Indptr[i+1]; k++ {
			x, s := float64(m.Values[k]), &w.sums[m.Indices[k]]
			s[0] += x
			s[1] += float64(x * x)
			s[2] += float64(x * t)
		}
	}
}

// Correlated calls found with each column whose correlation with the target is
// beyond least, up or down. A column of which hardly a digit is left after the
// mean is taken off it is passed over.
func (w *Wide) Correlated(least float64, found func(column int, r float64)) {
	const digits = 1e-9
	n := float64(w.rows)
	yy := w.syy - w.sy*w.sy/n
	if !(yy > digits*w.syy) {
		return
	}
	for j, s := range w.sums {
		xx := s[1] - s[0]*s[0]/n
		if !(xx > digits*s[1]) {
			continue
		}
		r := (s[2] - s[0]*w.sy/n) / math.Sqrt(xx) / math.Sqrt(yy)
		if r > least || r < -least {
			found(j, max(-1, min(1, r)))
		}
	}
}

// A WideState is a Wide as a checkpoint stores it.
type WideState struct {
	Rows int64  `json:"rows"`
	Sums []byte `json:"sums"` // little-endian float64: shift, sy, syy, then three a column
}

// State gives what was added.
func (w *Wide) State() *WideState {
	b := make([]byte, 0, 8*(3+3*len(w.sums)))
	put := func(v float64) { b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v)) }
	put(w.shift)
	put(w.sy)
	put(w.syy)
	for _, s := range w.sums {
		for _, v := range s {
			put(v)
		}
	}
	return &WideState{Rows: w.rows, Sums: b}
}

// Restore makes w, a new Wide of the same columns, what State gave.
func (w *Wide) Restore(s *WideState) error {
	b := s.Sums
	if len(b) != 8*(3+3*len(w.sums)) || s.Rows < 0 {
		return errs.New(errs.Corrupt, "saved profile: %d bytes for %d columns", len(b), len(w.sums))
	}
	take := func() float64 {
		v := math.Float64frombits(binary.LittleEndian.Uint64(b))
		b = b[8:]
		return v
	}
	w.rows, w.shift, w.sy, w.syy = s.Rows, take(), take(), take()
	for j := range w.sums {
		w.sums[j] = [3]float64{take(), take(), take()}
	}
	return nil
}
