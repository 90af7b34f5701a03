package feature

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
)

// numbered is n rows from row first on, every part of which tells its row.
func numbered(kind string, first, n int) *Frame {
	f := &Frame{N: n, First: int64(first), Mark: first}
	var dense []float64
	indptr := []int64{0}
	var indices []int32
	var values []float32
	text := TextColumn{Offsets: []int32{0}}
	for i := first; i < first+n; i++ {
		dense = append(dense, float64(i), float64(-i))
		for j := range i % 3 {
			indices, values = append(indices, int32(j)), append(values, float32(i))
		}
		indptr = append(indptr, int64(len(values)))
		text.Bytes = fmt.Appendf(text.Bytes, "row %d", i)
		text.Offsets = append(text.Offsets, int32(len(text.Bytes)))
		text.Valid = append(text.Valid, i%5 != 0)
		f.Y = append(f.Y, float64(i))
		f.W = append(f.W, float64(i)/2)
	}
	switch kind {
	case "f64":
		f.X = &Dense[float64]{N: n, D: 2, Data: dense}
	case "f32":
		f.X = &Dense[float32]{N: n, D: 2, Data: convert[float32](dense)}
	case "csr":
		f.X = &CSR[float32]{N: n, D: 3, Indptr: indptr, Indices: indices, Values: values}
	case "csr64":
		f.X = &CSR[float64]{N: n, D: 3, Indptr: indptr, Indices: indices, Values: convert[float64](values)}
	}
	all := text
	all.Valid = nil
	f.Text = []TextColumn{text, all}
	f.Label = &all
	f.Time = []TimeColumn{{convert64(f.Y)}}
	return f
}

func convert64(src []float64) []int64 {
	var dst []int64
	for _, v := range src {
		dst = append(dst, int64(v))
	}
	return dst
}

// dump writes every row of f.
func dump(f *Frame) []string {
	var out []string
	var row []float64
	for i := range f.N {
		row = f.X.Row(i, row)
		s := fmt.Sprint(row, f.Y[i], f.W[i], f.Time[0].Micros[i])
		for _, c := range append(slices.Clone(f.Text), *f.Label) {
			v, ok := c.At(i)
			s += fmt.Sprintf(" %s %v", v, ok)
		}
		out = append(out, s)
	}
	return out
}

var kinds = []string{"f64", "f32", "csr", "csr64"}

// pieces cuts rows start to n into frames of random sizes and counts those
// not yet released.
func pieces(rng *rand.Rand, kind string, start, n int, live *int) iter.Seq2[*Frame, error] {
	return func(yield func(*Frame, error) bool) {
		for at := start; at < n; {
			k := min(rng.IntN(9), n-at)
			f := numbered(kind, at, k)
			*live++
			f.OnRelease(func() { *live-- })
			at += k
			if !yield(f, nil) {
				return
			}
		}
	}
}

func TestCutterGivesTheSameBatchesForAnyPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, kind := range kinds {
		for _, rows := range []int{1, 3, 5, 64} {
			const n = 47
			live, next := 0, int64(0)
			want := dump(numbered(kind, 0, n))
			for f, err := range (Cutter{Rows: rows}).Frames(pieces(rng, kind, 0, n, &live)) {
				if err != nil {
					t.Fatal(err)
				}
				hi := min(next+int64(rows), n)
				if f.First != next || f.N != int(hi-next) || !slices.Equal(dump(f), want[next:hi]) {
					t.Fatalf("%s by %d: batch at %d has rows %d+%d:\n%s", kind, rows, next, f.First, f.N, strings.Join(dump(f), "\n"))
				}
				next = hi
				f.Release()
			}
			if next != n || live != 0 {
				t.Errorf("%s by %d: %d of %d rows, %d frames not released", kind, rows, next, n, live)
			}
		}
	}
}

func TestCutterGoesOnFromAMark(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const n, rows = 60, 7
	live := 0
	for cut, err := range (Cutter{Rows: rows}).Cut(pieces(rng, "f64", 0, n, &live)) {
		if err != nil {
			t.Fatal(err)
		}
		from := cut.First + int64(cut.N)
		if int64(cut.Mark.(int)) != cut.MarkRow {
			t.Fatalf("mark %v at row %d", cut.Mark, cut.MarkRow)
		}
		c := Cutter{Rows: rows, Start: cut.MarkRow, From: from}
		var got []string
		for f, err := range c.Frames(pieces(rng, "f64", cut.Mark.(int), n, &live)) {
			if err != nil {
				t.Fatal(err)
			}
			if f.First%rows != 0 {
				t.Errorf("resumed batch starts at row %d", f.First)
			}
			got = append(got, dump(f)...)
			f.Release()
		}
		want := dump(numbered("f64", 0, n))[from:]
		if !slices.Equal(got, want) {
			t.Fatalf("from row %d: %d rows, want %d", from, len(got), len(want))
		}
		cut.Release()
	}
	if live != 0 {
		t.Errorf("%d frames not released", live)
	}
}

func TestCutterReleasesOnErrorAndBreak(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	live := 0
	broken := func(yield func(*Frame, error) bool) {
		for f, err := range pieces(rng, "f32", 0, 20, &live) {
			if !yield(f, err) {
				return
			}
		}
		yield(nil, errs.New(errs.Corrupt, "cut short"))
	}
	rows := 0
	var last error
	for cut, err := range (Cutter{Rows: 6}).Cut(broken) {
		if last = err; err == nil {
			rows += cut.N
			cut.Release()
		}
	}
	if rows != 18 || last == nil || live != 0 {
		t.Errorf("%d rows before the error %v, %d frames not released", rows, last, live)
	}
	for cut, err := range (Cutter{Rows: 6}).Cut(pieces(rng, "f32", 0, 40, &live)) {
		if err != nil {
			t.Fatal(err)
		}
		cut.Release()
		break
	}
	if live != 0 {
		t.Errorf("%d frames not released after leaving the loop", live)
	}
}

func TestJoinRefusesUnlikeFrames(t *testing.T) {
	for _, f := range []*Frame{numbered("f32", 3, 2), {N: 1, X: &Dense[float64]{N: 1, D: 3, Data: make([]float64, 3)}}} {
		if _, err := Join([]*Frame{numbered("f64", 0, 3), f}, nil); err == nil {
			t.Errorf("joined f64 with %T", f.X)
		}
	}
}

func TestKeepPicksRows(t *testing.T) {
	for _, kind := range kinds {
		want := dump(numbered(kind, 10, 40))
		for _, fraction := range []float64{0, 0.3, 1} {
			released := false
			f := numbered(kind, 10, 40)
			f.OnRelease(func() { released = true })
			got, err := Keep(f, func(row int64) bool { return Held(7, row, fraction) }, nil)
			if err != nil {
				t.Fatal(err)
			}
			var rows []string
			for i, s := range want {
				if Held(7, int64(10+i), fraction) {
					rows = append(rows, s)
				}
			}
			if g := dump(got); !slices.Equal(g, rows) {
				t.Errorf("%s %v: got\n%s\nwant\n%s", kind, fraction, strings.Join(g, "\n"), strings.Join(rows, "\n"))
			}
			got.Release()
			if !released {
				t.Errorf("%s %v: the frame was not released", kind, fraction)
			}
		}
	}
}

func TestHeldHoldsAboutTheFraction(t *testing.T) {
	for _, seed := range []uint64{0, 1, 1 << 60} {
		n := 0
		for row := range int64(100_000) {
			if Held(seed, row, 0.2) {
				n++
			}
		}
		if n < 19_500 || n > 20_500 { // 4 standard deviations are 506
			t.Errorf("seed %d: held %d of 100,000", seed, n)
		}
	}
	var got []int64 // the choice is part of the format of a run: it must never change
	for row := range int64(20) {
		if Held(42, row, 0.2) {
			got = append(got, row)
		}
	}
	if fmt.Sprint(got) != heldGolden {
		t.Errorf("rows held for seed 42: %v, were %s", got, heldGolden)
	}
}

const heldGolden = "[11 12 13 15 18]"

func BenchmarkCutter(b *testing.B) {
	const n, d = 10_000, 50
	f := &Frame{N: n, X: &Dense[float32]{N: n, D: d, Data: make([]float32, n*d)}}
	b.SetBytes(n * d * 4)
	in := func(yield func(*Frame, error) bool) {
		for range b.N {
			v := *f
			if !yield(&v, nil) {
				return
			}
		}
	}
	for got, err := range (Cutter{Rows: 4096}).Frames(in) {
		if err != nil {
			b.Fatal(err)
		}
		got.Release()
	}
}
