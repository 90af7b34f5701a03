package flat

import (
	"encoding/binary"
	"math"
	"unicode/utf8"

	"github.com/outcore/outcore/errs"
)

// Visits of up to visitFactor bytes for every byte of the buffer, and of
// visitFree bytes in any, are no cause for suspicion: builders share vtables
// and equal strings, but not much else.
const (
	visitFactor = 4
	visitFree   = 1 << 20
)

// A Reader reads one buffer, which must not change meanwhile. It is for one
// goroutine; several Readers may read one buffer.
type Reader struct {
	buf    []byte
	err    error
	visits int64 // bytes that may still be visited
	vt     int   // a vtable that was found right, 0 = none, and its size
	vtLen  int
}

// NewReader reads buf.
func NewReader(buf []byte) *Reader {
	return &Reader{buf: buf, visits: visitFactor*int64(len(buf)) + visitFree}
}

// Again reads what another Reader went through without an error, as often as one
// likes: visits do not count.
func Again(buf []byte) Reader {
	return Reader{buf: buf, visits: math.MaxInt64}
}

// Err is the first thing that was wrong, an errs.Corrupt, or nil.
func (r *Reader) Err() error { return r.err }

// Fail makes what a caller found wrong the Reader's error, if it is the first.
func (r *Reader) Fail(format string, args ...any) {
	if r.err == nil {
		r.err = errs.New(errs.Corrupt, format, args...)
	}
}

// Root is the table the buffer is about.
func (r *Reader) Root() Table {
	if len(r.buf) < 8 {
		r.Fail("flatbuffer: found %d bytes, expected a root table", len(r.buf))
		return Table{r: r}
	}
	return r.table(r.target(0))
}

// target follows the offset at pos, which is in the buffer; 0 after an error.
func (r *Reader) target(pos int) int {
	off := binary.LittleEndian.Uint32(r.buf[pos:])
	if to := uint64(pos) + uint64(off); off != 0 && to+4 <= uint64(len(r.buf)) {
		return int(to)
	}
	r.Fail("flatbuffer: byte %d: offset %d leads out of %d bytes", pos, off, len(r.buf))
	return 0
}

// spend counts a visit of n bytes and reports whether it may go on.
func (r *Reader) spend(n int64) bool {
	if r.visits -= n; r.visits >= 0 {
		return true
	}
	r.Fail("flatbuffer: %d bytes are pointed to more than %d times over", len(r.buf), visitFactor)
	return false
}

// table checks the table at pos; 0 gives the table without fields.
func (r *Reader) table(pos int) Table {
	if pos == 0 || r.err != nil || !r.spend(8) {
		return Table{r: r}
	}
	back := int64(int32(binary.LittleEndian.Uint32(r.buf[pos:])))
	at := int64(pos) - back
	if at < 0 || at+4 > int64(len(r.buf)) {
		r.Fail("flatbuffer: byte %d: the vtable of a table is not in the buffer", pos)
		return Table{r: r}
	}
	vt := int(at)
	vtLen := r.vtLen
	if vt != r.vt || vt == 0 {
		vtLen = int(binary.LittleEndian.Uint16(r.buf[vt:]))
		if vtLen < 4 || vtLen%2 != 0 || vt+vtLen > len(r.buf) {
			r.Fail("flatbuffer: byte %d: found a vtable of %d bytes", vt, vtLen)
			return Table{r: r}
		}
		r.vt, r.vtLen = vt, vtLen
	}
	size := int(binary.LittleEndian.Uint16(r.buf[vt+2:]))
	if size < 4 || pos+size > len(r.buf) {
		r.Fail("flatbuffer: byte %d: a table of %d bytes does not fit %d", pos, size, len(r.buf))
		return Table{r: r}
	}
	return Table{r: r, pos: pos, vt: vt, vtLen: vtLen, size: size}
}

// vector checks the vector at pos with elements of size bytes.
func (r *Reader) vector(pos, size int) Vector {
	if pos == 0 || r.err != nil {
		return Vector{r: r}
	}
	n := int64(binary.LittleEndian.Uint32(r.buf[pos:]))
	if n*int64(size) > int64(len(r.buf)-pos-4) {
		r.Fail("flatbuffer: byte %d: %d elements of %d bytes do not fit %d", pos, n, size, len(r.buf))
		return Vector{r: r}
	}
	return Vector{r: r, pos: pos + 4, n: int(n), size: size}
}

// text checks and copies the string at pos.
func (r *Reader) text(pos int) string {
	v := r.vector(pos, 1)
	if v.n == 0 || !r.spend(int64(v.n)) {
		return ""
	}
	b := r.buf[v.pos : v.pos+v.n]
	if !utf8.Valid(b) {
		r.Fail("flatbuffer: byte %d: found a string that is not UTF-8", v.pos)
		return ""
	}
	return string(b)
}
