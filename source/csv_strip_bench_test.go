package source

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

func BenchmarkStripCut(b *testing.B) {
	texts := make([][]byte, 64) // more than a branch predictor knows by heart
	for k := range texts {
		texts[k] = stripText(rand.New(rand.NewPCG(1, uint64(k))), 1000, 1<<30)[:stripBytes]
	}
	c := &csv{dialect: dialect{delim: ',', quote: '"', quotes: true}, columns: make([]csvColumn, len(stripKinds))}
	s := c.newStrip()
	b.SetBytes(stripBytes)
	k := 0
	for b.Loop() {
		s.cut(texts[k%len(texts)], 0, 1<<20, true)
		k++
	}
	if s.rows < 100 {
		b.Fatal(s.rows)
	}
}

// BenchmarkStripColumns parses the columns of a strip.
func BenchmarkStripColumns(b *testing.B) {
	row := "2013,%d,4,1032.0,924.0,68.0,1222.0,1118,64.0,EV,4234,N14148,EWR,STL,153.0,872,9,24,2013-%02d-04 14:00:00+00:00\n"
	var text []byte
	r := rand.New(rand.NewPCG(1, 1))
	for len(text) < 1<<20 {
		text = fmt.Appendf(text, row, 1+r.IntN(12), 1+r.IntN(12))
	}
	c := &csv{dialect: dialect{delim: ',', quote: '"', quotes: true}, na: newMissing([]string{"", "NA", "NaN"})}
	for j, kind := range "iiifffffftittttiiit" {
		k := map[rune]columnKind{'i': intColumn, 'f': floatColumn, 't': textColumn}[kind]
		if j == 14 {
			k = floatColumn
		}
		if j == 18 {
			k = timeColumn
		}
		c.columns = append(c.columns, csvColumn{kind: k, out: j})
		c.out = append(c.out, j)
		if k == textColumn {
			c.texts++
		}
	}
	pool := newBuffers(nil, 4<<20)
	tab, err := c.newTable(pool, bytes.Count(text, []byte{'\n'}))
	if err != nil {
		b.Fatal(err)
	}
	s := c.newStrip()
	for name, kind := range map[string]columnKind{"ints": intColumn, "floats": floatColumn, "texts": textColumn, "times": timeColumn} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				tab.rows = 0
				for i := 0; ; {
					if s.cut(text, i, 1<<20, true); s.rows == 0 {
						break
					}
					for j := range tab.cols {
						if tab.cols[j].kind == kind && !tab.column(s, text, j) {
							b.Fatal(j)
						}
					}
					tab.rows += s.rows
					i = s.end()
				}
			}
		})
	}
}
