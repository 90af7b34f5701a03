package ndarray

import (
	"math"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// An accumulator holds the state of a reduction for the outputs of one tile,
// numbered in C order. x are elements of the type it was made for. It is used
// by one goroutine.
type accumulator interface {
	// run takes elements that lie together and belong to output out. pos is the
	// place of the first in the reduction, step the distance of the next.
	run(out int, x []byte, pos, step int64)
	// panel takes rows×cols elements, rows stride apart; column j belongs to
	// output out+j. pos is the place of the first row, step that of the next.
	panel(out int, x []byte, rows, cols, stride int, pos, step int64)
	merge(other accumulator)
	fields() [][]byte // all of the state, as memory
	// finish writes the results; n elements went into each output.
	finish(dst []byte, n int64)
}

// newAccumulator makes the state of r for outputs of elements of t.
func newAccumulator(r *reduction, t dtype.Type, outputs int) accumulator {
	switch t {
	case dtype.Bool, dtype.Uint8:
		return newAcc[uint8](r, t, outputs)
	case dtype.Int8:
		return newAcc[int8](r, t, outputs)
	case dtype.Int16:
		return newAcc[int16](r, t, outputs)
	case dtype.Int32:
		return newAcc[int32](r, t, outputs)
	case dtype.Int64:
		return newAcc[int64](r, t, outputs)
	case dtype.Uint16:
		return newAcc[uint16](r, t, outputs)
	case dtype.Uint32:
		return newAcc[uint32](r, t, outputs)
	case dtype.Uint64:
		return newAcc[uint64](r, t, outputs)
	case dtype.Float32:
		return newAcc[float32](r, t, outputs)
	case dtype.Float64:
		return newAcc[float64](r, t, outputs)
	}
	panic("ndarray: no element type")
}

// acc is the accumulator of elements T. Fields that r does not need are nil.
type acc[T number] struct {
	r     *reduction
	typ   dtype.Type
	float bool
	n     []int64   // elements taken
	sum   []float64 // of floats; with m2, of their distances from shift
	shift []float64 // of moments
	m2    []float64 // Σ (x − mean)²
	isum  []int64   // of integers, modulo 2⁶⁴
	lo    []T       // smallest, also of argmin
	hi    []T       // largest, also of argmax
	at    []int64   // place of lo or hi; −1 before the first
	count []int64   // not zero
	nan   []int64

	column [128]T    // gathered, or without NaN
	kept   []T       // a run without NaN
	work   []float64 // of panels
	rows   *rowSum
}

func newAcc[T number](r *reduction, t dtype.Type, outputs int) *acc[T] {
	a := &acc[T]{r: r, typ: t, float: t.Float()}
	switch r.Op {
	case redSum, redProd:
		if a.float {
			a.sum = make([]float64, outputs)
		} else {
			a.isum = make([]int64, outputs)
		}
	case redMean:
		a.sum = make([]float64, outputs)
	case redVar, redStd:
		a.makeMoments(outputs)
	case redMin:
		a.lo = make([]T, outputs)
	case redMax:
		a.hi = make([]T, outputs)
	case redArgMin:
		a.lo, a.at = make([]T, outputs), make([]int64, outputs)
	case redArgMax:
		a.hi, a.at = make([]T, outputs), make([]int64, outputs)
	case redAny, redAll, redCount:
		a.count = make([]int64, outputs)
	case redNaN:
		a.nan = make([]int64, outputs)
	case redStats:
		a.makeMoments(outputs)
		a.lo, a.hi = make([]T, outputs), make([]T, outputs)
		if a.float {
			a.nan = make([]int64, outputs)
		} else {
			a.isum = make([]int64, outputs)
		}
	}
	if r.Skip && a.n == nil {
		a.n = make([]int64, outputs)
	}
	a.reset()
	return a
}

func (a *acc[T]) makeMoments(outputs int) {
	a.n = make([]int64, outputs)
	a.sum, a.shift, a.m2 = make([]float64, outputs), make([]float64, outputs), make([]float64, outputs)
}

// accBytes is the state of one output of r over elements of size bytes.
func accBytes(r *reduction, size int) int {
	n := map[reduceOp]int{
		redSum: 8, redProd: 8, redMean: 8, redVar: 32, redStd: 32, redMin: size, redMax: size,
		redArgMin: size + 8, redArgMax: size + 8, redAny: 8, redAll: 8, redCount: 8, redNaN: 8, redStats: 40 + 2*size,
	}[r.Op]
	if r.Skip {
		n += 8
	}
	return n
}

func (a *acc[T]) reset() {
	clear(a.n)
	clear(a.sum)
	clear(a.shift)
	clear(a.m2)
	clear(a.isum)
	clear(a.count)
	clear(a.nan)
	if a.r.Op == redProd {
		fillSlice(a.sum, 1)
		fillSlice(a.isum, 1)
	}
	least, most := extremes[T]()
	fillSlice(a.lo, most)
	fillSlice(a.hi, least)
	fillSlice(a.at, -1)
}

func fillSlice[E any](s []E, v E) {
	for i := range s {
		s[i] = v
	}
}

// extremes is the least and the greatest of T, infinities of floats.
func extremes[T number]() (least, most T) {
	switch p := any(&least).(type) {
	case *float32:
		*p = float32(math.Inf(-1))
	case *float64:
		*p = math.Inf(-1)
	case *int8:
		*p = math.MinInt8
	case *int16:
		*p = math.MinInt16
	case *int32:
		*p = math.MinInt32
	case *int64:
		*p = math.MinInt64
	}
	switch p := any(&most).(type) {
	case *float32:
		*p = float32(math.Inf(1))
	case *float64:
		*p = math.Inf(1)
	case *int8:
		*p = math.MaxInt8
	case *int16:
		*p = math.MaxInt16
	case *int32:
		*p = math.MaxInt32
	case *int64:
		*p = math.MaxInt64
	case *uint8:
		*p = math.MaxUint8
	case *uint16:
		*p = math.MaxUint16
	case *uint32:
		*p = math.MaxUint32
	case *uint64:
		*p = math.MaxUint64
	}
	return least, most
}

func (a *acc[T]) fields() [][]byte {
	return [][]byte{bytesOf(a.n), bytesOf(a.sum), bytesOf(a.shift), bytesOf(a.m2), bytesOf(a.isum), bytesOf(a.lo), bytesOf(a.hi), bytesOf(a.at), bytesOf(a.count), bytesOf(a.nan)}
}

// pack is the state of a in one piece, unpack the other way.
func pack(a accumulator) []byte {
	var out []byte
	for _, f := range a.fields() {
		out = append(out, f...)
	}
	return out
}

func unpack(a accumulator, b []byte) error {
	for _, f := range a.fields() {
		if len(b) < len(f) {
			return errs.New(errs.Invalid, "a partial result is cut short")
		}
		b = b[copy(f, b):]
	}
	if len(b) > 0 {
		return errs.New(errs.Invalid, "a partial result is %d bytes too long", len(b))
	}
	return nil
}

func (a *acc[T]) run(out int, b []byte, pos, step int64) { a.take(out, view[T](b), pos, step) }

// take is run for elements.
func (a *acc[T]) take(out int, x []T, pos, step int64) {
	if a.r.Skip {
		x = a.withoutNaN(out, x)
		if len(x) == 0 {
			return
		}
	}
	switch a.r.Op {
	case redSum, redMean:
		if a.sum != nil {
			a.sum[out] += sumRun(x)
		} else {
			a.isum[out] += sumIntRun(x)
		}
	case redProd:
		if a.sum != nil {
			for _, v := range x {
				a.sum[out] *= float64(v)
			}
		} else {
			for _, v := range x {
				a.isum[out] *= int64(v)
			}
		}
	case redVar, redStd:
		if x32, ok := any(x).([]float32); ok {
			m, _, _ := summaryRun(x32)
			a.addMoments(out, m)
		} else {
			a.addMoments(out, momentsRun(x))
		}
	case redStats:
		a.takeStats(out, x)
	case redMin:
		a.lo[out] = smaller(a.lo[out], minRun(x))
	case redMax:
		a.hi[out] = larger(a.hi[out], maxRun(x))
	case redArgMin:
		i := argMinRun(x)
		a.offerMin(out, x[i], pos+int64(i)*step)
	case redArgMax:
		i := argMaxRun(x)
		a.offerMax(out, x[i], pos+int64(i)*step)
	case redAny, redAll, redCount:
		n := 0
		for _, v := range x {
			if v != 0 {
				n++
			}
		}
		a.count[out] += int64(n)
	case redNaN:
		if a.float {
			a.nan[out] += nanRun(x)
		}
	}
}

// withoutNaN counts the elements of x that are left when NaN are taken out.
func (a *acc[T]) withoutNaN(out int, x []T) []T {
	if n := nanRun(x); n > 0 {
		if a.nan != nil {
			a.nan[out] += n
		}
		a.kept = a.kept[:0]
		for _, v := range x {
			if v == v {
				a.kept = append(a.kept, v)
			}
		}
		x = a.kept
	}
	if a.r.Op != redVar && a.r.Op != redStd && a.r.Op != redStats {
		a.n[out] += int64(len(x)) // those count in addMoments
	}
	return x
}

// addMoments joins m to those of out.
func (a *acc[T]) addMoments(out int, m moments) {
	have := a.moments(out).plus(m)
	a.n[out], a.shift[out], a.sum[out], a.m2[out] = int64(have.n), have.shift, have.s, have.m2
}

func (a *acc[T]) moments(out int) moments {
	return moments{float64(a.n[out]), a.shift[out], a.sum[out], a.m2[out]}
}

func (a *acc[T]) takeStats(out int, x []T) {
	var m moments
	var lo, hi T
	if x32, ok := any(x).([]float32); ok {
		k, l, h := summaryRun(x32)
		m, lo, hi = k, T(l), T(h)
	} else {
		m, lo, hi = momentsRun(x), minRun(x)+0, maxRun(x)+0
	}
	a.addMoments(out, m)
	a.lo[out], a.hi[out] = smaller(a.lo[out], lo), larger(a.hi[out], hi)
	switch {
	case !a.float:
		a.isum[out] += sumIntRun(x)
	case !a.r.Skip && m.m2 != m.m2: // else there is none
		a.nan[out] += nanRun(x)
	}
}

// offerMin takes v at pos if it comes before what out has.
func (a *acc[T]) offerMin(out int, v T, pos int64) {
	if at, have := a.at[out], a.lo[out]; at < 0 || v < have || v != v && have == have ||
		(v == have || v != v && have != have) && pos < at {
		a.lo[out], a.at[out] = v, pos
	}
}

func (a *acc[T]) offerMax(out int, v T, pos int64) {
	if at, have := a.at[out], a.hi[out]; at < 0 || v > have || v != v && have == have ||
		(v == have || v != v && have != have) && pos < at {
		a.hi[out], a.at[out] = v, pos
	}
}

func (a *acc[T]) merge(other accumulator) {
	b := other.(*acc[T])
	if a.m2 != nil {
		for i := range b.m2 {
			a.addMoments(i, b.moments(i))
		}
	} else {
		for i, v := range b.n {
			a.n[i] += v
		}
		for i, v := range b.sum {
			if a.r.Op == redProd {
				a.sum[i] *= v
			} else {
				a.sum[i] += v
			}
		}
	}
	for i, v := range b.isum {
		if a.r.Op == redProd {
			a.isum[i] *= v
		} else {
			a.isum[i] += v
		}
	}
	for i, v := range b.count {
		a.count[i] += v
	}
	for i, v := range b.nan {
		a.nan[i] += v
	}
	if a.at != nil {
		for i, pos := range b.at {
			switch {
			case pos < 0:
			case a.lo != nil:
				a.offerMin(i, b.lo[i], pos)
			default:
				a.offerMax(i, b.hi[i], pos)
			}
		}
		return
	}
	for i, v := range b.lo {
		a.lo[i] = smaller(a.lo[i], v)
	}
	for i, v := range b.hi {
		a.hi[i] = larger(a.hi[i], v)
	}
}
