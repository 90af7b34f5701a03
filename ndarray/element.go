package ndarray

import (
	"unsafe"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// Element is every Go type an element can have. A bool is one byte, 0 or 1.
type Element interface{ bool | dtype.Number }

// The element types by what can be done with them.
type (
	integer interface {
		int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64
	}
	float  interface{ float32 | float64 }
	number interface{ integer | float }
)

// TypeOf is the dtype of T.
func TypeOf[T Element]() dtype.Type {
	var z T
	switch any(z).(type) {
	case bool:
		return dtype.Bool
	case int8:
		return dtype.Int8
	case int16:
		return dtype.Int16
	case int32:
		return dtype.Int32
	case int64:
		return dtype.Int64
	case uint8:
		return dtype.Uint8
	case uint16:
		return dtype.Uint16
	case uint32:
		return dtype.Uint32
	case uint64:
		return dtype.Uint64
	case float32:
		return dtype.Float32
	case float64:
		return dtype.Float64
	}
	panic("ndarray: no element type") // a named type: the constraint lets it through
}

// view gives b as elements over the same memory.
func view[T Element](b []byte) []T {
	var z T
	if len(b) == 0 {
		return nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(z)))
}

// bytesOf gives s as bytes over the same memory.
func bytesOf[T Element](s []T) []byte {
	var z T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(z)))
}

func isInt(t dtype.Type) bool { return t >= dtype.Int8 && t <= dtype.Uint64 }

func isSigned(t dtype.Type) bool { return t >= dtype.Int8 && t <= dtype.Int64 }

// product multiplies; ok is false when it does not fit an int.
func product(shape []int) (n int, ok bool) {
	n = 1
	for _, s := range shape {
		if s == 0 {
			return 0, true
		}
	}
	for _, s := range shape {
		if n > (1<<62)/s {
			return 0, false
		}
		n *= s
	}
	return n, true
}

// count is the elements of a shape that has been checked.
func count(shape []int) int {
	n, _ := product(shape)
	return n
}

// maxDims is the most dimensions of an array.
const maxDims = 32

// checkShape reports a shape that no array can have.
func checkShape(shape []int, t dtype.Type) error {
	if len(shape) > maxDims {
		return errs.New(errs.Shape, "%d dimensions, at most %d are supported", len(shape), maxDims)
	}
	for _, s := range shape {
		if s < 0 {
			return errs.New(errs.Shape, "shape %s, expected no negative lengths", shapeText(shape))
		}
	}
	if n, ok := product(shape); !ok || n > (1<<62)/t.Size() {
		return errs.New(errs.Shape, "shape %s of %v has more bytes than can be counted", shapeText(shape), t)
	}
	return nil
}
