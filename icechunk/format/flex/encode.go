package flex

import (
	"encoding/binary"
	"encoding/json"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
)

// Encode writes nil, bool, any integer or float of Go, json.Number, string,
// []any and map[string]any, nested up to 64 deep. Numbers from 0 up become
// unsigned and those below signed, as the usual writers do it for JSON. A value
// of another type, text that is not UTF-8, or a key with a zero byte in it is
// errs.Invalid.
func Encode(v any) ([]byte, error) {
	e := encoder{keys: map[string]int{}}
	root := e.value(v, 0)
	if e.err != nil {
		return nil, e.err
	}
	w := root.widthAt(len(e.buf), 0)
	e.pad(1 << w)
	e.store(root, w)
	return append(e.buf, root.packed(w), 1<<w), nil
}

// A slot is a value that is ready to be stored in a vector.
type slot struct {
	typ   byte
	width int    // log2 of its bytes: inline values need as many, others' contents have them
	bits  uint64 // of an inline value, or where the content is
}

func (s slot) inline() bool { return s.typ <= typeFloat || s.typ == typeBool }

// widthAt is the log2 of the bytes that a vector which starts at size, behind
// padding, needs for s as its element i.
func (s slot) widthAt(size, i int) int {
	if s.inline() {
		return s.width
	}
	for w := 0; w < 3; w++ {
		at := size + padding(size, 1<<w) + i<<w
		if widthOf(uint64(at)-s.bits) <= w {
			return w
		}
	}
	return 3
}

// packed is type and width as the parent, whose values have width parent, says them.
func (s slot) packed(parent int) byte {
	if s.inline() {
		return s.typ<<2 | byte(max(s.width, parent))
	}
	return s.typ<<2 | byte(s.width)
}

func padding(size, align int) int { return -size & (align - 1) }

// widthOf is the log2 of the bytes that u needs.
func widthOf(u uint64) int {
	return bits.Len(uint((max(bits.Len64(u), 1)+7)/8 - 1))
}

type encoder struct {
	buf  []byte
	keys map[string]int // where a key is
	err  error
}

func (e *encoder) pad(align int) {
	for range padding(len(e.buf), align) {
		e.buf = append(e.buf, 0)
	}
}

func (e *encoder) uint(u uint64, w int) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], u)
	e.buf = append(e.buf, b[:1<<w]...)
}

// store writes s as an element of width w.
func (e *encoder) store(s slot, w int) {
	switch {
	case !s.inline():
		e.uint(uint64(len(e.buf))-s.bits, w)
	case s.typ == typeFloat && w == 2:
		e.uint(uint64(math.Float32bits(float32(math.Float64frombits(s.bits)))), w)
	default: // two's complement can be cut
		e.uint(s.bits, w)
	}
}

func (e *encoder) value(v any, depth int) slot {
	if depth > maxDepth {
		e.fail("values nested more than %d deep", maxDepth)
	}
	if e.err != nil {
		return slot{}
	}
	switch v := v.(type) {
	case nil:
		return slot{typ: typeNull}
	case bool:
		if v {
			return slot{typ: typeBool, bits: 1}
		}
		return slot{typ: typeBool}
	case int:
		return signed(int64(v))
	case int8:
		return signed(int64(v))
	case int16:
		return signed(int64(v))
	case int32:
		return signed(int64(v))
	case int64:
		return signed(v)
	case uint:
		return natural(uint64(v))
	case uint8:
		return natural(uint64(v))
	case uint16:
		return natural(uint64(v))
	case uint32:
		return natural(uint64(v))
	case uint64:
		return natural(v)
	case float32:
		return float(float64(v))
	case float64:
		return float(v)
	case json.Number:
		return e.number(v)
	case string:
		return e.text(v)
	case []any:
		slots := make([]slot, len(v))
		for i, x := range v {
			slots[i] = e.value(x, depth+1)
		}
		return e.vector(typeVector, slots, nil)
	case map[string]any:
		return e.mapping(v, depth)
	}
	e.fail("a value of type %T", v)
	return slot{}
}

func (e *encoder) fail(format string, args ...any) {
	if e.err == nil {
		e.err = errs.New(errs.Invalid, "flexbuffer: found "+format+", expected what JSON can say", args...)
	}
}

func signed(i int64) slot {
	if i >= 0 {
		return natural(uint64(i))
	}
	w := widthOf(uint64(^i) << 1) // one bit for the sign
	return slot{typ: typeInt, width: w, bits: uint64(i)}
}

func natural(u uint64) slot { return slot{typ: typeUint, width: widthOf(u), bits: u} }

func float(f float64) slot {
	w := 3
	if float64(float32(f)) == f {
		w = 2
	}
	return slot{typ: typeFloat, width: w, bits: math.Float64bits(f)}
}

func (e *encoder) number(n json.Number) slot {
	if i, err := n.Int64(); err == nil {
		return signed(i)
	}
	f, err := n.Float64()
	if err != nil {
		e.fail("the number %q", n)
	}
	return float(f)
}

// text writes length, bytes and a zero.
func (e *encoder) text(s string) slot {
	if strings.ToValidUTF8(s, "") != s {
		e.fail("the text %.40q, not UTF-8", s)
		return slot{}
	}
	w := widthOf(uint64(len(s)))
	e.pad(1 << w)
	e.uint(uint64(len(s)), w)
	at := len(e.buf)
	e.buf = append(append(e.buf, s...), 0)
	return slot{typ: typeString, width: w, bits: uint64(at)}
}

// key writes a key, once.
func (e *encoder) key(s string) slot {
	at, have := e.keys[s]
	if !have {
		if strings.ToValidUTF8(s, "") != s || strings.IndexByte(s, 0) >= 0 {
			e.fail("the key %.40q", s)
			return slot{}
		}
		at = len(e.buf)
		e.keys[s] = at
		e.buf = append(append(e.buf, s...), 0)
	}
	return slot{typ: typeKey, bits: uint64(at)}
}

func (e *encoder) mapping(m map[string]any, depth int) slot {
	names := slices.Sorted(maps.Keys(m)) // readers search by halves
	keys := make([]slot, len(names))
	values := make([]slot, len(names))
	for i, name := range names {
		keys[i] = e.key(name)
		values[i] = e.value(m[name], depth+1)
	}
	if e.err != nil {
		return slot{}
	}
	k := e.vector(typeVectorInt-typeInt+typeKey, keys, nil)
	return e.vector(typeMap, values, &k)
}

// vector writes length, elements, and unless they are keys their types; for a
// map where its keys are, and how wide, before the length.
func (e *encoder) vector(typ byte, elems []slot, keys *slot) slot {
	w := widthOf(uint64(len(elems)))
	before := 1
	if keys != nil {
		w = max(w, keys.widthAt(len(e.buf), 0))
		before = 3
	}
	for i, s := range elems {
		w = max(w, s.widthAt(len(e.buf), i+before))
	}
	e.pad(1 << w)
	if keys != nil {
		e.store(*keys, w)
		e.uint(1<<keys.width, w)
	}
	e.uint(uint64(len(elems)), w)
	at := len(e.buf)
	for _, s := range elems {
		e.store(s, w)
	}
	if typ == typeVector || typ == typeMap {
		for _, s := range elems {
			e.buf = append(e.buf, s.packed(w))
		}
	}
	return slot{typ: typ, width: w, bits: uint64(at)}
}
