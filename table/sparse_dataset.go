package table

import (
	"context"
	"sort"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/zarr"
)

const (
	segmentChunks = 2       // of data in a segment, beside what its last row has in the next
	segmentRows   = 1 << 16 // most rows of a segment
)

// Dataset gives the rows as sparse blocks, with their labels. Options.DType and
// Scale convert the values.
func (m *Sparse) Dataset(o Origin, opt source.Options) (source.Dataset, error) {
	if err := checkOptions(opt); err != nil {
		return nil, err
	}
	if len(opt.Columns) > 0 {
		return nil, errs.New(errs.Unsupported, "columns of sparse rows cannot be chosen while reading").WithFix("leave --columns out")
	}
	c := conversion{from: m.data.Meta().Type.Number, to: opt.DType, scale: opt.Scale, mem: opt.Memory}
	schema := *m.schema
	c.fill(&schema)
	d := newRows(o, &schema, opt)
	r := &sparseReader{m: m, d: d, conversion: c, fixed: opt.SegmentRows}
	r.most = segmentChunks * int64(m.data.Meta().ChunkShape[0])
	value := int64(c.to.Size() + 4)
	d.n = m.rows
	d.width = 16
	if m.rows > 0 {
		d.width = 8 + m.values/m.rows*int64(c.from.Size()+4)
	}
	part := int64(max(m.data.ChunkBytes(), m.indices.ChunkBytes(), m.indptr.ChunkBytes()))
	d.cost = max(r.most, m.longest)*value + 2*part + scratchBytes + 3*8*segmentRows
	d.next, d.decode = r.next, r.decode
	return d, nil
}

type sparseReader struct {
	m *Sparse
	d *rows
	conversion
	fixed int   // rows of a segment; 0 = by their values
	most  int64 // values of a segment of more than one row
}

// next ends a segment before the row that reaches into the chunks after next.
func (r *sparseReader) next(ctx context.Context, lo int64) (int64, int64, error) {
	rows := int64(segmentRows)
	if r.fixed > 0 {
		rows = int64(r.fixed) - lo%int64(r.fixed)
	}
	scratch := r.d.scratch.Get().(*zarr.Scratch)
	defer r.d.scratch.Put(scratch)
	starts, err := r.starts(ctx, lo, min(lo+rows, r.m.rows), scratch)
	if err != nil {
		return 0, 0, err
	}
	limit := (starts[0]/r.most + 1) * r.most
	n := max(1, sort.Search(len(starts)-1, func(i int) bool { return starts[i+1] > limit }))
	return lo + int64(n), (starts[n] - starts[0]) * int64(r.from.Size()+4), nil
}

// starts gives where rows lo to hi start, and where the last one ends.
func (r *sparseReader) starts(ctx context.Context, lo, hi int64, s *zarr.Scratch) ([]int64, error) {
	starts, err := readVector[int64](ctx, r.m.indptr, dtype.Int64, lo, hi+1, r.mem, s)
	if err != nil {
		return nil, err
	}
	for i, v := range starts {
		if v < 0 || v > r.m.values || i > 0 && (v < starts[i-1] || v-starts[i-1] > r.m.longest) {
			return nil, errs.New(errs.Corrupt, "%s: row %d ends at value %d of %d, no row has more than %d", r.m.indptr.Path(), lo+int64(i), v, r.m.values, r.m.longest)
		}
	}
	return starts, nil
}

func (r *sparseReader) decode(ctx context.Context, lo, hi int64, s *zarr.Scratch) (*source.Batch, error) {
	starts, err := r.starts(ctx, lo, hi, s)
	if err != nil {
		return nil, err
	}
	first, last := starts[0], starts[len(starts)-1]
	n := int(last - first)
	wide := (n*r.to.Size() + 7) &^ 7
	l, err := alloc(r.mem, wide+4*n)
	if err != nil {
		return nil, err
	}
	b := &source.Batch{}
	b.OnRelease(l.release)
	block := &dtype.Block{Type: r.to, Rows: int(hi - lo), Cols: len(r.d.schema.Fields), Data: l.b[:n*r.to.Size()], Indices: dtype.View[int32](l.b[wide:]), Indptr: starts}
	if l.owner != nil {
		block.Owner = l.owner
	}
	for i := len(starts) - 1; i >= 0; i-- {
		starts[i] -= first
	}
	if block.Indices == nil {
		block.Indices = []int32{}
	}
	b.Block = block
	err = readInto(ctx, r.m.data, block.Data, r.to, r.scale, first, last, r.mem, s)
	if err == nil {
		err = readInto(ctx, r.m.indices, l.b[wide:], dtype.Int32, 1, first, last, r.mem, s)
	}
	if err == nil {
		err = block.Check()
	}
	if err == nil && r.m.y != nil {
		b.Labels, err = readVector[float64](ctx, r.m.y, dtype.Float64, lo, hi, r.mem, s)
	}
	if err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}
