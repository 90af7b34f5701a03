package plot

import (
	"fmt"
	"math"
)

// A TimeLine shows what ran when: steps one below the other, and beneath them
// lanes of parallel work (read, parse, learn) with how busy each was.
type TimeLine struct {
	Steps []Step  `json:"steps"`
	Lanes []*Lane `json:"lanes"`
	Note  string  `json:"note,omitempty"`
}

// A Lane accumulates the time that one kind of work was busy. Its memory is
// bounded: bins get twice as long whenever time has outgrown them.
type Lane struct {
	Name    string    `json:"name"`
	Workers int       `json:"workers"` // how many may be busy at once
	Bin     float64   `json:"bin"`     // seconds a bin
	Busy    []float64 `json:"busy"`    // seconds of work in each bin from time 0
}

const (
	laneBins  = 512
	firstBin  = 1.0 / 1024       // seconds; a power of two, so that bins double exactly
	laneLimit = 10 * 365 * 864e2 // seconds; what ends later is no time of a run
)

// NewLane makes an empty lane of so many workers.
func NewLane(name string, workers int) *Lane {
	return &Lane{Name: name, Workers: workers, Bin: firstBin}
}

// Add says that one worker was busy between two times, in seconds from the
// beginning. What is not a stretch of time after 0 is ignored. Not safe for
// concurrent use.
func (l *Lane) Add(from, to float64) {
	if !(from >= 0 && to > from && to < laneLimit) {
		return
	}
	if l.Bin <= 0 {
		l.Bin = firstBin
	}
	for to > l.Bin*laneBins {
		l.double()
	}
	last := min(int(to/l.Bin), laneBins-1)
	for len(l.Busy) <= last {
		l.Busy = append(l.Busy, 0)
	}
	for k := int(from / l.Bin); k <= last; k++ {
		part := min(to, float64(k+1)*l.Bin) - max(from, float64(k)*l.Bin)
		l.Busy[k] += max(part, 0)
	}
}

// double folds pairs of bins.
func (l *Lane) double() {
	n := (len(l.Busy) + 1) / 2
	for k := range n {
		sum := l.Busy[2*k]
		if 2*k+1 < len(l.Busy) {
			sum += l.Busy[2*k+1]
		}
		l.Busy[k] = sum
	}
	l.Busy, l.Bin = l.Busy[:n], l.Bin*2
}

// Total is the seconds of work in all bins.
func (l *Lane) Total() float64 {
	sum := 0.0
	for _, b := range l.Busy {
		if finite(b) {
			sum += b
		}
	}
	return sum
}

// end is when the last bin ends; 0 when the lane cannot be drawn.
func (l *Lane) end() float64 {
	if e := l.Bin * float64(len(l.Busy)); finite(e) && e > 0 {
		return e
	}
	return 0
}

// SVG draws the time line.
func (t *TimeLine) SVG(width int) string {
	const title = "Time line"
	steps := sane(t.Steps)
	var lanes []*Lane
	to := 0.0
	for _, l := range t.Lanes {
		if l != nil && l.end() > 0 {
			lanes = append(lanes, l)
			to = max(to, l.end()-l.Bin)
		}
	}
	from := 0.0
	for _, s := range steps {
		from, to = min(from, s.From), max(to, s.To)
	}
	if len(steps)+len(lanes) == 0 || to <= from {
		return empty(width, title)
	}
	const stepRow, laneRow = 22.0, 40.0
	c := &canvas{w: float64(width)}
	left := 50.0
	for _, s := range steps {
		left = max(left, min(textWidth(s.Name), c.w*0.34)+12)
	}
	for _, l := range lanes {
		left = max(left, min(max(textWidth(l.Name), textWidth(l.crew())), c.w*0.34)+12)
	}
	right := c.w - 14
	x := linear(from, to, left, right, max(3, int(right-left)/90))
	top := 6.0
	lanesTop := top + float64(len(steps))*stepRow + 10
	bottom := lanesTop + float64(len(lanes))*laneRow
	c.h = bottom + 40
	for _, v := range x.ticks {
		c.line("grid", x.at(v), top, x.at(v), bottom)
		c.text("soft", x.at(v), bottom+18, middle, FormatNumber(v))
	}
	c.text("soft", right, bottom+34, end, "seconds")
	for i, s := range steps {
		y := top + (float64(i)+0.5)*stepRow
		a, b := x.at(s.From), x.at(s.To)
		c.text("", 0, y+4, start, shorten(s.Name, left-12))
		c.rect("bar c1", a, y-6, max(b-a, 1.5), 12)
		label := FormatSeconds(s.To - s.From)
		if b+8+textWidth(label) <= c.w {
			c.text("soft halo", b+6, y+4, start, label)
		} else {
			c.text("soft halo", a-6, y+4, end, label)
		}
	}
	for i, l := range lanes {
		l.draw(c, x, left, right, lanesTop+float64(i)*laneRow, laneRow)
	}
	return c.finish(title, fmt.Sprintf("%d steps in %s.", len(steps), FormatSeconds(to-from)))
}

// crew says how many workers there are, when more than one.
func (l *Lane) crew() string {
	if l.Workers > 1 {
		return FormatCount(int64(l.Workers)) + " workers"
	}
	return ""
}

// draw shows how busy the lane was: full height is all workers.
func (l *Lane) draw(c *canvas, x *axis, left, right, y, h float64) {
	base, full := y+h-6, h-14
	workers := float64(max(l.Workers, 1))
	c.text("strong", 0, base-9, start, shorten(l.Name, left-12))
	c.text("small", 0, base+4, start, l.crew())
	group := max(1, int(math.Ceil((x.hi-x.lo)/l.Bin/(right-left)*3))) // bins in three pixels
	d := "M" + point(x.at(0), base)
	for k := 0; k < len(l.Busy); k += group {
		sum, n := 0.0, 0
		for ; n < group && k+n < len(l.Busy); n++ {
			if b := l.Busy[k+n]; finite(b) {
				sum += b
			}
		}
		share := min(max(sum/(l.Bin*float64(group)*workers), 0), 1)
		py := base - float64(share*full)
		d += "L" + point(x.at(float64(k)*l.Bin), py) + "L" + point(x.at(float64(k+n)*l.Bin), py)
	}
	c.path("bar c3", d+"L"+point(x.at(l.end()), base)+"Z")
	c.line("axis", left, base, right, base)
}

// Table lists steps and lanes.
func (t *TimeLine) Table() Table {
	out := Table{Head: []string{"what", "from", "to", "took", "busy"}, Text: 1}
	for _, s := range sane(t.Steps) {
		out.Rows = append(out.Rows, []string{s.Name, FormatSeconds(s.From), FormatSeconds(s.To), FormatSeconds(s.To - s.From), ""})
	}
	for _, l := range t.Lanes {
		if l != nil && l.end() > 0 {
			out.Rows = append(out.Rows, []string{l.Name, "", "", "", FormatSeconds(l.Total()) + " of work"})
		}
	}
	return out
}
