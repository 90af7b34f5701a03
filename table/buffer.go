package table

import (
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/source"
)

// slabBytes is from where on memory comes off-heap: the smallest slab.
const slabBytes = 64 << 10

// A lump is bytes, 8-byte aligned, that whoever holds the last hold gives back.
type lump struct {
	b     []byte
	owner dtype.Owner // nil: the Go heap's
}

// alloc gives n bytes, not cleared, held once: from mem when they are many.
func alloc(mem source.Memory, n int) (lump, error) {
	if mem == nil || n < slabBytes {
		return lump{b: dtype.Bytes(make([]uint64, (n+7)/8))[:n]}, nil
	}
	b, owner, err := mem.Slab(n)
	if err != nil {
		return lump{}, err
	}
	return lump{b: b[:n], owner: owner}, nil
}

func (l lump) retain() {
	if l.owner != nil {
		l.owner.Retain()
	}
}

func (l lump) release() {
	if l.owner != nil {
		l.owner.Release()
	}
}

// arrow wraps part, a part of l, for Arrow, which holds l until it lets it go.
func (l lump) arrow(part []byte) *memory.Buffer {
	if l.owner == nil {
		return memory.NewBufferBytes(part)
	}
	l.retain()
	return memory.NewBufferWithAllocator(part, lumpAllocator{l})
}

// lumpAllocator lets Arrow give up its hold of a lump; it allocates nothing.
type lumpAllocator struct{ l lump }

func (lumpAllocator) Allocate(int) []byte { panic("table: records are not grown") }

func (lumpAllocator) Reallocate(int, []byte) []byte { panic("table: records are not grown") }

func (a lumpAllocator) Free([]byte) { a.l.release() }

var _ memory.Allocator = lumpAllocator{}

// scratchAlloc is where the buffers of a zarr.Scratch come from.
func scratchAlloc(mem source.Memory) func(int) ([]byte, func(), error) {
	return func(n int) ([]byte, func(), error) {
		l, err := alloc(mem, n)
		if err != nil {
			return nil, nil, err
		}
		return l.b, l.release, nil
	}
}
