package feature

import (
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// FromBlock makes a frame of a block and the labels beside it (nil when there
// are none); first is the number of its first row in the data set. A float
// block without target, weight or left-out columns among its own is not
// copied: the frame is then Borrowed and looks into b. Otherwise the columns
// that are features are copied.
func (a *Assembler) FromBlock(b *dtype.Block, labels []float64, first int64) (*Frame, error) {
	if b.Cols != len(a.cols) {
		return nil, errs.New(errs.Shape, "a block has %d columns, expected %d", b.Cols, len(a.cols))
	}
	f := &Frame{N: b.Rows, First: first}
	if a.roles.Labels {
		if len(labels) != b.Rows {
			return nil, errs.New(errs.Shape, "%d labels for %d rows", len(labels), b.Rows)
		}
		f.Y = labels
		f.Borrowed = true
	}
	ar := &arena{alloc: a.Alloc}
	var err error
	switch b.Type {
	case dtype.Float32:
		err = blockFrame[float32](a, f, ar, b)
	case dtype.Float64:
		err = blockFrame[float64](a, f, ar, b)
	case dtype.Bool, dtype.Uint8:
		err = blockFrame[uint8](a, f, ar, b)
	case dtype.Int8:
		err = blockFrame[int8](a, f, ar, b)
	case dtype.Uint16:
		err = blockFrame[uint16](a, f, ar, b)
	case dtype.Int16:
		err = blockFrame[int16](a, f, ar, b)
	case dtype.Int32:
		err = blockFrame[int32](a, f, ar, b)
	case dtype.Uint32:
		err = blockFrame[uint32](a, f, ar, b)
	case dtype.Int64:
		err = blockFrame[int64](a, f, ar, b)
	case dtype.Uint64:
		err = blockFrame[uint64](a, f, ar, b)
	default:
		err = errs.New(errs.Unsupported, "a block of %v cannot be learned from", b.Type)
	}
	if err == nil {
		err = ar.err
	}
	if err != nil {
		ar.release()
		return nil, err
	}
	f.free = append(f.free, ar.free...)
	return a.Finish(f)
}

func blockFrame[S dtype.Number](a *Assembler, f *Frame, ar *arena, b *dtype.Block) error {
	src := dtype.View[S](b.Data)
	if a.plain() && b.Type.Float() {
		m, err := FromBlock(b)
		f.X = m
		f.Borrowed = true
		return err
	}
	if b.Sparse() {
		if a.single && exact32(b.Type) {
			f.X = gatherSparse[float32](a, f, ar, b, src)
		} else {
			f.X = gatherSparse[float64](a, f, ar, b, src)
		}
		return nil
	}
	if a.target >= 0 {
		f.Y = strided(ar, src, a.target, b.Cols, b.Rows)
	}
	if a.weight >= 0 {
		f.W = strided(ar, src, a.weight, b.Cols, b.Rows)
	}
	if a.single && exact32(b.Type) {
		f.X = gatherDense[float32](a, ar, src, b.Rows, b.Cols)
	} else {
		f.X = gatherDense[float64](a, ar, src, b.Rows, b.Cols)
	}
	return nil
}

// strided gives column j of a dense block of d columns.
func strided[S dtype.Number](ar *arena, src []S, j, d, n int) []float64 {
	dst := take[float64](ar, n)
	if ar.err != nil {
		return nil
	}
	for i := range dst {
		dst[i] = float64(src[i*d+j])
	}
	return dst
}

// gatherDense copies the feature columns of a dense block, run by run of
// columns that stand together.
func gatherDense[T float32 | float64, S dtype.Number](a *Assembler, ar *arena, src []S, n, d int) Matrix {
	k := len(a.source)
	dst := take[T](ar, n*k)
	if ar.err != nil {
		return nil
	}
	type run struct{ from, to, len int }
	var runs []run
	for j, s := range a.source {
		if l := len(runs) - 1; l >= 0 && runs[l].from+runs[l].len == s {
			runs[l].len++
		} else {
			runs = append(runs, run{s, j, 1})
		}
	}
	for i := range n {
		row, out := src[i*d:(i+1)*d], dst[i*k:(i+1)*k]
		for _, r := range runs {
			s, o := row[r.from:r.from+r.len], out[r.to:r.to+r.len]
			for j, v := range s {
				o[j] = T(v)
			}
		}
	}
	return &Dense[T]{N: n, D: k, Data: dst}
}

// gatherSparse copies the feature columns of a sparse block and sets f.Y and
// f.W from it; a value that is not stored is 0. Columns keep their order.
func gatherSparse[T float32 | float64, S dtype.Number](a *Assembler, f *Frame, ar *arena, b *dtype.Block, src []S) Matrix {
	place := make([]int32, b.Cols) // source column → feature, -1 for none
	for j := range place {
		place[j] = -1
	}
	rising := true
	for j, s := range a.source {
		place[s] = int32(j)
		rising = rising && (j == 0 || s > a.source[j-1])
	}
	if a.target >= 0 {
		f.Y = take[float64](ar, b.Rows)
	}
	if a.weight >= 0 {
		f.W = take[float64](ar, b.Rows)
	}
	indptr := take[int64](ar, b.Rows+1)
	indices, values := take[int32](ar, b.Len())[:0], take[T](ar, b.Len())[:0]
	if ar.err != nil {
		return nil
	}
	clear(f.Y)
	clear(f.W)
	indptr[0] = 0
	for i := range b.Rows {
		start := len(indices)
		for k := b.Indptr[i]; k < b.Indptr[i+1]; k++ {
			j := int(b.Indices[k])
			switch {
			case place[j] >= 0:
				indices, values = append(indices, place[j]), append(values, T(src[k]))
			case j == a.target:
				f.Y[i] = float64(src[k])
			case j == a.weight:
				f.W[i] = float64(src[k])
			}
		}
		if !rising {
			sortRow(indices[start:], values[start:])
		}
		indptr[i+1] = int64(len(indices))
	}
	return &CSR[T]{N: b.Rows, D: len(a.source), Indptr: indptr, Indices: indices, Values: values}
}

// sortRow sorts the columns of one row, with their values, by insertion: rows
// are short and mostly in order.
func sortRow[T float32 | float64](idx []int32, val []T) {
	for i := 1; i < len(idx); i++ {
		for k := i; k > 0 && idx[k] < idx[k-1]; k-- {
			idx[k], idx[k-1] = idx[k-1], idx[k]
			val[k], val[k-1] = val[k-1], val[k]
		}
	}
}
