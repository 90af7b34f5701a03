package feature

// Held reports whether a row is held out: for about that fraction of rows, by
// a hash of the row's number and seed and nothing else, so that the same rows
// are held out whatever the workers, chunks and passes. Row numbers count the
// rows of the data set from 0.
func Held(seed uint64, row int64, fraction float64) bool {
	return float64(mix(mix(seed)+uint64(row))>>11)*(1.0/(1<<53)) < fraction
}

// mix is the splitmix64 generator's step and output function.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Keep gives the rows of f whose number, counted from f.First, keep wants, as
// a frame whose First is f's. It takes over f: the result is f itself when all
// rows are kept, else a copy from alloc, and f is released.
func Keep(f *Frame, keep func(row int64) bool, alloc Alloc) (*Frame, error) {
	rows := make([]int32, 0, f.N)
	for i := range f.N {
		if keep(f.First + int64(i)) {
			rows = append(rows, int32(i))
		}
	}
	if len(rows) == f.N {
		return f, nil
	}
	out, err := pick(f, rows, alloc)
	f.Release()
	return out, err
}

// pick copies the given rows, increasing, of f.
func pick(f *Frame, rows []int32, alloc Alloc) (*Frame, error) {
	a := &arena{alloc: alloc}
	out := &Frame{N: len(rows), First: f.First, Origin: f.Origin.pick(rows), Mark: f.Mark, Dropped: f.Dropped}
	switch m := f.X.(type) {
	case *Dense[float32]:
		out.X = pickDense(a, m, rows)
	case *Dense[float64]:
		out.X = pickDense(a, m, rows)
	case *CSR[float32]:
		out.X = pickCSR(a, m, rows)
	case *CSR[float64]:
		out.X = pickCSR(a, m, rows)
	}
	for i := range f.Text {
		out.Text = append(out.Text, *pickText(a, &f.Text[i], rows))
	}
	for i := range f.Time {
		out.Time = append(out.Time, TimeColumn{pickNumbers(a, f.Time[i].Micros, rows)})
	}
	if f.Label != nil {
		out.Label = pickText(a, f.Label, rows)
	}
	if f.Y != nil {
		out.Y = pickNumbers(a, f.Y, rows)
	}
	if f.W != nil {
		out.W = pickNumbers(a, f.W, rows)
	}
	if a.err != nil {
		a.release()
		return nil, a.err
	}
	out.free = a.free
	return out, nil
}

func pickNumbers[T int64 | float64](a *arena, src []T, rows []int32) []T {
	dst := take[T](a, len(rows))
	if a.err != nil {
		return nil
	}
	for i, r := range rows {
		dst[i] = src[r]
	}
	if dst == nil {
		dst = []T{}
	}
	return dst
}

func pickDense[T float32 | float64](a *arena, m *Dense[T], rows []int32) Matrix {
	dst := take[T](a, len(rows)*m.D)[:0]
	if a.err != nil {
		return nil
	}
	for i := 0; i < len(rows); { // rows that stand together are copied together
		k := i + 1
		for k < len(rows) && rows[k] == rows[k-1]+1 {
			k++
		}
		dst = append(dst, m.Data[int(rows[i])*m.D:(int(rows[k-1])+1)*m.D]...)
		i = k
	}
	return &Dense[T]{N: len(rows), D: m.D, Data: dst}
}

func pickCSR[T float32 | float64](a *arena, m *CSR[T], rows []int32) Matrix {
	nnz := int64(0)
	for _, r := range rows {
		nnz += m.Indptr[r+1] - m.Indptr[r]
	}
	indptr, indices, values := take[int64](a, len(rows)+1), take[int32](a, int(nnz))[:0], take[T](a, int(nnz))[:0]
	if a.err != nil {
		return nil
	}
	indptr[0] = 0
	for i, r := range rows {
		lo, hi := m.Indptr[r], m.Indptr[r+1]
		indices = append(indices, m.Indices[lo:hi]...)
		values = append(values, m.Values[lo:hi]...)
		indptr[i+1] = int64(len(values))
	}
	return &CSR[T]{N: len(rows), D: m.D, Indptr: indptr, Indices: indices, Values: values}
}

func pickText(a *arena, c *TextColumn, rows []int32) *TextColumn {
	size := 0
	for _, r := range rows {
		size += int(c.Offsets[r+1] - c.Offsets[r])
	}
	out := &TextColumn{Offsets: take[int32](a, len(rows)+1), Bytes: a.bytes(size)[:0]}
	if a.err != nil {
		return out
	}
	out.Offsets[0] = 0
	if c.Valid != nil {
		out.Valid = make([]bool, len(rows))
	}
	for i, r := range rows {
		out.Bytes = append(out.Bytes, c.Bytes[c.Offsets[r]:c.Offsets[r+1]]...)
		out.Offsets[i+1] = int32(len(out.Bytes))
		if c.Valid != nil {
			out.Valid[i] = c.Valid[r]
		}
	}
	return out
}
