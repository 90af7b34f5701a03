package record

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
)

// parse makes a record of JSON rows.
func parse(t testing.TB, schema *arrow.Schema, rows string) arrow.RecordBatch {
	t.Helper()
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

var every = arrow.NewSchema([]arrow.Field{
	{Name: "f64", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "f32", Type: arrow.PrimitiveTypes.Float32, Nullable: true},
	{Name: "i8", Type: arrow.PrimitiveTypes.Int8, Nullable: true},
	{Name: "i16", Type: arrow.PrimitiveTypes.Int16, Nullable: true},
	{Name: "i32", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "i64", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "u8", Type: arrow.PrimitiveTypes.Uint8, Nullable: true},
	{Name: "u16", Type: arrow.PrimitiveTypes.Uint16, Nullable: true},
	{Name: "u32", Type: arrow.PrimitiveTypes.Uint32, Nullable: true},
	{Name: "u64", Type: arrow.PrimitiveTypes.Uint64, Nullable: true},
	{Name: "flag", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
	{Name: "none", Type: arrow.Null, Nullable: true},
	{Name: "word", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "long", Type: arrow.BinaryTypes.LargeString, Nullable: true},
	{Name: "code", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}, Nullable: true},
	{Name: "day", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
	{Name: "at", Type: &arrow.TimestampType{Unit: arrow.Nanosecond}, Nullable: true},
}, nil)

func columnsOf(schema *arrow.Schema) []feature.Column {
	var cols []feature.Column
	for _, f := range schema.Fields() {
		c := feature.Column{Name: f.Name, Type: dtype.Float64}
		switch f.Name {
		case "word", "long", "code":
			c.Kind = feature.Text
		case "day", "at":
			c.Kind = feature.Time
		case "f32", "r":
			c.Type = dtype.Float32
		}
		cols = append(cols, c)
	}
	return cols
}

const everyRows = `[
{"f64":1.5,"f32":2.5,"i8":-3,"i16":4,"i32":5,"i64":6,"u8":7,"u16":8,"u32":9,"u64":10,"flag":true,"none":null,"word":"ab","long":"cd","code":"x","day":"1970-01-02","at":"1969-12-31T23:59:59.999999999"},
{"f64":null,"f32":null,"i8":null,"i16":null,"i32":null,"i64":null,"u8":null,"u16":null,"u32":null,"u64":null,"flag":null,"none":null,"word":null,"long":null,"code":null,"day":null,"at":null},
{"f64":-1,"f32":-2,"i8":-3,"i16":-4,"i32":-5,"i64":-6,"u8":1,"u16":2,"u32":3,"u64":4,"flag":false,"none":null,"word":"","long":"e","code":"yy","day":"1969-12-31","at":"1970-01-01T00:00:00.000002"}
]`

func dump(f *feature.Frame) string {
	var b strings.Builder
	for i := range f.N {
		fmt.Fprint(&b, f.X.Row(i, nil))
		for _, c := range f.Text {
			v, ok := c.At(i)
			fmt.Fprintf(&b, " %q/%v", v, ok)
		}
		for _, c := range f.Time {
			fmt.Fprint(&b, " ", c.Micros[i])
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestEveryType(t *testing.T) {
	a, err := feature.NewAssembler(columnsOf(every), feature.Roles{})
	if err != nil {
		t.Fatal(err)
	}
	rec := parse(t, every, everyRows)
	f, err := Frame(a, rec, 0)
	if err != nil {
		t.Fatal(err)
	}
	const m = "-9223372036854775808"
	want := `[1.5 2.5 -3 4 5 6 7 8 9 10 1 NaN] "ab"/true "cd"/true "x"/true 86400000000 -1
[NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN NaN] ""/false ""/false ""/false ` + m + " " + m + `
[-1 -2 -3 -4 -5 -6 1 2 3 4 0 NaN] ""/true "e"/true "yy"/true -86400000000 2
`
	if got := dump(f); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	s, err := Frame(a, rec.NewSlice(1, 3), 1) // offsets inside the arrays
	if err != nil {
		t.Fatal(err)
	}
	if _, tail, _ := strings.Cut(want, "\n"); dump(s) != tail {
		t.Errorf("slice: got\n%swant\n%s", dump(s), tail)
	}
	if empty, err := Frame(a, rec.NewSlice(1, 1), 1); err != nil || empty.N != 0 {
		t.Errorf("no rows: %v", err)
	}
}

func TestRolesOfAScanOfFlights(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "r", Type: arrow.PrimitiveTypes.Float32}, {Name: "word", Type: arrow.BinaryTypes.String, Nullable: true},
	}, nil)
	rec := parse(t, schema, `[{"r":1,"word":"b"},{"r":2,"word":null},{"r":3,"word":"a"}]`)
	a, err := feature.NewAssembler(columnsOf(schema), feature.Roles{Target: "word", DropMissing: true})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Frame(a, rec, 0)
	if err != nil {
		t.Fatal(err)
	}
	x, ok := f.X.(*feature.Dense[float32])
	if !ok || fmt.Sprint(x.Data) != "[1 3]" || string(f.Label.Bytes) != "ba" || f.Borrowed {
		t.Errorf("got %v, labels %s, borrowed %v", f.X, f.Label.Bytes, f.Borrowed)
	}
}

func TestRecordsThatDoNotFit(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "price", Type: &arrow.Decimal128Type{Precision: 9, Scale: 2}}}, nil)
	a, err := feature.NewAssembler(columnsOf(schema), feature.Roles{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Frame(a, parse(t, schema, `[{"price":"1.20"}]`), 0)
	if !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), "column price: decimal(9, 2) is not a number") {
		t.Errorf("a decimal gave %v", err)
	}
	other := arrow.NewSchema([]arrow.Field{{Name: "cost", Type: arrow.PrimitiveTypes.Float64}}, nil)
	if _, err = Frame(a, parse(t, other, `[{"cost":1}]`), 0); !errors.Is(err, errs.Shape) {
		t.Errorf("another column gave %v", err)
	}
}

func BenchmarkGather(b *testing.B) {
	for _, d := range []int{4, 50} {
		for _, typ := range []arrow.DataType{arrow.PrimitiveTypes.Float64, arrow.PrimitiveTypes.Float32} {
			b.Run(fmt.Sprintf("%s/d=%d", typ, d), func(b *testing.B) {
				const n = 32768
				var fields []arrow.Field
				var cols []arrow.Array
				var desc []feature.Column
				for j := range d {
					fields = append(fields, arrow.Field{Name: fmt.Sprint("c", j), Type: typ})
					bld := array.NewBuilder(memory.DefaultAllocator, typ)
					bld.AppendEmptyValues(n)
					cols = append(cols, bld.NewArray())
					ty := dtype.Float64
					if typ.ID() == arrow.FLOAT32 {
						ty = dtype.Float32
					}
					desc = append(desc, feature.Column{Name: fields[j].Name, Type: ty})
				}
				rec := array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, n)
				a, err := feature.NewAssembler(desc, feature.Roles{})
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(n * d * desc[0].Type.Size()))
				for b.Loop() {
					f, err := Frame(a, rec, 0)
					if err != nil {
						b.Fatal(err)
					}
					f.Release()
				}
			})
		}
	}
}
