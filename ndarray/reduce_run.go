package ndarray

import (
	"context"
	"slices"
	"sync"

	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/task"
)

// A reduceJob is a reduction cut into tasks: every tile of the result times
// every part of what is reduced. A part is some tiles of the argument, in C
// order of their places along the reduced axes. The cut follows from shape and
// chunks alone.
type reduceJob struct {
	*job
	r        *reduction
	mask     []bool
	kept     []int // tiles along the axes that stay, 1 along the others
	over     []int // tiles along the reduced axes, 1 along the others
	part     int   // tiles a part
	parts    int
	outTiles int
}

// partElems is about how many elements of the argument a part has, and
// partRatio how many times the outputs at least, as parts are merged.
const partRatio = 16

var partElems = 4 << 20 // small in tests

// newReduceJob cuts a reduction whose state takes state bytes an output.
func newReduceJob(arg *node, r *reduction, state int) *reduceJob {
	g := reduceGrid(arg)
	j := &reduceJob{job: newJob("reduce", arg, g), r: r, mask: r.mask(len(arg.shape))}
	j.group = 1
	j.estimate(false)
	j.kept, j.over = slices.Clone(j.tiles), slices.Clone(j.tiles)
	outs := 1
	tile := g.largest(arg.shape)
	for k, reduced := range j.mask {
		if reduced {
			j.kept[k] = 1
		} else {
			j.over[k] = 1
			outs *= tile[k]
		}
	}
	j.outTiles = count(j.kept)
	overTiles := max(1, count(j.over))
	elems := max(1, count(tile))
	j.part = max(1, partElems/elems, partRatio*outs/elems)
	j.parts = (overTiles + j.part - 1) / j.part
	j.bytes += 2*int64(outs*state) + panelBytes(j.prog)
	j.cpu *= float64(j.part)
	return j
}

func panelBytes(p *program) int64 {
	return memory.SlabSize(int64(pairwise * momentCols * p.typ().Size()))
}

// outBox is the box of the argument whose kept axes make output tile o.
func (j *reduceJob) outBox(o int) box {
	at := make([]int, len(j.kept))
	unravel(o, j.kept, at)
	b := newBox(len(at))
	for k, reduced := range j.mask {
		if !reduced {
			b.lo[k], b.hi[k] = j.grid[k].span(at[k], j.prog.root.shape[k])
		} else {
			b.hi[k] = 1
		}
	}
	return b
}

// outPlace is where output tile o stands in an array of the kept axes.
func (j *reduceJob) outPlace(o int, strides []int) (dst strided, shape []int) {
	b := j.outBox(o)
	dst.strides = strides
	for k, reduced := range j.mask {
		if !reduced {
			dst.off += b.lo[k] * strides[len(shape)]
			shape = append(shape, b.hi[k]-b.lo[k])
		}
	}
	return dst, shape
}

// accumulate reduces part p of output tile o into acc.
func (j *reduceJob) accumulate(ctx context.Context, o, p int, acc accumulator) error {
	w := newWorker(ctx, j.cache)
	defer w.close()
	out := j.outBox(o)
	at := make([]int, len(j.over))
	shape := j.prog.root.shape
	total := count(j.over)
	for t := p * j.part; t < min((p+1)*j.part, total); t++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		unravel(t, j.over, at)
		b := newBox(len(at))
		for k, reduced := range j.mask {
			if reduced {
				b.lo[k], b.hi[k] = j.grid[k].span(at[k], shape[k])
			} else {
				b.lo[k], b.hi[k] = out.lo[k], out.hi[k]
			}
		}
		if err := j.tile(w, b, acc); err != nil {
			return err
		}
		w.release(0)
	}
	return nil
}

// A span is neighbouring axes of a tile that are all reduced, or all kept.
type span struct {
	n       int
	reduced bool
	out     int   // distance of outputs along it, 0 when reduced
	pos     int64 // distance of places in the reduction along it
}

// spans joins the axes of the tile b. For a reduction that asks where, only the
// axes themselves: places along two axes do not follow each other in a tile.
func (j *reduceJob) spans(b box) (spans []span, pos int64) {
	shape := b.shape()
	place := j.r.Op == redArgMin || j.r.Op == redArgMax
	spans = make([]span, len(shape))
	out, dist := 1, int64(1)
	for k := len(shape) - 1; k >= 0; k-- {
		spans[k] = span{n: shape[k], reduced: j.mask[k]}
		if j.mask[k] {
			spans[k].pos = dist
			pos += int64(b.lo[k]) * dist
			dist *= int64(j.prog.root.shape[k])
		} else {
			spans[k].out = out
			out *= shape[k]
		}
	}
	joined := spans[:0]
	for _, s := range spans {
		last := len(joined) - 1
		switch {
		case s.n == 1:
			continue
		case last >= 0 && joined[last].reduced == s.reduced && (!place || !s.reduced):
			joined[last].n *= s.n
			joined[last].out, joined[last].pos = s.out, s.pos
		default:
			joined = append(joined, s)
		}
	}
	return joined, pos
}

// tile reduces the tile b.
func (j *reduceJob) tile(w *worker, b box, acc accumulator) error {
	f, err := w.frame(j.prog, b)
	if err != nil {
		return err
	}
	spans, pos := j.spans(b)
	if len(spans) == 0 || spans[len(spans)-1].reduced {
		return j.runs(f, spans, count(b.shape()), pos, acc)
	}
	return j.panels(w, f, spans, pos, acc)
}

// runs reduces a tile whose last span is reduced.
func (j *reduceJob) runs(f *frame, spans []span, n int, pos int64, acc accumulator) error {
	run, step := 1, int64(1)
	if len(spans) > 0 {
		run, step = spans[len(spans)-1].n, spans[len(spans)-1].pos
		spans = spans[:len(spans)-1]
	}
	size := j.prog.typ().Size()
	var at [maxDims]int
	out, done := 0, 0 // of the run; elements of it that are taken
	for p := 0; p < n; p += blockLen {
		m := min(blockLen, n-p)
		x, err := f.block(nil, p, m)
		if err != nil {
			return err
		}
		for len(x) > 0 {
			k := min(run-done, len(x)/size)
			acc.run(out, x[:k*size], pos+int64(done)*step, step)
			x = x[k*size:]
			if done += k; done < run {
				continue
			}
			done = 0
			for i := len(spans) - 1; i >= 0; i-- {
				at[i]++
				out += spans[i].out
				pos += spans[i].pos
				if at[i] < spans[i].n {
					break
				}
				out -= spans[i].n * spans[i].out
				pos -= int64(spans[i].n) * spans[i].pos
				at[i] = 0
			}
		}
	}
	return nil
}

// panels reduces a tile whose last span is kept.
func (j *reduceJob) panels(w *worker, f *frame, spans []span, pos int64, acc accumulator) error {
	cols, rows, step := spans[len(spans)-1].n, 1, int64(0)
	spans = spans[:len(spans)-1]
	if last := len(spans) - 1; last >= 0 {
		rows, step = spans[last].n, spans[last].pos
		spans = spans[:last]
	}
	size := j.prog.typ().Size()
	direct := len(j.prog.steps) == 0 && len(f.ops) == 1 && f.ops[0].flat
	var panel []byte
	if !direct {
		var err error
		if panel, err = w.alloc(pairwise * momentCols * size); err != nil {
			return err
		}
	}
	var at [maxDims]int
	out := 0
	for p := 0; ; p += rows * cols {
		if direct {
			acc.panel(out, f.ops[0].block(nil, p, rows*cols), rows, cols, cols, pos, step)
		} else if err := evalPanels(f, panel, p, rows, cols, size, func(x []byte, r, c, nr, nc int) {
			acc.panel(out+c, x, nr, nc, nc, pos+int64(r)*step, step)
		}); err != nil {
			return err
		}
		i := len(spans) - 1
		for ; i >= 0; i-- {
			at[i]++
			out += spans[i].out
			pos += spans[i].pos
			if at[i] < spans[i].n {
				break
			}
			out -= spans[i].n * spans[i].out
			pos -= int64(spans[i].n) * spans[i].pos
			at[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// evalPanels evaluates rows×cols elements from element p of the tile on in
// panels of up to 128 rows, the rows of each column in order.
func evalPanels(f *frame, panel []byte, p, rows, cols, size int, each func(x []byte, r, c, nr, nc int)) error {
	for r := 0; r < rows; r += pairwise {
		nr := min(pairwise, rows-r)
		for c := 0; c < cols; c += momentCols {
			nc := min(momentCols, cols-c)
			for i := range nr {
				if _, err := f.block(panel[i*nc*size:(i+1)*nc*size], p+(r+i)*cols+c, nc); err != nil {
					return err
				}
			}
			each(panel[:nr*nc*size], r, c, nr, nc)
		}
	}
	return nil
}

// computeReduce runs a reduction and gives its values.
func computeReduce(ctx context.Context, run task.Runner, n *node, c *runConfig) (*Values, error) {
	arg, err := settle(ctx, run, n.args[0], c)
	if err != nil {
		return nil, err
	}
	p := newPass(arg, n.reduce)
	bytes := int64(count(n.shape) * n.typ.Size())
	release, err := c.hold(ctx, bytes, newReduceJob(arg, p.r, p.state).bytes, "the result of "+string(p.r.Op))
	if err != nil {
		return nil, err
	}
	defer release()
	v := &Values{Type: n.typ, Shape: slices.Clone(n.shape), Data: make([]byte, bytes)}
	err = p.run(ctx, run, c, func(_ int, elems int64, dst strided, shape []int, acc accumulator) error {
		dst.buf = v.Data
		tmp := make([]byte, count(shape)*n.typ.Size())
		acc.finish(tmp, elems)
		copyBox(dst, strided{buf: tmp, strides: cStrides(shape)}, shape, n.typ.Size())
		return nil
	})
	return v, err
}

// A pass is one reduction over the data, with the state it keeps.
type pass struct {
	arg   *node // settled
	r     *reduction
	state int                                 // bytes an output
	plain bool                                // the state is an accumulator's of r
	make  func(tile, outputs int) accumulator // of one tile of the result
}

// newPass is the pass of r.
func newPass(arg *node, r *reduction) *pass {
	return &pass{arg, r, accBytes(r, arg.typ.Size()), true, func(_, outputs int) accumulator { return newAccumulator(r, arg.typ, outputs) }}
}

// run reduces and gives the state of each tile of the result to put: how many
// elements went into each output, and where the outputs stand in an array of
// the axes that are kept.
func (p *pass) run(ctx context.Context, run task.Runner, c *runConfig, put func(tile int, elems int64, dst strided, shape []int, acc accumulator) error) error {
	arg := p.arg
	j := newReduceJob(arg, p.r, p.state)
	j.use(c)
	if _, err := c.hold(ctx, 0, j.bytes, ""); err != nil {
		return err
	}
	elems, outShape := int64(1), []int{}
	for k, s := range arg.shape {
		if j.mask[k] {
			elems *= int64(s)
		} else {
			outShape = append(outShape, s)
		}
	}
	strides := cStrides(outShape)
	finish := func(o int, acc accumulator) error {
		dst, shape := j.outPlace(o, strides)
		return put(o, elems, dst, shape, acc)
	}
	outputs := func(o int) int { return count(j.outBox(o).shape()) }
	if elems == 0 || count(arg.shape) == 0 {
		for o := range j.outTiles {
			if err := finish(o, p.make(o, outputs(o))); err != nil {
				return err
			}
		}
		return nil
	}
	var sum accumulator
	tasks := int64(j.outTiles) * int64(j.parts)
	// put a partial state into the sum; they come in order.
	add := func(i int64, acc accumulator) error {
		if int(i)%j.parts == 0 {
			sum = acc
		} else {
			sum.merge(acc)
		}
		if int(i)%j.parts == j.parts-1 {
			return finish(int(i)/j.parts, sum)
		}
		return nil
	}
	if p.plain && p.state*outputs(0) <= tileBytes {
		if plan, why := portable(arg); why == "" {
			in := reduceArgs{Plan: plan, Reduce: *p.r, Need: j.need()}
			return runOp(ctx, run, c, reduceOpTask, j.what, tasks, in, func(i int64, state []byte) error {
				o := int(i) / j.parts
				acc := p.make(o, outputs(o))
				if err := unpack(acc, state); err != nil {
					return err
				}
				return add(i, acc)
			})
		}
	}
	// Partial states go from the task to here through memory, and are merged in
	// order; few are there at a time, since tasks finish nearly in order.
	var mu sync.Mutex
	partial := map[int64]accumulator{}
	do := func(ctx context.Context, i int64) (none, error) {
		o := int(i) / j.parts
		acc := p.make(o, outputs(o))
		if err := j.accumulate(ctx, o, int(i)%j.parts, acc); err != nil {
			return none{}, err
		}
		mu.Lock()
		partial[i] = acc
		mu.Unlock()
		return none{}, nil
	}
	return runTasks(ctx, run, c, j.job, tasks, do, func(i int64, _ none) error {
		mu.Lock()
		acc := partial[i]
		delete(partial, i)
		mu.Unlock()
		return add(i, acc)
	})
}
