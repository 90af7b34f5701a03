package bzip2

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// sameAsOneWalk checks that the text of a column is what one walk through its
// links gives.
func sameAsOneWalk(t *testing.T, w *walker, column []byte, origin int) {
	t.Helper()
	var counts [256]int32
	for _, c := range column {
		counts[c]++
	}
	w.link(column, &counts, origin)
	want, got := make([]byte, len(column)), make([]byte, len(column))
	w.follow(want, uint32(origin), false)
	w.text(got)
	if !bytes.Equal(got, want) {
		t.Fatalf("%d bytes from %d: parts in order differ from one walk", len(column), origin)
	}
}

func TestPartsInOrderAreOneWalk(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	w := newWalker()
	random := func(n, letters int) []byte {
		p := make([]byte, n)
		for i := range p {
			p[i] = byte(r.IntN(letters))
		}
		return p
	}
	// Place j links to j+by: the text goes through the places in steps of by.
	turned := func(n, by int) []byte { return append(bytes.Repeat([]byte{1}, by), make([]byte, n-by)...) }
	for name, column := range map[string][]byte{
		"one byte":                     {7},
		"below the least":              random(minLanes-1, 5),
		"the least":                    random(minLanes, 5),
		"random":                       random(300_000, 200),
		"a full block":                 random(MaxBlock, 20),
		"one byte again and again":     make([]byte, MaxBlock), // every place links to itself
		"in order":                     turned(MaxBlock, 1),
		"all starts behind each other": turned(MaxBlock, MaxBlock/starts+1), // the last part is longer than a lane
		"circles":                      turned(1<<18, 1<<10),
	} {
		for range 3 {
			sameAsOneWalk(t, &w, column, r.IntN(len(column)))
		}
		sameAsOneWalk(t, &w, column, 0)
		sameAsOneWalk(t, &w, column, len(column)-1)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func FuzzWalk(f *testing.F) {
	f.Add([]byte("bananas"), 3)
	f.Add([]byte{1, 1, 0, 2}, 0)
	w := newWalker()
	f.Fuzz(func(t *testing.T, column []byte, origin int) {
		if len(column) == 0 || len(column) > 1<<16 {
			return
		}
		column = bytes.Repeat(column, minLanes/len(column)+1)
		sameAsOneWalk(t, &w, column, int(uint(origin)%uint(len(column))))
	})
}

func TestUnitsAreTheirSymbols(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		var tr tree
		lens := make([]uint8, 3+r.IntN(maxAlpha-2))
		deepest := 1 + r.IntN(12)
		for s := range lens {
			lens[s] = uint8(min(maxLen, 8+r.IntN(deepest))) // never too many
		}
		lens[r.IntN(2)] = uint8(1 + r.IntN(3))
		if !tr.build(lens) {
			continue
		}
		for range 1000 {
			acc := r.Uint64()
			u := tr.units[acc>>(64-unitBits)]
			var want unit
			for rest := acc; want.symbols() < u.symbols(); {
				one := tr.one(rest)
				want = want.then(uint16(symbol(one)), uint(one.length()))
				rest <<= one.length()
			}
			if u != want {
				t.Fatalf("lengths %v, bits %064b: unit %08x, its symbols are %08x", lens, acc, u, want)
			}
		}
	}
}

// symbol is that of a unit of one.
func symbol(u unit) uint32 {
	if u.digits() == 1 {
		return u.run() - 1
	}
	return u.last()
}
