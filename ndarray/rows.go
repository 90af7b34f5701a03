package ndarray

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/outcore/outcore/task"
)

// A RowBlock is neighbouring rows of an array: its indexes First to First +
// Shape[0] along the first axis, whole along the others. It is the receiver's.
type RowBlock struct {
	First int
	*Values
}

// Rows computes a a few rows at a time and gives them in order, for arrays that
// are larger than memory: about rowElems elements, and a row at least. A slow
// loop body holds the computation back, leaving the loop ends it. An array of
// shape () is one block.
func (a Any) Rows(ctx context.Context, run task.Runner, opts ...RunOption) iter.Seq2[RowBlock, error] {
	return func(yield func(RowBlock, error) bool) {
		if err := a.Err(); err != nil {
			yield(RowBlock{}, err)
			return
		}
		err := eachRows(ctx, run, a.n, newConfig(opts), func(b RowBlock) error {
			if !yield(b, nil) {
				return errLeft
			}
			return nil
		})
		if err != nil && !errors.Is(err, errLeft) {
			yield(RowBlock{}, err)
		}
	}
}

// errLeft ends a run whose receiver has left the loop.
var errLeft = errors.New("the caller has left the loop")

// rowElems is about how many elements a block of rows has; small in tests.
var rowElems = 1 << 20

func eachRows(ctx context.Context, run task.Runner, n *node, c *runConfig, each func(RowBlock) error) error {
	n, err := settle(ctx, run, n, c)
	if err != nil {
		return err
	}
	if len(n.shape) == 0 || count(n.shape) == 0 {
		v, err := computeNode(ctx, run, n, c)
		if err != nil {
			return err
		}
		return each(RowBlock{Values: v})
	}
	g := wholeGrid(n.shape)
	g[0] = rowGrid(n.grid[0], max(1, rowElems/count(n.shape[1:])))
	j := newJob("rows", n, g)
	j.group = 1
	size := n.typ.Size()
	j.bytes += int64(count(g.largest(n.shape)) * size)
	j.use(c)
	if _, err := c.hold(ctx, 0, j.bytes, ""); err != nil {
		return err
	}
	var mu sync.Mutex
	blocks := map[int64]RowBlock{}
	do := func(ctx context.Context, i int64) (none, error) {
		var block RowBlock
		err := j.evalTiles(ctx, i, func(b box) strided {
			shape := b.shape()
			block = RowBlock{b.lo[0], &Values{Type: n.typ, Shape: shape, Data: make([]byte, count(shape)*size)}}
			return strided{buf: block.Data, strides: cStrides(shape)}
		})
		mu.Lock()
		blocks[i] = block
		mu.Unlock()
		return none{}, err
	}
	return runTasks(ctx, run, c, j, j.tasks(), do, func(i int64, _ none) error {
		mu.Lock()
		block := blocks[i]
		delete(blocks, i)
		mu.Unlock()
		return each(block)
	})
}

// rowGrid cuts an axis into tiles of about want, whole chunks where they are
// smaller.
func rowGrid(g axisGrid, want int) axisGrid {
	if want >= g.Size {
		return g.coarsen(want / g.Size)
	}
	return axisGrid{min(want, g.First), want}
}
