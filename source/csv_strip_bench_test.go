package source

import (
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
