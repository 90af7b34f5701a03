package ndarray

import (
	"slices"

	"github.com/outcore/outcore/dtype"
)

// blockLen is the elements that all operations of a program are applied to
// before the next: the blocks in between stay in the cache.
const blockLen = 4096

// A program is an elementwise expression, compiled: leaves that are read, and
// steps on blocks of them. It is immutable.
type program struct {
	root   *node
	leaves []leaf
	fills  []*node
	steps  []step
	regs   []int // bytes of an element of each register
	result int   // slot
}

// A leaf is what a program reads: a node that is no operation, through axes
// whose Out are axes of the program's root.
type leaf struct {
	src  *node
	axes []axis
	sub  []*program // of the arguments of a map or a matrix product
}

// A step applies a kernel to slots. Slots are leaves, then fills, then registers.
type step struct {
	kernel kernel
	out    int
	args   [3]int
	nargs  int
}

// compile makes the program of n.
func compile(n *node) *program {
	c := &compiler{p: &program{root: n}, slots: map[*node]int{}, uses: map[*node]int{}}
	c.count(n)
	c.leaves(n)
	c.base = len(c.p.leaves) + len(c.p.fills)
	c.p.result = c.emit(n)
	return c.p
}

type compiler struct {
	p     *program
	slots map[*node]int // of what is there
	uses  map[*node]int // not yet done
	base  int           // slot of register 0
	free  []int         // registers nobody reads any more
}

func (c *compiler) count(n *node) {
	c.uses[n]++
	if c.uses[n] == 1 && n.kind == kindOp {
		for _, a := range n.args {
			c.count(a)
		}
	}
}

// leaves gives slots to what is not an operation: leaves first, then fills, so
// fills are found first and numbered later.
func (c *compiler) leaves(n *node) {
	var fills []*node
	seen := map[*node]bool{}
	var visit func(*node)
	visit = func(n *node) {
		if seen[n] {
			return
		}
		seen[n] = true
		switch n.kind {
		case kindOp:
			for _, a := range n.args {
				visit(a)
			}
		case kindFill:
			fills = append(fills, n)
		default:
			c.slots[n] = c.leaf(n)
		}
	}
	visit(n)
	for _, f := range fills {
		c.slots[f] = len(c.p.leaves) + len(c.p.fills)
		c.p.fills = append(c.p.fills, f)
	}
}

// leaf adds n, or finds an equal one.
func (c *compiler) leaf(n *node) int {
	root := c.p.root
	src, axes := n, make([]axis, len(n.shape))
	for k := range axes {
		axes[k] = axis{Step: 1, Out: k}
	}
	if n.kind == kindView {
		src, axes = n.args[0], slices.Clone(n.axes)
	}
	pad := len(root.shape) - len(n.shape)
	for k, a := range axes {
		if a.Out < 0 {
			continue
		}
		if n.shape[a.Out] == 1 && root.shape[pad+a.Out] != 1 {
			axes[k] = axis{Start: a.Start, Out: -1}
			continue
		}
		axes[k].Out += pad
	}
	for i, l := range c.p.leaves {
		if (l.src == src || l.src.kind == kindLoad && src.kind == kindLoad && sameArray(l.src, src)) && slices.Equal(l.axes, axes) {
			return i
		}
	}
	l := leaf{src: src, axes: axes}
	if src.kind == kindMap || src.kind == kindMatMul {
		for _, a := range src.args {
			l.sub = append(l.sub, compile(a))
		}
	}
	c.p.leaves = append(c.p.leaves, l)
	return len(c.p.leaves) - 1
}

// sameArray reports two nodes that load the same chunks.
func sameArray(a, b *node) bool {
	return a.array == b.array || a.array.Store() == b.array.Store() && a.array.Path() == b.array.Path() && slices.Equal(a.shape, b.shape)
}

// emit gives the slot of n, after the steps that compute it.
func (c *compiler) emit(n *node) int {
	if s, ok := c.slots[n]; ok {
		return s
	}
	st := step{kernel: kernelOf(n), nargs: len(n.args)}
	for i, a := range n.args {
		st.args[i] = c.emit(a)
	}
	size := n.typ.Size()
	reg := slices.IndexFunc(c.free, func(r int) bool { return c.p.regs[r] == size })
	if reg >= 0 {
		r := c.free[reg]
		c.free = slices.Delete(c.free, reg, reg+1)
		reg = r
	} else {
		reg = len(c.p.regs)
		c.p.regs = append(c.p.regs, size)
	}
	for _, a := range n.args { // after out was chosen: dst is no argument
		if c.uses[a]--; c.uses[a] == 0 {
			if s := c.slots[a]; s >= c.base {
				c.free = append(c.free, s-c.base)
			}
		}
	}
	st.out = c.base + reg
	c.p.steps = append(c.p.steps, st)
	c.slots[n] = st.out
	return st.out
}

// typ is the type of the result.
func (p *program) typ() dtype.Type { return p.root.typ }

// frameBytes is what a frame of p takes.
func (p *program) frameBytes() int {
	n := 0
	for _, l := range p.leaves {
		n += blockLen * l.src.typ.Size()
	}
	for _, f := range p.fills {
		n += blockLen * f.typ.Size()
	}
	for _, r := range p.regs {
		n += blockLen * r
	}
	return n + blockLen*p.typ().Size()
}

// A frame evaluates a program over one tile.
type frame struct {
	p    *program
	ops  []operand // of the leaves
	bufs [][]byte  // of all slots
	cur  [][]byte  // the block of each slot
	out  []byte    // a block of the result
}

// frame prepares the leaves of p for the tile b.
func (w *worker) frame(p *program, b box) (*frame, error) {
	f := &frame{p: p, ops: make([]operand, len(p.leaves))}
	shape := b.shape()
	for i := range p.leaves {
		s, err := w.leaf(&p.leaves[i], b)
		if err != nil {
			return nil, err
		}
		f.ops[i] = newOperand(s, shape, p.leaves[i].src.typ.Size())
	}
	mem, err := w.alloc(p.frameBytes())
	if err != nil {
		return nil, err
	}
	cut := func(size int) []byte {
		c := mem[: blockLen*size : blockLen*size]
		mem = mem[blockLen*size:]
		return c
	}
	for _, l := range p.leaves {
		f.bufs = append(f.bufs, cut(l.src.typ.Size()))
	}
	for _, fill := range p.fills {
		c := cut(fill.typ.Size())
		copyRun(c, 0, 1, fill.elem, 0, 0, blockLen, fill.typ.Size())
		f.bufs = append(f.bufs, c)
	}
	for _, r := range p.regs {
		f.bufs = append(f.bufs, cut(r))
	}
	f.out = cut(p.typ().Size())
	f.cur = make([][]byte, len(f.bufs))
	return f, nil
}

// block gives elements at to at+n of the tile in C order, n ≤ blockLen. They
// are put into dst when it is not nil; else they are valid until the next call.
func (f *frame) block(dst []byte, at, n int) ([]byte, error) {
	p := f.p
	for i := range f.ops {
		f.cur[i] = f.ops[i].block(f.bufs[i], at, n)
	}
	base := len(p.leaves) + len(p.fills)
	for i, fill := range p.fills {
		s := len(p.leaves) + i
		f.cur[s] = f.bufs[s][:n*fill.typ.Size()]
	}
	for i := range p.steps {
		st := &p.steps[i]
		out := f.bufs[st.out][:n*p.regs[st.out-base]]
		if dst != nil && i == len(p.steps)-1 {
			out = dst
		}
		var a, b, c []byte
		switch st.nargs {
		case 3:
			c = f.cur[st.args[2]]
			fallthrough
		case 2:
			b = f.cur[st.args[1]]
			fallthrough
		default:
			a = f.cur[st.args[0]]
		}
		if err := st.kernel(out, a, b, c); err != nil {
			return nil, err
		}
		f.cur[st.out] = out
	}
	if dst != nil && len(p.steps) == 0 {
		copy(dst, f.cur[p.result])
		return dst, nil
	}
	return f.cur[p.result], nil
}

// eval evaluates p over the tile b and puts the elements into dst.
func (w *worker) eval(p *program, b box, dst strided) error {
	shape := b.shape()
	n := count(shape)
	if n == 0 {
		return nil
	}
	size := p.typ().Size()
	mark := w.mark()
	defer w.release(mark)
	if len(p.steps) == 0 && len(p.leaves) == 1 {
		return w.copyLeaf(&p.leaves[0], b, dst)
	}
	f, err := w.frame(p, b)
	if err != nil {
		return err
	}
	to := newOperand(dst, shape, size)
	for at := 0; at < n; at += blockLen {
		m := min(blockLen, n-at)
		if to.flat {
			_, err = f.block(to.block(nil, at, m), at, m)
		} else {
			var x []byte
			if x, err = f.block(nil, at, m); err == nil {
				to.put(x, at, m)
			}
		}
		if err != nil {
			return err
		}
		if at&(blockLen<<8-1) == 0 && w.ctx.Err() != nil {
			return w.ctx.Err()
		}
	}
	return nil
}
