package source

import (
	"errors"
	"io"
	"math"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/npy"
)

// rowStarts reads the array indptr of a sparse matrix in order.
type rowStarts struct {
	a    *npy.Array
	s    *npy.Stream
	raw  []byte
	read []int64 // starts behind last, read and not used
	last int64   // start of the next row
	row  int64   // its number
	nnz  int64   // the largest start there can be
}

// startsAhead is how many row starts are read at once.
const startsAhead = 8192

func newRowStarts(a *npy.Array, row int64) (*rowStarts, error) {
	s, err := a.Stream()
	if err != nil {
		return nil, err
	}
	r := &rowStarts{a: a, s: s, row: row - 1, nnz: math.MaxInt64}
	if err := s.Skip(row * int64(a.Item)); err != nil {
		return nil, err
	}
	_, err = r.next()
	return r, err
}

// next moves over one row and returns its end; io.EOF behind the last.
func (r *rowStarts) next() (int64, error) {
	if len(r.read) == 0 {
		left := r.a.Rows() - r.s.Offset()/int64(r.a.Item)
		n := int(min(left, startsAhead))
		if n == 0 {
			return 0, io.EOF
		}
		if r.raw == nil {
			r.raw = make([]byte, startsAhead*r.a.Item)
		}
		if err := r.s.Read(r.raw[:n*r.a.Item]); err != nil {
			return 0, err
		}
		r.read = make([]int64, n)
		npy.Widen(r.read, r.raw, r.a.Type)
	}
	v := r.read[0]
	r.read = r.read[1:]
	if v < r.last || v > r.nnz {
		return 0, errs.New(errs.Corrupt, "sparse row %d ends at value %d, expected %d to %d", r.row, v, r.last, r.nnz)
	}
	r.last = v
	r.row++
	return v, nil
}

// cut reads the starts of the rows of s, which ends before s.hi when its rows
// grow too large, unless the caller fixed their number.
func (r *rowStarts) cut(s *arraySegment, fixed int) error {
	most := int64(math.MaxInt64)
	if fixed == 0 {
		value := s.p.csr.Data.Item + s.p.csr.Indices.Item + 4
		if s.d.converts() {
			value += s.d.out.Size()
		}
		most = sparseBytes / int64(value)
	}
	s.indptr = append(make([]int64, 0, s.hi-s.lo+1), r.last)
	for row := s.lo; row < s.hi; row++ {
		if len(r.read) > 0 && row > s.lo && r.read[0]-s.indptr[0] > most {
			s.hi = row
			return nil
		}
		v, err := r.next()
		if err != nil {
			return at(err, s.p.h.Address)
		}
		s.indptr = append(s.indptr, v)
	}
	return nil
}

// scan reads all row starts once: they must rise from 0 to the number of
// values, and the fullest row tells what a segment may cost.
func (p *arrayPart) scan() error {
	r, err := newRowStarts(p.csr.Indptr, 0)
	if err != nil {
		return err
	}
	if r.last != 0 {
		return errs.New(errs.Corrupt, "sparse rows start at value %d, expected 0", r.last).At(errs.Position{File: p.h.Address})
	}
	r.nnz = p.csr.NNZ
	for {
		last := r.last
		v, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return at(err, p.h.Address)
		}
		p.maxRow = max(p.maxRow, v-last)
	}
	if r.last != p.csr.NNZ {
		return errs.New(errs.Corrupt, "sparse rows end at value %d of %d", r.last, p.csr.NNZ).At(errs.Position{File: p.h.Address})
	}
	return nil
}

// sparse reads the rows of s.
func (s *arraySegment) sparse() (*dtype.Block, *buffer, error) {
	m := s.p.csr
	first := s.indptr[0]
	n := int(s.indptr[len(s.indptr)-1] - first)
	size, index := m.Data.Item, m.Indices.Item
	buf := s.buf
	s.buf = nil
	if buf == nil {
		var err error
		if buf, err = s.d.pool.get(round8(n*size) + n*index); err != nil {
			return nil, nil, err
		}
		if err = m.Data.ReadAt(buf.b[:n*size], first*int64(size)); err == nil {
			err = m.Indices.ReadAt(buf.b[round8(n*size):][:n*index], first*int64(index))
		}
		if err != nil {
			buf.Release()
			return nil, nil, err
		}
	}
	if m.Data.Swap {
		swap(buf.b[:n*size], size)
	}
	block, out, err := s.sparseBlock(buf, n)
	if err != nil || out != buf {
		buf.Release()
	}
	return block, out, err
}

// sparseBlock makes a block of n values and columns as stored in buf: over buf
// itself, or over another buffer when something must be converted.
func (s *arraySegment) sparseBlock(buf *buffer, n int) (*dtype.Block, *buffer, error) {
	m := s.p.csr
	size := m.Data.Item
	values, columns := buf.b[:n*size], buf.b[round8(n*size):][:n*m.Indices.Item]
	for i := len(s.indptr) - 1; i >= 0; i-- {
		s.indptr[i] -= s.indptr[0]
	}
	out := buf
	if s.d.converts() || m.Indices.Type == dtype.Int64 {
		var err error
		wide := s.d.out.Size()
		if out, err = s.d.pool.get(round8(n*wide) + 4*n); err != nil {
			return nil, nil, err
		}
		at, err := dtype.Convert(out.b[:n*wide], s.d.out, values, m.Data.Type, s.d.opt.Scale)
		if err == nil {
			values = out.b[:n*wide]
			to := out.b[round8(n*wide):][:4*n]
			at, err = dtype.Convert(to, dtype.Int32, columns, m.Indices.Type, 1)
			columns = to
		}
		if err != nil {
			out.Release()
			return nil, nil, s.place(err, s.lo+s.rowOf(int64(at)), -1)
		}
	}
	block := &dtype.Block{Type: s.d.out, Rows: len(s.indptr) - 1, Cols: s.d.cols, Data: values,
		Indptr: s.indptr, Indices: dtype.View[int32](columns), Owner: out}
	if err := s.checkColumns(block); err != nil {
		if out != buf {
			out.Release()
		}
		return nil, nil, err
	}
	return block, out, nil
}

// checkColumns finds columns that are out of range or out of order.
func (s *arraySegment) checkColumns(b *dtype.Block) error {
	for i := range b.Rows {
		prev := int32(-1)
		for _, j := range b.Indices[b.Indptr[i]:b.Indptr[i+1]] {
			if j > prev && int(j) < b.Cols {
				prev = j
				continue
			}
			if j < 0 || int(j) >= b.Cols {
				return s.place(errs.New(errs.Corrupt, "found column %d of a sparse row, expected 0 to %d", j, b.Cols-1), s.lo+int64(i), -1)
			}
			return s.place(errs.New(errs.Unsupported, "found column %d after %d: the columns of a sparse row must rise", j, prev).
				WithFix("in Python: m.sum_duplicates(), then save it again"), s.lo+int64(i), -1)
		}
	}
	return nil
}

func (s *arraySegment) rowOf(value int64) (row int64) {
	for int(row) < len(s.indptr)-2 && s.indptr[row+1] <= value {
		row++
	}
	return row
}

// place says in which row (of the file, from 0) and column err is.
func (s *arraySegment) place(err error, row int64, col int) error {
	var e *errs.Error
	if errors.As(err, &e) {
		e.Pos = errs.Position{File: s.p.h.Address, Row: row + 1}
		if col >= 0 {
			e.Pos.Column = s.d.schema.Fields[col].Name
		}
	}
	return err
}
