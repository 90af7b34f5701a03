package source_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
)

func TestTabularTurnsBlocksIntoColumns(t *testing.T) {
	const rows, width = 5000, 37
	var text strings.Builder
	for i := range rows {
		fmt.Fprintf(&text, "%d %d:%d\n", i%7, 1+i%width, i+1)
	}
	path := write(t, "x.svm", text.String())
	for _, ty := range []dtype.Type{dtype.Int16, dtype.Float32, dtype.Float64} {
		ds, err := source.Open(t.Context(), []string{path}, source.Options{Dense: true, DType: ty, SegmentBytes: 8 << 10})
		if err != nil {
			t.Fatal(err)
		}
		table, err := source.Tabular(ds, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s := table.Schema(); !s.Table || s.Labels || len(s.Fields) != width+1 || s.Fields[width].Name != "label" || s.Fields[0].Type != ty {
			t.Errorf("schema %+v", s)
		}
		i := 0
		for seg, err := range table.Segments(t.Context(), source.Cursor{}) {
			if err != nil {
				t.Fatal(err)
			}
			b, err := seg.Decode(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			rec := b.Record
			rec.Retain() // longer than the batch, as row groups do
			b.Release()
			for k := range int(rec.NumRows()) {
				row := make([]string, width)
				for j := range row {
					row[j] = rec.Column(j).ValueStr(k)
				}
				want := slices.Repeat([]string{"0"}, width)
				want[i%width] = fmt.Sprint(i + 1)
				if got := rec.Column(width).(*array.Float64).Value(k); !slices.Equal(row, want) || got != float64(i%7) {
					t.Fatalf("row %d: %v %v", i, row, got)
				}
				i++
			}
			rec.Release()
		}
		if i != rows {
			t.Errorf("%d rows", i)
		}
		if err := table.Close(); err != nil {
			t.Error(err)
		}
	}
	sparse, err := source.Open(t.Context(), []string{path}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sparse.Close()
	if _, err := source.Tabular(sparse, nil); !errors.Is(err, errs.Unsupported) {
		t.Errorf("sparse: %v", err)
	}
}
