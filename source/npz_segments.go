package source

import (
	"context"
	"iter"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/npy"
)

const (
	// canonical is the rows of the blocks exact steps work on: a segment that
	// starts and ends at its multiples is recut into views.
	canonical = 4096
	// canonicalBytes bounds segments that are large only for that.
	canonicalBytes = 16 << 20
	// sparseBytes bounds the columns and values of a sparse segment of more
	// than one row.
	sparseBytes = 8 << 20
)

// plan chooses where segments end and what one costs.
func (d *arrays) plan() {
	var labels int64
	if d.parts[0].labels != nil {
		labels = 16 // as stored and as float64
	}
	in, out := int64(d.stored.Size()), int64(0)
	if d.converts() {
		out = int64(d.out.Size())
	}
	if d.parts[0].csr != nil {
		d.planSparse(in, out, labels)
		return
	}
	row := int64(d.cols) * in
	d.grid = d.gridFor(row)
	for _, p := range d.parts {
		if p.direct() && !p.dense.Plain() && row > 0 {
			// Whole deflate blocks, so that none is inflated twice.
			d.grid = max(d.grid, p.dense.Block()/row)
		}
	}
	d.cost = d.grid*(row+int64(d.cols)*out+labels) + d.inflating()
}

// inflating is what the inflaters of one segment hold: a group of blocks of
// each array, as stored and raw.
func (d *arrays) inflating() (most int64) {
	for _, p := range d.parts {
		var n int64
		arrays := []*npy.Array{p.values(), p.labels}
		if p.csr != nil {
			arrays = append(arrays, p.csr.Indices)
		}
		for _, a := range arrays {
			if a != nil && !a.Plain() {
				n += 2 * a.Block()
			}
		}
		most = max(most, n)
	}
	return most
}

func (d *arrays) planSparse(in, out, labels int64) {
	var nnz, rows, fullest int64
	for _, p := range d.parts {
		nnz += p.csr.NNZ
		rows += p.rows
		fullest = max(fullest, p.maxRow)
	}
	index := int64(d.parts[0].csr.Indices.Type.Size())
	value := in + out + index + 4
	d.grid = d.gridFor(8 + nnz/max(rows, 1)*value)
	d.cost = max(sparseBytes, fullest*value) + d.grid*(16+labels) + d.inflating()
}

// gridFor is the rows of a segment when one takes so many bytes: a power of two
// times 4,096, one below it, or 4,096 itself where that is not too large.
func (d *arrays) gridFor(row int64) int64 {
	if d.opt.SegmentRows > 0 {
		return int64(d.opt.SegmentRows)
	}
	n := int64(1)
	for n*2*max(row, 1) <= int64(d.opt.SegmentBytes) {
		n *= 2
	}
	if n < canonical && canonical*row <= canonicalBytes {
		n = canonical
	}
	return n
}

// converts reports whether blocks are not the stored bytes.
func (d *arrays) converts() bool { return d.out != d.stored || d.opt.Scale != 1 }

// An arraySegment is rows lo to hi of a part, which it holds open.
type arraySegment struct {
	d      *arrays
	p      *arrayPart
	lo, hi int64 // rows of the part

	// What the producer has read: everything of a part that is not direct, the
	// row starts of a sparse one.
	buf    *buffer // values, and columns behind them
	labels []byte
	indptr []int64
}

// Segments yields the rows from c on.
func (d *arrays) Segments(ctx context.Context, c Cursor) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		if c.Row < 0 || c.Row > d.rows {
			yield(nil, errs.New(errs.Invalid, "cursor at row %d, the data has %d", c.Row, d.rows))
			return
		}
		for _, p := range d.parts {
			if p.first+p.rows <= c.Row {
				continue
			}
			if !d.partSegments(ctx, p, max(c.Row-p.first, 0), yield) {
				return
			}
		}
	}
}

// partSegments yields the rows of p from row lo on; false ends the loop.
func (d *arrays) partSegments(ctx context.Context, p *arrayPart, lo int64, yield func(Segment, error) bool) bool {
	if err := p.hold(ctx); err != nil {
		yield(nil, err)
		return false
	}
	defer p.release()
	r, err := d.newPartReader(p, lo)
	if err != nil {
		yield(nil, err)
		return false
	}
	// Plain rows are cut by their number in the Dataset; deflated ones by that in
	// their file, where blocks start.
	shift := p.first
	if !p.values().Plain() {
		shift = 0
	}
	for lo < p.rows {
		if ctx.Err() != nil {
			yield(nil, context.Cause(ctx))
			return false
		}
		s := &arraySegment{d: d, p: p, lo: lo, hi: min(((lo+shift)/d.grid+1)*d.grid-shift, p.rows)}
		if err := r.prepare(s); err != nil {
			yield(nil, err)
			return false
		}
		if err := p.hold(ctx); err != nil {
			s.drop()
			yield(nil, err)
			return false
		}
		lo = s.hi
		if !yield(s, nil) {
			return false
		}
	}
	return true
}

// Bytes is the share of the stored file.
func (s *arraySegment) Bytes() int64 {
	size := s.p.h.Size
	part := func(row int64) int64 { return int64(float64(size) * (float64(row) / float64(s.p.rows))) }
	return part(s.hi) - part(s.lo)
}

// Discard gives the memory back.
func (s *arraySegment) Discard() {
	s.drop()
	s.p.release()
}

func (s *arraySegment) drop() {
	if s.buf != nil {
		s.buf.Release()
		s.buf = nil
	}
}

// Decode reads what the producer has not, and converts.
func (s *arraySegment) Decode(ctx context.Context) (*Batch, error) {
	defer s.Discard()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var block *dtype.Block
	var buf *buffer
	var err error
	if s.p.csr != nil {
		block, buf, err = s.sparse()
	} else {
		block, buf, err = s.dense()
	}
	if err != nil {
		return nil, s.at(err)
	}
	b := &Batch{
		Rows:  int(s.hi - s.lo),
		First: s.p.first + s.lo,
		Block: block,
		Start: errs.Position{File: s.p.h.Address, Row: s.lo + 1},
		Next:  Cursor{File: s.p.index, Row: s.p.first + s.hi},
		Bytes: s.Bytes(),
	}
	b.OnRelease(buf.Release)
	if s.p.labels != nil {
		if b.Labels, err = s.decodeLabels(); err != nil {
			b.Release()
			return nil, s.at(err)
		}
	}
	return b, nil
}

// at names the row of an error about values.
func (s *arraySegment) at(err error) error { return at(err, s.p.h.Address) }

func (s *arraySegment) decodeLabels() ([]float64, error) {
	a := s.p.labels
	n := int(s.hi - s.lo)
	size := a.Type.Size()
	raw := s.labels
	if raw == nil {
		raw = aligned(n * size)
		if err := a.ReadAt(raw, s.lo*int64(size)); err != nil {
			return nil, err
		}
	}
	if a.Swap {
		swap(raw, size)
	}
	out := make([]float64, n)
	_, err := dtype.Convert(dtype.Bytes(out), dtype.Float64, raw, a.Type, 1)
	return out, err
}

// aligned is n bytes on the heap, aligned for every type.
func aligned(n int) []byte { return dtype.Bytes(make([]float64, (n+7)/8))[:n] }

// swap turns big-endian elements round.
func swap(b []byte, size int) {
	for ; len(b) >= size; b = b[size:] {
		for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
}

// A partReader prepares the segments of a part in order.
type partReader struct {
	d *arrays
	p *arrayPart

	// Of a part that is not direct:
	values, columns, labels *npy.Stream
	starts                  *rowStarts // of a sparse part
}

func (d *arrays) newPartReader(p *arrayPart, lo int64) (*partReader, error) {
	r := &partReader{d: d, p: p}
	first := lo * p.cols()
	if p.csr != nil {
		var err error
		if r.starts, err = newRowStarts(p.csr.Indptr, lo); err != nil {
			return nil, err
		}
		first = r.starts.last
	}
	if p.direct() {
		return r, nil
	}
	for _, s := range []struct {
		dst  **npy.Stream
		a    *npy.Array
		skip int64
	}{{&r.values, p.values(), first}, {&r.columns, r.indices(), first}, {&r.labels, p.labels, lo}} {
		if s.a == nil {
			continue
		}
		var err error
		if *s.dst, err = s.a.Stream(); err != nil {
			return nil, err
		}
		if err = (*s.dst).Skip(s.skip * int64(s.a.Item)); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *partReader) indices() *npy.Array {
	if r.p.csr == nil {
		return nil
	}
	return r.p.csr.Indices
}

// prepare reads what must be read in order.
func (r *partReader) prepare(s *arraySegment) (err error) {
	n := (s.hi - s.lo) * r.p.cols()
	if r.starts != nil {
		if err := r.starts.cut(s, r.d.opt.SegmentRows); err != nil {
			return err
		}
		n = s.indptr[len(s.indptr)-1] - s.indptr[0]
	}
	if r.values == nil {
		return nil
	}
	size := int(n) * r.p.values().Item
	columns := 0
	if r.columns != nil {
		columns = int(n) * r.p.csr.Indices.Item
	}
	if s.buf, err = r.d.pool.get(round8(size) + columns); err != nil {
		return err
	}
	if err = r.values.Read(s.buf.b[:size]); err == nil && r.columns != nil {
		err = r.columns.Read(s.buf.b[round8(size):][:columns])
	}
	if err == nil && r.labels != nil {
		s.labels = aligned(int(s.hi-s.lo) * r.p.labels.Item)
		err = r.labels.Read(s.labels)
	}
	if err != nil {
		s.drop()
	}
	return err
}
