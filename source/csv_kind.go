package source

import (
	"bytes"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source/internal/number"
)

// A columnKind is how a column of a text table is read and stored.
type columnKind uint8

const (
	skipColumn columnKind = iota // not asked for
	intColumn
	floatColumn
	float32Column
	boolColumn
	timeColumn
	textColumn
)

var columnKinds = [...]struct {
	name    string
	aliases string
	arrow   arrow.DataType
	field   Field
	size    int // bytes of a value; of an offset for text; 0 for bits
}{
	skipColumn:    {},
	intColumn:     {"int64", "int integer", arrow.PrimitiveTypes.Int64, Field{Kind: Number, Type: dtype.Int64}, 8},
	floatColumn:   {"float64", "float double number", arrow.PrimitiveTypes.Float64, Field{Kind: Number, Type: dtype.Float64}, 8},
	float32Column: {"float32", "single", arrow.PrimitiveTypes.Float32, Field{Kind: Number, Type: dtype.Float32}, 4},
	boolColumn:    {"bool", "boolean", arrow.FixedWidthTypes.Boolean, Field{Kind: Number, Type: dtype.Bool}, 0},
	timeColumn:    {"time", "timestamp datetime date", arrow.FixedWidthTypes.Timestamp_us, Field{Kind: Time}, 8},
	textColumn:    {"text", "string str category", arrow.BinaryTypes.String, Field{Kind: Text}, 4},
}

func (k columnKind) String() string { return columnKinds[k].name }

// kindNamed reads a type as a user writes it.
func kindNamed(column, name string) (columnKind, error) {
	var have []string
	for k := intColumn; k <= textColumn; k++ {
		if name == k.String() || contains(columnKinds[k].aliases, name) {
			return k, nil
		}
		have = append(have, k.String())
	}
	return 0, errs.New(errs.Invalid, "column %q: unknown type %q%s; have %s", column, name, errs.Suggest(name, have), strings.Join(have, ", ")).
		WithFix("--types %s=text", column)
}

func contains(words, word string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == word {
			return true
		}
	}
	return false
}

// kinds is the set of kinds a column's sample can have; a bit for each.
type kinds uint8

const anyKind = kinds(1<<intColumn | 1<<floatColumn | 1<<boolColumn | 1<<timeColumn)

// kindsOf is what s, which is not missing, can be.
func kindsOf(s []byte) kinds {
	if plainDigits(s) {
		return 1<<intColumn | 1<<floatColumn
	}
	var room [64]byte
	padded := append(append(room[:0], bytes.TrimSpace(s)...), '\n')
	trimmed := padded[:len(padded)-1]
	if _, end, ok := number.Int(padded, 0); ok && end == len(trimmed) {
		return 1<<intColumn | 1<<floatColumn
	}
	if _, end, ok := number.Float(padded, 0); ok && end == len(trimmed) {
		if bytes.IndexByte(trimmed, '.') < 0 && bytes.IndexByte(trimmed, 'e') < 0 && bytes.IndexByte(trimmed, 'E') < 0 {
			return 0 // digits beyond int64 are a name, not a quantity
		}
		return 1 << floatColumn
	}
	if _, ok := number.Special(trimmed); ok {
		return 1 << floatColumn
	}
	if _, ok := parseBool(trimmed); ok {
		return 1 << boolColumn
	}
	if _, ok := parseTime(trimmed); ok {
		return 1 << timeColumn
	}
	return 0
}

// plainDigits reports whether s is digits alone, few enough for an int64.
func plainDigits(s []byte) bool {
	if len(s) == 0 || len(s) > 18 {
		return false
	}
	for _, c := range s {
		if c-'0' > 9 {
			return false
		}
	}
	return true
}

// kind is the narrowest of k: that of a column whose sample fits all of k.
func (k kinds) kind(seen bool) columnKind {
	switch {
	case !seen: // nothing but missing values
		return floatColumn
	case k&(1<<intColumn) != 0:
		return intColumn
	case k&(1<<floatColumn) != 0:
		return floatColumn
	case k&(1<<boolColumn) != 0:
		return boolColumn
	case k&(1<<timeColumn) != 0:
		return timeColumn
	}
	return textColumn
}

// parseBool takes true and false, all small, all capital or with one capital.
func parseBool(s []byte) (v, ok bool) {
	switch string(s) {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return false, false
}
