package sourcetest

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/source"
)

// Rows reads ds from c on and renders every row. It checks that numbers and
// cursors go on without a gap.
func Rows(t *testing.T, ds source.Dataset, c source.Cursor) (rows []string) {
	t.Helper()
	next := c.Row
	for s, err := range ds.Segments(t.Context(), c) {
		b := decode(t, s, err)
		if b.First != next {
			t.Errorf("batch starts at row %d, expected %d", b.First, next)
		}
		if b.Next.Row != b.First+int64(b.Rows)+b.Bad {
			t.Errorf("batch of %d rows and %d bad ones goes from row %d to %d", b.Rows, b.Bad, b.First, b.Next.Row)
		}
		next = b.Next.Row
		rows = append(rows, Render(b)...)
		b.Release()
	}
	return rows
}

func decode(t *testing.T, s source.Segment, err error) *source.Batch {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Decode(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Render gives each row of b as text: the file it is in, line and number, then
// the values, floats by their bits.
func Render(b *source.Batch) []string {
	rows := make([]string, b.Rows)
	for i := range rows {
		var s strings.Builder
		line := int64(0)
		if b.Start.Line > 0 {
			line = b.Line(i)
		}
		fmt.Fprintf(&s, "%s\t%d #%d", b.Start.File, line, b.Number(i))
		if b.Labels != nil {
			fmt.Fprintf(&s, " label %x", math.Float64bits(b.Labels[i]))
		}
		if b.Block != nil {
			renderBlock(&s, b.Block, i)
		}
		if b.Record != nil {
			for _, col := range b.Record.Columns() {
				fmt.Fprintf(&s, " %q", col.ValueStr(i))
			}
		}
		rows[i] = s.String()
	}
	return rows
}

func renderBlock(s *strings.Builder, b *dtype.Block, i int) {
	size := b.Type.Size()
	if !b.Sparse() {
		fmt.Fprintf(s, " %x", b.Data[i*b.Cols*size:(i+1)*b.Cols*size])
		return
	}
	for k := b.Indptr[i]; k < b.Indptr[i+1]; k++ {
		fmt.Fprintf(s, " %d:%x", b.Indices[k], b.Data[int(k)*size:(int(k)+1)*size])
	}
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("row %d differs\n got %.300s\nwant %.300s", i, got[i], want[i])
		}
	}
	return fmt.Sprintf("%d rows, expected %d", len(got), len(want))
}

// withoutFile leaves the name of the file out of rendered rows.
func withoutFile(rows []string) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		_, out[i], _ = strings.Cut(r, "\t")
	}
	return out
}
