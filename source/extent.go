package source

// A Measured is a Segment that knows before it is decoded how much it holds, as
// those of text and sparse arrays do.
type Measured interface {
	Segment
	// Extent is its rows, bad ones included, and the bytes they take before they
	// are decoded.
	Extent() (rows, bytes int64)
}

var (
	_ Measured = (*textSegment)(nil)
	_ Measured = (*arraySegment)(nil)
)

// Extent is the rows cut and the length of their text.
func (s *textSegment) Extent() (rows, bytes int64) { return int64(s.rows), int64(len(s.b)) }

// Extent is the rows cut and the length of their values and columns.
func (s *arraySegment) Extent() (rows, bytes int64) {
	rows = s.hi - s.lo
	if s.p.csr == nil {
		return rows, rows * int64(s.d.cols*s.d.stored.Size())
	}
	nnz := s.indptr[len(s.indptr)-1] - s.indptr[0]
	return rows, nnz * int64(s.p.csr.Data.Item+s.p.csr.Indices.Item)
}
