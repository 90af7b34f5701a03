package zarr

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A DataType is the element type of an array, as zarr.json names it.
type DataType struct {
	Name   string          // "float32", "string", "r16", "numpy.datetime64", …
	Config json.RawMessage // configuration of an extension type; nil = none
	Size   int             // bytes of an element; 0 = of variable length (string, variable_length_bytes)
	Number dtype.Type      // zero when it is none of dtype's types (float16, complex64, string, …)
}

// A kind is how the elements of a type are laid out and how their fill value is
// spelled.
type kind uint8

const (
	kindUnknown kind = iota
	kindBool
	kindInt
	kindUint
	kindFloat
	kindComplex
	kindTime    // an int64 that may be spelled "NaT"
	kindRaw     // bytes, spelled as a list of numbers or base64
	kindUTF32   // code points in 4 bytes each, zero at the end
	kindString  // UTF-8 of variable length
	kindVarying // bytes of variable length
)

// The fixed types by name.
var kinds = map[string]struct {
	kind kind
	size int
}{
	"bool": {kindBool, 1},
	"int8": {kindInt, 1}, "int16": {kindInt, 2}, "int32": {kindInt, 4}, "int64": {kindInt, 8},
	"uint8": {kindUint, 1}, "uint16": {kindUint, 2}, "uint32": {kindUint, 4}, "uint64": {kindUint, 8},
	"float16": {kindFloat, 2}, "float32": {kindFloat, 4}, "float64": {kindFloat, 8},
	"complex64": {kindComplex, 8}, "complex128": {kindComplex, 16},
	"numpy.datetime64": {kindTime, 8}, "numpy.timedelta64": {kindTime, 8},
	"fixed_length_utf32": {kindUTF32, 0}, "null_terminated_bytes": {kindRaw, 0}, "raw_bytes": {kindRaw, 0},
	"string": {kindString, 0}, "variable_length_bytes": {kindVarying, 0}, "bytes": {kindVarying, 0},
}

// maxElement bounds the bytes of an element of configured length.
const maxElement = 1 << 20

// NumberType is the DataType of t.
func NumberType(t dtype.Type) DataType {
	return DataType{Name: t.String(), Size: t.Size(), Number: t}
}

// StringType is text of variable length, in UTF-8.
func StringType() DataType { return DataType{Name: "string"} }

// BytesType is bytes of variable length.
func BytesType() DataType { return DataType{Name: "variable_length_bytes"} }

// ParseType gives the type of a name and its configuration (nil = none). A type
// that is not known has neither Size nor Number: arrays of it can be listed and
// not read; Known tells.
func ParseType(name string, config json.RawMessage) (DataType, error) {
	t := DataType{Name: name, Config: config}
	k, ok := kinds[name]
	if bits, raw := strings.CutPrefix(name, "r"); !ok && raw {
		if n, err := strconv.ParseUint(bits, 10, 32); err == nil {
			if n == 0 || n%8 != 0 || n/8 > maxElement {
				return t, errs.New(errs.Invalid, "data type %s: expected a multiple of 8 bits, of at most %d bytes", name, maxElement)
			}
			t.Size = int(n / 8)
			return t, nil
		}
	}
	if !ok {
		return t, nil
	}
	t.Size = k.size
	t.Number, _ = dtype.Parse(name)
	var err error
	switch name {
	case "numpy.datetime64", "numpy.timedelta64":
		t.Number = dtype.Int64
		unit, scale := "generic", int64(1)
		err = fields(config, map[string]any{"unit": &unit, "scale_factor": &scale})
		if err == nil && scale < 1 {
			err = errs.New(errs.Invalid, "scale_factor %d, expected 1 or more", scale)
		}
	case "fixed_length_utf32", "null_terminated_bytes", "raw_bytes":
		length := int64(-1)
		err = fields(config, map[string]any{"length_bytes": &length})
		switch {
		case err != nil:
		case length < 1 || length > maxElement:
			err = errs.New(errs.Invalid, "length_bytes %d, expected 1 to %d", length, maxElement)
		case name == "fixed_length_utf32" && length%4 != 0:
			err = errs.New(errs.Invalid, "length_bytes %d, expected a multiple of 4", length)
		}
		t.Size = int(length)
	default:
		err = fields(config, nil)
	}
	if err != nil {
		return t, errs.New(kindOf(err), "data type %s: %w", name, err)
	}
	return t, nil
}

// Known reports whether elements of t can be read and written here.
func (t DataType) Known() bool { return t.kind() != kindUnknown }

// Varying reports whether elements are of variable length: ReadStrings and
// WriteStrings are for those, Read and Write for the others.
func (t DataType) Varying() bool {
	k := t.kind()
	return k == kindString || k == kindVarying
}

func (t DataType) kind() kind {
	if k, ok := kinds[t.Name]; ok {
		return k.kind
	}
	if len(t.Name) > 1 && t.Name[0] == 'r' && t.Size > 0 {
		return kindRaw
	}
	return kindUnknown
}

// word is the bytes of the part of an element that has an order of bytes; 1 = none.
func (t DataType) word() int {
	switch t.kind() {
	case kindComplex:
		return t.Size / 2
	case kindUTF32:
		return 4
	case kindRaw, kindString, kindVarying, kindUnknown:
		return 1
	}
	return t.Size
}

// String is the name, with the configuration where there is one.
func (t DataType) String() string {
	if t.Config == nil {
		return t.Name
	}
	return t.Name + string(t.Config)
}
