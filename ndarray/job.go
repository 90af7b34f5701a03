package ndarray

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/task"
)

// A job is a program and how its result is cut into tasks.
type job struct {
	what  string
	prog  *program
	grid  grid
	tiles []int // along each axis
	group int   // tiles a task
	bytes int64 // most that a task holds
	cpu   float64
	cache *Cache
}

// taskElems is about how many elements make a task worth its overhead. Tests
// make it small, to have many tasks.
var taskElems = 1 << 18

// newJob cuts n along g, small tiles joined to tasks.
func newJob(what string, n *node, g grid) *job {
	j := &job{what: what, prog: compile(n), grid: g, tiles: g.counts(n.shape)}
	per := max(1, count(g.largest(n.shape)))
	j.group = max(1, taskElems/per)
	j.estimate(true)
	return j
}

// use takes the cache of a run where chunks are read more than once.
func (j *job) use(c *runConfig) {
	if c.cache != nil && j.readsAgain() {
		j.cache = c.cache
	}
}

// total is the number of tiles.
func (j *job) total() int64 {
	n := int64(1)
	for _, t := range j.tiles {
		n *= int64(t)
	}
	return n
}

// tasks is the number of tasks.
func (j *job) tasks() int64 { return (j.total() + int64(j.group) - 1) / int64(j.group) }

// each calls f with the boxes of task i.
func (j *job) each(i int64, f func(b box) error) error {
	index := make([]int, len(j.tiles))
	for t := i * int64(j.group); t < min((i+1)*int64(j.group), j.total()); t++ {
		unravel(int(t), j.tiles, index)
		if err := f(j.grid.tile(index, j.prog.root.shape)); err != nil {
			return err
		}
	}
	return nil
}

// estimate predicts what a task takes; see need.
func (j *job) estimate(copied bool) {
	tile := j.grid.largest(j.prog.root.shape)
	j.bytes = j.prog.need(tile, j.grid, copied) + 64<<10
	// A guess: decoding at 1 GB/s and 1 ns an operation and element.
	elems := float64(count(tile)) * float64(j.group)
	j.cpu = elems * 1e-9 * float64(len(j.prog.steps)+j.prog.typ().Size())
}

// need is what evaluating p over a tile takes: buffers of leaves, blocks, and
// what decoders hold. What is only copied needs no buffers of its own.
func (p *program) need(tile []int, g grid, copied bool) int64 {
	var sum, scratch int64
	copied = copied && len(p.steps) == 0 && len(p.leaves) == 1
	if !copied {
		sum = memory.SlabSize(int64(p.frameBytes()))
	}
	for i := range p.leaves {
		l := &p.leaves[i]
		size := int64(l.src.typ.Size())
		switch l.src.kind {
		case kindValues:
		case kindLoad:
			chunk := memory.SlabSize(int64(l.src.units.Bytes()))
			scratch = max(scratch, int64(l.src.units.ScratchBytes()))
			sum += chunk
			if !copied && !l.inOneChunk(g) {
				n := size
				for _, a := range l.axes {
					if a.Out >= 0 {
						n *= int64(tile[a.Out])
					}
				}
				sum += memory.SlabSize(n)
			}
		case kindRange:
			sum += memory.SlabSize(size * int64(count(tile)))
		default:
			sum += l.regionNeed(tile, g)
		}
	}
	return sum + scratch*5/4
}

// inOneChunk reports whether no tile needs two chunks of l.
func (l *leaf) inOneChunk(g grid) bool {
	for k, a := range l.axes {
		if a.Out < 0 {
			continue
		}
		n, c := l.extent(k), l.src.grid[k].Size
		tiles := g[a.Out].tiles(n)
		for i := range min(tiles, 256) { // borders repeat long before
			lo, hi := g[a.Out].span(i, n)
			if (a.Start+a.Step*lo)/c != (a.Start+a.Step*(hi-1))/c {
				return false
			}
		}
	}
	return true
}

// extent is the length of the axis of the view that shows axis k, as far as it
// stays inside l.src.
func (l *leaf) extent(k int) int {
	a, n := l.axes[k], l.src.shape[k]
	if a.Step > 0 {
		return (n-1-a.Start)/a.Step + 1
	}
	return a.Start/-a.Step + 1
}

// collect gives results to each in the order of their numbers.
func collect[Out any](seq iter.Seq2[task.Result, error], each func(int64, Out) error) error {
	next := int64(0)
	early := map[int64]json.RawMessage{}
	for r, err := range seq {
		if err != nil {
			return err
		}
		early[r.Index] = r.Value
		for v, ok := early[next]; ok; v, ok = early[next] {
			delete(early, next)
			var out Out
			if err := json.Unmarshal(v, &out); err != nil {
				return errs.New(errs.Invalid, "result of task %s: %w", r.ID, err)
			}
			if err := each(next, out); err != nil {
				return err
			}
			next++
		}
	}
	return nil
}

// none is the result of a task that wrote what it made.
type none struct{}

func ignore(int64, none) error { return nil }

// evalTiles evaluates the tiles of task i, dst saying where each goes.
func (j *job) evalTiles(ctx context.Context, i int64, dst func(b box) strided) error {
	w := newWorker(ctx, j.cache)
	defer w.close()
	return j.each(i, func(b box) error { return w.eval(j.prog, b, dst(b)) })
}
