package plot

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/outcore/outcore/errs"
)

func TestHexBinTakesTheNearestCentre(t *testing.T) {
	const across = 9
	h, err := NewHexBin(-2, 7, 0, 9, across) // a hexagon is 1 wide
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		x, y := -2+9*rng.Float64(), 9*rng.Float64()
		clear(h.Counts)
		h.Add(x, y)
		got := slices.Index(h.Counts, 1)
		dist := func(k int) float64 {
			i, j := float64(k%(across+1)), k/(across+1)
			return math.Hypot(x-(-2+i+0.5*float64(j%2)), y-float64(j)*rowHeight)
		}
		for k := range h.Counts {
			if dist(k) < dist(got)-1e-9 {
				t.Fatalf("(%v, %v) went to hexagon %d at %v, nearer is %d at %v", x, y, got, dist(got), k, dist(k))
			}
		}
	}
}

func TestCountsDoNotDependOnOrderOrParts(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	xs, ys := make([]float64, 5000), make([]float64, 5000)
	for i := range xs {
		xs[i], ys[i] = rng.NormFloat64(), rng.NormFloat64()
	}
	xs[7], ys[8] = math.NaN(), math.Inf(1)
	fill := func(order []int) (*HexBin, *Histogram) {
		h, err := NewHexBin(-3, 3, -3, 3, 30)
		if err != nil {
			t.Fatal(err)
		}
		g, err := NewHistogram(-2, 2, 40)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range order {
			h.Add(xs[i], ys[i])
			g.Add(ys[i])
		}
		return h, g
	}
	order := rng.Perm(len(xs))
	whole, gram := fill(order)
	slices.Reverse(order)
	a, ga := fill(order[:1234])
	b, gb := fill(order[1234:])
	if err := errors.Join(a.Merge(b), ga.Merge(gb)); err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]any{{whole, a}, {gram, ga}} {
		x, _ := json.Marshal(pair[0])
		y, _ := json.Marshal(pair[1])
		if string(x) != string(y) {
			t.Errorf("another order gave other counts\n%s\n%s", x, y)
		}
	}
	if whole.Missing != 1 || whole.Outside < 1 || whole.Points()+whole.Outside+whole.Missing != 5000 || gram.Values() != 5000 {
		t.Errorf("of 5000 points %d are counted, %d outside, %d missing; %d values", whole.Points(), whole.Outside, whole.Missing, gram.Values())
	}
	other, _ := NewHexBin(-3, 3, -3, 4, 30)
	if err := whole.Merge(other); !errors.Is(err, errs.Invalid) {
		t.Errorf("merging other limits: %v", err)
	}
}

func TestLimitsThatCannotBe(t *testing.T) {
	for _, c := range [][2]float64{{1, 1}, {2, 1}, {math.NaN(), 1}, {0, math.Inf(1)}, {-math.MaxFloat64, math.MaxFloat64}} {
		if _, err := NewHexBin(c[0], c[1], 0, 1, 10); !errors.Is(err, errs.Invalid) {
			t.Errorf("a HexBin over %v: %v", c, err)
		}
		if _, err := NewHistogram(c[0], c[1], 10); !errors.Is(err, errs.Invalid) {
			t.Errorf("a Histogram over %v: %v", c, err)
		}
	}
	if _, err := NewHexBin(0, 1, 0, 1, 0); !errors.Is(err, errs.Invalid) {
		t.Errorf("no hexagons: %v", err)
	}
	if _, err := NewHistogram(0, 1, 0); !errors.Is(err, errs.Invalid) {
		t.Errorf("no bins: %v", err)
	}
}

func TestQuantiles(t *testing.T) {
	h, err := NewHistogram(0, 100, 50)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		h.Add(float64(i) / 10)
	}
	for _, q := range []float64{0.05, 0.25, 0.5, 0.95} {
		if got := h.Quantile(q); math.Abs(got-100*q) > 2 {
			t.Errorf("quantile %v is %v", q, got)
		}
	}
	if got := h.FormatQuantile(0.333); got != "33.3" {
		t.Errorf("got %s", got)
	}
	for range 9000 {
		h.Add(-1)
	}
	if got := h.Quantile(0.5); got == got {
		t.Errorf("the median lies below the bins, got %v", got)
	}
}

func TestLanesKeepTimeInBoundedMemory(t *testing.T) {
	l := NewLane("parse", 2)
	want := 0.0
	for i := range 50_000 {
		from := float64(i) / 64
		l.Add(from, from+1.0/128)
		want += 1.0 / 128
	}
	l.Add(math.NaN(), 1)
	l.Add(2, 1)
	l.Add(0, math.Inf(1))
	if len(l.Busy) > laneBins {
		t.Errorf("%d bins, expected at most %d", len(l.Busy), laneBins)
	}
	if math.Abs(l.Total()-want) > 1e-9*want {
		t.Errorf("%v seconds of work, expected %v", l.Total(), want)
	}
	for k, b := range l.Busy[:len(l.Busy)-1] {
		if share := b / l.Bin; math.Abs(share-0.5) > 0.01 {
			t.Errorf("bin %d is busy %v, expected half", k, share)
			break
		}
	}
}

func TestAddAllocatesNothing(t *testing.T) {
	h, _ := NewHexBin(0, 1, 0, 1, 40)
	g, _ := NewHistogram(0, 1, 40)
	if n := testing.AllocsPerRun(100, func() { h.Add(0.3, 0.4); g.Add(0.3) }); n != 0 {
		t.Errorf("%v allocations a point", n)
	}
}

func BenchmarkHexBinAdd(b *testing.B) {
	h, _ := NewHexBin(0, 1, 0, 1, 40)
	x, y := 0.1, 0.7
	for b.Loop() {
		h.Add(x, y)
		x, y = y, x
	}
}
