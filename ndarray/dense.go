package ndarray

import (
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A Dense is an array in memory: Data in C order, len(Data) the product of
// Shape. Shape of length 0 is one number.
type Dense[T Element] struct {
	Shape []int
	Data  []T
}

// At is the element at index, which must be inside.
func (d *Dense[T]) At(index ...int) T {
	at := 0
	for k, i := range index {
		at = at*d.Shape[k] + i
	}
	return d.Data[at]
}

// Array is d as a lazy array, without copying: d must not change while it is used.
func (d *Dense[T]) Array() Array[T] {
	return Array[T]{fromBytes(TypeOf[T](), bytesOf(d.Data), d.Shape)}
}

// Values is an array in memory whose element type is known at run time: Data
// in C order, little-endian.
type Values struct {
	Type  dtype.Type
	Shape []int
	Data  []byte
}

// Array is v as a lazy array, without copying: v must not change while it is used.
func (v *Values) Array() Any { return Any{fromBytes(v.Type, v.Data, v.Shape)} }

// Float64 gives the values as float64, in C order.
func (v *Values) Float64() []float64 {
	out := make([]float64, len(v.Data)/v.Type.Size())
	castKernel(dtype.Float64, v.Type)(bytesOf(out), v.Data, nil, nil) //nolint:errcheck // casts do not fail
	return out
}

// As is v as a Dense over the same memory; errs.Invalid when v is of another type.
func As[T Element](v *Values) (*Dense[T], error) {
	if t := TypeOf[T](); t != v.Type {
		return nil, errs.New(errs.Invalid, "values of %v, expected %v", v.Type, t).WithFix("Cast before Compute")
	}
	return &Dense[T]{Shape: v.Shape, Data: view[T](v.Data)}, nil
}

func fromBytes(t dtype.Type, data []byte, shape []int) *node {
	if !t.Valid() {
		return failed(errs.New(errs.Invalid, "values of %v", t))
	}
	if err := checkShape(shape, t); err != nil {
		return failed(err)
	}
	if n := count(shape); n*t.Size() != len(data) {
		return failed(errs.New(errs.Shape, "%d elements of %v for shape %s, expected %d", len(data)/t.Size(), t, shapeText(shape), n))
	}
	return newValues(t, data, append([]int(nil), shape...))
}

// FromSlice is data as an array of one axis, without copying.
func FromSlice[T Element](data []T) Array[T] {
	return (&Dense[T]{Shape: []int{len(data)}, Data: data}).Array()
}

// Full is one number everywhere, of any shape; it takes no memory.
func Full[T Element](v T, shape ...int) Array[T] {
	t := TypeOf[T]()
	if err := checkShape(shape, t); err != nil {
		return Array[T]{failed(err)}
	}
	return Array[T]{newFill(t, bytesOf([]T{v}), append([]int(nil), shape...))}
}

// FullAny is Full of a type known at run time; v as in Scalar.
func FullAny(t dtype.Type, v any, shape ...int) Any {
	s, err := scalarOf(v)
	if err == nil {
		err = checkShape(shape, t)
	}
	var elem []byte
	if err == nil {
		elem, err = s.bytes(t)
	}
	if err != nil {
		return Any{failed(err)}
	}
	return Any{newFill(t, elem, append([]int(nil), shape...))}
}

// Arange is n numbers: start, start + step, … The step of integers is a whole
// number, and they are exact up to 2⁵³.
func Arange[T dtype.Number](start, step T, n int) Array[T] {
	t := TypeOf[T]()
	if err := checkShape([]int{n}, t); err != nil {
		return Array[T]{failed(err)}
	}
	return Array[T]{&node{kind: kindRange, typ: t, shape: []int{n}, grid: unitGrid([]int{n}, defaultTile), from: [2]float64{float64(start), float64(step)}}}
}
