package ndarray

import (
	"maps"
	"slices"
	"sync"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
)

// A function turns the elements of a chunk into as many others.
type function struct {
	name    string // "" for a closure
	in, out dtype.Type
	call    func(dst, src []byte)
}

var functions = struct {
	sync.RWMutex
	named map[string]*function
}{named: map[string]*function{}}

// RegisterMap makes f known by name in every process of the program, so that
// plans that use it are portable; call it from a package variable. f gets the
// elements of one chunk in C order (less at the border of the array) and writes
// as many; dst and src do not overlap. It must be safe for concurrent use. A
// name used twice is a bug and panics.
func RegisterMap[U, T Element](name string, f func(dst []U, src []T)) string {
	functions.Lock()
	defer functions.Unlock()
	if functions.named[name] != nil || name == "" {
		panic("ndarray: function " + name + " registered twice")
	}
	functions.named[name] = newFunction(name, f)
	return name
}

func newFunction[U, T Element](name string, f func(dst []U, src []T)) *function {
	return &function{name: name, in: TypeOf[T](), out: TypeOf[U](),
		call: func(dst, src []byte) { f(view[U](dst), view[T](src)) }}
}

func functionOf(name string) (*function, error) {
	functions.RLock()
	defer functions.RUnlock()
	if f := functions.named[name]; f != nil {
		return f, nil
	}
	return nil, errs.New(errs.NotFound, "no function %q in this program%s", name, errs.Suggest(name, slices.Sorted(maps.Keys(functions.named))))
}

// MapChunks applies f to each chunk of a, as chunks lie in what a reads (of large
// shards: the boxes of inner chunks that are read at once). f is a
// closure, so the result is computed in this process; see MapRegistered.
func MapChunks[U, T Element](a Array[T], f func(dst []U, src []T)) Array[U] {
	return Array[U]{newMap(a.n, newFunction("", f))}
}

// MapRegistered applies the function that RegisterMap knows by name.
func (a Any) MapRegistered(name string) Any {
	f, err := functionOf(name)
	if err != nil {
		return Any{failed(err)}
	}
	return Any{newMap(a.n, f)}
}

func newMap(n *node, f *function) *node {
	if bad := firstErr(n); bad != nil {
		return bad
	}
	n = castTo(n.strong(), f.in)
	return &node{kind: kindMap, typ: f.out, shape: n.shape, grid: n.grid, args: []*node{n}, fn: f}
}

// mapRegion computes region of a map into dst, in C order: chunk by chunk,
// since the function sees whole ones.
func (w *worker) mapRegion(l *leaf, region box, dst []byte) error {
	n := l.src
	first, counts := make([]int, len(n.grid)), make([]int, len(n.grid))
	for k, g := range n.grid {
		first[k] = g.at(region.lo[k])
		counts[k] = g.at(region.hi[k]-1) - first[k] + 1
	}
	shape := region.shape()
	strides := cStrides(shape)
	at := make([]int, len(counts))
	for i := range count(counts) {
		unravel(i, counts, at)
		for k := range at {
			at[k] += first[k]
		}
		b := n.grid.tile(at, n.shape)
		mark := w.mark()
		src, err := w.evalNew(l.sub[0], b)
		if err != nil {
			return err
		}
		out := dst
		exact := slices.Equal(b.lo, region.lo) && slices.Equal(b.hi, region.hi)
		if !exact {
			if out, err = w.alloc(count(b.shape()) * n.typ.Size()); err != nil {
				return err
			}
		}
		n.fn.call(out, src)
		if !exact {
			inside := newBox(len(at))
			from := strided{buf: out, strides: cStrides(b.shape())}
			to := strided{buf: dst, strides: strides}
			for k := range at {
				inside.lo[k], inside.hi[k] = max(b.lo[k], region.lo[k]), min(b.hi[k], region.hi[k])
				from.off += (inside.lo[k] - b.lo[k]) * from.strides[k]
				to.off += (inside.lo[k] - region.lo[k]) * strides[k]
			}
			copyBox(to, from, inside.shape(), n.typ.Size())
		}
		w.release(mark)
	}
	return nil
}

// evalNew evaluates p over b into a new buffer, in C order.
func (w *worker) evalNew(p *program, b box) ([]byte, error) {
	shape := b.shape()
	buf, err := w.alloc(count(shape) * p.typ().Size())
	if err != nil {
		return nil, err
	}
	return buf, w.eval(p, b, strided{buf: buf, strides: cStrides(shape)})
}

// regionNeed is what leaf takes of a map or a matrix product takes.
func (l *leaf) regionNeed(tile []int, _ grid) int64 {
	n := l.src
	size := int64(n.typ.Size())
	for _, a := range l.axes {
		if a.Out >= 0 {
			size *= int64((tile[a.Out]-1)*max(a.Step, -a.Step) + 1)
		}
	}
	sum := memory.SlabSize(max(size, 1))
	if n.kind == kindMatMul {
		return sum + n.matMulNeed(l.sub)
	}
	chunk := n.grid.largest(n.shape)
	elems := int64(count(chunk))
	return sum + memory.SlabSize(elems*int64(n.typ.Size())) + memory.SlabSize(elems*int64(n.fn.in.Size())) + l.sub[0].need(chunk, n.grid, true)
}
