package table

import (
	"context"
	"errors"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/zarr"
)

// Dataset gives the rows as dense blocks, with their labels. Options.DType and
// Scale convert them.
func (m *Matrix) Dataset(o Origin, opt source.Options) (source.Dataset, error) {
	if err := checkOptions(opt); err != nil {
		return nil, err
	}
	if len(opt.Columns) > 0 {
		return nil, errs.New(errs.Unsupported, "columns of arrays cannot be chosen while reading").WithFix("leave --columns out")
	}
	c := conversion{from: m.x.Meta().Type.Number, to: opt.DType, scale: opt.Scale, mem: opt.Memory}
	schema := *m.schema
	c.fill(&schema)
	d := newRows(o, &schema, opt)
	r := &matrixReader{m: m, d: d, conversion: c}
	chunk := m.ChunkRows()
	cols := int64(len(schema.Fields))
	d.n = m.rows
	d.width = cols * int64(c.from.Size())
	whole := int64(m.x.ChunkBytes())
	d.cost = int64(chunk) * cols * int64(c.from.Size())
	if c.needed() {
		d.cost += int64(chunk) * cols * int64(c.to.Size())
	}
	if r.beside() > 1 {
		d.cost += whole
	}
	d.cost += whole + scratchBytes // as stored
	if m.y != nil {
		d.width += 8
		d.cost += 8*int64(chunk) + int64(m.y.ChunkBytes())
	}
	d.next = grid(chunk, opt.SegmentRows)
	d.decode = r.decode
	return d, nil
}

// scratchBytes is what decoding holds beside a chunk as stored and decoded.
const scratchBytes = 256 << 10

// A conversion is what brings stored numbers into the type of blocks.
type conversion struct {
	from, to dtype.Type
	scale    float64
	mem      source.Memory
}

// fill sets the defaults and the type of the columns.
func (c *conversion) fill(s *source.Schema) {
	if c.to == 0 {
		c.to = c.from
	}
	if c.scale == 0 {
		c.scale = 1
	}
	s.Fields = append([]source.Field(nil), s.Fields...)
	for j := range s.Fields {
		s.Fields[j].Type = c.to
	}
}

func (c *conversion) needed() bool { return c.to != c.from || c.scale != 1 }

// convert gives n values in l as they are wanted. It takes l over.
func (c *conversion) convert(l lump, n int) (lump, error) {
	if !c.needed() {
		return l, nil
	}
	defer l.release()
	out, err := alloc(c.mem, n*c.to.Size())
	if err != nil {
		return lump{}, err
	}
	if _, err := dtype.Convert(out.b, c.to, l.b[:n*c.from.Size()], c.from, c.scale); err != nil {
		out.release()
		return lump{}, err
	}
	return out, nil
}

type matrixReader struct {
	m *Matrix
	d *rows
	conversion
}

// beside is the number of chunks that a row goes through.
func (r *matrixReader) beside() int { return int(r.m.x.Meta().Grid()[1]) }

// decode gives rows lo to hi, which are in one row of chunks.
func (r *matrixReader) decode(ctx context.Context, lo, hi int64, s *zarr.Scratch) (*source.Batch, error) {
	l, from, err := r.read(ctx, lo, hi, s)
	if err != nil {
		return nil, err
	}
	cols := len(r.d.schema.Fields)
	n := int(hi-lo) * cols
	if from > 0 && r.needed() {
		copy(l.b, l.b[from:]) // converted from the start of the memory
		from = 0
	}
	if l, err = r.convert(l, n); err != nil {
		return nil, err
	}
	block := &dtype.Block{Type: r.to, Rows: int(hi - lo), Cols: cols, Data: l.b[from:][:n*r.to.Size()]}
	if l.owner != nil {
		block.Owner = l.owner
	}
	b := &source.Batch{Block: block}
	b.OnRelease(l.release)
	if r.m.y == nil {
		return b, nil
	}
	if b.Labels, err = readVector[float64](ctx, r.m.y, dtype.Float64, lo, hi, r.mem, s); err != nil {
		b.Release()
		return nil, err
	}
	return b, nil
}

// read gives rows lo to hi as stored, and where they begin in the memory.
func (r *matrixReader) read(ctx context.Context, lo, hi int64, s *zarr.Scratch) (lump, int, error) {
	meta := r.m.x.Meta()
	chunk, wide := int64(meta.ChunkShape[0]), int(meta.ChunkShape[1])
	cols, size := int(meta.Shape[1]), meta.Type.Size
	first := int(lo % chunk)
	index := []uint32{uint32(lo / chunk), 0}
	if wide == cols { // one chunk, rows behind each other
		l, err := alloc(r.mem, r.m.x.ChunkBytes())
		if err != nil {
			return lump{}, 0, err
		}
		if _, err := r.m.x.Read(ctx, index, l.b, s); err != nil {
			l.release()
			return lump{}, 0, err
		}
		return l, first * cols * size, nil
	}
	part, err := alloc(r.mem, r.m.x.ChunkBytes())
	if err != nil {
		return lump{}, 0, err
	}
	defer part.release()
	l, err := alloc(r.mem, int(hi-lo)*cols*size)
	if err != nil {
		return lump{}, 0, err
	}
	for j := range r.beside() {
		index[1] = uint32(j)
		if _, err := r.m.x.Read(ctx, index, part.b, s); err != nil {
			l.release()
			return lump{}, 0, err
		}
		width := min(wide, cols-j*wide) * size
		for i := range int(hi - lo) {
			copy(l.b[(i*cols+j*wide)*size:], part.b[(first+i)*wide*size:][:width])
		}
	}
	return l, 0, nil
}

// readVector gives elements lo to hi of an array of one dimension as T, which is t.
func readVector[T dtype.Number](ctx context.Context, a *zarr.Array, t dtype.Type, lo, hi int64, mem source.Memory, s *zarr.Scratch) ([]T, error) {
	out := make([]T, hi-lo)
	return out, readInto(ctx, a, dtype.Bytes(out), t, 1, lo, hi, mem, s)
}

// readInto converts elements lo to hi of an array of one dimension into dst.
func readInto(ctx context.Context, a *zarr.Array, dst []byte, t dtype.Type, scale float64, lo, hi int64, mem source.Memory, s *zarr.Scratch) error {
	if lo == hi {
		return nil
	}
	m := a.Meta()
	part, err := alloc(mem, a.ChunkBytes())
	if err != nil {
		return err
	}
	defer part.release()
	chunk, size := int64(m.ChunkShape[0]), m.Type.Size
	for at := lo; at < hi; {
		k := at / chunk
		end := min(hi, (k+1)*chunk)
		if _, err := a.Read(ctx, []uint32{uint32(k)}, part.b, s); err != nil {
			return err
		}
		n := int(end - at)
		if off, err := dtype.Convert(dst[:n*t.Size()], t, part.b[int(at-k*chunk)*size:][:n*size], m.Type.Number, scale); err != nil {
			var e *errs.Error
			if errors.As(err, &e) {
				e.Msg = "element " + itoa(at+int64(off)) + " of " + a.Path() + ": " + e.Msg
			}
			return err
		}
		dst = dst[n*t.Size():]
		at = end
	}
	return nil
}
