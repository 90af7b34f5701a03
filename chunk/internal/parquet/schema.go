package parquet

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/errs"
)

// Physical types.
const (
	physBoolean   = 0
	physInt32     = 1
	physInt64     = 2
	physFloat     = 4
	physDouble    = 5
	physByteArray = 6
)

// An order is how the values of a column compare.
type order uint8

const (
	signed order = iota
	unsigned
	floating
	bytewise
)

// A column is what the schema says of one.
type column struct {
	name      string
	phys      int32
	order     order
	converted int32 // -1: none
	bits      int8  // of the integer annotation; 0 = none
	time      bool
	text      bool
}

// columnOf describes a field; what cannot be written is errs.Unsupported.
func columnOf(f arrow.Field) (column, error) {
	c := column{name: f.Name, converted: -1}
	integer := func(phys, converted int32, bits int8, o order) (column, error) {
		c.phys, c.converted, c.bits, c.order = phys, converted, bits, o
		return c, nil
	}
	switch t := f.Type; t.ID() {
	case arrow.BOOL:
		c.phys, c.order = physBoolean, unsigned
	case arrow.INT8:
		return integer(physInt32, 15, 8, signed)
	case arrow.INT16:
		return integer(physInt32, 16, 16, signed)
	case arrow.INT32:
		c.phys = physInt32
	case arrow.INT64:
		c.phys = physInt64
	case arrow.UINT8:
		return integer(physInt32, 11, 8, unsigned)
	case arrow.UINT16:
		return integer(physInt32, 12, 16, unsigned)
	case arrow.UINT32:
		return integer(physInt32, 13, 32, unsigned)
	case arrow.UINT64:
		return integer(physInt64, 14, 64, unsigned)
	case arrow.FLOAT32:
		c.phys, c.order = physFloat, floating
	case arrow.FLOAT64:
		c.phys, c.order = physDouble, floating
	case arrow.STRING:
		c.phys, c.order, c.converted, c.text = physByteArray, bytewise, 0, true
	case arrow.TIMESTAMP:
		if u := t.(*arrow.TimestampType); u.Unit != arrow.Microsecond || u.TimeZone != "UTC" {
			return c, unsupported(f)
		}
		c.phys, c.converted, c.time = physInt64, 10, true
	case arrow.DICTIONARY:
		if t.(*arrow.DictionaryType).ValueType.ID() != arrow.STRING {
			return c, unsupported(f)
		}
		c.phys, c.order, c.converted, c.text = physByteArray, bytewise, 0, true
	default:
		return c, unsupported(f)
	}
	return c, nil
}

func unsupported(f arrow.Field) error {
	return errs.New(errs.Unsupported, "column of type %v cannot be written to Parquet here", f.Type).At(errs.Position{Column: f.Name}).
		WithFix("--columns without it")
}

// write writes the SchemaElement of c.
func (c *column) write(t *thrift) {
	t.begin()
	t.i32(1, c.phys)
	t.i32(3, 1) // optional
	t.text(4, c.name)
	if c.converted >= 0 {
		t.i32(6, c.converted)
	}
	switch {
	case c.text:
		t.open(10)
		t.empty(1)
		t.end()
	case c.time:
		t.open(10)
		t.open(8)
		t.truth(1, true)
		t.open(2)
		t.empty(2) // microseconds
		t.end()
		t.end()
		t.end()
	case c.bits > 0:
		t.open(10)
		t.open(10)
		t.i8(1, c.bits)
		t.truth(2, c.order == signed)
		t.end()
		t.end()
	}
	t.end()
}
