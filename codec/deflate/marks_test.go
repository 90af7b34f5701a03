package deflate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestMarkedRuns compares runs found by marks, by the machine's loop and the
// portable one, with those found word by word.
func TestMarkedRuns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	byOne := func(m *marks, raw []byte, from, to int) { m.byOne(raw, 64*from, 64*to) }
	for try := range 3000 {
		raw := runs(rng, rng.IntN(3000))
		var word, mark, here fastEncoder
		for range 2 { // again with what is left of before
			word.split(raw)
			mark.splitMarked(raw, byOne)
			here.findRuns(raw)
			for _, e := range []*fastEncoder{&mark, &here} {
				if !slices.Equal(e.seqs, word.seqs) {
					t.Fatalf("try %d, %d bytes:\n%s\nword by word\n%s", try, len(raw), fmt.Sprint(e.seqs), fmt.Sprint(word.seqs))
				}
			}
			raw = raw[:len(raw)/2]
		}
	}
}

// runs is n bytes full of short and long runs of zeros, words and double words,
// which start and end anywhere.
func runs(rng *rand.Rand, n int) []byte {
	var raw []byte
	for len(raw) < n {
		size := 1 + rng.IntN(1<<rng.IntN(11))
		switch rng.IntN(4) {
		case 0:
			raw = append(raw, make([]byte, size)...)
		case 1, 2:
			back := 4 << rng.IntN(2)
			for range size {
				c := byte(rng.IntN(3))
				if len(raw) >= back {
					c = raw[len(raw)-back]
				}
				raw = append(raw, c)
			}
		default:
			for range size {
				raw = append(raw, byte(rng.IntN(1<<rng.IntN(9))))
			}
		}
		if rng.IntN(2) == 0 {
			raw = append(raw, make([]byte, -len(raw)&3)...)
		}
	}
	return raw[:n]
}
