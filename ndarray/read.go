package ndarray

import (
	"slices"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/zarr"
)

// leaf gives the elements of l in the tile b. They stay valid until the
// worker releases what it allocated.
func (w *worker) leaf(l *leaf, b box) (strided, error) {
	switch l.src.kind {
	case kindLoad:
		return w.loadLeaf(l, b)
	case kindValues:
		return through(l, b, strided{buf: l.src.data}, make([]int, len(l.src.shape)), l.src.shape), nil
	}
	// What computes a box: the smallest that holds what is asked for.
	region := l.bounds(b)
	shape := region.shape()
	buf, err := w.alloc(count(shape) * l.src.typ.Size())
	if err != nil {
		return strided{}, err
	}
	switch l.src.kind {
	case kindRange:
		fillRange(l.src, region.lo[0], buf)
	case kindMap:
		err = w.mapRegion(l, region, buf)
	case kindMatMul:
		err = w.matMulRegion(l, region, buf)
	default:
		panic("ndarray: a program reads " + kindNames[l.src.kind])
	}
	return through(l, b, strided{buf: buf}, region.lo, shape), err
}

// through lays a view on elements in C order of the given shape that begin at
// index origin of l.src.
func through(l *leaf, b box, s strided, origin, shape []int) strided {
	s.strides = make([]int, len(b.lo))
	for k, c := range cStrides(shape) {
		a := l.axes[k]
		s.off += (a.Start - origin[k]) * c
		if a.Out >= 0 {
			s.off += a.Step * b.lo[a.Out] * c
			s.strides[a.Out] = a.Step * c
		}
	}
	return s
}

// bounds is the smallest box of l.src that holds what l shows in b.
func (l *leaf) bounds(b box) box {
	r := newBox(len(l.axes))
	for k, a := range l.axes {
		lo, hi := a.Start, a.Start
		if a.Out >= 0 {
			lo, hi = a.Start+a.Step*b.lo[a.Out], a.Start+a.Step*(b.hi[a.Out]-1)
		}
		r.lo[k], r.hi[k] = min(lo, hi), max(lo, hi)+1
	}
	return r
}

func fillRange(n *node, from int, dst []byte) {
	switch n.typ {
	case dtype.Float32:
		rangeLoop(n, from, view[float32](dst))
	case dtype.Float64:
		rangeLoop(n, from, view[float64](dst))
	default:
		x := make([]int64, len(dst)/n.typ.Size())
		start, step := int64(n.from[0]), int64(n.from[1])
		for i := range x {
			x[i] = start + int64(from+i)*step
		}
		castKernel(n.typ, dtype.Int64)(dst, bytesOf(x), nil, nil) //nolint:errcheck // casts do not fail
	}
}

func rangeLoop[T float](n *node, from int, d []T) {
	for i := range d {
		d[i] = T(n.from[0] + float64(float64(from+i)*n.from[1]))
	}
}

// loadLeaf reads the chunks that l needs for b.
func (w *worker) loadLeaf(l *leaf, b box) (strided, error) {
	r := l.bounds(b)
	one := true
	index := make([]uint32, len(l.axes))
	origin, chunk := make([]int, len(l.axes)), make([]int, len(l.axes))
	for k := range l.axes {
		c := l.src.grid[k].Size
		index[k] = uint32(r.lo[k] / c)
		one = one && r.lo[k]/c == (r.hi[k]-1)/c
		origin[k], chunk[k] = r.lo[k]/c*c, c
	}
	if one {
		for k, o := range origin { // within the chunk
			r.lo[k], r.hi[k] = r.lo[k]-o, r.hi[k]-o
		}
		buf, err := w.chunk(l.src.units, index, r)
		return through(l, b, strided{buf: buf}, origin, chunk), err
	}
	// Several chunks: collect what b shows, without what is repeated.
	shape := b.shape()
	used := make([]bool, len(shape))
	for _, a := range l.axes {
		if a.Out >= 0 {
			used[a.Out] = true
		}
	}
	b = box{b.lo, slices.Clone(b.hi)}
	for k := range shape {
		if !used[k] {
			shape[k], b.hi[k] = 1, b.lo[k]+1
		}
	}
	dst := strided{strides: cStrides(shape)}
	for k := range shape {
		if !used[k] {
			dst.strides[k] = 0
		}
	}
	var err error
	if dst.buf, err = w.alloc(count(shape) * l.src.typ.Size()); err != nil {
		return dst, err
	}
	return dst, w.readChunks(l, b, dst)
}

// copyLeaf puts the elements of l in b into dst.
func (w *worker) copyLeaf(l *leaf, b box, dst strided) error {
	if l.src.kind == kindLoad {
		repeated := false // an axis that is broadcast is read once, and copied
		for out := range dst.strides {
			repeated = repeated || b.hi[out]-b.lo[out] > 1 && !slices.ContainsFunc(l.axes, func(a axis) bool { return a.Out == out })
		}
		if !repeated {
			return w.readChunks(l, b, dst)
		}
	}
	src, err := w.leaf(l, b)
	if err != nil {
		return err
	}
	copyBox(dst, src, b.shape(), l.src.typ.Size())
	return nil
}

// readChunks goes through the chunks that l needs for b, in C order, and puts
// the elements into dst.
func (w *worker) readChunks(l *leaf, b box, dst strided) error {
	d := len(l.axes)
	n, size := l.src, l.src.typ.Size()
	r := l.bounds(b)
	chunk, first, counts := make([]int, d), make([]int, d), make([]int, d)
	total := 1
	for k := range d {
		chunk[k] = n.grid[k].Size
		first[k] = r.lo[k] / chunk[k]
		counts[k] = (r.hi[k]-1)/chunk[k] - first[k] + 1
		total *= counts[k]
	}
	at, index := make([]int, d), make([]uint32, d)
	strides := cStrides(chunk)
	part, need := newBox(len(b.lo)), newBox(d) // of the result; of the chunk
	for i := range total {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		unravel(i, counts, at)
		copy(part.lo, b.lo)
		copy(part.hi, b.hi)
		src := strided{strides: make([]int, len(b.lo))}
		direct := true
		for k, a := range l.axes {
			c := first[k] + at[k]
			index[k] = uint32(c)
			lo, hi := c*chunk[k], (c+1)*chunk[k]
			src.off += (a.Start - lo) * strides[k]
			if a.Out < 0 {
				direct = direct && chunk[k] == 1
				need.lo[k], need.hi[k] = a.Start-lo, a.Start-lo+1
				continue
			}
			from, to := indexesIn(a, lo, hi)
			p, q := max(from, part.lo[a.Out]), min(to, part.hi[a.Out])
			x, y := a.Start+a.Step*p-lo, a.Start+a.Step*(q-1)-lo
			need.lo[k], need.hi[k] = min(x, y), max(x, y)+1
			part.lo[a.Out], part.hi[a.Out] = p, q
			src.off += a.Step * p * strides[k]
			src.strides[a.Out] = a.Step * strides[k]
			direct = direct && a.Step == 1 && q-p == chunk[k] && (chunk[k] == 1 || dst.strides[a.Out] == strides[k])
		}
		shape := part.shape()
		if count(shape) == 0 {
			continue // a step went over this chunk
		}
		to := strided{buf: dst.buf, off: dst.off, strides: dst.strides}
		for k := range shape {
			to.off += (part.lo[k] - b.lo[k]) * dst.strides[k]
		}
		if direct {
			if err := w.readInto(n.units, index, dst.buf[to.off*size:][:n.units.Bytes()]); err != nil {
				return err
			}
			continue
		}
		mark := w.mark()
		buf, err := w.chunk(n.units, index, need)
		if err != nil {
			return err
		}
		src.buf = buf
		copyBox(to, src, shape, size)
		w.release(mark)
	}
	return nil
}

// indexesIn is the range of i for which a.Start + a.Step·i is in [lo, hi).
func indexesIn(a axis, lo, hi int) (from, to int) {
	if a.Step > 0 {
		return ceilDiv(lo-a.Start, a.Step), ceilDiv(hi-a.Start, a.Step)
	}
	return floorDiv(a.Start-hi, -a.Step) + 1, floorDiv(a.Start-lo, -a.Step) + 1
}

func floorDiv(a, b int) int { return int(floorDivInt(int64(a), int64(b))) }

func ceilDiv(a, b int) int { return -floorDiv(-a, b) }

// chunk gives a decoded chunk, or a unit of one, which the caller does not change:
// at least the elements in the box need of it.
func (w *worker) chunk(u *zarr.Units, index []uint32, need box) ([]byte, error) {
	if w.cache != nil {
		return w.cache.chunk(w, u, index)
	}
	buf, err := w.alloc(u.Bytes())
	if err != nil {
		return nil, err
	}
	_, err = u.ReadPart(w.ctx, index, need.lo, need.hi, buf, w.scratch)
	return buf, err
}

// readInto decodes a chunk where it is wanted.
func (w *worker) readInto(u *zarr.Units, index []uint32, dst []byte) error {
	if w.cache != nil && w.cache.copyTo(w.ctx, u, index, dst) {
		return nil
	}
	_, err := u.Read(w.ctx, index, dst, w.scratch)
	return err
}
