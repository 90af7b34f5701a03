package chunk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/npy"
	"github.com/outcore/outcore/source"
)

var tableSchema = arrow.NewSchema([]arrow.Field{
	{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// tableRows is rows lo to hi of a table; every fifth text is missing.
func tableRows(lo, hi int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, tableSchema)
	defer b.Release()
	for i := lo; i < hi; i++ {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		if i%5 == 0 {
			b.Field(1).AppendNull()
		} else {
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("t", i%100))
		}
	}
	return b.NewRecordBatch()
}

// writeTable writes 1,000 rows that come in batches of so many.
func writeTable(t *testing.T, batch int, c npy.Compression) (f *os.File, st Stats) {
	t.Helper()
	f = stage(t, "a.parquet")
	e, err := NewTableEncoder(tableSchema, c)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewParquetFile(f, e)
	if err != nil {
		t.Fatal(err)
	}
	g := Grouper{GroupRows: 300}
	put := func(g Group) error {
		defer g.Release()
		enc, err := e.Encode(g.Records)
		if err != nil {
			return err
		}
		return w.Write(enc)
	}
	for lo := 0; lo < 1000; lo += batch {
		if err := g.Add(tableRows(lo, min(lo+batch, 1000)), put); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Flush(put); err != nil {
		t.Fatal(err)
	}
	if st, err = w.Close(); err != nil {
		t.Fatal(err)
	}
	return f, st
}

func TestParquetBytesDoNotShowBatches(t *testing.T) {
	for _, c := range []npy.Compression{npy.None, npy.Fast, npy.Max} {
		_, want := writeTable(t, 1000, c)
		for _, batch := range []int{1, 7, 299, 300, 301} {
			f, got := writeTable(t, batch, c)
			if got != want {
				t.Errorf("%s, batches of %d: %+v, want %+v", c, batch, got, want)
			}
			if again, err := statsOf(f, got.Rows, got.Bytes); err != nil || again != got {
				t.Errorf("the file has %+v, %v", again, err)
			}
		}
	}
}

func TestParquetIsReadBySource(t *testing.T) {
	f, _ := writeTable(t, 77, npy.Fast)
	ds, err := source.Open(t.Context(), []string{f.Name()}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	row, segments := 0, 0
	for s, err := range ds.Segments(t.Context(), source.Cursor{}) {
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Decode(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := tableRows(row, row+b.Rows)
		if !array.RecordEqual(b.Record, want) {
			t.Fatalf("rows from %d: %v, want %v", row, b.Record, want)
		}
		row += b.Rows
		segments++
		b.Release()
	}
	if row != 1000 || segments != 4 {
		t.Errorf("%d rows in %d row groups", row, segments)
	}
}

func TestGrouperEndsFiles(t *testing.T) {
	for _, batch := range []int{1, 50, 120, 1000} {
		g := Grouper{GroupRows: 40, FileRows: 100}
		var got bytes.Buffer
		emit := func(g Group) error {
			first := g.Records[0].Column(0).(*array.Int64).Value(0)
			fmt.Fprintf(&got, "%d+%d", first, g.Rows)
			if g.Ends {
				got.WriteString("|")
			}
			got.WriteString(" ")
			g.Release()
			return nil
		}
		for lo := 0; lo < 250; lo += batch {
			if err := g.Add(tableRows(lo, min(lo+batch, 250)), emit); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.Flush(emit); err != nil {
			t.Fatal(err)
		}
		if want := "0+40 40+40 80+20| 100+40 140+40 180+20| 200+40 240+10| "; got.String() != want {
			t.Errorf("batches of %d: %s, want %s", batch, got.String(), want)
		}
	}
}

func TestTableEncoderRefuses(t *testing.T) {
	odd := arrow.NewSchema([]arrow.Field{{Name: "d", Type: &arrow.Decimal128Type{Precision: 9, Scale: 2}}}, nil)
	if _, err := NewTableEncoder(odd, npy.Fast); !errors.Is(err, errs.Unsupported) {
		t.Errorf("decimal: %v", err)
	}
}

// groupsOf cuts n rows of tableRows, in batches of so many, into groups.
func groupsOf(t *testing.T, g Grouper, n, batch int) (rows, bytes []int64) {
	t.Helper()
	put := func(g Group) error {
		defer g.Release()
		var held int64
		for _, r := range g.Records {
			held += r.NumRows()
		}
		if held != g.Rows {
			t.Errorf("a group of %d rows holds %d", g.Rows, held)
		}
		rows, bytes = append(rows, g.Rows), append(bytes, g.Bytes)
		return nil
	}
	for lo := 0; lo < n; lo += batch {
		rec := tableRows(lo, min(lo+batch, n))
		if err := g.Add(rec, put); err != nil {
			t.Fatal(err)
		}
		rec.Release()
	}
	if err := g.Flush(put); err != nil {
		t.Fatal(err)
	}
	return rows, bytes
}

func TestGrouperEndsGroupsByBytes(t *testing.T) {
	// A row is 8 bytes, 4 of a text, and 2 or 3 of the text itself where there is one.
	wantRows, wantBytes := groupsOf(t, Grouper{GroupRows: 300, GroupBytes: 1000, FileRows: 700}, 1000, 1000)
	var total int64
	for i, n := range wantRows {
		if wantBytes[i] > 1000 {
			t.Errorf("group %d has %d bytes", i, wantBytes[i])
		}
		total += n
	}
	if total != 1000 || len(wantRows) < 14 {
		t.Fatalf("groups of %v rows", wantRows)
	}
	for _, batch := range []int{1, 3, 70, 999} {
		rows, bytes := groupsOf(t, Grouper{GroupRows: 300, GroupBytes: 1000, FileRows: 700}, 1000, batch)
		if !slices.Equal(rows, wantRows) || !slices.Equal(bytes, wantBytes) {
			t.Errorf("batches of %d: groups of %v rows, want %v", batch, rows, wantRows)
		}
	}
	if rows, _ := groupsOf(t, Grouper{GroupRows: 300, GroupBytes: 5}, 20, 7); len(rows) != 20 {
		t.Errorf("rows larger than a group: groups of %v rows, want one each", rows)
	}
}

func TestGrouperJoinsSmallRecords(t *testing.T) {
	var most int
	g := Grouper{GroupRows: 10_000}
	for lo := range 4000 {
		rec := tableRows(lo, lo+1)
		if err := g.Add(rec, nil); err != nil {
			t.Fatal(err)
		}
		rec.Release()
		most = max(most, len(g.group.Records))
	}
	if most > 60 {
		t.Errorf("4,000 records of a row are held as %d", most)
	}
	var i int64
	for _, r := range g.group.Records {
		for k := range int(r.NumRows()) {
			if got := r.Column(0).(*array.Int64).Value(k); got != i || r.Column(1).IsNull(k) != (i%5 == 0) {
				t.Fatalf("row %d is %d", i, got)
			}
			i++
		}
	}
	if i != 4000 {
		t.Errorf("%d rows", i)
	}
	g.Discard()
}
