package plot

import (
	"fmt"
	"math"
	"strings"

	"github.com/outcore/outcore/errs"
)

// A HexBin counts points of the plane in hexagons. It holds one whole number a
// hexagon whatever the number of points, and the counts do not depend on their
// order. The plane's part that is counted is fixed when it is made.
type HexBin struct {
	XLo     float64 `json:"x_lo"`
	XHi     float64 `json:"x_hi"`
	YLo     float64 `json:"y_lo"`
	YHi     float64 `json:"y_hi"`
	Across  int     `json:"across"`  // hexagons from XLo to XHi
	Counts  []int64 `json:"counts"`  // rows from YLo up, of Across+1 each; odd rows are half a hexagon to the right
	Outside int64   `json:"outside"` // points beyond the part that is counted
	Missing int64   `json:"missing"` // points with a NaN

	XName    string `json:"x_name,omitempty"` // "actual, minutes"
	YName    string `json:"y_name,omitempty"` // "predicted, minutes"
	Diagonal bool   `json:"diagonal"`         // draw y = x
	Note     string `json:"note,omitempty"`
}

const mostAcross = 200 // 200 × 232 hexagons, 370 KB

// rowHeight is the distance of rows of hexagons that are 1 wide.
var rowHeight = math.Sqrt(3) / 2

// NewHexBin makes a HexBin over xlo…xhi × ylo…yhi with across hexagons from
// left to right, 1 to 200. Limits that are not finite or not in order are an
// errs.Invalid.
func NewHexBin(xlo, xhi, ylo, yhi float64, across int) (*HexBin, error) {
	h := &HexBin{XLo: xlo, XHi: xhi, YLo: ylo, YHi: yhi, Across: across}
	if err := h.check(); err != nil {
		return nil, err
	}
	h.Counts = make([]int64, h.rows()*(across+1))
	return h, nil
}

func (h *HexBin) check() error {
	if !spans(h.XLo, h.XHi) || !spans(h.YLo, h.YHi) {
		return errs.New(errs.Invalid, "hexbin: found limits %v…%v and %v…%v, expected finite ones in order", h.XLo, h.XHi, h.YLo, h.YHi)
	}
	if h.Across < 1 || h.Across > mostAcross {
		return errs.New(errs.Invalid, "hexbin: found %d hexagons across, expected 1 to %d", h.Across, mostAcross)
	}
	return nil
}

// spans reports whether lo…hi is an interval that can be divided.
func spans(lo, hi float64) bool { return lo < hi && finite(lo) && finite(hi) && finite(hi-lo) }

// rows is how many rows of hexagons the square part takes.
func (h *HexBin) rows() int { return int(math.Ceil(float64(h.Across)/rowHeight)) + 1 }

// Add counts one point. Not safe for concurrent use.
func (h *HexBin) Add(x, y float64) {
	if x != x || y != y {
		h.Missing++
		return
	}
	if x < h.XLo || x > h.XHi || y < h.YLo || y > h.YHi {
		h.Outside++
		return
	}
	// In units of a hexagon's width; the centres are two lattices, of even rows
	// and of odd ones, and the nearest centre is the nearer of two.
	u := (x - h.XLo) / (h.XHi - h.XLo) * float64(h.Across)
	v := (y - h.YLo) / (h.YHi - h.YLo) * float64(h.Across)
	i, j := math.RoundToEven(u), 2*math.RoundToEven(v/(2*rowHeight))
	p, q := math.RoundToEven(u-0.5), 2*math.RoundToEven((v-rowHeight)/(2*rowHeight))+1
	if far(u-p-0.5, v-float64(q*rowHeight)) < far(u-i, v-float64(j*rowHeight)) {
		i, j = p, q
	}
	i, j = min(max(i, 0), float64(h.Across)), min(max(j, 0), float64(h.rows()-1))
	h.Counts[int(j)*(h.Across+1)+int(i)]++
}

// far is the squared distance. The products are rounded before they are added,
// so that machines with fused multiply-add count the same.
func far(dx, dy float64) float64 { return float64(dx*dx) + float64(dy*dy) }

// Merge adds the counts of o, made with the same limits; errs.Invalid otherwise.
func (h *HexBin) Merge(o *HexBin) error {
	if h.XLo != o.XLo || h.XHi != o.XHi || h.YLo != o.YLo || h.YHi != o.YHi || h.Across != o.Across || len(h.Counts) != len(o.Counts) {
		return errs.New(errs.Invalid, "hexbin: found other limits in what is merged, expected the same")
	}
	for i, n := range o.Counts {
		h.Counts[i] += n
	}
	h.Outside += o.Outside
	h.Missing += o.Missing
	return nil
}

// Points is how many points are counted in hexagons.
func (h *HexBin) Points() int64 {
	var n int64
	for _, k := range h.Counts {
		n += max(k, 0)
	}
	return n
}

// shades is how many colours counts have; each is the same factor above the last.
const shades = 6

// shade is the colour of a count, 0 to shades-1, and first the least count of each.
func (h *HexBin) shades() (first [shades]int64) {
	most := int64(1)
	for _, k := range h.Counts {
		most = max(most, k)
	}
	for s := range first {
		first[s] = max(int64(math.Ceil(math.Pow(float64(most)+1, float64(s)/shades)-1e-9)), int64(s)+1)
	}
	return first
}

// SVG draws the hexagons in a square, darker where there are more points, by a
// log scale, with the line y = x when Diagonal is set.
func (h *HexBin) SVG(width int) string {
	title := "Points in hexagons"
	if h.XName != "" || h.YName != "" {
		title = h.YName + " against " + h.XName
	}
	if h.check() != nil || len(h.Counts) != h.rows()*(h.Across+1) || h.Points() == 0 {
		return empty(width, title)
	}
	side := float64(width) - 62
	c := &canvas{w: float64(width), h: side + 96}
	left, right, top, bottom := 50.0, 50+side, 22.0, 22+side
	x := linear(h.XLo, h.XHi, left, right, width/80)
	y := linear(h.YLo, h.YHi, bottom, top, width/80)
	c.text("soft", 0, 12, start, h.YName)
	for _, v := range y.ticks {
		c.line("grid", left, y.at(v), right, y.at(v))
		c.text("soft", left-8, y.at(v)+4, end, FormatNumber(v))
	}
	for _, v := range x.ticks {
		c.line("grid", x.at(v), top, x.at(v), bottom)
		c.text("soft", x.at(v), bottom+18, middle, FormatNumber(v))
	}
	c.text("soft", right, bottom+34, end, h.XName)
	first := h.shades()
	h.hexagons(c, first, left, bottom, side/float64(h.Across))
	if lo, hi := max(h.XLo, h.YLo), min(h.XHi, h.YHi); h.Diagonal && lo < hi {
		c.line("line thin over", x.at(lo), y.at(lo), x.at(hi), y.at(hi))
		c.text("small halo", x.at(lo)+20, y.at(lo)-6, start, "exactly right")
	}
	h.legend(c, first, left, bottom+50)
	desc := fmt.Sprintf("%s points; darker hexagons hold more.", FormatCount(h.Points()))
	return c.finish(title, desc)
}

// hexagons draws one path a shade; size is the width of a hexagon.
func (h *HexBin) hexagons(c *canvas, first [shades]int64, left, bottom, size float64) {
	half, corner := size/2, size/math.Sqrt(12)
	outline := "l" + point(half, corner) + "v" + pixel(2*corner) + "l" + point(-half, corner) +
		"l" + point(-half, -corner) + "v" + pixel(-2*corner) + "z"
	var paths [shades]strings.Builder
	for k, n := range h.Counts {
		if n <= 0 {
			continue
		}
		s := shades - 1
		for s > 0 && n < first[s] {
			s--
		}
		j, i := k/(h.Across+1), float64(k%(h.Across+1))
		cx := left + (i+0.5*float64(j%2))*size
		cy := bottom - float64(j)*rowHeight*size
		paths[s].WriteString("M" + point(cx, cy-2*corner) + outline)
	}
	for s := range paths {
		c.path("h"+string(rune('1'+s)), paths[s].String())
	}
}

// legend names the least count of each shade that is in use.
func (h *HexBin) legend(c *canvas, first [shades]int64, left, y float64) {
	most := first[0]
	for _, k := range h.Counts {
		most = max(most, k)
	}
	x := left
	for s, n := range first {
		if n > most {
			break
		}
		label := shortCount(float64(n))
		c.rect("h"+string(rune('1'+s)), x, y, 14, 12)
		c.text("soft", x+18, y+11, start, label)
		x += 26 + textWidth(label)
	}
	c.text("soft", left, y+30, start, "points in a hexagon, at least")
}

// Table lists the fullest hexagons.
func (h *HexBin) Table() Table {
	t := Table{Head: []string{named(h.XName, "x"), named(h.YName, "y"), "points"}}
	if h.check() != nil || len(h.Counts) != h.rows()*(h.Across+1) {
		return t
	}
	for _, k := range fullest(h.Counts, tableRows) {
		j, i := k/(h.Across+1), float64(k%(h.Across+1))
		x := h.XLo + (i+0.5*float64(j%2))/float64(h.Across)*(h.XHi-h.XLo)
		y := h.YLo + float64(j)*rowHeight/float64(h.Across)*(h.YHi-h.YLo)
		t.Rows = append(t.Rows, []string{FormatNumber(x), FormatNumber(y), FormatCount(h.Counts[k])})
	}
	used := 0
	for _, n := range h.Counts {
		if n > 0 {
			used++
		}
	}
	if used > len(t.Rows) {
		t.Note = fmt.Sprintf("The fullest %d of %s hexagons, by their centres.", len(t.Rows), FormatCount(int64(used)))
	}
	return t
}

func named(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}
