package feature

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/outcore/outcore/errs"
)

// batchRows locates the rows of a batch that begins at that number.
type batchRows int64

func (b batchRows) Number(row int) int64 { return int64(b) + int64(row) }
func (b batchRows) Position(row int) errs.Position {
	return errs.Position{File: fmt.Sprint("batch", int64(b)), Row: int64(row) + 1}
}

// Frames are cut, joined and picked from again and again: the numbers of their
// rows go with the rows.
func TestOriginGoesWithTheRows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var frames []*Frame
		next := 0
		for range 1 + rnd.IntN(4) {
			n := rnd.IntN(9)
			f := &Frame{N: n, Y: make([]float64, n)}
			for i := range f.Y {
				f.Y[i] = float64(next + i)
			}
			if rnd.IntN(2) == 0 { // as an Assembler leaves rows out
				f.Origin = originOf(n)
				f = keepSome(t, rnd, f)
			}
			f.Locate(batchRows(next))
			frames = append(frames, f)
			next += n
		}
		f, err := Join(frames, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			lo := rnd.IntN(f.N + 1)
			f = keepSome(t, rnd, f.Slice(lo, lo+rnd.IntN(f.N-lo+1)))
			for i, y := range f.Y {
				if got := f.Origin.Number(i); got != int64(y) {
					t.Fatalf("row %d of %v has the number %d", i, f.Y, got)
				}
				at := f.Position(i)
				var first int64
				if _, err := fmt.Sscanf(at.File, "batch%d", &first); err != nil || first+at.Row-1 != int64(y) {
					t.Fatalf("row %d of %v stands at %v", i, f.Y, at)
				}
			}
		}
	}
}

func keepSome(t *testing.T, rnd *rand.Rand, f *Frame) *Frame {
	t.Helper()
	var keep []bool
	for range f.N {
		keep = append(keep, rnd.IntN(3) > 0)
	}
	first := f.First
	out, err := Keep(f, func(row int64) bool { return keep[row-first] }, nil)
	if err != nil {
		t.Fatal(err)
	}
	if out.N != len(out.Y) || slices.Contains(out.Y, -1) {
		t.Fatalf("kept %d rows, %v", out.N, out.Y)
	}
	return out
}

func TestPositionOfAFrameOfNoBatch(t *testing.T) {
	f := &Frame{N: 3, First: 7}
	if at := f.Position(1); at != (errs.Position{Row: 9}) || f.Origin.Known() {
		t.Errorf("stands at %v", at)
	}
}
