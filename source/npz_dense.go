package source

import "github.com/outcore/outcore/dtype"

// dense reads the rows of s straight into the memory of the block.
func (s *arraySegment) dense() (*dtype.Block, *buffer, error) {
	a := s.p.dense
	rows := int(s.hi - s.lo)
	n := rows * s.d.cols
	size := a.Type.Size()
	buf := s.buf
	s.buf = nil
	if buf == nil {
		var err error
		if buf, err = s.d.pool.get(n * size); err != nil {
			return nil, nil, err
		}
		if err := a.ReadAt(buf.b[:n*size], s.lo*int64(s.d.cols*size)); err != nil {
			buf.Release()
			return nil, nil, err
		}
	}
	if a.Swap {
		swap(buf.b[:n*size], size)
	}
	if s.d.converts() {
		out, err := s.d.pool.get(n * s.d.out.Size())
		if err != nil {
			buf.Release()
			return nil, nil, err
		}
		at, err := dtype.Convert(out.b, s.d.out, buf.b[:n*size], a.Type, s.d.opt.Scale)
		buf.Release()
		if err != nil {
			out.Release()
			return nil, nil, s.place(err, s.lo+int64(at/max(s.d.cols, 1)), at%max(s.d.cols, 1))
		}
		buf = out
	}
	return &dtype.Block{Type: s.d.out, Rows: rows, Cols: s.d.cols, Data: buf.b[:n*s.d.out.Size()], Owner: buf}, buf, nil
}
