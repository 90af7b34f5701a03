package flex

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// The types, with the numbers of the format. Typed vectors of length 2, 3 and 4
// are int, uint, float each, from vectorInt2 on.
const (
	typeNull          = 0
	typeInt           = 1
	typeUint          = 2
	typeFloat         = 3
	typeKey           = 4
	typeString        = 5
	typeIndirectInt   = 6
	typeIndirectUint  = 7
	typeIndirectFloat = 8
	typeMap           = 9
	typeVector        = 10
	typeVectorInt     = 11
	typeVectorString  = 15
	typeVectorInt2    = 16
	typeVectorFloat4  = 24
	typeBlob          = 25
	typeBool          = 26
	typeVectorBool    = 36
)

const (
	maxDepth    = 64
	visitFactor = 16 // bytes visited for each there is; keys are shared between maps
	visitFree   = 4 << 10
)

// Decode gives nil, bool, int64, uint64 (only above the largest int64), float64,
// string, []byte, []any or map[string]any. What is not a FlexBuffer is
// errs.Corrupt.
func Decode(b []byte) (any, error) {
	d := decoder{buf: b, visits: visitFactor*len(b) + visitFree}
	if len(b) < 3 {
		return nil, errs.New(errs.Corrupt, "flexbuffer: found %d bytes, expected at least 3", len(b))
	}
	width, packed := int(b[len(b)-1]), b[len(b)-2]
	at := len(b) - 2 - width
	if !isWidth(width) || at < 0 {
		return nil, errs.New(errs.Corrupt, "flexbuffer: found a root of %d bytes in %d", width, len(b))
	}
	v := d.value(at, width, packed, 0)
	if d.err != nil {
		return nil, d.err
	}
	return v, nil
}

func isWidth(w int) bool { return w == 1 || w == 2 || w == 4 || w == 8 }

// A decoder reads one buffer; after an error all values are nil.
type decoder struct {
	buf    []byte
	visits int
	err    error
}

func (d *decoder) fail(at int, what string) {
	if d.err == nil {
		d.err = errs.New(errs.Corrupt, "flexbuffer: byte %d: %s", at, what)
	}
}

// inside checks that n bytes at at are in the buffer, and counts the visit.
func (d *decoder) inside(at, n int) bool {
	if d.err != nil {
		return false
	}
	if at < 0 || n < 0 || at > len(d.buf) || n > len(d.buf)-at {
		d.fail(at, "a value reaches out of the buffer")
		return false
	}
	if d.visits -= n + 1; d.visits < 0 {
		d.fail(at, "values are pointed to too often")
		return false
	}
	return true
}

func (d *decoder) uint(at, width int) uint64 {
	if !d.inside(at, width) {
		return 0
	}
	switch b := d.buf[at:]; width {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	default:
		return binary.LittleEndian.Uint64(b)
	}
}

func (d *decoder) int(at, width int) int64 {
	shift := 64 - 8*width
	return int64(d.uint(at, width)<<shift) >> shift
}

func (d *decoder) float(at, width int) float64 {
	u := d.uint(at, width)
	switch width {
	case 4:
		return float64(math.Float32frombits(uint32(u)))
	case 8:
		return math.Float64frombits(u)
	}
	d.fail(at, "found a float of less than 4 bytes")
	return 0
}

// target follows the offset at at, which points back; -1 after an error. Of an
// empty vector it may be 0: there, and nothing there.
func (d *decoder) target(at, width int) int {
	off := d.uint(at, width)
	if off > uint64(at) {
		d.fail(at, "an offset leads out of the buffer")
		return -1
	}
	return at - int(off)
}

// size is the number of elements of what is at at, each of n bytes or more.
func (d *decoder) size(at, width, n int) int {
	v := d.uint(at-width, width)
	if v > uint64(len(d.buf)/n) {
		d.fail(at, "a length leads out of the buffer")
		return 0
	}
	return int(v)
}

// value reads the value at at, which its parent stores in width bytes.
func (d *decoder) value(at, width int, packed byte, depth int) any {
	typ, inner := int(packed>>2), 1<<(packed&3)
	if depth > maxDepth {
		d.fail(at, "values are nested too deeply")
	}
	if d.err != nil {
		return nil
	}
	switch typ {
	case typeNull:
		return nil
	case typeInt:
		return d.int(at, width)
	case typeUint:
		return unsigned(d.uint(at, width))
	case typeFloat:
		return d.float(at, width)
	case typeBool:
		return d.uint(at, width) != 0
	}
	to := d.target(at, width)
	if d.err != nil {
		return nil
	}
	switch {
	case typ == typeKey:
		return d.key(to)
	case typ == typeString:
		return d.text(to, d.size(to, inner, 1))
	case typ == typeBlob:
		n := d.size(to, inner, 1)
		if !d.inside(to, n) {
			return nil
		}
		return bytes.Clone(d.buf[to : to+n])
	case typ == typeIndirectInt:
		return d.int(to, inner)
	case typ == typeIndirectUint:
		return unsigned(d.uint(to, inner))
	case typ == typeIndirectFloat:
		return d.float(to, inner)
	case typ == typeMap:
		return d.mapping(to, inner, depth)
	case typ == typeVector:
		n := d.size(to, inner, inner+1)
		if !d.inside(to, n*(inner+1)) {
			return nil
		}
		return d.vector(n, func(i int) any {
			return d.value(to+i*inner, inner, d.buf[to+n*inner+i], depth+1)
		})
	case typ >= typeVectorInt && typ <= typeVectorString, typ == typeVectorBool:
		n := d.size(to, inner, inner)
		elem := byte(typ-typeVectorInt+typeInt) << 2
		if typ == typeVectorBool {
			elem = typeBool << 2
		}
		// A typed vector of strings cannot say how wide their lengths are;
		// that is why it is deprecated: one byte.
		return d.vector(n, func(i int) any { return d.value(to+i*inner, inner, elem, depth+1) })
	case typ >= typeVectorInt2 && typ <= typeVectorFloat4:
		n := (typ-typeVectorInt2)/3 + 2
		elem := byte((typ-typeVectorInt2)%3+typeInt) << 2
		return d.vector(n, func(i int) any { return d.value(to+i*inner, inner, elem, depth+1) })
	}
	d.fail(at, "found a value of unknown type")
	return nil
}

func unsigned(u uint64) any {
	if u > math.MaxInt64 {
		return u
	}
	return int64(u)
}

// vector reads n elements; it grows as they are found to be there.
func (d *decoder) vector(n int, elem func(i int) any) []any {
	v := make([]any, 0, min(n, 1024))
	for i := 0; i < n && d.err == nil; i++ {
		v = append(v, elem(i))
	}
	return v
}

// mapping reads a map: before its values are where the keys are, how wide the
// keys' offsets are, and how many there are.
func (d *decoder) mapping(at, width, depth int) map[string]any {
	n := d.size(at, width, width+1)
	if !d.inside(at, n*(width+1)) || !d.inside(at-3*width, 3*width) {
		return nil
	}
	keys, keyWidth := d.target(at-3*width, width), int(d.uint(at-2*width, width))
	if d.err == nil && !isWidth(keyWidth) {
		d.fail(at, "keys have an impossible width")
	}
	if d.err != nil {
		return nil
	}
	m := make(map[string]any, min(n, 1024))
	for i := 0; i < n; i++ {
		to := d.target(keys+i*keyWidth, keyWidth)
		if d.err != nil {
			return nil
		}
		m[d.key(to)] = d.value(at+i*width, width, d.buf[at+n*width+i], depth+1)
	}
	return m
}

// key reads text that ends with a zero byte.
func (d *decoder) key(at int) string {
	n := bytes.IndexByte(d.buf[at:], 0)
	if n < 0 {
		d.fail(at, "a key does not end")
		return ""
	}
	return d.text(at, n)
}

func (d *decoder) text(at, n int) string {
	if !d.inside(at, n) {
		return ""
	}
	if b := d.buf[at : at+n]; utf8.Valid(b) {
		return string(b)
	}
	d.fail(at, "found text that is not UTF-8")
	return ""
}
