package parquet

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pq "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

var utc = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}

var types = []arrow.DataType{
	arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Int8, arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32,
	arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Uint8, arrow.PrimitiveTypes.Uint16, arrow.PrimitiveTypes.Uint32,
	arrow.PrimitiveTypes.Uint64, arrow.PrimitiveTypes.Float32, arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String, utc,
}

// column makes n values: distinct of them differ, about one of nulls is null
// (0: none, 1: all).
func makeColumn(t arrow.DataType, n, distinct, nulls int, rng *rand.Rand) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, t)
	for range n {
		if nulls > 0 && rng.IntN(nulls) == 0 {
			b.AppendNull()
			continue
		}
		v := rng.IntN(distinct) - distinct/3
		switch b := b.(type) {
		case *array.BooleanBuilder:
			b.Append(v&1 == 0)
		case *array.Int8Builder:
			b.Append(int8(v))
		case *array.Int16Builder:
			b.Append(int16(v))
		case *array.Int32Builder:
			b.Append(int32(v) * 70001)
		case *array.Int64Builder:
			b.Append(int64(v) * 1e13)
		case *array.Uint8Builder:
			b.Append(uint8(v))
		case *array.Uint16Builder:
			b.Append(uint16(v))
		case *array.Uint32Builder:
			b.Append(uint32(v))
		case *array.Uint64Builder:
			b.Append(uint64(v))
		case *array.Float32Builder:
			b.Append(float32(v) / 3)
		case *array.Float64Builder:
			if v == 7 {
				b.Append(math.NaN())
			} else {
				b.Append(float64(v) / 7)
			}
		case *array.StringBuilder:
			b.Append(strings.Repeat("é", v&3) + fmt.Sprint(v))
		case *array.TimestampBuilder:
			b.Append(arrow.Timestamp(v) * 1e6)
		}
	}
	return b.NewArray()
}

// table makes records of all types, some sliced, with a column as dictionary.
func table(pieces []int, distinct, nulls int) (*arrow.Schema, []arrow.RecordBatch) {
	rng := rand.New(rand.NewPCG(uint64(distinct), uint64(nulls)))
	var fields []arrow.Field
	for i, t := range types {
		fields = append(fields, arrow.Field{Name: fmt.Sprintf("c%d %v", i, t), Type: t, Nullable: true})
	}
	dict := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: arrow.BinaryTypes.String}
	fields = append(fields, arrow.Field{Name: "dict", Type: dict, Nullable: true})
	schema := arrow.NewSchema(fields, nil)
	var recs []arrow.RecordBatch
	for _, n := range pieces {
		var cols []arrow.Array
		for _, t := range types {
			cols = append(cols, array.NewSlice(makeColumn(t, n+5, distinct, nulls, rng), 3, int64(n+3)))
		}
		b := array.NewDictionaryBuilder(memory.DefaultAllocator, dict).(*array.BinaryDictionaryBuilder)
		for i := range n {
			if i%5 == 1 {
				b.AppendNull()
			} else if err := b.AppendString(fmt.Sprint("d", i%min(distinct, 1000))); err != nil {
				panic(err)
			}
		}
		recs = append(recs, array.NewRecordBatch(schema, append(cols, b.NewArray()), int64(n)))
	}
	return schema, recs
}

func encode(t testing.TB, schema *arrow.Schema, groups [][]arrow.RecordBatch, codec Codec) []byte {
	t.Helper()
	return encodeBy(t, 1, schema, groups, codec)
}

func encodeBy(t testing.TB, workers int, schema *arrow.Schema, groups [][]arrow.RecordBatch, codec Codec) []byte {
	t.Helper()
	e, err := NewEncoder(schema, codec)
	if err != nil {
		t.Fatal(err)
	}
	e.Workers(workers)
	var out bytes.Buffer
	w, err := NewWriter(&out, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, recs := range groups {
		g, err := e.Encode(recs)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Append(g); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := w.Close(); err != nil || n != int64(out.Len()) {
		t.Fatalf("size %d of %d: %v", n, out.Len(), err)
	}
	return out.Bytes()
}

func TestArrowReadsWhatWeWrite(t *testing.T) {
	for _, codec := range []Codec{Uncompressed, Snappy, Zstd} {
		for _, c := range []struct{ distinct, nulls int }{{1, 0}, {5, 4}, {300, 0}, {100_000, 3}, {1 << 30, 0}, {50, 1}} {
			t.Run(fmt.Sprint(codec, c), func(t *testing.T) {
				schema, recs := table([]int{1, 777, 2000, 8, 0, 13}, c.distinct, c.nulls)
				b := encode(t, schema, [][]arrow.RecordBatch{recs[:3], recs[3:]}, codec)
				got, err := pqarrow.ReadTable(t.Context(), bytes.NewReader(b), pq.NewReaderProperties(memory.DefaultAllocator), pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
				if err != nil {
					t.Fatal(err)
				}
				if got.NumRows() != 2799 {
					t.Fatalf("%d rows", got.NumRows())
				}
				for j, f := range schema.Fields() {
					var want, have []string
					for _, r := range recs {
						for i := range int(r.NumRows()) {
							want = append(want, r.Column(j).ValueStr(i))
						}
					}
					if w := f.Type; w.ID() != arrow.DICTIONARY && !arrow.TypeEqual(got.Schema().Field(j).Type, w) {
						t.Errorf("%s is read as %v", f.Name, got.Schema().Field(j).Type)
					}
					for _, a := range got.Column(j).Data().Chunks() {
						for i := range a.Len() {
							have = append(have, a.ValueStr(i))
						}
					}
					for i := range want {
						if have[i] != want[i] {
							t.Fatalf("%s row %d: %s, want %s", f.Name, i, have[i], want[i])
						}
					}
				}
			})
		}
	}
}

func TestHybridRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for width := 1; width <= 16; width++ {
		var codes []uint32
		for len(codes) < 5000 {
			c := rng.Uint32N(1 << width)
			for range 1 + rng.IntN(8)*rng.IntN(20) {
				codes = append(codes, c)
			}
			for range rng.IntN(30) {
				codes = append(codes, rng.Uint32N(1<<width))
			}
		}
		got := decodeHybrid(appendHybrid(nil, codes, width), width)
		for i, c := range codes {
			if got[i] != c {
				t.Fatalf("width %d code %d: %d, want %d", width, i, got[i], c)
			}
		}
	}
}

// decodeHybrid is the plainest reading of the specification.
func decodeHybrid(b []byte, width int) (codes []uint32) {
	for len(b) > 0 {
		var head, shift uint64
		for {
			x := b[0]
			b = b[1:]
			head |= uint64(x&0x7f) << shift
			if shift += 7; x < 0x80 {
				break
			}
		}
		if head&1 == 0 {
			var c uint32
			for k := range (width + 7) / 8 {
				c |= uint32(b[k]) << (8 * k)
			}
			b = b[(width+7)/8:]
			for range head >> 1 {
				codes = append(codes, c)
			}
			continue
		}
		n := int(head>>1) * 8
		for i := range n {
			var c uint32
			for k := range width {
				at := i*width + k
				c |= uint32(b[at/8]>>(at%8)&1) << k
			}
			codes = append(codes, c)
		}
		b = b[n*width/8:]
	}
	return codes
}

const peerScript = `
import sys, math, pyarrow.parquet as pq, pyarrow.compute as pc
f = pq.ParquetFile(sys.argv[1], page_checksum_verification=True)
t = f.read()
assert t.num_rows == 60008 and f.num_row_groups == 2, (t.num_rows, f.num_row_groups)
for i, line in enumerate(open(sys.argv[2], encoding="utf8").read().splitlines()):
    name, nulls, want = line.split("|")
    c = t.column(i)
    assert t.schema.names[i] == name and c.null_count == int(nulls), (name, c.null_count, nulls)
    if c.type in ("string", "bool"):
        got = sum(len(v.encode()) if isinstance(v, str) else v for v in c.drop_null().to_pylist())
    else:
        got = sum(v for v in (c.cast("int64") if "timestamp" in str(c.type) else c).drop_null().to_pylist() if v == v)
    assert abs(got - float(want)) <= 1e-9 * abs(float(want)), (name, got, want)
    lo, hi = None, None
    for g in range(2):
        s = f.metadata.row_group(g).column(i).statistics
        part = f.read_row_group(g).column(i).drop_null()
        if "double" in str(c.type): part = part.filter(pc.invert(pc.is_nan(part)))
        if s.has_min_max:
            assert s.min == pc.min(part).as_py() and s.max == pc.max(part).as_py(), (name, s, pc.min_max(part))
        else:
            assert len(part) == 0, name
print("ok")
`

// TestPyArrowReadsWhatWeWrite needs Python with pyarrow.
func TestPyArrowReadsWhatWeWrite(t *testing.T) {
	python := os.Getenv("OUTCORE_PEER_PYTHON")
	if python == "" {
		t.Skip("SKIPPED: pyarrow is not asked whether it reads our Parquet; run `make peer` and set OUTCORE_PEER_PYTHON")
	}
	for _, c := range []struct{ distinct, nulls int }{{1, 0}, {300, 4}, {1 << 30, 3}, {9, 1}} {
		schema, recs := table([]int{30000, 8, 30000}, c.distinct, c.nulls)
		dir := t.TempDir()
		file, sums := filepath.Join(dir, "a.parquet"), filepath.Join(dir, "sums")
		if err := os.WriteFile(file, encode(t, schema, [][]arrow.RecordBatch{recs[:2], recs[2:]}, Snappy), 0o600); err != nil {
			t.Fatal(err)
		}
		var s strings.Builder
		for j, f := range schema.Fields() {
			nulls, sum := 0, 0.0
			for _, r := range recs {
				for i := range int(r.NumRows()) {
					if r.Column(j).IsNull(i) {
						nulls++
						continue
					}
					sum += number(r.Column(j), i)
				}
			}
			fmt.Fprintf(&s, "%s|%d|%v\n", f.Name, nulls, sum)
		}
		if err := os.WriteFile(sums, []byte(s.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(python, "-c", peerScript, file, sums).CombinedOutput(); err != nil {
			t.Errorf("%+v: %v\n%s", c, err, out)
		}
	}
}

// number is a value as the peer adds it up: texts by their length, NaN as 0.
func number(a arrow.Array, i int) float64 {
	var v float64
	switch a := a.(type) {
	case *array.Boolean:
		if a.Value(i) {
			v = 1
		}
	case *array.String:
		v = float64(len(a.Value(i)))
	case *array.Dictionary:
		v = float64(len(a.ValueStr(i)))
	case *array.Timestamp:
		v = float64(a.Value(i))
	case *array.Float64:
		if v = a.Value(i); v != v {
			v = 0
		}
	default:
		if _, err := fmt.Sscan(a.ValueStr(i), &v); err != nil {
			panic(err) // an integer, as text
		}
	}
	return v
}

func TestWorkersDoNotChangeAByte(t *testing.T) {
	schema, recs := table([]int{3000, 1, 2000, 700}, 300, 10)
	groups := [][]arrow.RecordBatch{recs[:2], recs[2:], recs}
	for _, codec := range []Codec{Uncompressed, Snappy, Zstd} {
		want := encode(t, schema, groups, codec)
		for _, workers := range []int{2, 3, 16} {
			if got := encodeBy(t, workers, schema, groups, codec); !bytes.Equal(got, want) {
				t.Errorf("codec %d: the file of %d workers is another", codec, workers)
			}
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	schema, recs := table([]int{122_880}, 3000, 10)
	e, err := NewEncoder(schema, Snappy)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := e.Encode(recs); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/122_880/float64(len(types)+1), "ns/value")
}
