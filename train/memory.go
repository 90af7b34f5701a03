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

// A shape is what the rows of a job take.
type shape struct {
	row   int64 // bytes of a row as it comes, in a frame
	made  int64 // what the transformers make of it, all of them together
	cols  int64 // that come
	outs  int64 // that the learner sees
	state int64 // bytes of what steps count, such as categories
	rows  int64 // no more than these are in the data

	segment int64 // rows of a segment

	seen  int64 // rows of the first segment, 0 where it was not looked at
	text  int64 // its bytes: as text
	batch int64 // and decoded
	frame int64 // and of its frame, beside the batch
	kept  int64 // of both, while the frame lives
}

// encoded is how many columns a text column is taken to become where no sample
// could be looked at.
const encoded = 32

// shapeOf estimates a row of ds as asm gives it and p, which may be nil,
// transforms it: from the first segment, where that is text or can be looked at
// within room, else from the types of the columns. A job whose room has no place
// for a look is refused, and looks all the same where the machine has memory for
// it: so that what it says it needs is what it then asks for.
func shapeOf(ds source.Dataset, asm *feature.Assembler, p *compose.Pipeline, room int64) shape {
	x := shape{cols: int64(len(asm.Schema().Fields)), rows: math.MaxInt64}
	x.outs = x.cols
	if n := ds.Rows(); n >= 0 {
		x.rows = n
	}
	elem := int64(8)
	if asm.Single() {
		elem = 4
	}
	x.row = x.cols * elem
	if ds.Schema().Sparse {
		x.row = sparseGuess
	}
	x.made = steps(p) * 8 * (x.cols + (encoded-1)*int64(len(asm.Schema().Of(feature.Text))))
	if ds.Schema().Sparse {
		x.made = steps(p) * x.row
	}
	_, text := ds.(source.Based)
	grows := p != nil && p.Grows()
	most := max(room, machine())
	switch {
	case text, isTable(ds) && ds.Cost() < most, (grows || ds.Schema().Sparse) && 2*ds.Cost() < most:
		x.look(ds, asm, p)
	case p != nil && !ds.Schema().Sparse:
		x.rehearse(p, blank(asm))
	}
	x.segment = segmentRows(ds, x)
	return x
}

// isTable reports whether ds is a table of a repository, which does not say how
// long its texts are.
func isTable(ds source.Dataset) bool {
	_, node := ds.(source.Counted)
	return node && ds.Schema().Table
}

// segmentRows is the rows of the first segment of ds, about.
func segmentRows(ds source.Dataset, x shape) int64 {
	if x.seen > 0 {
		return x.seen
	}
	if _, node := ds.(source.Counted); node { // whose segments hold nothing until they are decoded
		for s, err := range ds.Segments(context.Background(), source.Cursor{}) {
			if m, ok := s.(source.Measured); ok && err == nil {
				rows, _ := m.Extent()
				return rows
			}
			break
		}
	}
	return ds.Cost() / max(x.row, 1)
}

// steps is how many transformers p has.
func steps(p *compose.Pipeline) (n int64) {
	if p == nil {
		return 0
	}
	for _, d := range p.Declarations() {
		if spec, err := ml.Lookup(d.Step); err == nil && spec.Role == ml.Transform {
			n++
		}
	}
	return n
}

// sparseGuess is a sparse row of which nothing is known: 80 numbers.
const sparseGuess = 1 << 10

// perColumn is what the names of a column take, in the schemas of source,
// assembler and pipeline; perModel, in a model that was read.
const (
	perColumn = 120
	perModel  = 80
	perField  = 60      // in the schema of what is transformed
	perSum    = 24 + 96 // what correlations with the target take, with the copies a checkpoint makes
)

// need is the bytes a run holds at its peak (docs/memory.md): the segments in
// flight, the batches of the pass that has the largest, what steps count, and
// the model with the copy a checkpoint makes.
func (t *trainer) need(jobs int) int64 { return t.needs(t.shape, jobs) }

// needs is the same for rows of another shape.
func (t *trainer) needs(x shape, jobs int) int64 {
	batches := x.pass(jobs, batchWindow(jobs), int64(t.Batch), batchWindow(jobs), 1-t.Holdout)
	if t.Holdout > 0 {
		batches = max(batches, x.pass(jobs, blockWindow(jobs), ml.BlockRows, jobs, t.Holdout))
	}
	if !t.Online && len(t.Pipeline.Plan()) > 1 {
		batches = max(batches, x.pass(jobs, blockWindow(jobs), ml.BlockRows, jobs, 1-t.Holdout))
	}
	// What is counted is held by the parts of the blocks in flight too, and
	// copied for a checkpoint. The look at the first rows leaves more garbage than
	// the model itself: nothing is reserved yet.
	columns := (x.cols+x.outs)/2*perColumn + x.outs*4*8
	if t.wide() {
		columns += x.cols * perSum
	}
	return max(x.streamed(t.Data, jobs, batches)+2*x.state+columns, x.model()/4*5)
}

// model is what it takes to write a model, or to read one: all that is known of
// its columns, and as much garbage.
func (x shape) model() int64 { return 2 * (x.state + max(x.cols, x.outs)*(perColumn+perModel)) }

func (c *ScoreConfig) need(x shape, jobs int) int64 {
	answers := int64(0)
	if c.Pipeline.Classifier() {
		k := int64(len(c.Pipeline.Classes()))
		answers = int64(answerWindow(jobs)+1) * min(ml.BlockRows, answerBytes/(8*max(k, 1))) * 8 * (k + 3)
	}
	batches := x.pass(jobs, answerWindow(jobs), ml.BlockRows, jobs, 1)
	batches -= min(x.segment, ml.BlockRows, x.rows) * x.row // of the next block, in a segment that the decoder's window counts
	need := x.streamed(c.Data, jobs, batches) + answers
	return max(need+x.model()/2, x.model())
}

func (c *LookConfig) need(x shape, jobs int) int64 {
	return x.streamed(c.Data, jobs, x.pass(jobs, blockWindow(jobs), ml.BlockRows, 0, 1)) + x.cols*perColumn
}

// machine is what a job may take where it is given all that the process may have.
func machine() int64 {
	limit, _ := memory.Limit()
	return limit - memory.Base
}

// room is what a job may reserve.
func room(b *memory.Budget) int64 {
	if b == nil {
		return 0
	}
	return b.Room()
}

// fewer takes workers away until a job fits the budget: they do not change its
// result, only how long it takes.
func fewer(jobs int, b *memory.Budget, need func(jobs int) int64) int {
	for jobs > 1 && b != nil && need(jobs) > b.Room() {
		jobs--
	}
	return jobs
}

// pass is the bytes of the batches of one pass: those in flight as they came,
// the copies of the share of rows that the pass uses while workers make them,
// and what is made of those rows in as many batches at once.
func (x shape) pass(jobs, window int, rows int64, made int, share float64) int64 {
	hold := func(batches int) int64 { return min(int64(batches)*rows, x.rows) }
	n := hold(window) * x.row
	if share < 1 {
		n += int64(share * float64(hold(jobs)*x.row))
	}
	n += int64(share * float64(hold(made)*x.made))
	if rows > x.rows { // a block is all the data, and so is what is garbage of it
		n += n / 3
	}
	return n
}

// arraysOpen is what reading arrays takes beside the rows: labels, headers and
// the garbage of small rows.
const arraysOpen = 3 << 20

// parsers is how many workers decode: text takes a core each, and more of them
// would hold memory only.
func parsers(ds source.Dataset, jobs int) int {
	if _, text := ds.(source.Based); text {
		return min(jobs, runtime.GOMAXPROCS(0))
	}
	return jobs
}

// streamed is the bytes of one stream: decodeWindow segments, what decompression
// holds, and the batches cut out of the segments.
func (x shape) streamed(ds source.Dataset, jobs int, batches int64) int64 {
	busy := int64(parsers(ds, jobs))
	window := int64(decodeWindow(ds, jobs))
	b, text := ds.(source.Based)
	switch {
	case text && x.text > 0: // text and rows at once only while it is parsed
		parsing := memory.SlabSize(x.text) + x.batch + x.batch/4 + x.frame
		return busy*parsing + (window-busy)*max(memory.SlabSize(x.text), x.kept) + b.Base() + batches
	case text:
		return busy*ds.Cost() + (window-busy)*ds.Cost()/2 + b.Base() + batches
	case isTable(ds) && x.batch > 0: // and a column as it is stored
		return window*(x.batch+x.batch/4+x.frame) + batches + source.NodeMemory
	case ds.Schema().Table:
		frame := x.frame
		if frame == 0 {
			frame = ds.Cost() / 4
		}
		return window*(ds.Cost()+frame) + batches + source.ParquetMemory
	}
	n := window*ds.Cost() + batches + arraysOpen
	if _, node := ds.(source.Counted); node {
		n += source.NodeMemory
	}
	return n
}
