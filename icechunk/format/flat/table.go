package flat

import "encoding/binary"

// A Table is fields in numbered slots, each there or not. The zero fields of a
// Table that could not be read are all absent.
type Table struct {
	r         *Reader
	pos       int // 0 = nothing there
	vt, vtLen int
	size      int
}

// field finds the size bytes of a slot; 0 = absent.
func (t Table) field(slot, size int) int {
	at := 4 + 2*slot
	if at+2 > t.vtLen {
		return 0
	}
	off := int(binary.LittleEndian.Uint16(t.r.buf[t.vt+at:]))
	if off == 0 {
		return 0
	}
	if off < 4 || off+size > t.size {
		t.r.Fail("flatbuffer: byte %d: slot %d of a table of %d bytes is at %d", t.pos, slot, t.size, off)
		return 0
	}
	return t.pos + off
}

// Has reports whether a slot is there.
func (t Table) Has(slot int) bool { return t.field(slot, 1) != 0 }

// Require makes absent slots an error that calls the table name.
func (t Table) Require(name string, slots ...int) {
	if t.pos == 0 {
		return // there is an error already
	}
	for _, s := range slots {
		if !t.Has(s) {
			t.r.Fail("%s at byte %d lacks its field %d", name, t.pos, s)
		}
	}
}

// Shape is the same for two tables of a buffer only if they have the same slots.
func (t Table) Shape() int { return t.vt }

// Beyond reports whether a slot is there that is not among the first n.
func (t Table) Beyond(n int) bool {
	for at := 4 + 2*n; at+2 <= t.vtLen; at += 2 {
		if binary.LittleEndian.Uint16(t.r.buf[t.vt+at:]) != 0 {
			return true
		}
	}
	return false
}

// Uint8 is the number in a slot, or what it is when absent.
func (t Table) Uint8(slot int, absent uint8) uint8 {
	if p := t.field(slot, 1); p != 0 {
		return t.r.buf[p]
	}
	return absent
}

// Bool is false when absent.
func (t Table) Bool(slot int) bool { return t.Uint8(slot, 0) != 0 }

// Uint16 is 0 when absent.
func (t Table) Uint16(slot int) uint16 {
	if p := t.field(slot, 2); p != 0 {
		return binary.LittleEndian.Uint16(t.r.buf[p:])
	}
	return 0
}

// Uint32 is 0 when absent.
func (t Table) Uint32(slot int) uint32 {
	if p := t.field(slot, 4); p != 0 {
		return binary.LittleEndian.Uint32(t.r.buf[p:])
	}
	return 0
}

// Int32 is 0 when absent.
func (t Table) Int32(slot int) int32 { return int32(t.Uint32(slot)) }

// Uint64 is 0 when absent.
func (t Table) Uint64(slot int) uint64 {
	if p := t.field(slot, 8); p != 0 {
		return binary.LittleEndian.Uint64(t.r.buf[p:])
	}
	return 0
}

// Struct is the size bytes of a struct, a part of the buffer; nil when absent.
func (t Table) Struct(slot, size int) []byte {
	if p := t.field(slot, size); p != 0 {
		return t.r.buf[p : p+size : p+size]
	}
	return nil
}

// Bytes is a vector of bytes, a part of the buffer; nil when absent, not nil
// when empty.
func (t Table) Bytes(slot int) []byte {
	p := t.field(slot, 4)
	if p == 0 {
		return nil
	}
	v := t.r.vector(t.r.target(p), 1)
	if v.pos == 0 {
		return nil
	}
	return t.r.buf[v.pos : v.pos+v.n : v.pos+v.n]
}

// String is a copy; "" when absent.
func (t Table) String(slot int) string {
	if p := t.field(slot, 4); p != 0 {
		return t.r.text(t.r.target(p))
	}
	return ""
}

// Table is the table in a slot.
func (t Table) Table(slot int) Table {
	if p := t.field(slot, 4); p != 0 {
		return t.r.table(t.r.target(p))
	}
	return Table{r: t.r}
}

// Vector is the vector in a slot, of structs or numbers of size bytes; of
// tables and strings 4. It has no elements when absent.
func (t Table) Vector(slot, size int) Vector {
	if p := t.field(slot, 4); p != 0 {
		if v := t.r.vector(t.r.target(p), size); t.r.spend(int64(v.n) * int64(size)) {
			return v
		}
	}
	return Vector{r: t.r}
}

// A Vector is elements of one size.
type Vector struct {
	r      *Reader
	pos, n int
	size   int
}

// Len is the number of elements.
func (v Vector) Len() int { return v.n }

// Raw is all elements, a part of the buffer.
func (v Vector) Raw() []byte { return v.r.buf[v.pos : v.pos+v.n*v.size] }

// At is element i, a part of the buffer.
func (v Vector) At(i int) []byte {
	p := v.pos + i*v.size
	return v.r.buf[p : p+v.size : p+v.size]
}

// Table is element i of a vector of tables.
func (v Vector) Table(i int) Table {
	if v.r.err != nil {
		return Table{r: v.r}
	}
	return v.r.table(v.r.target(v.pos + 4*i))
}

// String is a copy of element i of a vector of strings.
func (v Vector) String(i int) string {
	if v.r.err != nil {
		return ""
	}
	return v.r.text(v.r.target(v.pos + 4*i))
}

// On is v read by r, another Reader of the same buffer.
func (v Vector) On(r *Reader) Vector { v.r = r; return v }
