package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Learning shows the error of several models while they learn.
type Learning struct {
	Measure   string  `json:"measure"`             // "mean squared error on the test rows"
	PassRows  int64   `json:"pass_rows,omitempty"` // rows of one pass; 0 = unknown
	Curves    []Curve `json:"curves"`
	Baselines []Level `json:"baselines,omitempty"`
	Note      string  `json:"note,omitempty"`
}

// A Curve is one model's error after so many rows.
type Curve struct {
	Name    string       `json:"name"`
	Points  []CurvePoint `json:"points"`            // ascending in Rows
	Outcome string       `json:"outcome,omitempty"` // "diverged after 3 batches"
}

// A CurvePoint is the error after learning from Rows rows.
type CurvePoint struct {
	Rows  int64 `json:"rows"`
	Error Float `json:"error"`
}

// A Level is a value to compare with: guessing the mean, say.
type Level struct {
	Name  string `json:"name"`
	Value Float  `json:"value"`
}

// closeUp is how many times the worst baseline (without one, the best model) an
// error must be for the picture to be drawn twice: as a whole, and close up.
const closeUp = 100

// points are those that a log axis can show.
func (c *Curve) points() []CurvePoint {
	var out []CurvePoint
	for _, p := range c.Points {
		if e := float64(p.Error); finite(e) && e > 0 && p.Rows > 0 && (len(out) == 0 || p.Rows >= out[len(out)-1].Rows) {
			out = append(out, p)
		}
	}
	return out
}

// SVG draws error against rows learned from, both on log axes, with baselines
// dashed and pass ends marked. Where a model diverged there are two panels:
// all of it, and the part below the baseline's neighbourhood.
func (l *Learning) SVG(width int) string {
	const title = "Error while learning"
	var curves []Curve
	lo, hi, usual := math.Inf(1), 0.0, 0.0
	for _, c := range l.Curves {
		ps := c.points()
		if len(ps) == 0 {
			continue
		}
		curves = append(curves, Curve{c.Name, ps, c.Outcome})
		for _, p := range ps {
			lo, hi = min(lo, float64(p.Error)), max(hi, float64(p.Error))
		}
	}
	for _, b := range l.Baselines {
		if v := float64(b.Value); finite(v) && v > 0 {
			lo, hi, usual = min(lo, v), max(hi, v), max(usual, v)
		}
	}
	if len(curves) == 0 {
		return empty(width, title)
	}
	if usual == 0 { // no baseline: the best model is what is usual
		usual = math.Inf(1)
		for _, c := range curves {
			usual = min(usual, float64(c.Points[len(c.Points)-1].Error))
		}
	}
	p := &panel{l: l, curves: curves, c: &canvas{w: float64(width), h: 304}, lo: lo, hi: hi, h: 300}
	if hi <= usual*closeUp {
		p.draw(0, float64(width), 0, l.Measure)
		return p.c.finish(title, l.describe(curves))
	}
	whole := l.Measure + ", all of it"
	near := *p
	near.hi, near.cut = min(usual*3, hi), true
	if width >= 560 {
		p.draw(0, float64(width)/2-14, 0, whole)
		near.draw(float64(width)/2+14, float64(width), 0, "close up")
	} else {
		p.c.h = 634
		p.draw(0, float64(width), 0, whole)
		near.draw(0, float64(width), 330, "close up")
	}
	return p.c.finish(title, l.describe(curves))
}

func (l *Learning) describe(curves []Curve) string {
	s := l.Measure + ":"
	for _, b := range l.Baselines {
		s += fmt.Sprintf(" %s %s;", b.Name, FormatNumber(float64(b.Value)))
	}
	for _, c := range curves {
		s += fmt.Sprintf(" %s ends at %s;", c.Name, FormatNumber(float64(c.Points[len(c.Points)-1].Error)))
	}
	return s[:len(s)-1] + "."
}

// A panel is one view of the curves: errors from lo to hi, in h pixels.
type panel struct {
	l      *Learning
	curves []Curve
	c      *canvas
	lo, hi float64
	h      float64
	cut    bool // what is above hi leaves the picture
}

// An endLabel stands at the right of its line's end.
type endLabel struct {
	y           float64
	class       string
	name, value string
}

func (p *panel) draw(x0, x1, y0 float64, heading string) {
	c := p.c
	gutter := 0.0
	for _, cu := range p.curves {
		gutter = max(gutter, textWidth(cu.Name))
	}
	for _, b := range p.l.Baselines {
		gutter = max(gutter, textWidth(b.Name))
	}
	gutter = min(max(gutter, textWidth("0,000,000"))+8, (x1-x0)*0.36)
	left, right, top, bottom := x0+48, x1-gutter, y0+34, y0+p.h-34
	rows := [2]int64{math.MaxInt64, 1}
	for _, cu := range p.curves {
		rows[0], rows[1] = min(rows[0], cu.Points[0].Rows), max(rows[1], cu.Points[len(cu.Points)-1].Rows)
	}
	x := logarithmic(float64(rows[0]), float64(rows[1]), left, right, max(2, int(right-left)/44), false)
	y := logarithmic(p.lo/1.25, p.hi*1.25, bottom, top, 7, false)
	c.text("soft", x0, y0+14, start, shorten(heading, x1-x0))
	for _, v := range y.ticks {
		c.line("grid", left, y.at(v), right, y.at(v))
		c.text("soft", left-8, y.at(v)+4, end, FormatNumber(v))
	}
	for _, v := range x.ticks {
		c.line("axis", x.at(v), bottom, x.at(v), bottom+4)
		c.text("soft", x.at(v), bottom+18, middle, shortCount(v))
	}
	c.line("axis", left, bottom, right, bottom)
	c.text("soft", right, bottom+33, end, "rows learned from")
	p.passes(x, top, bottom, rows[1])

	var labels []endLabel
	for _, b := range p.l.Baselines {
		v := float64(b.Value)
		if !finite(v) || v <= 0 || v > p.hi {
			continue
		}
		c.line("line dashed soft", left, y.at(v), right, y.at(v))
		labels = append(labels, endLabel{y.at(v), "soft", b.Name, FormatNumber(v)})
	}
	for i, cu := range p.curves {
		class := "c" + string(rune('1'+i%4))
		var line []vertex
		leaves := p.cut && float64(cu.Points[len(cu.Points)-1].Error) > p.hi
		for _, q := range cu.Points {
			above := p.cut && float64(q.Error) > p.hi
			if above && !leaves && len(line) == 0 {
				continue // it comes into the picture later
			}
			line = append(line, vertex{x.at(float64(q.Rows)), y.at(float64(q.Error))})
			if above && leaves {
				break
			}
		}
		last := line[len(line)-1]
		c.path("line "+class, polyline(line))
		value := FormatNumber(float64(cu.Points[len(cu.Points)-1].Error))
		switch {
		case leaves:
			c.path("fill "+class, "M"+point(last.x-4.5, top+1)+"L"+point(last.x+4.5, top+1)+"L"+point(last.x, top-8)+"Z")
			c.text(class+" halo", last.x+8, top+14, start, shorten(cu.Name+": "+value, x1-last.x-8))
		default:
			c.circle("dot "+class, last.x, last.y, 3.5)
			labels = append(labels, endLabel{last.y, class + " strong", cu.Name, value})
			if last.x < right-10 {
				c.line("line thin dotted "+class, last.x+5, last.y, right, last.y)
			}
		}
	}
	slices.SortStableFunc(labels, func(a, b endLabel) int { return cmp.Compare(a.y, b.y) })
	ys := make([]float64, len(labels))
	for i := range labels {
		ys[i] = labels[i].y
	}
	spread(ys, top, bottom-4, 31)
	for i, e := range labels {
		c.text(e.class, right+8, ys[i]-2, start, shorten(e.name, x1-right-4))
		c.text(e.class, right+8, ys[i]+12, start, e.value)
	}
}

// passes marks where each pass over the data ended, unless there are many.
func (p *panel) passes(x *axis, top, bottom float64, rows int64) {
	n := p.l.PassRows
	if n <= 0 || rows/n < 1 || rows/n > 12 {
		return
	}
	free := math.Inf(-1)
	for k := int64(1); k <= rows/n; k++ {
		at := x.at(float64(k * n))
		p.c.line("mark", at, top, at, bottom)
		label := FormatCount(k)
		if k == 1 {
			label = "pass 1"
		}
		if at-textWidth(label) > free {
			p.c.text("small", at+3, top-6, end, label)
			free = at + 3
		}
	}
}

// shortCount names powers of ten: "1k", "10M".
func shortCount(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= u.size && v < 1e15 {
			return FormatNumber(v/u.size) + u.name
		}
	}
	return FormatNumber(v)
}

// Table lists the points of each curve, and the baselines.
func (l *Learning) Table() Table {
	t := Table{Head: []string{"model", "outcome", "rows learned from", "error"}, Text: 2}
	for _, b := range l.Baselines {
		t.Rows = append(t.Rows, []string{b.Name, "", "", FormatNumber(float64(b.Value))})
	}
	widest := 1
	for _, c := range l.Curves {
		stride := every(len(c.Points))
		widest = max(widest, stride)
		for i, p := range c.Points {
			if last := i == len(c.Points)-1; last || i%stride == 0 {
				outcome := ""
				if last {
					outcome = c.Outcome
				}
				t.Rows = append(t.Rows, []string{c.Name, outcome, FormatCount(p.Rows), FormatNumber(float64(p.Error))})
			}
		}
	}
	t.Note = thinned(widest)
	return t
}
