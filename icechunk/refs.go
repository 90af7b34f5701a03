package icechunk

import (
	"encoding/binary"

	"github.com/outcore/outcore/icechunk/format"
)

// A refKind says what a packed reference is.
type refKind uint8

const (
	refNone    refKind = iota // no word on the chunk: look further down
	refDeleted                // there is no chunk
	refNative
	refInline
	refVirtual
)

// A packedRef is a reference in 28 bytes.
type packedRef struct {
	id     [12]byte  // of the object; of a virtual one, the number of its Virtual
	offset [2]uint32 // low, high; of inline bytes, where they are in refColumns.inline
	length [2]uint32 // the kind is in the highest three bits
}

const lengthBits = 61 // of the length beside the kind

func pack(kind refKind, id [12]byte, offset, length uint64) packedRef {
	length |= uint64(kind) << lengthBits
	return packedRef{id, [2]uint32{uint32(offset), uint32(offset >> 32)}, [2]uint32{uint32(length), uint32(length >> 32)}}
}

func (p *packedRef) kind() refKind { return refKind(p.length[1] >> (lengthBits - 32)) }

func (p *packedRef) off() uint64 { return uint64(p.offset[0]) | uint64(p.offset[1])<<32 }

func (p *packedRef) len() uint64 {
	return (uint64(p.length[0]) | uint64(p.length[1])<<32) &^ (7 << lengthBits)
}

// refColumns are references of one array with their indices: 28 bytes and 4 a
// dimension each, and the bytes of inline chunks.
type refColumns struct {
	rank    int
	index   []uint32 // of row i: index[i*rank : (i+1)*rank]
	refs    []packedRef
	inline  []byte
	virtual []*format.Virtual
}

func (c *refColumns) rows() int { return len(c.refs) }

// at is the index of a row, valid as long as c does not grow. It is not nil, also
// of an array without dimensions.
func (c *refColumns) at(row int) []uint32 {
	if c.rank == 0 {
		return []uint32{}
	}
	return c.index[row*c.rank : (row+1)*c.rank : (row+1)*c.rank]
}

// bytes is about what c takes.
func (c *refColumns) bytes() int64 {
	return int64(len(c.refs))*28 + int64(len(c.index))*4 + int64(len(c.inline)) + int64(len(c.virtual))*96 + 128
}

// pack makes ref one of c's, with its bytes beside it.
func (c *refColumns) pack(ref format.ChunkRef) packedRef {
	switch {
	case ref.Inline != nil:
		c.inline = append(c.inline, ref.Inline...)
		return pack(refInline, [12]byte{}, uint64(len(c.inline)-len(ref.Inline)), uint64(len(ref.Inline)))
	case ref.Virtual != nil:
		var id [12]byte
		binary.LittleEndian.PutUint64(id[:], uint64(len(c.virtual)))
		c.virtual = append(c.virtual, ref.Virtual)
		return pack(refVirtual, id, ref.Offset, ref.Length)
	}
	return pack(refNative, ref.Chunk, ref.Offset, ref.Length)
}

// unpack is the reference p of c. Inline bytes are c's own.
func (c *refColumns) unpack(p *packedRef) format.ChunkRef {
	switch p.kind() {
	case refInline:
		return format.ChunkRef{Inline: c.inline[p.off() : p.off()+p.len() : p.off()+p.len()], Length: p.len()}
	case refVirtual:
		return format.ChunkRef{Virtual: c.virtual[binary.LittleEndian.Uint64(p.id[:])], Offset: p.off(), Length: p.len()}
	}
	return format.ChunkRef{Chunk: p.id, Offset: p.off(), Length: p.len()}
}

// add appends row of another refColumns.
func (c *refColumns) add(from *refColumns, row int) {
	p := from.refs[row]
	if k := p.kind(); k == refInline || k == refVirtual {
		p = c.pack(from.unpack(&p))
	}
	c.index = append(c.index, from.at(row)...)
	c.refs = append(c.refs, p)
}

// grow makes room for n more rows.
func (c *refColumns) grow(n int) {
	c.index = append(make([]uint32, 0, len(c.index)+n*c.rank), c.index...)
	c.refs = append(make([]packedRef, 0, len(c.refs)+n), c.refs...)
}

// find is the row of an index; the rows must be in order.
func (c *refColumns) find(index []uint32) (row int, ok bool) {
	lo, hi := 0, c.rows()
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if compareIndex(c.at(mid), index) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < c.rows() && compareIndex(c.at(lo), index) == 0
}

// compareIndex orders indices of one rank, the first axis first.
func compareIndex(a, b []uint32) int {
	for k, x := range a {
		if y := b[k]; x != y {
			if x < y {
				return -1
			}
			return 1
		}
	}
	return 0
}
