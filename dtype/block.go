package dtype

import (
	"unsafe"

	"github.com/outcore/outcore/errs"
)

// Number is every Go type an element can have.
type Number interface {
	~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// TypeOf returns the Type of T.
func TypeOf[T Number]() Type {
	var z T
	switch any(z).(type) {
	case int8:
		return Int8
	case int16:
		return Int16
	case int32:
		return Int32
	case int64:
		return Int64
	case uint8:
		return Uint8
	case uint16:
		return Uint16
	case uint32:
		return Uint32
	case uint64:
		return Uint64
	case float32:
		return Float32
	case float64:
		return Float64
	}
	return 0
}

// View gives b as a slice of T over the same memory. The length of b must be a
// multiple of T's size and its start aligned to it; both are bugs otherwise.
func View[T Number](b []byte) []T {
	var z T
	size := int(unsafe.Sizeof(z))
	if len(b) == 0 {
		return nil
	}
	p := unsafe.Pointer(unsafe.SliceData(b))
	if len(b)%size != 0 || uintptr(p)%uintptr(size) != 0 {
		panic("dtype.View: length or alignment does not fit the element type")
	}
	return unsafe.Slice((*T)(p), len(b)/size)
}

// Bytes gives s as bytes over the same memory.
func Bytes[T Number](s []T) []byte {
	var z T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(z)))
}

// An Owner keeps memory alive that others look into. memory.Slab is one.
type Owner interface {
	Retain()
	Release()
}

// A Block is Rows×Cols numbers of one Type.
//
// A dense block holds them row-major in Data. A sparse block (Indptr not nil)
// is in compressed-row form: row i has the columns Indices[Indptr[i]:Indptr[i+1]]
// (0-based, increasing) with the values at the same places in Data; Indptr[0]
// need not be 0, so that a slice of rows is a view.
//
// A Block is read-only once handed on, and may then be read concurrently.
// Whoever keeps it beyond the call that handed it over calls Retain, and
// Release when done; a Block without an Owner lives on the Go heap and both do
// nothing.
type Block struct {
	Type       Type
	Rows, Cols int
	Data       []byte
	Indptr     []int64
	Indices    []int32
	Owner      Owner
}

// NewDense wraps data (row-major, len rows*cols) as a Block without copying.
func NewDense[T Number](rows, cols int, data []T) *Block {
	return &Block{Type: TypeOf[T](), Rows: rows, Cols: cols, Data: Bytes(data)}
}

// NewCSR wraps a compressed-row matrix as a Block without copying.
func NewCSR[T Number](rows, cols int, indptr []int64, indices []int32, data []T) *Block {
	return &Block{Type: TypeOf[T](), Rows: rows, Cols: cols, Data: Bytes(data), Indptr: indptr, Indices: indices}
}

// Sparse reports whether b is in compressed-row form.
func (b *Block) Sparse() bool { return b.Indptr != nil }

// Len is the number of stored values: Rows*Cols, or the non-zeros of a sparse block.
func (b *Block) Len() int {
	if b.Sparse() {
		return int(b.Indptr[b.Rows] - b.Indptr[0])
	}
	return b.Rows * b.Cols
}

// Slice is rows lo to hi of b as a view over the same memory, with the same Owner.
func (b *Block) Slice(lo, hi int) *Block {
	v := *b
	v.Rows = hi - lo
	if b.Sparse() {
		v.Indptr = b.Indptr[lo : hi+1 : hi+1]
	} else {
		stride := b.Cols * b.Type.Size()
		v.Data = b.Data[lo*stride : hi*stride : hi*stride]
	}
	return &v
}

// Retain keeps the memory of b alive until a matching Release.
func (b *Block) Retain() {
	if b.Owner != nil {
		b.Owner.Retain()
	}
}

// Release gives up one hold on the memory of b.
func (b *Block) Release() {
	if b.Owner != nil {
		b.Owner.Release()
	}
}

// Check reports whether the parts of b fit together: lengths, increasing
// Indptr, columns inside [0,Cols) and increasing in each row. It costs a pass
// over the indices; readers of foreign files call it, kernels do not.
func (b *Block) Check() error {
	if !b.Type.Valid() || b.Rows < 0 || b.Cols < 0 {
		return errs.New(errs.Shape, "block of type %v with %d rows, %d columns", b.Type, b.Rows, b.Cols)
	}
	if !b.Sparse() {
		if want := b.Rows * b.Cols * b.Type.Size(); len(b.Data) != want {
			return errs.New(errs.Shape, "dense block %d×%d %v holds %d bytes, expected %d", b.Rows, b.Cols, b.Type, len(b.Data), want)
		}
		return nil
	}
	n := len(b.Data) / b.Type.Size()
	if len(b.Indptr) != b.Rows+1 || n != len(b.Indices) || b.Indptr[0] < 0 || b.Indptr[b.Rows] > int64(n) {
		return errs.New(errs.Shape, "sparse block of %d rows has %d row starts, %d columns, %d values", b.Rows, len(b.Indptr), len(b.Indices), n)
	}
	for i := range b.Rows {
		lo, hi := b.Indptr[i], b.Indptr[i+1]
		if hi < lo {
			return errs.New(errs.Corrupt, "sparse block: row %d ends before it starts", i)
		}
		prev := int32(-1)
		for _, j := range b.Indices[lo:hi] {
			if j <= prev || int(j) >= b.Cols {
				return errs.New(errs.Corrupt, "sparse block: row %d has column %d after %d, of %d columns", i, j, prev, b.Cols)
			}
			prev = j
		}
	}
	return nil
}

// A Named is an array with a name: the state of a learner, as stored.
type Named struct {
	Name  string // letters, digits, '_', '.', '-'
	Type  Type
	Shape []int
	Data  []byte // row-major, little-endian
}

// NewNamed wraps data of the given shape without copying.
func NewNamed[T Number](name string, data []T, shape ...int) Named {
	if len(shape) == 0 {
		shape = []int{len(data)}
	}
	return Named{Name: name, Type: TypeOf[T](), Shape: shape, Data: Bytes(data)}
}
