package number

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// intsAVX2 reads four fields at a time, fours times, as ints does those of up to
// 8 characters; before the first four with another it stops. It reads the 8
// bytes before each end. done is how many fields it read.
//
//go:noescape
func intsAVX2(dst *int64, text *byte, ends *uint32, stride, fours int) (done int)

// floatsAVX2 is that for floats; powers are 1 to 10^7.
//
//go:noescape
func floatsAVX2(dst *float64, text *byte, ends *uint32, stride, fours int, powers *float64) (done int)

// Ints reads the integers of a column: that of row r is b[ends[r*stride]+1:ends[r*stride+1]].
// It stops at the first field that is not 1 to 8 digits, with or without a
// minus, and returns how many it read, of len(dst).
func Ints(dst []int64, b []byte, ends []uint32, stride int) int {
	return inFours(dst, b, ends, stride, ints, func(dst []int64, ends []uint32) int {
		return intsAVX2(&dst[0], &b[0], &ends[0], stride, len(dst)/4)
	})
}

// Floats is Ints for floats of 1 to 8 digits, one of which may be a point.
func Floats[T float32 | float64](dst []T, b []byte, ends []uint32, stride int) int {
	if unsafe.Sizeof(dst[0]) != 8 {
		return floats(dst, b, ends, stride)
	}
	return inFours(dst, b, ends, stride, floats[T], func(dst []T, ends []uint32) int {
		return floatsAVX2((*float64)(unsafe.Pointer(&dst[0])), &b[0], &ends[0], stride, len(dst)/4, &pow10[0])
	})
}

// inFours reads by four where that goes, and by one where it does not.
func inFours[T any](dst []T, b []byte, ends []uint32, stride int, one func([]T, []byte, []uint32, int) int, four func([]T, []uint32) int) (r int) {
	last := (len(dst)-1)*stride + 1
	byFour := cpu.X86.HasAVX2 && len(dst) >= 4 && ends[1] >= 8 && int(ends[last]) <= len(b)
	for r < len(dst) {
		some := len(dst) - r
		if byFour && some >= 4 {
			if r += four(dst[r:], ends[r*stride:]); r == len(dst) {
				break
			}
			some = min(4, len(dst)-r)
		}
		n := one(dst[r:r+some], b, ends[r*stride:], stride)
		if r += n; n < some {
			break
		}
	}
	return r
}
