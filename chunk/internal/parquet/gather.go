package parquet

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
)

// levels is which of the rows of a column have a value.
type levels struct {
	valid []byte // a bit a row
	rows  int
	nulls int
}

// gather reads the validity of the pieces of a column.
func (l *levels) gather(pieces []arrow.Array) {
	l.rows, l.nulls = 0, 0
	for _, p := range pieces {
		l.rows += p.Len()
		l.nulls += p.NullN()
	}
	n := (l.rows + 7) / 8
	if cap(l.valid) < n {
		l.valid = make([]byte, n)
	}
	l.valid = l.valid[:n]
	if l.nulls == 0 {
		return
	}
	clear(l.valid)
	at := 0
	for _, p := range pieces {
		if p.NullN() == 0 {
			bitutil.SetBitsTo(l.valid, int64(at), int64(p.Len()), true)
		} else {
			bitutil.CopyBitmap(p.NullBitmapBytes(), p.Data().Offset(), p.Len(), l.valid, at)
		}
		at += p.Len()
	}
}

// values counts the values in rows lo to hi; lo is a multiple of 8.
func (l *levels) values(lo, hi int) int {
	if l.nulls == 0 {
		return hi - lo
	}
	n := 0
	for ; lo+8 <= hi; lo += 8 {
		n += bits.OnesCount8(l.valid[lo/8])
	}
	for ; lo < hi; lo++ {
		n += int(l.valid[lo/8] >> (lo % 8) & 1)
	}
	return n
}

// appendNumbers appends the values of a piece, widened to T.
func appendNumbers[T uint32 | uint64, V int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](dst []T, a arrow.Array, v []V) []T {
	if a.NullN() == 0 {
		if unsafe.Sizeof(*new(T)) == unsafe.Sizeof(*new(V)) {
			return append(dst, same[T](v)...)
		}
		at := len(dst)
		dst = slices.Grow(dst, len(v))[:at+len(v)]
		to := dst[at:][:len(v)]
		for i, x := range v {
			to[i] = T(x)
		}
		return dst
	}
	at := len(dst)
	dst = slices.Grow(dst, len(v))[:at+len(v)]
	valid, off := a.NullBitmapBytes(), uint(a.Data().Offset())
	for i, x := range v {
		dst[at] = T(x)
		bit := off + uint(i)
		at += int(valid[bit/8] >> (bit % 8) & 1)
	}
	return dst[:at]
}

// gather32 appends the values of a column stored as INT32 or FLOAT.
func gather32(dst []uint32, pieces []arrow.Array) []uint32 {
	for _, p := range pieces {
		switch a := p.(type) {
		case *array.Int8:
			dst = appendNumbers(dst, a, a.Int8Values())
		case *array.Int16:
			dst = appendNumbers(dst, a, a.Int16Values())
		case *array.Int32:
			dst = appendNumbers(dst, a, a.Int32Values())
		case *array.Uint8:
			dst = appendNumbers(dst, a, a.Uint8Values())
		case *array.Uint16:
			dst = appendNumbers(dst, a, a.Uint16Values())
		case *array.Uint32:
			dst = appendNumbers(dst, a, a.Uint32Values())
		case *array.Float32:
			dst = appendNumbers(dst, a, same[uint32](a.Float32Values()))
		}
	}
	return dst
}

// gather64 appends the values of a column stored as INT64 or DOUBLE.
func gather64(dst []uint64, pieces []arrow.Array) []uint64 {
	for _, p := range pieces {
		switch a := p.(type) {
		case *array.Int64:
			dst = appendNumbers(dst, a, a.Int64Values())
		case *array.Uint64:
			dst = appendNumbers(dst, a, a.Uint64Values())
		case *array.Float64:
			dst = appendNumbers(dst, a, same[uint64](a.Float64Values()))
		case *array.Timestamp:
			dst = appendNumbers(dst, a, same[uint64](a.TimestampValues()))
		}
	}
	return dst
}

// gatherBits appends the values of a boolean column, 0 or 1.
func gatherBits(dst []uint32, pieces []arrow.Array) []uint32 {
	for _, p := range pieces {
		a := p.(*array.Boolean)
		for i := range a.Len() {
			if a.IsValid(i) {
				var v uint32
				if a.Value(i) {
					v = 1
				}
				dst = append(dst, v)
			}
		}
	}
	return dst
}

// eachText calls f with each text of a piece of a column; it stops when f
// returns false.
func eachText(piece arrow.Array, f func([]byte) bool) bool {
	switch a := piece.(type) {
	case *array.String:
		off, b := a.ValueOffsets(), a.ValueBytes()
		for i := range a.Len() {
			if a.IsValid(i) && !f(b[off[i]-off[0]:off[i+1]-off[0]]) {
				return false
			}
		}
	case *array.Dictionary:
		d := a.Dictionary().(*array.String)
		off, b := d.ValueOffsets(), d.ValueBytes()
		for i := range a.Len() {
			if a.IsNull(i) {
				continue
			}
			if k := a.GetValueIndex(i); !f(b[off[k]-off[0] : off[k+1]-off[0]]) {
				return false
			}
		}
	}
	return true
}
