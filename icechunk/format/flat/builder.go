package flat

import (
	"bytes"
	"encoding/binary"
	"slices"
)

const (
	maxSlots = 16        // more than any table of ours has
	maxBytes = 1<<31 - 1 // offsets to vtables are signed
)

// A Ref is something built already: its distance from the end of the buffer.
// The zero Ref is nothing, and a slot or element set to it stays absent.
type Ref uint32

// A Builder builds one buffer. It is for one goroutine.
type Builder struct {
	buf     []byte // used from head on
	head    int
	align   int              // the largest so far
	limit   int              // bytes the buffer may have
	over    bool             // it would have more
	slots   [maxSlots]uint32 // of the table being built: distances from the end
	used    int
	end     int // distance from the end where the table's fields end
	vtables []int
}

// NewBuilder starts a buffer of about size bytes.
func NewBuilder(size int) *Builder {
	size = max(size, 256)
	return &Builder{buf: make([]byte, size), head: size, align: 4, limit: maxBytes}
}

// done is the number of bytes written.
func (b *Builder) done() int { return len(b.buf) - b.head }

// grow makes room for n bytes in front. Too large a buffer starts over: what is
// built then is refused by Finish.
func (b *Builder) grow(n int) {
	if b.head >= n {
		return
	}
	done := b.done()
	if done+n > b.limit {
		b.over = true
		b.head = len(b.buf)
		if b.head >= n {
			return
		}
		done = 0
	}
	next := make([]byte, min(max(2*len(b.buf), done+n), max(b.limit, done+n)))
	copy(next[len(next)-done:], b.buf[len(b.buf)-done:])
	b.head = len(next) - done
	b.buf = next
}

// prep pads so that after n more bytes the place is a multiple of align.
func (b *Builder) prep(align, n int) {
	b.align = max(b.align, align)
	pad := -(b.done() + n) & (align - 1)
	b.grow(pad + n)
	for range pad {
		b.head--
		b.buf[b.head] = 0
	}
}

// take gives the next n bytes in front, for which prep made room.
func (b *Builder) take(n int) []byte {
	b.head -= n
	return b.buf[b.head : b.head+n : b.head+n]
}

func (b *Builder) uint32(v uint32) { binary.LittleEndian.PutUint32(b.take(4), v) }

// offset writes the distance to ref; prep(4, 4) comes first.
func (b *Builder) offset(ref Ref) { b.uint32(uint32(b.done()+4) - uint32(ref)) }

// Bytes builds a vector of bytes.
func (b *Builder) Bytes(v []byte) Ref { return b.vector(len(v), v) }

func (b *Builder) vector(n int, raw []byte) Ref {
	b.prep(4, len(raw)+4)
	copy(b.take(len(raw)), raw)
	b.uint32(uint32(n))
	return Ref(b.done())
}

// String builds a string.
func (b *Builder) String(s string) Ref {
	b.prep(4, len(s)+5)
	b.take(1)[0] = 0
	copy(b.take(len(s)), s)
	b.uint32(uint32(len(s)))
	return Ref(b.done())
}

// Structs builds a vector of n structs of size bytes: fill sets the bytes of
// struct i, which are zero before.
func (b *Builder) Structs(size, align, n int, fill func(i int, dst []byte)) Ref {
	b.prep(4, size*n+4)
	b.prep(align, size*n) // the elements are aligned, the count before them is then
	raw := b.take(size * n)
	clear(raw)
	for i := range n {
		fill(i, raw[i*size:(i+1)*size:(i+1)*size])
	}
	b.grow(4)
	b.uint32(uint32(n))
	return Ref(b.done())
}

// Uint32s builds a vector of numbers.
func (b *Builder) Uint32s(v []uint32) Ref {
	b.prep(4, 4*len(v)+4)
	raw := b.take(4 * len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(raw[4*i:], x)
	}
	b.uint32(uint32(len(v)))
	return Ref(b.done())
}

// Uint16s builds a vector of numbers.
func (b *Builder) Uint16s(v []uint16) Ref {
	return b.Structs(2, 2, len(v), func(i int, dst []byte) { binary.LittleEndian.PutUint16(dst, v[i]) })
}

// Refs builds a vector of tables or strings.
func (b *Builder) Refs(v []Ref) Ref {
	b.prep(4, 4*len(v)+4)
	for _, ref := range slices.Backward(v) {
		b.offset(ref)
	}
	b.uint32(uint32(len(v)))
	return Ref(b.done())
}

// Start begins a table: Set calls follow, then End. Children are built before.
func (b *Builder) Start() {
	b.used = 0
	b.end = b.done()
}

func (b *Builder) slot(i int) {
	for b.used <= i {
		b.slots[b.used] = 0
		b.used++
	}
	b.slots[i] = uint32(b.done())
}

// SetUint8 sets a slot, also to 0.
func (b *Builder) SetUint8(slot int, v uint8) {
	b.prep(1, 1)
	b.take(1)[0] = v
	b.slot(slot)
}

// SetUint16 sets a slot, also to 0.
func (b *Builder) SetUint16(slot int, v uint16) {
	b.prep(2, 2)
	binary.LittleEndian.PutUint16(b.take(2), v)
	b.slot(slot)
}

// SetUint32 sets a slot, also to 0.
func (b *Builder) SetUint32(slot int, v uint32) {
	b.prep(4, 4)
	b.uint32(v)
	b.slot(slot)
}

// SetUint64 sets a slot, also to 0.
func (b *Builder) SetUint64(slot int, v uint64) {
	b.prep(8, 8)
	binary.LittleEndian.PutUint64(b.take(8), v)
	b.slot(slot)
}

// SetStruct sets a slot to a struct of bytes, whose alignment is 1.
func (b *Builder) SetStruct(slot int, v []byte) {
	b.prep(1, len(v))
	copy(b.take(len(v)), v)
	b.slot(slot)
}

// Set points a slot to ref.
func (b *Builder) Set(slot int, ref Ref) {
	if ref == 0 {
		return
	}
	b.prep(4, 4)
	b.offset(ref)
	b.slot(slot)
}

// End finishes the table. Slots at the end that were not set cost nothing, and
// tables of one shape share a vtable.
func (b *Builder) End() Ref {
	b.prep(4, 4)
	b.uint32(0) // the way to the vtable, known below
	table := b.done()
	var vt [4 + 2*maxSlots]byte
	n := 4 + 2*b.used
	binary.LittleEndian.PutUint16(vt[0:], uint16(n))
	binary.LittleEndian.PutUint16(vt[2:], uint16(table-b.end))
	for i, at := range b.slots[:b.used] {
		if at != 0 {
			binary.LittleEndian.PutUint16(vt[4+2*i:], uint16(table-int(at)))
		}
	}
	at := 0
	for _, have := range slices.Backward(b.vtables) { // the last kind is the likeliest
		from := len(b.buf) - have
		if from >= 0 && from+n <= len(b.buf) && bytes.Equal(b.buf[from:from+n], vt[:n]) {
			at = have
			break
		}
	}
	if at == 0 {
		b.prep(2, n)
		copy(b.take(n), vt[:n])
		at = b.done()
		b.vtables = append(b.vtables, at)
	}
	binary.LittleEndian.PutUint32(b.buf[len(b.buf)-table:], uint32(int32(at-table)))
	return Ref(table)
}

// Finish puts the way to the root and the identifier, 4 bytes, in front and
// gives the buffer; nil when it is larger than a FlatBuffer may be.
func (b *Builder) Finish(root Ref, id string) []byte {
	b.prep(b.align, 8)
	copy(b.take(4), id)
	b.offset(root)
	if b.over {
		return nil
	}
	return b.buf[b.head:]
}
