package train

import (
	"context"
	"math"
	"runtime"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/ml"
	"github.com/outcore/outcore/source"
)

// reserve makes a job's one reservation and fills pool with it.
func reserve(ctx context.Context, b *memory.Budget, pool *source.Pool, what string, need int64) (func(), error) {
	if b == nil {
		return nil, errs.New(errs.Invalid, "train: no memory budget")
	}
	r, err := b.Reserve(ctx, need, what)
	if err != nil {
		return nil, err
	}
	r.Heap(need / 5 * 4) // the collector overshoots: docs/memory.md
	if pool != nil {
		pool.Fill(r)
	}
	return func() {
		if pool != nil {
			pool.Fill(nil)
		}
		r.Release()
	}, nil
}

// slabBytes is from where on a buffer is taken from the reservation.
const slabBytes = 64 << 10

// frames gives the memory of frames and batches that are copies: slabs for
// what is large, recycled Go heap for the rest, and where the reservation,
// which is an estimate, has no more.
func frames(pool *source.Pool) feature.Alloc {
	if pool == nil {
		return nil
	}
	return func(n int) ([]byte, func(), error) {
		if n >= slabBytes {
			if b, owner, err := pool.Slab(n); err == nil {
				return b, owner.Release, nil
			}
		}
		return feature.Recycled(n)
	}
}

// A shape is what a row of a job takes, in bytes.
type shape struct {
	row  int64 // as it comes
	made int64 // what the transformers make of it, all of them together
	cols int64
	rows int64 // no more than these are in the data
}

// encoded is how many columns a text column is taken to become.
const encoded = 32

// shapeOf estimates a row of ds as asm gives it and p transforms it; p may be nil.
func shapeOf(ds source.Dataset, asm *feature.Assembler, p *compose.Pipeline) shape {
	x := shape{cols: int64(len(asm.Schema().Fields)), rows: math.MaxInt64}
	var steps int64
	if p != nil {
		for _, d := range p.Declarations() {
			if spec, err := ml.Lookup(d.Step); err == nil && spec.Role == ml.Transform {
				steps++
			}
		}
	}
	if ds.Schema().Sparse {
		x.row = sparseRow(ds)
		x.made = steps * x.row
		return x
	}
	elem := int64(8)
	if asm.Single() {
		elem = 4
	}
	texts := int64(len(asm.Schema().Of(feature.Text)))
	x.row = x.cols * elem
	x.made = steps * 8 * (x.cols + (encoded-1)*texts)
	if n := ds.Rows(); n >= 0 {
		x.rows = n
	} else if x.row*ml.BlockRows > wideBlock {
		x.rows = mostRows(ds)
	}
	return x
}

// wideBlock is from what a block takes on that the data is looked at for having
// fewer rows than a block.
const wideBlock = 16 << 20

// sparseGuess is a sparse row of which nothing is known: 80 numbers.
const sparseGuess = 1 << 10

// sparseRow is the mean row of the first segment, sparse: a number as text or
// stored takes up to one and a half times as much decoded.
func sparseRow(ds source.Dataset) int64 {
	if rows, bytes, _ := firstSegment(ds); rows > 0 {
		return 16 + bytes/rows*3/2
	}
	return sparseGuess
}

// mostRows is about the most rows of ds: as many for each stored byte as the
// first segment has, and half as many again.
func mostRows(ds source.Dataset) int64 {
	rows, _, stored := firstSegment(ds)
	if rows == 0 || stored <= 0 {
		return math.MaxInt64
	}
	return rows + int64(1.5*float64(rows)*float64(size(ds))/float64(stored))
}

// firstSegment is the rows of the first segment, their bytes before they are
// decoded, and the stored bytes it stands for; zeros when they cannot be told.
// Standard input cannot be looked at twice.
func firstSegment(ds source.Dataset) (rows, bytes, stored int64) {
	if size(ds) == 0 {
		return 0, 0, 0
	}
	for s, err := range ds.Segments(context.Background(), source.Cursor{}) {
		if err != nil { // the first pass will say so
			return 0, 0, 0
		}
		defer s.Discard()
		if m, ok := s.(source.Measured); ok {
			rows, bytes = m.Extent()
		}
		return rows, bytes, s.Bytes()
	}
	return 0, 0, 0
}

// perColumn is what the names of a column take, in the schemas and maps of
// source, assembler and pipeline.
const perColumn = 200

// need is the bytes a run holds at its peak (docs/memory.md): the segments in
// flight, the batches of the pass that has the largest, and the model with the
// copy a checkpoint makes.
func (t *trainer) need(jobs int) int64 {
	x := t.shape
	learn := x.batches(jobs, batchWindow(jobs), int64(t.Batch), int64(batchWindow(jobs)), t.Holdout > 0)
	exact := x.batches(jobs, blockWindow(jobs), ml.BlockRows, int64(jobs), t.Holdout > 0)
	return streamed(t.Data, jobs, max(learn, exact)) + x.cols*(4*8+perColumn)
}

func (c *ScoreConfig) need(x shape, jobs int) int64 {
	answers := int64(0)
	if c.Pipeline.Classifier() {
		answers = int64(blockWindow(jobs)+1) * answerBytes
	}
	return streamed(c.Data, jobs, x.batches(jobs, blockWindow(jobs), ml.BlockRows, int64(jobs), c.Keep != nil)) + answers + x.cols*perColumn
}

func (c *LookConfig) need(x shape, jobs int) int64 {
	return streamed(c.Data, jobs, x.batches(jobs, blockWindow(jobs), ml.BlockRows, 0, false)) + x.cols*perColumn
}

// fewer takes workers away until a job fits the budget: they do not change its
// result, only how long it takes.
func fewer(jobs int, b *memory.Budget, need func(jobs int) int64) int {
	for jobs > 1 && b != nil && need(jobs) > b.Room() {
		jobs--
	}
	return jobs
}

// batches is the bytes of the batches of one pass: those in flight as they
// came, made of them as transformed, and, where rows are left out, the copies
// that workers are busy with.
func (x shape) batches(jobs, window int, rows, made int64, picks bool) int64 {
	hold := func(batches int64) int64 { return min(batches*rows, x.rows) }
	n := hold(int64(window))*x.row + hold(made)*x.made
	if picks {
		n += hold(int64(window)) * x.row // kept by those in flight, not only by busy workers
	}
	if rows > x.rows { // a block is all the data, and so is what is garbage of it
		n += n / 3
	}
	return n
}

// arraysOpen is what reading arrays takes beside the rows: labels, headers and
// the garbage of small rows.
const arraysOpen = 4 << 20

// streamed is the bytes of one stream: decodeWindow segments, what decompression
// holds, and the batches cut out of the segments.
func streamed(ds source.Dataset, jobs int, batches int64) int64 {
	window := int64(decodeWindow(jobs))
	switch b, text := ds.(source.Based); {
	case text: // text and rows at once only while it is parsed
		busy := int64(min(jobs, runtime.GOMAXPROCS(0)))
		return busy*ds.Cost() + (window-busy)*ds.Cost()/2 + b.Base() + batches
	case ds.Schema().Table: // of Go heap, where garbage needs room too
		return window*ds.Cost()*3/2 + batches
	}
	return window*ds.Cost() + batches + arraysOpen
}
