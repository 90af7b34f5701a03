package source

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestKindsOfStripsAreThoseOfRows compares the kinds that are found many rows at
// a time with those of every field by itself.
func TestKindsOfStripsAreThoseOfRows(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for k := range 400 {
		b := stripText(r, 1+r.IntN(300), 4<<(k%10))
		na := [][]string{{"", "NA"}, {"-7", "0.5", "x"}, nil}[k%3]
		c := &csv{dialect: dialect{delim: ',', quote: '"', quotes: k%4 > 0, trim: k%5 == 0}, na: newMissing(na)}
		c.opt.Sample = []int{10_000, 1 + r.IntN(200)}[k%2]
		c.columns = make([]csvColumn, len(stripKinds))
		c.setKinds(b, 0)
		for j := range c.columns {
			possible, seen := anyKind, false
			var fields []field
			for rows, i := 0, 0; rows < c.opt.Sample && i < len(b); {
				if line := b[i : i+bytes.IndexByte(b[i:], '\n')+1]; blank(line) {
					i += len(line)
					continue
				}
				var bad *rowError
				if fields, i, bad = c.row(b, i, fields[:0]); bad != nil {
					break
				}
				rows++
				if len(fields) != len(c.columns) {
					continue
				}
				if s := fields[j].text(&c.dialect, b); !c.na.is(s) {
					possible &= kindsOf(s)
					seen = true
				}
			}
			if got, want := c.columns[j].kind, possible.kind(seen); got != want {
				t.Fatalf("column %d is %v, by rows %v, missing %q, sample %d:\n%s", j, got, want, na, c.opt.Sample, b)
			}
		}
	}
}
