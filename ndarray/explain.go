package ndarray

import (
	"fmt"
	"strings"

	"github.com/outcore/outcore/memory"
)

// Explain prints what Compute would do: the tree, each line with its type,
// shape and bytes, and the passes over the data with tasks, bytes and memory.
func (a Any) Explain() (string, error) {
	if err := a.Err(); err != nil {
		return "", err
	}
	var b strings.Builder
	explainTree(&b, a.n, 0, map[*node]int{})
	explainPasses(&b, a.n)
	return b.String(), nil
}

func explainTree(b *strings.Builder, n *node, depth int, seen map[*node]int) {
	b.WriteString(strings.Repeat("  ", depth))
	if i, ok := seen[n]; ok && len(n.args) > 0 {
		fmt.Fprintf(b, "%s, as in line %d\n", n.name(), i)
		return
	}
	seen[n] = 1 + strings.Count(b.String(), "\n")
	fmt.Fprintf(b, "%s %v %s", n.name(), n.typ, shapeText(n.shape))
	if n.kind != kindFill || len(n.shape) > 0 {
		fmt.Fprintf(b, " %s", memory.FormatSize(int64(count(n.shape)*n.typ.Size())))
	}
	b.WriteByte('\n')
	for _, a := range n.args {
		explainTree(b, a, depth+1, seen)
	}
}

// name says what n does.
func (n *node) name() string {
	switch n.kind {
	case kindLoad:
		return fmt.Sprintf("load %s chunks %s", n.array.Path(), shapeText(n.grid.largest(n.shape)))
	case kindFill:
		v := &Values{Type: n.typ, Data: n.elem}
		return fmt.Sprintf("fill %v", v.Float64()[0])
	case kindRange:
		return fmt.Sprintf("range %v by %v", n.from[0], n.from[1])
	case kindView:
		return "view " + axesText(n.axes)
	case kindOp:
		return string(n.op)
	case kindReduce:
		return fmt.Sprintf("%s over axes %v", n.reduce.Op, n.reduce.Axes)
	case kindMap:
		if n.fn.name == "" {
			return "map closure"
		}
		return "map " + n.fn.name
	}
	return kindNames[n.kind]
}

// axesText writes what a view takes of each axis.
func axesText(axes []axis) string {
	parts := make([]string, len(axes))
	for i, a := range axes {
		switch {
		case a.Out < 0:
			parts[i] = fmt.Sprint(a.Start)
		case a.Step == 1:
			parts[i] = fmt.Sprintf("%d+i%d", a.Start, a.Out)
		default:
			parts[i] = fmt.Sprintf("%d%+d×i%d", a.Start, a.Step, a.Out)
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// explainPasses prints a line for each pass over the data, in the order they run.
func explainPasses(b *strings.Builder, n *node) {
	pass := 0
	line := func(what string, j *job, tasks int64) {
		pass++
		fmt.Fprintf(b, "pass %d: %s, %s of up to %s, reads %s\n", pass, what, plural(int(tasks), "task"),
			memory.FormatSize(j.bytes), memory.FormatSize(j.reads()))
	}
	last, _ := replaced(n, func(r *node) (*node, error) { // never fails
		j := newReduceJob(r.args[0], r.reduce, accBytes(r.reduce, r.args[0].typ.Size()))
		line(string(r.reduce.Op), j.job, int64(j.outTiles*j.parts))
		return planned(r), nil
	})
	if n.kind != kindReduce {
		j := newJob("compute", last, n.grid.coarse(n.shape, taskElems))
		line("compute", j, j.tasks())
	}
	if _, why := portable(last); why == "" {
		b.WriteString("portable: other processes can run it\n")
	} else {
		fmt.Fprintf(b, "local: %s\n", why)
	}
}

// reads is the bytes of decoded chunks that all tasks read, those counted twice
// that are.
func (j *job) reads() int64 {
	var sum int64
	for _, l := range j.prog.leaves {
		sum += l.reads(j.grid, j.prog.root.shape)
	}
	return sum
}

func (l *leaf) reads(g grid, shape []int) int64 {
	var sum int64
	if l.src.kind != kindLoad {
		for _, sub := range l.sub {
			for _, inner := range sub.leaves {
				sum += inner.reads(wholeGrid(sub.root.shape), sub.root.shape)
			}
		}
		return sum
	}
	chunks := int64(1)
	repeated := make([]bool, len(g)) // axes along which l is read again and again
	for k := range g {
		repeated[k] = true
	}
	for k, a := range l.axes {
		if a.Out < 0 {
			continue
		}
		repeated[a.Out] = false
		n, c := l.extent(k), l.src.grid[k].Size
		touched := int64(0)
		tiles := g[a.Out].tiles(n)
		for i := range min(tiles, 1024) {
			lo, hi := g[a.Out].span(i, n)
			p, q := (a.Start+a.Step*lo)/c, (a.Start+a.Step*(hi-1))/c
			touched += int64(max(p-q, q-p) + 1)
		}
		if tiles > 1024 {
			touched = touched * int64(tiles) / 1024
		}
		chunks *= touched
	}
	for k, r := range repeated {
		if r {
			chunks *= int64(g[k].tiles(shape[k]))
		}
	}
	return chunks * int64(l.src.units.Bytes())
}

// readsAgain reports whether chunks are needed by several tiles, so that a cache
// is worth its copies.
func (j *job) readsAgain() bool {
	for _, l := range j.prog.leaves {
		if len(l.sub) > 0 {
			return true
		}
		if l.src.kind == kindLoad && l.reads(j.grid, j.prog.root.shape) > l.reads(wholeGrid(j.prog.root.shape), j.prog.root.shape) {
			return true
		}
	}
	return false
}
