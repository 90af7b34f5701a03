package parquet

import "encoding/binary"

// Types of the Thrift compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftI8     = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftBinary = 8
	thriftList   = 9
	thriftStruct = 12
)

// thrift writes structs in the compact protocol. Fields come in increasing
// order of their numbers.
type thrift struct {
	b    []byte
	last []int16 // number of the last field, a level each
}

func (t *thrift) begin() { t.last = append(t.last, 0) }

func (t *thrift) end() {
	t.b = append(t.b, 0)
	t.last = t.last[:len(t.last)-1]
}

func (t *thrift) field(id int16, kind byte) {
	last := &t.last[len(t.last)-1]
	if d := id - *last; d > 0 && d <= 15 {
		t.b = append(t.b, byte(d)<<4|kind)
	} else {
		panic("parquet: thrift fields are not in order")
	}
	*last = id
}

func (t *thrift) varint(v uint64) { t.b = binary.AppendUvarint(t.b, v) }

func (t *thrift) zigzag(v int64) { t.varint(uint64(v<<1) ^ uint64(v>>63)) }

func (t *thrift) i32(id int16, v int32) {
	t.field(id, thriftI32)
	t.zigzag(int64(v))
}

func (t *thrift) i64(id int16, v int64) {
	t.field(id, thriftI64)
	t.zigzag(v)
}

func (t *thrift) i16(id int16, v int16) {
	t.field(id, thriftI16)
	t.zigzag(int64(v))
}

func (t *thrift) i8(id int16, v int8) {
	t.field(id, thriftI8)
	t.b = append(t.b, byte(v))
}

func (t *thrift) truth(id int16, v bool) {
	if v {
		t.field(id, thriftTrue)
	} else {
		t.field(id, thriftFalse)
	}
}

func (t *thrift) text(id int16, s string) {
	t.field(id, thriftBinary)
	t.raw(s)
}

func (t *thrift) raw(s string) {
	t.varint(uint64(len(s)))
	t.b = append(t.b, s...)
}

// list starts a list of n elements of a kind, which follow without headers.
func (t *thrift) list(id int16, kind byte, n int) {
	t.field(id, thriftList)
	if n < 15 {
		t.b = append(t.b, byte(n)<<4|kind)
		return
	}
	t.b = append(t.b, 0xf0|kind)
	t.varint(uint64(n))
}

// open starts a struct in a field; end closes it.
func (t *thrift) open(id int16) {
	t.field(id, thriftStruct)
	t.begin()
}

// empty writes a struct without fields.
func (t *thrift) empty(id int16) {
	t.open(id)
	t.end()
}
