package ndarray

import (
	"context"
	"math"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/task"
	"github.com/outcore/outcore/zarr"
)

// Save writes a into a new array at path of a store, chunk by chunk;
// errs.Exists when there is a node. What was written before an error stays in
// the store: a session is dropped.
func (a Any) Save(ctx context.Context, run task.Runner, s zarr.Store, path string, opts ...RunOption) error {
	if err := a.Err(); err != nil {
		return err
	}
	c := newConfig(opts)
	m := c.meta
	if m.Chunks == nil && len(a.n.shape) > 0 {
		m.Chunks = chunksFor(a.n)
	}
	meta, err := zarr.NewMeta(unsigned(a.n.shape), zarr.NumberType(a.n.typ), m)
	if err != nil {
		return err
	}
	array, err := zarr.CreateArray(ctx, s, storePath(path), meta)
	if err != nil {
		return err
	}
	return assign(ctx, run, array, nil, a.n, c)
}

// Save writes a into a new array at path of a store; see Any.Save.
func (a Array[T]) Save(ctx context.Context, run task.Runner, s zarr.Store, path string, opts ...RunOption) error {
	return a.Any().Save(ctx, run, s, path, opts...)
}

// The bytes of a chunk that Save takes over from what it reads.
const minChunk, maxChunk = 64 << 10, 64 << 20

// chunksFor is the chunks of n's sources, where they are neither tiny nor huge.
func chunksFor(n *node) []uint64 {
	var chunks []uint64
	elems := n.typ.Size()
	for k, g := range n.grid {
		c := max(1, min(g.Size, n.shape[k]))
		elems *= c
		chunks = append(chunks, uint64(c))
	}
	if elems > maxChunk || elems < minChunk && count(n.shape)*n.typ.Size() > elems {
		return nil
	}
	return chunks
}

func unsigned(shape []int) []uint64 {
	out := make([]uint64, len(shape))
	for k, s := range shape {
		out[k] = uint64(s)
	}
	return out
}

// Assign writes value (an Any, an Array or a number, broadcast and cast) into a
// part of a stored array, all of it when index is empty. Chunks that are only
// partly covered are read first. A value that reads the array itself must read
// each element where it is written.
func Assign(ctx context.Context, run task.Runner, s zarr.Store, path string, index []Index, value any, opts ...RunOption) error {
	n := operandOf(value)
	if f := firstErr(n); f != nil {
		return f.err
	}
	array, err := zarr.OpenArray(ctx, s, storePath(path))
	if err != nil {
		return err
	}
	return assign(ctx, run, array, index, n, newConfig(opts))
}

// AssignChunks is the number of chunks that Assign writes for index.
func AssignChunks(ctx context.Context, s zarr.Store, path string, index []Index) (int64, error) {
	array, err := zarr.OpenArray(ctx, s, storePath(path))
	if err != nil {
		return 0, err
	}
	t, err := newTarget(array, index)
	if err != nil {
		return 0, err
	}
	return t.total(), nil
}

// Append makes the array longer along axis and writes value there, whose other
// axes must have the array's lengths.
func Append(ctx context.Context, run task.Runner, s zarr.Store, path string, axis int, value any, opts ...RunOption) error {
	n := operandOf(value)
	if f := firstErr(n); f != nil {
		return f.err
	}
	array, err := zarr.OpenArray(ctx, s, storePath(path))
	if err != nil {
		return err
	}
	old := array.Meta().Shape
	k, err := normalAxes([]int{axis}, len(old))
	if err != nil {
		return err
	}
	if len(n.shape) != len(old) {
		return errs.New(errs.Shape, "append of shape %s to an array of shape %v", shapeText(n.shape), old)
	}
	shape := slices.Clone(old)
	index := make([]Index, len(old))
	for i := range index {
		index[i] = All
		if i != k[0] && uint64(n.shape[i]) != old[i] {
			return errs.New(errs.Shape, "append of shape %s to an array of shape %v along axis %d", shapeText(n.shape), old, k[0])
		}
	}
	grown := old[k[0]] + uint64(n.shape[k[0]])
	if grown < old[k[0]] || grown > math.MaxInt>>1 {
		return errs.New(errs.Shape, "append of %d to an axis of %d", n.shape[k[0]], old[k[0]])
	}
	shape[k[0]] = grown
	index[k[0]] = From(int(old[k[0]]))
	if err := array.Resize(ctx, shape); err != nil {
		return err
	}
	if n.shape[k[0]] == 0 {
		return nil
	}
	return assign(ctx, run, array, index, n, newConfig(opts))
}

// Resize changes the shape of a stored array; what is new is fill value.
func Resize(ctx context.Context, s zarr.Store, path string, shape ...int) error {
	array, err := zarr.OpenArray(ctx, s, storePath(path))
	if err != nil {
		return err
	}
	for _, n := range shape {
		if n < 0 {
			return errs.New(errs.Shape, "shape %s, expected no negative lengths", shapeText(shape))
		}
	}
	return array.Resize(ctx, unsigned(shape))
}

// A target is a part of a stored array, and the chunks it lies in.
type target struct {
	array *zarr.Array
	load  *node  // the array as it is read
	axes  []axis // the part, as a view
	shape []int  // of the part
	first []int  // chunk along each axis
	tiles []int  // chunks along each axis
}

func newTarget(array *zarr.Array, index []Index) (*target, error) {
	load, err := newWholeLoad(array)
	if err != nil {
		return nil, err
	}
	axes, shape, err := resolve(index, load.shape)
	if err != nil {
		return nil, err
	}
	return targetOf(array, axes, shape)
}

// targetOf is the part of array that axes show, of the given shape.
func targetOf(array *zarr.Array, axes []axis, shape []int) (*target, error) {
	load, err := newWholeLoad(array)
	if err != nil {
		return nil, err
	}
	if len(axes) != len(load.shape) {
		return nil, errs.New(errs.Shape, "a part of %d axes of array %s of shape %s", len(axes), array.Path(), shapeText(load.shape))
	}
	t := &target{array: array, load: load, axes: axes, shape: shape}
	t.first, t.tiles = make([]int, len(load.shape)), make([]int, len(load.shape))
	whole := newBox(len(t.shape))
	copy(whole.hi, t.shape)
	if count(t.shape) == 0 {
		return t, nil
	}
	b := (&leaf{src: load, axes: t.axes}).bounds(whole)
	for k := range t.first {
		c := load.grid[k].Size
		t.first[k] = b.lo[k] / c
		t.tiles[k] = (b.hi[k]-1)/c - t.first[k] + 1
	}
	return t, nil
}

// whole reports a part that is all of the array, so that nothing need be read.
func (t *target) whole() bool { return identity(t.axes) && slices.Equal(t.shape, t.load.shape) }

// total is the number of chunks.
func (t *target) total() int64 {
	if count(t.shape) == 0 {
		return 0
	}
	n := int64(1)
	for _, c := range t.tiles {
		n *= int64(c)
	}
	return n
}

// grid is how the part is cut by the array's chunks.
func (t *target) grid() grid { return viewGrid(t.load, t.axes, t.shape) }

// assign writes n into the part of array that index takes.
func assign(ctx context.Context, run task.Runner, array *zarr.Array, index []Index, n *node, c *runConfig) error {
	t, err := newTarget(array, index)
	if err != nil {
		return err
	}
	// What cannot be done is refused before reductions are computed.
	if _, _, err := t.job(ctx, planned(n), c); err != nil {
		return err
	}
	from, to := int64(0), t.total()
	if c.to >= 0 {
		from, to = min(c.from, to), min(c.to, to)
	}
	if from >= to {
		return nil
	}
	if n, err = settle(ctx, run, n, c); err != nil {
		return err
	}
	j, n, err := t.job(ctx, n, c)
	if err != nil {
		return err
	}
	tasks := (to - from + int64(j.group) - 1) / int64(j.group)
	if stager := stagerOf(array.Store()); stager != nil && tasks > 0 {
		address, current := stager.StageAddress()
		if plan, why := portable(n); why == "" && (current || t.whole()) {
			j.group = min(j.group, max(1, stagedMost(len(t.tiles), array.ChunkBytes())))
			tasks = (to - from + int64(j.group) - 1) / int64(j.group)
			doc, err := array.Meta().Marshal()
			if err != nil {
				return err
			}
			in := writeArgs{Plan: plan, Address: address, Path: array.Path(), Doc: doc, Axes: t.axes, From: from, To: to, Group: j.group, Need: j.need()}
			return runOp(ctx, run, c, writeOp, j.what, tasks, in, func(_ int64, done []staged) error {
				return takeIn(ctx, stager, array.Path(), done)
			})
		}
	}
	do := func(ctx context.Context, i int64) (none, error) {
		lo := from + i*int64(j.group)
		return none{}, t.write(ctx, j, lo, min(to, lo+int64(j.group)))
	}
	return runTasks(ctx, run, c, j, tasks, do, ignore)
}

// job is what writes n into t, with n as it is evaluated: broadcast and cast.
func (t *target) job(ctx context.Context, n *node, c *runConfig) (*job, *node, error) {
	n = broadcastTo(castTo(n, t.load.typ), t.shape)
	if n.err != nil {
		return nil, nil, n.err
	}
	j := &job{what: "save", prog: compile(n), grid: t.grid(), tiles: t.tiles}
	j.use(c)
	if err := t.check(j.prog); err != nil {
		return nil, nil, err
	}
	chunk := t.array.ChunkBytes()
	j.group = max(1, taskElems*4/max(1, chunk))
	j.estimate(true)
	j.bytes += memory.SlabSize(int64(chunk)) + int64(t.array.ScratchBytes())*5/4
	_, err := c.hold(ctx, 0, j.bytes, "")
	return j, n, err
}

// check reports a program that reads elements which another of its tasks may
// have written by then.
func (t *target) check(p *program) error {
	for i := range p.leaves {
		l := &p.leaves[i]
		clash := l.src.kind == kindLoad && t.clashes(l)
		for _, sub := range l.sub {
			if l.src.kind == kindMap && len(sub.leaves) == 1 && identity(l.axes) {
				clash = clash || sub.leaves[0].src.kind == kindLoad && t.clashes(&sub.leaves[0])
			} else {
				clash = clash || t.check(sub) != nil || t.reads(sub)
			}
		}
		if clash {
			return errs.New(errs.Unsupported, "the value reads other elements of %s than it writes", t.array.Path()).
				WithFix("Save it to another array first")
		}
	}
	return nil
}

// reads reports a program that reads the array at all.
func (t *target) reads(p *program) bool {
	return slices.ContainsFunc(p.leaves, func(l leaf) bool {
		return l.src.kind == kindLoad && t.holds(l.src) || slices.ContainsFunc(l.sub, t.reads)
	})
}

// holds reports whether n loads the array, which may have had another shape.
func (t *target) holds(n *node) bool {
	return n.array.Store() == t.array.Store() && n.array.Path() == t.array.Path()
}

// clashes reports a leaf that reads what is written, and not each element where
// it is written.
func (t *target) clashes(l *leaf) bool {
	if !t.holds(l.src) || slices.Equal(l.axes, t.axes) || count(t.shape) == 0 {
		return false
	}
	whole := newBox(len(t.shape))
	copy(whole.hi, t.shape)
	read, written := l.bounds(whole), (&leaf{src: t.load, axes: t.axes}).bounds(whole)
	for k := range read.lo {
		if read.hi[k] <= written.lo[k] || written.hi[k] <= read.lo[k] {
			return false
		}
	}
	return true
}

// write evaluates and writes the chunks from ≤ i < to of t.
func (t *target) write(ctx context.Context, j *job, from, to int64) error {
	w := newWorker(ctx, j.cache)
	defer w.close()
	d := len(t.axes)
	at, index := make([]int, d), make([]uint32, d)
	chunk := make([]int, d)
	for k := range chunk {
		chunk[k] = t.load.grid[k].Size
	}
	strides := cStrides(chunk)
	var buf []byte // taken when the first chunk needs it
	b := newBox(len(t.shape))
	for i := from; i < to; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		unravel(int(i), t.tiles, at)
		copy(b.hi, t.shape)
		clear(b.lo)
		dst := strided{strides: make([]int, len(t.shape))}
		whole, full, empty := true, true, false // of what is inside the array; of the chunk
		for k, a := range t.axes {
			c := t.first[k] + at[k]
			index[k] = uint32(c)
			lo, hi := c*chunk[k], min((c+1)*chunk[k], t.load.shape[k])
			dst.off += (a.Start - lo) * strides[k]
			taken := 1
			if a.Out >= 0 {
				p, q := indexesIn(a, lo, hi)
				p, q = max(p, 0), min(q, t.shape[a.Out])
				b.lo[a.Out], b.hi[a.Out] = p, q
				dst.off += a.Step * p * strides[k]
				dst.strides[a.Out] = a.Step * strides[k]
				taken = q - p
			}
			whole = whole && taken == hi-lo
			full = full && hi-lo == chunk[k]
			empty = empty || taken <= 0
		}
		if empty {
			continue
		}
		if whole && full {
			if data := t.asItIs(j.prog, b, dst); data != nil {
				if err := t.array.Write(ctx, index, data, w.scratch); err != nil {
					return err
				}
				continue
			}
		}
		if buf == nil {
			var err error
			if buf, err = w.alloc(t.array.ChunkBytes()); err != nil {
				return err
			}
		}
		dst.buf = buf
		switch {
		case !whole:
			if _, err := t.array.Read(ctx, index, buf, w.scratch); err != nil {
				return err
			}
		case !full:
			t.array.Fill(buf)
		}
		if err := w.eval(j.prog, b, dst); err != nil {
			return err
		}
		if err := t.array.Write(ctx, index, buf, w.scratch); err != nil {
			return err
		}
	}
	return nil
}

// asItIs gives the elements of b that go to dst, all of a chunk, when they lie in
// memory already as the chunk has them; else nil.
func (t *target) asItIs(p *program, b box, dst strided) []byte {
	if len(p.steps) > 0 || len(p.leaves) != 1 || p.leaves[0].src.kind != kindValues {
		return nil
	}
	l := &p.leaves[0]
	shape := b.shape()
	src := through(l, b, strided{buf: l.src.data}, make([]int, len(l.src.shape)), l.src.shape)
	if dst.off != 0 || !contiguous(shape, dst.strides) || !contiguous(shape, src.strides) {
		return nil
	}
	size := l.src.typ.Size()
	return src.buf[src.off*size:][:count(shape)*size]
}
