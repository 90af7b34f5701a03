// Package dtype names the element types of arrays and holds the Block, the
// numeric unit that moves through the program: a batch of rows, dense or
// sparse, in the type the data is stored in.
//
// A Type has NumPy's names ("float32", "<f4"). A Block wraps bytes it may not
// own (an off-heap slab, a file buffer); View gives them as a typed slice
// without copying. Everything is little-endian in memory and on disk: the
// program runs on amd64 and arm64 only.
//
// The package does no I/O and no arithmetic.
package dtype

import (
	"fmt"
	"strings"

	"github.com/outcore/outcore/errs"
)

// A Type is the type of one element.
type Type uint8

// The element types. The zero Type is invalid.
const (
	_ Type = iota
	Bool
	Int8
	Int16
	Int32
	Int64
	Uint8
	Uint16
	Uint32
	Uint64
	Float32
	Float64
)

var types = [...]struct {
	name, npy string
	size      int
}{
	Bool:    {"bool", "|b1", 1},
	Int8:    {"int8", "|i1", 1},
	Int16:   {"int16", "<i2", 2},
	Int32:   {"int32", "<i4", 4},
	Int64:   {"int64", "<i8", 8},
	Uint8:   {"uint8", "|u1", 1},
	Uint16:  {"uint16", "<u2", 2},
	Uint32:  {"uint32", "<u4", 4},
	Uint64:  {"uint64", "<u8", 8},
	Float32: {"float32", "<f4", 4},
	Float64: {"float64", "<f8", 8},
}

// Names lists the names Parse accepts, in order.
func Names() []string {
	var s []string
	for _, t := range types[1:] {
		s = append(s, t.name)
	}
	return s
}

// Parse returns the type of a name ("float32") or a NumPy descriptor ("<f4").
func Parse(name string) (Type, error) {
	for i, t := range types {
		if i > 0 && (t.name == name || t.npy == name) {
			return Type(i), nil
		}
	}
	return 0, errs.New(errs.Unsupported, "unknown element type %q%s; have %s",
		name, errs.Suggest(name, Names()), strings.Join(Names(), ", "))
}

// Valid reports whether t is one of the types above.
func (t Type) Valid() bool { return t > 0 && int(t) < len(types) }

// String is NumPy's name of t, "float32".
func (t Type) String() string {
	if !t.Valid() {
		return fmt.Sprintf("dtype.Type(%d)", uint8(t))
	}
	return types[t].name
}

// NPY is NumPy's array-protocol descriptor of t, "<f4".
func (t Type) NPY() string { return types[t].npy }

// Size is the number of bytes of one element.
func (t Type) Size() int { return types[t].size }

// Float reports whether t is a floating-point type.
func (t Type) Float() bool { return t == Float32 || t == Float64 }

// MarshalText writes t's name.
func (t Type) MarshalText() ([]byte, error) {
	if !t.Valid() {
		return nil, errs.New(errs.Invalid, "no element type")
	}
	return []byte(t.String()), nil
}

// UnmarshalText reads a name.
func (t *Type) UnmarshalText(b []byte) (err error) {
	*t, err = Parse(string(b))
	return err
}
