package chunk

import (
	"errors"
	"slices"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
)

// Rows is numeric rows as they are stored: a block in the type and form of the
// file, and labels where there are any.
type Rows struct {
	Block  *dtype.Block
	Labels []float64
}

// Slice is rows lo to hi as a view.
func (r *Rows) Slice(lo, hi int) *Rows {
	v := &Rows{Block: r.Block.Slice(lo, hi)}
	if r.Labels != nil {
		v.Labels = r.Labels[lo:hi]
	}
	return v
}

// A RowsEncoder brings blocks into the type and form of a chunk file: the work
// that is done in parallel, before rows are written in order. It is safe for
// concurrent use.
type RowsEncoder struct {
	Type   dtype.Type
	Cols   int
	Sparse bool
	Scale  float64 // values are multiplied by it in float64; 0 = 1

	KeepSparse bool          // leave sparse rows sparse though Sparse is not set
	Memory     source.Memory // where converted values go; nil = the Go heap
}

// Encode gives b as it is stored. What needs no changing looks into b, which must
// outlive it; the caller releases the block of the result for the rest. first is the number of b's first row, from 0, for errors:
// a value the type cannot hold, or a wrong number of columns.
func (e *RowsEncoder) Encode(b *dtype.Block, labels []float64, first int64) (*Rows, error) {
	if b.Cols != e.Cols {
		return nil, errs.New(errs.Shape, "found rows of %d columns, expected %d", b.Cols, e.Cols).At(errs.Position{Row: first + 1})
	}
	out := *b
	out.Owner = nil
	scale := e.Scale
	if scale == 0 {
		scale = 1
	}
	if b.Type != e.Type || scale != 1 {
		lo, hi := 0, b.Len()
		if b.Sparse() {
			lo, hi = int(b.Indptr[0]), int(b.Indptr[b.Rows])
		}
		from := b.Data[lo*b.Type.Size() : hi*b.Type.Size()]
		out = dtype.Block{Type: e.Type, Rows: b.Rows, Cols: b.Cols}
		if err := e.take(&out, (hi-lo)*e.Type.Size()); err != nil {
			return nil, err
		}
		if at, err := dtype.Convert(out.Data, e.Type, from, b.Type, scale); err != nil {
			out.Release()
			return nil, place(err, b, int64(lo+at), first)
		}
		if b.Sparse() {
			out.Indices = b.Indices[lo:hi]
			out.Indptr = make([]int64, b.Rows+1)
			for i, p := range b.Indptr[:b.Rows+1] {
				out.Indptr[i] = p - int64(lo)
			}
		}
	}
	switch {
	case e.Sparse && !out.Sparse():
		defer out.Release()
		return &Rows{sparse(&out), labels}, nil
	case !e.Sparse && out.Sparse() && !e.KeepSparse:
		defer out.Release()
		return &Rows{dense(&out), labels}, nil
	}
	return &Rows{&out, labels}, nil
}

// take gives b room for n bytes of values.
func (e *RowsEncoder) take(b *dtype.Block, n int) (err error) {
	if e.Memory == nil || n == 0 {
		b.Data = buffer(n)
		return nil
	}
	b.Data, b.Owner, err = e.Memory.Slab(n)
	return err
}

// buffer is n bytes aligned for every type.
func buffer(n int) []byte { return dtype.Bytes(make([]float64, (n+7)/8))[:n] }

// place says which row and column stored value k of b is in.
func place(err error, b *dtype.Block, k, first int64) error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return err
	}
	if b.Sparse() {
		i, found := slices.BinarySearch(b.Indptr, k)
		for found && i+1 < len(b.Indptr) && b.Indptr[i+1] == k {
			i++ // empty rows start at the same value
		}
		if !found {
			i--
		}
		e.Pos.Row = first + int64(i) + 1
	} else {
		e.Pos.Row = first + k/int64(b.Cols) + 1
	}
	return err
}

// dense spreads the rows of a sparse block out.
func dense(b *dtype.Block) *dtype.Block {
	return denseIn(buffer(b.Rows*b.Cols*b.Type.Size()), b)
}

// denseIn is dense into zeros that are given.
func denseIn(data []byte, b *dtype.Block) *dtype.Block {
	out := &dtype.Block{Type: b.Type, Rows: b.Rows, Cols: b.Cols, Data: data}
	switch b.Type.Size() {
	case 1:
		spread(dtype.View[uint8](out.Data), dtype.View[uint8](b.Data), b)
	case 2:
		spread(dtype.View[uint16](out.Data), dtype.View[uint16](b.Data), b)
	case 4:
		spread(dtype.View[uint32](out.Data), dtype.View[uint32](b.Data), b)
	case 8:
		spread(dtype.View[uint64](out.Data), dtype.View[uint64](b.Data), b)
	}
	return out
}

func spread[T dtype.Number](dst, src []T, b *dtype.Block) {
	for i := range b.Rows {
		row := dst[i*b.Cols : (i+1)*b.Cols]
		for k := b.Indptr[i]; k < b.Indptr[i+1]; k++ {
			row[b.Indices[k]] = src[k]
		}
	}
}

// sparse leaves out the zeros of a dense block. A negative zero stays.
func sparse(b *dtype.Block) *dtype.Block {
	out := &dtype.Block{Type: b.Type, Rows: b.Rows, Cols: b.Cols, Indptr: make([]int64, 1, b.Rows+1)}
	switch b.Type.Size() {
	case 1:
		gather(out, dtype.View[uint8](b.Data))
	case 2:
		gather(out, dtype.View[uint16](b.Data))
	case 4:
		gather(out, dtype.View[uint32](b.Data))
	case 8:
		gather(out, dtype.View[uint64](b.Data))
	}
	return out
}

func gather[T dtype.Number](out *dtype.Block, src []T) {
	var kept []T
	for i := range out.Rows {
		for j, v := range src[i*out.Cols : (i+1)*out.Cols] {
			if v != 0 {
				kept = append(kept, v)
				out.Indices = append(out.Indices, int32(j))
			}
		}
		out.Indptr = append(out.Indptr, int64(len(kept)))
	}
	out.Data = dtype.Bytes(kept)
}
