package ndarray

// panel takes columns 128 rows at a time: sums and moments row by row, the rest
// by gathering a column.
func (a *acc[T]) panel(out int, b []byte, rows, cols, stride int, pos, step int64) {
	x := view[T](b)
	for r := 0; r < rows; r += pairwise {
		n := min(pairwise, rows-r)
		part := x[r*stride:]
		switch {
		case a.r.Skip, n < 4:
			a.columns(out, part, n, cols, stride, pos+int64(r)*step, step)
		case a.r.Op == redSum && a.isum != nil:
			for i := range n {
				addInts(a.isum[out:out+cols], part[i*stride:])
			}
		case a.r.Op == redSum, a.r.Op == redMean:
			s := a.zeros(cols)
			for i := range n {
				addRow(s, part[i*stride:])
			}
			addRow(a.sum[out:out+cols], s)
		case a.r.Op == redMin:
			for i := range n {
				minRow(a.lo[out:out+cols], part[i*stride:])
			}
		case a.r.Op == redMax:
			for i := range n {
				maxRow(a.hi[out:out+cols], part[i*stride:])
			}
		case a.r.Op == redVar, a.r.Op == redStd, a.r.Op == redStats:
			a.momentRows(out, part, n, cols, stride)
		default:
			a.columns(out, part, n, cols, stride, pos+int64(r)*step, step)
		}
	}
}

// columns gathers each column and takes it as a run.
func (a *acc[T]) columns(out int, x []T, rows, cols, stride int, pos, step int64) {
	for j := range cols {
		a.take(out+j, a.gather(x, rows, j, stride), pos, step)
	}
}

// gather gives column j, valid until the next call.
func (a *acc[T]) gather(x []T, rows, j, stride int) []T {
	c := a.column[:rows]
	for i := range c {
		c[i] = x[i*stride+j]
	}
	return c
}

// zeros gives n zeros, valid until the next call.
func (a *acc[T]) zeros(n int) []float64 {
	if cap(a.work) < n {
		a.work = make([]float64, n)
	}
	a.work = a.work[:n]
	clear(a.work)
	return a.work
}

func addRow[T number](s []float64, x []T) {
	x = x[:len(s)]
	for j := range s {
		s[j] += float64(x[j])
	}
}

func addInts[T number](s []int64, x []T) {
	x = x[:len(s)]
	for j := range s {
		s[j] += int64(x[j])
	}
}

func minRow[T number](m, x []T) {
	x = x[:len(m)]
	for j, v := range x {
		if v < m[j] || v != v {
			m[j] = v
		}
	}
}

func maxRow[T number](m, x []T) {
	x = x[:len(m)]
	for j, v := range x {
		if v > m[j] || v != v {
			m[j] = v
		}
	}
}

// momentCols is the columns whose sums are kept in the cache.
const momentCols = 512

// momentRows is momentsRun of every column of rows at once, and extremes for a
// summary.
func (a *acc[T]) momentRows(out int, x []T, rows, cols, stride int) {
	if a.rows == nil {
		a.rows = new(rowSum)
	}
	x32, is32 := any(x).([]float32)
	s := a.rows
	for c := 0; c < cols; c += momentCols {
		n := min(momentCols, cols-c)
		clear(s.s[:n])
		clear(s.q[:n])
		first := x[c : c+n]
		if is32 {
			first := x32[c : c+n]
			copy(s.lo[:], first)
			copy(s.hi[:], first)
			for i := range rows {
				row32(s, first, x32[i*stride+c:][:n])
			}
		} else {
			for i := range rows {
				momentRow(s.s[:n], s.q[:n], first, x[i*stride+c:])
			}
		}
		for j := range n {
			m := moments{float64(rows), float64(first[j]), s.s[j], centred(float64(rows), s.s[j], s.q[j])}
			finite := m.s-m.s == 0
			if !finite {
				m = notFinite(a.gather(x, rows, c+j, stride))
			}
			a.addMoments(out+c+j, m)
			if a.r.Op != redStats || !is32 {
				continue
			}
			lo, hi := T(s.lo[j]), T(s.hi[j])
			if !finite {
				column := a.gather(x, rows, c+j, stride)
				lo, hi = minRun(column), maxRun(column)
				a.nan[out+c+j] += nanRun(column)
			}
			a.lo[out+c+j], a.hi[out+c+j] = smaller(a.lo[out+c+j], lo+0), larger(a.hi[out+c+j], hi+0)
		}
	}
	if a.r.Op == redStats && !is32 {
		a.extremeRows(out, x, rows, cols, stride)
	}
}

// extremeRows takes what a summary has beside moments, row by row.
func (a *acc[T]) extremeRows(out int, x []T, rows, cols, stride int) {
	for i := range rows {
		row := x[i*stride : i*stride+cols]
		minRow(a.lo[out:out+cols], row)
		maxRow(a.hi[out:out+cols], row)
		if a.isum != nil {
			addInts(a.isum[out:out+cols], row)
			continue
		}
		nan := a.nan[out : out+cols]
		for j, v := range row {
			if v != v {
				nan[j]++
			}
		}
	}
}

func momentRow[T number](s, q []float64, shift, x []T) {
	q, shift, x = q[:len(s)], shift[:len(s)], x[:len(s)]
	for j := range s {
		v := float64(x[j]) - float64(shift[j])
		s[j] += v
		q[j] += float64(v * v)
	}
}
