package chunk

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/source"
)

// arrowSchema is the Arrow schema of the records of a data set.
func arrowSchema(s *source.Schema) *arrow.Schema {
	types := map[dtype.Type]arrow.DataType{
		dtype.Bool: arrow.FixedWidthTypes.Boolean, dtype.Int8: arrow.PrimitiveTypes.Int8, dtype.Int16: arrow.PrimitiveTypes.Int16,
		dtype.Int32: arrow.PrimitiveTypes.Int32, dtype.Int64: arrow.PrimitiveTypes.Int64, dtype.Uint8: arrow.PrimitiveTypes.Uint8,
		dtype.Uint16: arrow.PrimitiveTypes.Uint16, dtype.Uint32: arrow.PrimitiveTypes.Uint32, dtype.Uint64: arrow.PrimitiveTypes.Uint64,
		dtype.Float32: arrow.PrimitiveTypes.Float32, dtype.Float64: arrow.PrimitiveTypes.Float64,
	}
	fields := make([]arrow.Field, len(s.Fields))
	for j, f := range s.Fields {
		t := types[f.Type]
		switch f.Kind {
		case source.Text:
			t = arrow.BinaryTypes.String
		case source.Time:
			t = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
		}
		fields[j] = arrow.Field{Name: f.Name, Type: t, Nullable: true}
	}
	return arrow.NewSchema(fields, nil)
}
