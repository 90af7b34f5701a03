package feature

import (
	"math"

	"github.com/outcore/outcore/errs"
)

// Join copies the rows of frames, in order, into one frame of its own memory
// from alloc. The frames have the same columns; matrices that differ in kind,
// element type or width, or columns that some have and some have not, are
// errs.Shape. First and Mark are the first frame's.
func Join(frames []*Frame, alloc Alloc) (*Frame, error) {
	head := frames[0]
	out := &Frame{First: head.First, Mark: head.Mark}
	for _, f := range frames {
		out.N += f.N
		out.Origin.parts = append(out.Origin.parts, f.Origin.parts...)
		if len(f.Text) != len(head.Text) || len(f.Time) != len(head.Time) || (f.X == nil) != (head.X == nil) ||
			(f.Y == nil) != (head.Y == nil) || (f.W == nil) != (head.W == nil) || (f.Label == nil) != (head.Label == nil) {
			return nil, errs.New(errs.Shape, "rows %d and %d have not the same columns", head.First, f.First)
		}
	}
	a := &arena{alloc: alloc}
	err := out.fill(a, frames)
	if err == nil {
		err = a.err
	}
	if err != nil {
		a.release()
		return nil, err
	}
	out.free = a.free
	return out, nil
}

// fill sets the parts of out from those of frames.
func (f *Frame) fill(a *arena, frames []*Frame) (err error) {
	head := frames[0]
	if head.X != nil {
		switch head.X.(type) {
		case *Dense[float32]:
			f.X, err = joinDense[float32](a, frames, f.N)
		case *Dense[float64]:
			f.X, err = joinDense[float64](a, frames, f.N)
		case *CSR[float32]:
			f.X, err = joinCSR[float32](a, frames, f.N)
		case *CSR[float64]:
			f.X, err = joinCSR[float64](a, frames, f.N)
		}
		if err != nil {
			return err
		}
	}
	for j := range head.Text {
		c, err := joinText(a, frames, f.N, func(f *Frame) *TextColumn { return &f.Text[j] })
		if err != nil {
			return err
		}
		f.Text = append(f.Text, *c)
	}
	for j := range head.Time {
		t := take[int64](a, f.N)[:0]
		for _, p := range frames {
			t = append(t, p.Time[j].Micros...)
		}
		f.Time = append(f.Time, TimeColumn{t})
	}
	if head.Label != nil {
		if f.Label, err = joinText(a, frames, f.N, func(f *Frame) *TextColumn { return f.Label }); err != nil {
			return err
		}
	}
	if head.Y != nil {
		f.Y = take[float64](a, f.N)[:0]
		for _, p := range frames {
			f.Y = append(f.Y, p.Y...)
		}
	}
	if head.W != nil {
		f.W = take[float64](a, f.N)[:0]
		for _, p := range frames {
			f.W = append(f.W, p.W...)
		}
	}
	return nil
}

func joinDense[T float32 | float64](a *arena, frames []*Frame, n int) (Matrix, error) {
	d := frames[0].X.(*Dense[T]).D
	data := take[T](a, n*d)[:0]
	for _, f := range frames {
		m, ok := f.X.(*Dense[T])
		if !ok || m.D != d {
			return nil, unlike(frames[0].X, f.X)
		}
		data = append(data, m.Data...)
	}
	return &Dense[T]{N: n, D: d, Data: data}, nil
}

func joinCSR[T float32 | float64](a *arena, frames []*Frame, n int) (Matrix, error) {
	d, nnz := frames[0].X.(*CSR[T]).D, 0
	for _, f := range frames {
		m, ok := f.X.(*CSR[T])
		if !ok || m.D != d {
			return nil, unlike(frames[0].X, f.X)
		}
		nnz += int(m.Indptr[m.N] - m.Indptr[0])
	}
	indptr, indices, values := take[int64](a, n+1), take[int32](a, nnz)[:0], take[T](a, nnz)[:0]
	if a.err != nil {
		return nil, a.err
	}
	indptr[0] = 0
	row := 0
	for _, f := range frames {
		m := f.X.(*CSR[T])
		lo, hi := m.Indptr[0], m.Indptr[m.N]
		shift := int64(len(values)) - lo
		for _, end := range m.Indptr[1 : m.N+1] {
			row++
			indptr[row] = end + shift
		}
		indices = append(indices, m.Indices[lo:hi]...)
		values = append(values, m.Values[lo:hi]...)
	}
	return &CSR[T]{N: n, D: d, Indptr: indptr, Indices: indices, Values: values}, nil
}

func unlike(a, b Matrix) error {
	_, d := a.Dims()
	_, e := b.Dims()
	return errs.New(errs.Shape, "one pass has rows of a %T of %d columns and of a %T of %d", a, d, b, e)
}

func joinText(a *arena, frames []*Frame, n int, of func(*Frame) *TextColumn) (*TextColumn, error) {
	size, nulls := 0, false
	for _, f := range frames {
		c := of(f)
		size += int(c.Offsets[f.N] - c.Offsets[0])
		nulls = nulls || c.Valid != nil
	}
	if size > math.MaxInt32 {
		return nil, errs.New(errs.TooLarge, "%d rows hold %d bytes of text in one column, more than 2 GiB", n, size).WithFix("a smaller --batch")
	}
	out := &TextColumn{Offsets: take[int32](a, n+1), Bytes: a.bytes(size)[:0]}
	if a.err != nil {
		return nil, a.err
	}
	if nulls {
		out.Valid = make([]bool, 0, n)
	}
	out.Offsets[0] = 0
	row := 0
	for _, f := range frames {
		c := of(f)
		lo, hi := c.Offsets[0], c.Offsets[f.N]
		shift := int32(len(out.Bytes)) - lo
		for _, end := range c.Offsets[1 : f.N+1] {
			row++
			out.Offsets[row] = end + shift
		}
		out.Bytes = append(out.Bytes, c.Bytes[lo:hi]...)
		if nulls {
			for i := range f.N {
				out.Valid = append(out.Valid, c.Valid == nil || c.Valid[i])
			}
		}
	}
	return out, nil
}
