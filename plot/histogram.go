package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/outcore/outcore/errs"
)

// A Histogram counts values in equal bins, in memory that does not grow with
// their number; the counts do not depend on the order of the values.
type Histogram struct {
	Lo      float64 `json:"lo"`
	Hi      float64 `json:"hi"`
	Counts  []int64 `json:"counts"`
	Below   int64   `json:"below"` // values less than Lo
	Above   int64   `json:"above"` // values of Hi and more
	Missing int64   `json:"missing"`

	Name string `json:"name,omitempty"` // "actual - predicted, minutes"
	Note string `json:"note,omitempty"`
}

const mostBins = 10_000

// NewHistogram makes a Histogram of bins equal bins, 1 to 10,000, over lo…hi.
// Limits that are not finite or not in order are an errs.Invalid.
func NewHistogram(lo, hi float64, bins int) (*Histogram, error) {
	if !spans(lo, hi) {
		return nil, errs.New(errs.Invalid, "histogram: found limits %v…%v, expected finite ones in order", lo, hi)
	}
	if bins < 1 || bins > mostBins {
		return nil, errs.New(errs.Invalid, "histogram: found %d bins, expected 1 to %d", bins, mostBins)
	}
	return &Histogram{Lo: lo, Hi: hi, Counts: make([]int64, bins)}, nil
}

// Add counts one value. Not safe for concurrent use.
func (h *Histogram) Add(v float64) {
	switch {
	case v != v:
		h.Missing++
	case v < h.Lo:
		h.Below++
	case v >= h.Hi:
		h.Above++
	default:
		k := int((v - h.Lo) / (h.Hi - h.Lo) * float64(len(h.Counts)))
		h.Counts[min(k, len(h.Counts)-1)]++
	}
}

// Merge adds the counts of o, made with the same limits; errs.Invalid otherwise.
func (h *Histogram) Merge(o *Histogram) error {
	if h.Lo != o.Lo || h.Hi != o.Hi || len(h.Counts) != len(o.Counts) {
		return errs.New(errs.Invalid, "histogram: found other limits in what is merged, expected the same")
	}
	for i, n := range o.Counts {
		h.Counts[i] += n
	}
	h.Below += o.Below
	h.Above += o.Above
	h.Missing += o.Missing
	return nil
}

// Values is how many values were counted, also outside the bins.
func (h *Histogram) Values() int64 {
	n := h.Below + h.Above
	for _, k := range h.Counts {
		n += max(k, 0)
	}
	return n
}

// Quantile estimates the value below which a share q of all values lie, from
// the bins: exact to one bin's width. NaN when it lies outside the bins or
// there are no values.
func (h *Histogram) Quantile(q float64) float64 {
	rank := q * float64(h.Values())
	seen := float64(h.Below)
	if rank < seen || h.Values() == 0 {
		return math.NaN()
	}
	for k, n := range h.Counts {
		if n > 0 && seen+float64(n) >= rank {
			return h.edge(float64(k) + (rank-seen)/float64(n))
		}
		seen += float64(max(n, 0))
	}
	return math.NaN()
}

// FormatQuantile gives Quantile(q) to a tenth of the bins' width, of which more
// digits would not be known.
func (h *Histogram) FormatQuantile(q float64) string {
	v := h.Quantile(q)
	unit := power(int(math.Floor(math.Log10((h.Hi-h.Lo)/float64(max(len(h.Counts), 1)))))) / 10
	if r := math.RoundToEven(v/unit) * unit; finite(r) {
		return FormatNumber(r)
	}
	return FormatNumber(v)
}

func (h *Histogram) edge(k float64) float64 {
	return h.Lo + float64(k/float64(len(h.Counts))*(h.Hi-h.Lo))
}

// SVG draws the bins as bars without gaps, and marks the median and the middle
// 90 % of the values.
func (h *Histogram) SVG(width int) string {
	title := named(h.Name, "Histogram")
	if !spans(h.Lo, h.Hi) || h.Values() == 0 || len(h.Counts) == 0 {
		return empty(width, title)
	}
	c := &canvas{w: float64(width), h: 300}
	left, right, top, bottom := 12.0, c.w-12, 66.0, c.h-62
	x := linear(h.Lo, h.Hi, left, right, width/80)
	most := int64(1)
	for _, n := range h.Counts {
		most = max(most, n)
	}
	d := "M" + point(left, bottom)
	for k, n := range h.Counts {
		y := bottom - float64(float64(max(n, 0))/float64(most)*(bottom-top))
		d += "L" + point(x.at(h.edge(float64(k))), y) + "L" + point(x.at(h.edge(float64(k+1))), y)
	}
	c.path("bar c1", d+"L"+point(right, bottom)+"Z")
	c.line("axis", left, bottom, right, bottom)
	for _, v := range x.ticks {
		c.line("axis", x.at(v), bottom, x.at(v), bottom+4)
		c.text("soft", x.at(v), bottom+18, middle, FormatNumber(v))
	}
	c.text("soft", right, bottom+34, end, h.Name)
	if h.Lo < 0 && h.Hi > 0 {
		c.line("mark", x.at(0), top-6, x.at(0), bottom)
	}
	desc := FormatCount(h.Values()) + " values"
	low, median, high := h.Quantile(0.05), h.Quantile(0.5), h.Quantile(0.95)
	if finite(low) && finite(high) {
		a, b := x.at(low), x.at(high)
		c.line("line c2", a, top-18, b, top-18)
		c.line("line c2", a, top-22, a, top-14)
		c.line("line c2", b, top-22, b, top-14)
		span := "9 in 10 from " + h.FormatQuantile(0.05) + " to " + h.FormatQuantile(0.95)
		room := textWidth(span) / 2
		c.text("c2", min(max((a+b)/2, left+room), right-room), top-28, middle, span)
		desc += ", " + span
	}
	if finite(median) {
		m := x.at(median)
		c.line("line c2", m, top-23, m, top-13)
		label := "median " + h.FormatQuantile(0.5)
		desc += ", " + label
		c.text("c2 halo", min(m+8, right-textWidth(label)), top+2, start, label)
	}
	if out := h.Below + h.Above; out > 0 {
		c.text("small", left, bottom+50, start, fmt.Sprintf("outside the picture: %s below, %s above", FormatCount(h.Below), FormatCount(h.Above)))
	}
	return c.finish(title, desc+".")
}

// Table lists the bins, the fullest when there are many.
func (h *Histogram) Table() Table {
	t := Table{Head: []string{"from", "to", "values"}}
	if !spans(h.Lo, h.Hi) || len(h.Counts) == 0 {
		return t
	}
	t.Rows = append(t.Rows, []string{"", FormatNumber(h.Lo), FormatCount(h.Below)})
	keep := fullest(h.Counts, tableRows)
	slices.Sort(keep)
	for _, k := range keep {
		t.Rows = append(t.Rows, []string{FormatNumber(h.edge(float64(k))), FormatNumber(h.edge(float64(k + 1))), FormatCount(h.Counts[k])})
	}
	t.Rows = append(t.Rows, []string{FormatNumber(h.Hi), "", FormatCount(h.Above)})
	return t
}

// fullest gives the indices of the n largest counts above zero, largest first,
// ties by index.
func fullest(counts []int64, n int) []int {
	var at []int
	for k, c := range counts {
		if c > 0 {
			at = append(at, k)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	return at[:min(n, len(at))]
}
