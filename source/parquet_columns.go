package source

import (
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// utcMicros is the type of all times in records.
var utcMicros = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}

// parquetKind says what a column of type t is read as.
func parquetKind(t arrow.DataType) (Kind, dtype.Type, bool) {
	switch t.ID() {
	case arrow.BOOL:
		return Number, dtype.Bool, true
	case arrow.INT8:
		return Number, dtype.Int8, true
	case arrow.INT16:
		return Number, dtype.Int16, true
	case arrow.INT32:
		return Number, dtype.Int32, true
	case arrow.INT64:
		return Number, dtype.Int64, true
	case arrow.UINT8:
		return Number, dtype.Uint8, true
	case arrow.UINT16:
		return Number, dtype.Uint16, true
	case arrow.UINT32:
		return Number, dtype.Uint32, true
	case arrow.UINT64:
		return Number, dtype.Uint64, true
	case arrow.FLOAT32:
		return Number, dtype.Float32, true
	case arrow.FLOAT64:
		return Number, dtype.Float64, true
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY:
		return Text, 0, true
	case arrow.TIMESTAMP, arrow.DATE32, arrow.DATE64:
		return Time, 0, true
	case arrow.DICTIONARY:
		if v := t.(*arrow.DictionaryType).ValueType.ID(); v == arrow.STRING {
			return Text, 0, true
		}
	}
	return "", 0, false
}

// recordType is the Arrow type records have for a column of type t.
func recordType(t arrow.DataType) arrow.DataType {
	switch t.ID() {
	case arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY:
		return arrow.BinaryTypes.String
	case arrow.TIMESTAMP, arrow.DATE32, arrow.DATE64:
		return utcMicros
	}
	return t
}

// others lists the columns of s that can be read, for --columns.
func others(s *arrow.Schema) string {
	var names []string
	for _, f := range s.Fields() {
		if _, _, ok := parquetKind(f.Type); ok {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ",")
}

// toRecordType gives column a in its recordType. The result is released by the
// caller; a is not.
func toRecordType(a arrow.Array) (arrow.Array, error) {
	to := recordType(a.DataType())
	switch a := a.(type) {
	case *array.Timestamp:
		t := a.DataType().(*arrow.TimestampType)
		if arrow.TypeEqual(t, utcMicros) {
			break
		}
		mul, div := int64(1), int64(1)
		switch t.Unit {
		case arrow.Second:
			mul = 1_000_000
		case arrow.Millisecond:
			mul = 1000
		case arrow.Nanosecond:
			div = 1000
		}
		return toMicros(a, a.Data(), a.TimestampValues(), mul, div)
	case *array.Date32:
		return toMicros(a, a.Data(), a.Date32Values(), 86_400_000_000, 1)
	case *array.Date64:
		return toMicros(a, a.Data(), a.Date64Values(), 1000, 1)
	case *array.Binary:
		d := a.Data()
		data := array.NewData(to, d.Len(), d.Buffers(), nil, d.NullN(), d.Offset())
		defer data.Release()
		return array.NewStringData(data), nil
	case *array.LargeString, *array.LargeBinary:
		return narrowText(a)
	}
	a.Retain()
	return a, nil
}

// toMicros makes times of values·mul/div, rounded down.
func toMicros[T ~int32 | ~int64](a arrow.Array, d arrow.ArrayData, values []T, mul, div int64) (arrow.Array, error) {
	out := make([]int64, len(values))
	limit := math.MaxInt64 / mul
	for i, v := range values {
		x := int64(v)
		switch {
		case div > 1:
			q := x / div
			if x%div < 0 {
				q--
			}
			out[i] = q
		case x > limit || x < -limit:
			if a.IsValid(i) {
				return nil, errs.New(errs.Invalid, "time %v is too far from 1970 for microseconds", a.ValueStr(i))
			}
		default:
			out[i] = x * mul
		}
	}
	valid := d.Buffers()[0]
	if valid != nil && d.Offset() != 0 {
		bits := make([]byte, (len(values)+7)/8)
		for i := range values {
			if a.IsValid(i) {
				bits[i/8] |= 1 << (i % 8)
			}
		}
		valid = memory.NewBufferBytes(bits)
	}
	data := array.NewData(utcMicros, len(values), []*memory.Buffer{valid, memory.NewBufferBytes(dtype.Bytes(out))}, nil, a.NullN(), 0)
	defer data.Release()
	return array.NewTimestampData(data), nil
}

// narrowText gives a text column with 64-bit offsets in 32-bit ones.
func narrowText(a arrow.Array) (arrow.Array, error) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	total := 0
	at := func(i int) string {
		if s, ok := a.(*array.LargeString); ok {
			return s.Value(i)
		}
		return string(a.(*array.LargeBinary).Value(i))
	}
	for i := range a.Len() {
		if a.IsNull(i) {
			b.AppendNull()
			continue
		}
		s := at(i)
		if total += len(s); total > math.MaxInt32 {
			return nil, errs.New(errs.Unsupported, "more than 2 GiB of text in one row group").WithFix("write smaller row groups")
		}
		b.Append(s)
	}
	return b.NewArray(), nil
}
