package ndarray

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

// A nodeKind is what a node does.
type nodeKind uint8

const (
	kindLoad   nodeKind = iota // a stored array
	kindValues                 // numbers in memory
	kindFill                   // one number everywhere
	kindRange                  // start + i·step
	kindView                   // another node through axes
	kindOp                     // elementwise
	kindReduce                 // over some axes
	kindMatMul                 // of two matrices
	kindMap                    // a function of whole chunks
)

var kindNames = []string{"load", "values", "fill", "range", "view", "op", "reduce", "matmul", "map"}

// A node is one operation of a lazy array. It is immutable once built.
type node struct {
	kind  nodeKind
	typ   dtype.Type
	shape []int
	grid  grid // how tiles of it lie on the chunks it reads
	args  []*node

	op      op         // of kindOp
	weak    bool       // of kindFill: num has no type of its own
	num     scalar     // of kindFill when weak
	elem    []byte     // of kindFill: one element
	data    []byte     // of kindValues, C order
	from    [2]float64 // of kindRange: start and step; integers are exact below 2^53
	array   *zarr.Array
	units   *zarr.Units // how array is read: tiles of grid
	address string      // of its store; "" for one that is open in this process only
	axes    []axis      // of kindView: one an axis of args[0]
	reduce  *reduction  // of kindReduce
	fn      *function   // of kindMap

	err error // the first mistake; nothing else then counts
}

// An axis of what a view looks at: index start + step·i, where i is the index
// along axis out of the view; out < 0 is start alone.
type axis struct {
	Start int `json:"start"`
	Step  int `json:"step,omitempty"`
	Out   int `json:"out"`
}

// failed is a node for a mistake made by the first caller outside the package.
func failed(err error) *node { return &node{err: atCaller(err)} }

// atCaller puts file:line of the user's call before err.
func atCaller(err error) error {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		inside := strings.Contains(f.Function, "outcore/ndarray.") && !strings.HasSuffix(f.File, "_test.go")
		if !inside || !more {
			return fmt.Errorf("%s:%d: %w", filepath.Join(filepath.Base(filepath.Dir(f.File)), filepath.Base(f.File)), f.Line, err)
		}
	}
}

// firstErr is the first failed node of args.
func firstErr(args ...*node) *node {
	for _, a := range args {
		if a == nil {
			return failed(errs.New(errs.Invalid, "an array that was never made"))
		}
		if a.err != nil {
			return a
		}
	}
	return nil
}

// defaultTile is the elements of a tile of what has no chunks.
const defaultTile = 1 << 18

func newFill(t dtype.Type, elem []byte, shape []int) *node {
	return &node{kind: kindFill, typ: t, elem: elem, shape: shape, grid: unitGrid(shape, defaultTile)}
}

func newValues(t dtype.Type, data []byte, shape []int) *node {
	return &node{kind: kindValues, typ: t, data: data, shape: shape, grid: unitGrid(shape, defaultTile)}
}

// walk calls f for every node below n and n, arguments first, each once.
func (n *node) walk(f func(*node)) {
	seen := map[*node]bool{}
	var visit func(*node)
	visit = func(n *node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, a := range n.args {
			visit(a)
		}
		f(n)
	}
	visit(n)
}

// ops counts the operations below n: what is neither data nor a view of them
// counts, and slices do.
func (n *node) ops() (c int) {
	n.walk(func(m *node) {
		if m.kind >= kindView {
			c++
		}
	})
	return c
}

// broadcast is the shape two shapes have together, by NumPy's rule.
func broadcast(a, b []int) ([]int, bool) {
	if len(a) < len(b) {
		a, b = b, a
	}
	out := slices.Clone(a)
	pad := len(a) - len(b)
	for k, s := range b {
		switch {
		case out[pad+k] == s, s == 1:
		case out[pad+k] == 1:
			out[pad+k] = s
		default:
			return nil, false
		}
	}
	return out, true
}

// joinGrids is the grid of an operation on args: that of the one with the most
// bytes to read, and for the axes along which it is repeated, of the next.
func joinGrids(shape []int, args []*node) grid {
	order := slices.Clone(args)
	slices.SortStableFunc(order, func(a, b *node) int {
		if d := a.weight() - b.weight(); d != 0 {
			return -d
		}
		return 0
	})
	g := make(grid, len(shape))
	for _, a := range order {
		pad := len(shape) - len(a.shape)
		for k, s := range a.shape {
			if g[pad+k].Size == 0 && (s != 1 || shape[pad+k] == 1) {
				g[pad+k] = a.grid[k]
			}
		}
	}
	for k := range g {
		if g[k].Size == 0 {
			g[k] = axisGrid{max(1, shape[k]), max(1, shape[k])}
		}
	}
	return g
}

// weight says how much a node's chunks matter for how its reader is cut.
func (n *node) weight() int {
	w := min(count(n.shape), 1<<40) * n.typ.Size()
	switch n.kind {
	case kindFill, kindRange:
		return 0
	case kindValues:
		return w >> 10
	}
	return w
}

// shapeText prints a shape as Python does.
func shapeText(shape []int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, s := range shape {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, s)
	}
	if len(shape) == 1 {
		b.WriteByte(',')
	}
	b.WriteByte(')')
	return b.String()
}
