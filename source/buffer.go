package source

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// buffers hands out the large buffers of one Dataset and takes them back to
// hand them out again. Their memory is off-heap when Options.Memory is given.
type buffers struct {
	mem Memory
	top int // larger ones, for a row longer than a segment, are not kept on the heap

	mu   sync.Mutex
	free map[int][]*buffer // by class; of the Go heap only
}

func newBuffers(mem Memory, top int) *buffers {
	return &buffers{mem: mem, top: top, free: map[int][]*buffer{}}
}

// A buffer is bytes that go back to where they came from at the last Release.
type buffer struct {
	b     []byte
	from  *buffers
	class int // of from.free; -1 = garbage after use
	slab  dtype.Owner
	holds atomic.Int32
}

var _ dtype.Owner = (*buffer)(nil)

// A longMemory tells rows longer than a segment, which nobody could foresee,
// from what was reserved.
type longMemory interface {
	longSlab(n int) ([]byte, dtype.Owner, error)
}

// slabBytes is from where on memory comes off-heap: the smallest slab.
const slabBytes = 64 << 10

// slabbed is what n bytes in a few slabs may take with what sizes are rounded to.
func slabbed(n int) int64 { return int64(n) + int64(n)/8 + 4*slabBytes }

// get gives n bytes, 8-byte aligned, not cleared, held once.
func (p *buffers) get(n int) (*buffer, error) {
	if p.mem != nil && n >= slabBytes {
		slab := p.mem.Slab
		if mem, ok := p.mem.(longMemory); ok && n > p.top {
			slab = mem.longSlab
		}
		b, owner, err := slab(n)
		if err != nil {
			return nil, err
		}
		out := &buffer{b: b[:n], from: p, class: -1, slab: owner}
		out.holds.Store(1)
		return out, nil
	}
	if n > p.top {
		return p.heap(n, -1), nil
	}
	class := sizeClass(n)
	p.mu.Lock()
	defer p.mu.Unlock()
	if have := p.free[class]; len(have) > 0 {
		out := have[len(have)-1]
		p.free[class] = have[:len(have)-1]
		out.b = out.b[:n]
		out.holds.Store(1)
		return out, nil
	}
	return p.heap(class, class).cut(n), nil
}

func (p *buffers) heap(n, class int) *buffer {
	out := &buffer{b: make([]byte, max(n, 64)), from: p, class: class} // 64: aligned
	out.holds.Store(1)
	return out.cut(n)
}

func (b *buffer) cut(n int) *buffer {
	b.b = b.b[:n]
	return b
}

// sizeClass rounds n up so that buffers of near sizes can stand for each other:
// four classes for each power of two.
func sizeClass(n int) int {
	n = max(n, 4096)
	step := 1 << max(bits.Len(uint(n-1))-3, 0)
	return (n + step - 1) / step * step
}

// Retain holds b once more.
func (b *buffer) Retain() { b.holds.Add(1) }

// Release gives up one hold.
func (b *buffer) Release() {
	switch left := b.holds.Add(-1); {
	case left > 0:
		return
	case left < 0:
		panic("source: a buffer was released more often than it was held")
	}
	if b.slab != nil {
		b.slab.Release()
		b.b = nil
		return
	}
	if b.class < 0 {
		b.b = nil
		return
	}
	b.from.mu.Lock()
	defer b.from.mu.Unlock()
	b.from.free[b.class] = append(b.from.free[b.class], b)
}

// carve cuts typed slices out of one buffer.
type carve struct{ rest []byte }

func take[T dtype.Number](c *carve, n int) []T {
	var z [1]T
	size := len(dtype.Bytes(z[:]))
	v := dtype.View[T](c.rest[: n*size : n*size])
	c.rest = c.rest[min(round8(n*size), len(c.rest)):]
	return v
}

func round8(n int) int { return (n + 7) &^ 7 }

// tooLong is the error for a row of text beyond the cap.
func tooLong(p errs.Position, cap int) error {
	return errs.New(errs.TooLarge, "a row is longer than %d bytes", cap).At(p).WithFix("check that the file has line ends; if the row is real, --max-row %d", 2*cap)
}
