package ndarray

import (
	"unsafe"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
)

// MatMul is the matrix product of a (n×k) and b (k×m). Floats are multiplied and
// added in float64 and rounded once, integers wrap around, bools are or of ands.
// It reads panels of both, so that neither need fit into memory.
func (a Any) MatMul(b any) Any { return Any{newMatMul(a.n, operandOf(b))} }

// MatMul is the matrix product; see Any.MatMul.
func (a Array[T]) MatMul(b Array[T]) Array[T] { return Array[T]{newMatMul(a.n, b.n)} }

// panelLen is the length of what is multiplied at a time, along all three axes.
const panelLen = 512

func newMatMul(a, b *node) *node {
	if f := firstErr(a, b); f != nil {
		return f
	}
	if len(a.shape) != 2 || len(b.shape) != 2 || a.shape[1] != b.shape[0] {
		return failed(errs.New(errs.Shape, "matrix product of shapes %s and %s, expected (n, k) and (k, m)", shapeText(a.shape), shapeText(b.shape)))
	}
	t := promote(a.typ, b.typ)
	a, b = castTo(a, t), castTo(b, t)
	shape := []int{a.shape[0], b.shape[1]}
	if err := checkShape(shape, t); err != nil {
		return failed(err)
	}
	g := grid{a.grid[0], b.grid[1]}.coarse(shape, panelLen*panelLen)
	return &node{kind: kindMatMul, typ: t, shape: shape, grid: g, args: []*node{a, b}}
}

// matMulRegion computes region into dst, in C order: blocks of the result, and
// for each the panels of a and b one after another. The order of additions is
// that of the inner axis, in panels of panelLen.
func (w *worker) matMulRegion(l *leaf, region box, dst []byte) error {
	switch l.src.typ {
	case dtype.Bool:
		return matMul(w, l, region, dst, mulAddBool)
	case dtype.Uint8:
		return matMul(w, l, region, view[uint8](dst), mulAddInt[uint8])
	case dtype.Int8:
		return matMul(w, l, region, view[int8](dst), mulAddInt[int8])
	case dtype.Int16:
		return matMul(w, l, region, view[int16](dst), mulAddInt[int16])
	case dtype.Int32:
		return matMul(w, l, region, view[int32](dst), mulAddInt[int32])
	case dtype.Int64:
		return matMul(w, l, region, view[int64](dst), mulAddInt[int64])
	case dtype.Uint16:
		return matMul(w, l, region, view[uint16](dst), mulAddInt[uint16])
	case dtype.Uint32:
		return matMul(w, l, region, view[uint32](dst), mulAddInt[uint32])
	case dtype.Uint64:
		return matMul(w, l, region, view[uint64](dst), mulAddInt[uint64])
	case dtype.Float32:
		return matMul(w, l, region, view[float32](dst), mulAddFloat[float32])
	case dtype.Float64:
		return matMul(w, l, region, view[float64](dst), mulAddFloat[float64])
	}
	panic("ndarray: no element type")
}

// matMul sums in S, which is T or wider.
func matMul[T number, S number](w *worker, l *leaf, region box, dst []T, mulAdd func(sum []S, a, b []T, n, k, m int)) error {
	inner := l.src.args[0].shape[1]
	rows, cols := region.hi[0]-region.lo[0], region.hi[1]-region.lo[1]
	var z S
	mark := w.mark()
	sums, err := w.alloc(min(panelLen, rows) * min(panelLen, cols) * int(unsafe.Sizeof(z)))
	if err != nil {
		return err
	}
	for i := 0; i < rows; i += panelLen {
		n := min(panelLen, rows-i)
		for j := 0; j < cols; j += panelLen {
			m := min(panelLen, cols-j)
			sum := view[S](sums)[:n*m]
			clear(sum)
			for p := 0; p < inner; p += panelLen {
				k := min(panelLen, inner-p)
				step := w.mark()
				a, err := w.evalNew(l.sub[0], box{[]int{region.lo[0] + i, p}, []int{region.lo[0] + i + n, p + k}})
				if err != nil {
					return err
				}
				b, err := w.evalNew(l.sub[1], box{[]int{p, region.lo[1] + j}, []int{p + k, region.lo[1] + j + m}})
				if err != nil {
					return err
				}
				mulAdd(sum, view[T](a), view[T](b), n, k, m)
				w.release(step)
			}
			for r := range n {
				to := dst[(i+r)*cols+j:][:m]
				for c, v := range sum[r*m : (r+1)*m] {
					to[c] = T(v)
				}
			}
		}
	}
	w.release(mark)
	return nil
}

// mulAddInt adds the product of a (n×k) and b (k×m) to sum.
func mulAddInt[T integer](sum []T, a, b []T, n, k, m int) {
	for i := range n {
		s := sum[i*m : (i+1)*m]
		for p := range k {
			v := a[i*k+p]
			row := b[p*m : (p+1)*m]
			for j := range s {
				s[j] += v * row[j]
			}
		}
	}
}

// mulAddBool is mulAddInt with and for × and or for +.
func mulAddBool(sum []uint8, a, b []uint8, n, k, m int) {
	for i := range n {
		s := sum[i*m : (i+1)*m]
		for p := range k {
			v := a[i*k+p]
			row := b[p*m : (p+1)*m]
			for j := range s {
				s[j] |= v & row[j]
			}
		}
	}
}

// mulAddFloat is mulAddInt in float64, four rows of b at a time.
func mulAddFloat[T float](sum []float64, a, b []T, n, k, m int) {
	for i := range n {
		s := sum[i*m : (i+1)*m]
		p := 0
		for ; p+4 <= k; p += 4 {
			f := a[i*k+p:][:4]
			v := [4]float64{float64(f[0]), float64(f[1]), float64(f[2]), float64(f[3])}
			addRows(s, b[p*m:], m, &v)
		}
		for ; p < k; p++ {
			v, row := float64(a[i*k+p]), b[p*m:][:m]
			for j := range s {
				s[j] += float64(v * float64(row[j]))
			}
		}
	}
}

// addRowsLoop adds four rows, stride apart, times the four numbers of v to s.
func addRowsLoop[T float](s []float64, rows []T, stride int, v *[4]float64) {
	m := len(s)
	r0, r1, r2, r3 := rows[:m], rows[stride:][:m], rows[2*stride:][:m], rows[3*stride:][:m]
	for j := range s {
		s[j] += (float64(v[0]*float64(r0[j])) + float64(v[1]*float64(r1[j]))) + (float64(v[2]*float64(r2[j])) + float64(v[3]*float64(r3[j])))
	}
}

// matMulNeed is what a block of the product takes beside its result.
func (n *node) matMulNeed(sub []*program) int64 {
	panel := []int{panelLen, panelLen}
	sum := memory.SlabSize(panelLen * panelLen * 8)
	for i, p := range sub {
		shape := n.args[i].shape
		tile := []int{min(panel[0], shape[0]), min(panel[1], shape[1])}
		g := grid{{tile[0], tile[0]}, {tile[1], tile[1]}}
		if tile[0]*tile[1] == 0 {
			continue
		}
		sum += memory.SlabSize(int64(tile[0]*tile[1]*p.typ().Size())) + p.need(tile, g, true)
	}
	return sum
}
