package plot

import (
	"math"
	"slices"
	"testing"
)

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name string
		a    *axis
		want []float64
	}{
		{"linear", linear(0, 23, 0, 100, 5), []float64{0, 5, 10, 15, 20}},
		{"linear below zero", linear(-80, 240, 0, 100, 4), []float64{0, 100, 200}},
		{"one value", linear(4, 4, 0, 100, 4), []float64{2, 3, 4, 5, 6}},
		{"sizes", sizes(256<<20, 0, 100, 4), []float64{0, 64 << 20, 128 << 20, 192 << 20, 256 << 20}},
		{"decades", logarithmic(100, 24e6, 0, 100, 6, false), []float64{100, 1e3, 1e4, 1e5, 1e6, 1e7}},
		{"within two decades", logarithmic(250, 6000, 0, 100, 7, false), []float64{500, 1000, 2000, 5000}},
		{"symmetric", symlog(-75, 5000, 1, 0, 100, 10), []float64{-10, -1, 0, 1, 10, 100, 1000}},
	} {
		if !slices.EqualFunc(c.a.ticks, c.want, func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) }) {
			t.Errorf("%s: got %v, want %v", c.name, c.a.ticks, c.want)
		}
	}
}

func FuzzAxes(f *testing.F) {
	f.Add(0.0, 23.0, 5.0)
	f.Add(-math.MaxFloat64, math.MaxFloat64, 1.0)
	f.Add(5e-324, 5e-324, 0.0)
	f.Add(1e300, 1.1e300, math.Inf(1))
	f.Fuzz(func(t *testing.T, lo, hi, v float64) {
		if !finite(lo) || !finite(hi) || lo > hi {
			return
		}
		unit := power(int(math.Floor(math.Log10(max(math.Abs(lo), math.Abs(hi), 1e-300)))) - 2)
		for name, a := range map[string]*axis{
			"linear": linear(lo, hi, 10, 110, 5), "sizes": sizes(hi, 10, 110, 5),
			"logarithmic": logarithmic(lo, hi, 10, 110, 5, false), "symlog": symlog(lo, hi, unit, 10, 110, 5),
		} {
			if p := a.at(v); !(p >= 10 && p <= 110) {
				t.Errorf("%s of %v…%v puts %v at %v", name, lo, hi, v, p)
			}
			if len(a.ticks) > 64 || !slices.IsSorted(a.ticks) {
				t.Errorf("%s of %v…%v has ticks %v", name, lo, hi, a.ticks)
			}
			if p, q := a.at(lo), a.at(hi); p > q {
				t.Errorf("%s of %v…%v runs backwards, from %v to %v", name, lo, hi, p, q)
			}
		}
	})
}

func TestLinesStaySmallAndKeepTheirPeaks(t *testing.T) {
	var vs []vertex
	for i := range 100_000 {
		y := 50.0
		if i == 77_777 {
			y = 3
		}
		vs = append(vs, vertex{float64(i) / 1000, y})
	}
	d := polyline(vs)
	if len(d) > 100*4*8 {
		t.Errorf("100 columns of pixels take %d bytes", len(d))
	}
	if !slices.Contains(splitPath(d), "77.8 3") {
		t.Error("the peak is not in the line")
	}
}

func splitPath(d string) []string {
	var out []string
	from := 1
	for i := 1; i <= len(d); i++ {
		if i == len(d) || d[i] == 'L' {
			out = append(out, d[from:i])
			from = i + 1
		}
	}
	return out
}

func TestLabelsAreSpread(t *testing.T) {
	ys := []float64{10, 11, 12, 95}
	spread(ys, 0, 100, 30)
	for i := range ys {
		if i > 0 && ys[i]-ys[i-1] < 30 || ys[i] > 100 {
			t.Errorf("got %v", ys)
		}
	}
}
