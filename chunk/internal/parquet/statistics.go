package parquet

import (
	"bytes"
	"encoding/binary"
	"math"
	"unsafe"
)

// same views a slice as one of another type of the same size.
func same[To, From any](s []From) []To {
	return unsafe.Slice((*To)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// statistics is the least and the greatest value of a column chunk, plain;
// both empty when there is none, or none that may be told.
type statistics struct {
	nulls    int64
	min, max []byte
}

// maxText is the longest text kept in statistics.
const maxText = 256

// ofNumbers finds the extremes of numbers.
func (s *statistics) ofNumbers32(v []uint32, o order) {
	switch o {
	case signed:
		extremes(s, same[int32](v), put32[int32])
	case unsigned:
		extremes(s, v, put32[uint32])
	case floating:
		floats(s, same[float32](v), func(b []byte, x float32) []byte {
			return binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		})
	}
}

func (s *statistics) ofNumbers64(v []uint64, o order) {
	switch o {
	case signed:
		extremes(s, same[int64](v), put64[int64])
	case unsigned:
		extremes(s, v, put64[uint64])
	case floating:
		floats(s, same[float64](v), func(b []byte, x float64) []byte {
			return binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		})
	}
}

func put32[T int32 | uint32](b []byte, x T) []byte {
	return binary.LittleEndian.AppendUint32(b, uint32(x))
}

func put64[T int64 | uint64](b []byte, x T) []byte {
	return binary.LittleEndian.AppendUint64(b, uint64(x))
}

func extremes[T int32 | uint32 | int64 | uint64](s *statistics, v []T, put func([]byte, T) []byte) {
	if len(v) == 0 {
		return
	}
	lo, hi := v[0], v[0]
	for _, x := range v {
		lo, hi = min(lo, x), max(hi, x)
	}
	s.min, s.max = put(nil, lo), put(nil, hi)
}

// floats leaves NaN out, as the format demands, and lets a zero stand for both
// zeros.
func floats[T float32 | float64](s *statistics, v []T, put func([]byte, T) []byte) {
	lo, hi := T(math.Inf(1)), T(math.Inf(-1))
	any := false
	for _, x := range v {
		if x == x {
			any = true
			if x < lo {
				lo = x
			}
			if x > hi {
				hi = x
			}
		}
	}
	if !any {
		return
	}
	if lo == 0 {
		lo = T(math.Copysign(0, -1))
	}
	if hi == 0 {
		hi = 0
	}
	s.min, s.max = put(nil, lo), put(nil, hi)
}

// ofText takes one more text in.
func (s *statistics) ofText(b []byte, first bool) {
	if first || bytes.Compare(b, s.min) < 0 {
		s.min = append(s.min[:0], b...)
	}
	if first || bytes.Compare(b, s.max) > 0 {
		s.max = append(s.max[:0], b...)
	}
}

// write writes the Statistics of a column chunk in field id.
func (s *statistics) write(t *thrift, id int16, present bool) {
	t.open(id)
	t.i64(3, s.nulls)
	if present && len(s.min) <= maxText && len(s.max) <= maxText {
		t.text(5, string(s.max))
		t.text(6, string(s.min))
	}
	t.end()
}
