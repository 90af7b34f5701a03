package plot

import (
	"fmt"
	"math"
)

// A Memory chart shows the memory a process held over time under its budget.
type Memory struct {
	Budget  int64          `json:"budget"` // bytes; 0 = none
	Samples []MemorySample `json:"samples"`
	Steps   []Step         `json:"steps"`
	Note    string         `json:"note,omitempty"`
}

// A MemorySample is what was held at one instant.
type MemorySample struct {
	At       float64 `json:"at"`                 // seconds from the beginning; ascending
	Resident int64   `json:"resident"`           // bytes
	Reserved int64   `json:"reserved,omitempty"` // bytes promised to jobs, of which not all need be resident
}

// Peak is the largest sample; ok is false when there is none.
func (m *Memory) Peak() (peak MemorySample, ok bool) {
	for _, s := range m.samples() {
		if !ok || s.Resident > peak.Resident {
			peak, ok = s, true
		}
	}
	return peak, ok
}

// samples are those at a finite time not before their predecessor's.
func (m *Memory) samples() []MemorySample {
	last := math.Inf(-1)
	out := make([]MemorySample, 0, len(m.Samples))
	for _, s := range m.Samples {
		if finite(s.At) && s.At >= last && s.Resident >= 0 {
			out, last = append(out, s), s.At
		}
	}
	return out
}

// SVG draws resident memory as an area, the budget as a line across, and a
// mark where each step begins.
func (m *Memory) SVG(width int) string {
	const title = "Memory over time"
	samples := m.samples()
	peak, ok := m.Peak()
	if !ok {
		return empty(width, title)
	}
	steps := sane(m.Steps)
	c := &canvas{w: float64(width), h: 270}
	labelRows := make([][]placed, 3)
	left, right, top, bottom := 58.0, c.w-12, 56.0, c.h-34
	from, to := samples[0].At, samples[len(samples)-1].At
	for _, s := range steps {
		from, to = min(from, s.From), max(to, s.To)
	}
	x := linear(min(from, 0), to, left, right, width/110)
	x.lo = min(from, 0)
	y := sizes(float64(max(peak.Resident, m.Budget))*1.04, bottom, top, 5)

	for _, v := range y.ticks {
		c.line("grid", left, y.at(v), right, y.at(v))
		c.text("soft", left-8, y.at(v)+4, end, tickBytes(v))
	}
	for _, v := range x.ticks {
		c.line("axis", x.at(v), bottom, x.at(v), bottom+4)
		c.text("soft", x.at(v), bottom+18, middle, FormatNumber(v))
	}
	c.text("soft", right, bottom+32, end, "seconds")

	area := []vertex{{x.at(samples[0].At), bottom}}
	for _, s := range samples {
		area = append(area, vertex{x.at(s.At), y.at(float64(s.Resident))})
	}
	c.path("line c1", polyline(area[1:]))
	c.path("wash c1", polyline(area)+"L"+point(x.at(samples[len(samples)-1].At), bottom)+"Z")
	for _, s := range steps {
		at := x.at(s.From)
		wide := textWidth(s.Name) + 8
		label := min(at, right-wide+8)
		if row := staggered(labelRows, label, label+wide); row >= 0 {
			ly := top - 10 - 15*float64(row)
			c.text("soft", label+3, ly, start, s.Name)
			c.line("mark", at, ly-9, at, bottom)
		} else {
			c.line("mark", at, top, at, bottom)
		}
	}
	c.line("axis", left, bottom, right, bottom)
	if m.Budget > 0 {
		b := y.at(float64(m.Budget))
		c.line("line c2 dashed", left, b, right, b)
		c.text("c2 halo", left+6, b+15, start, "budget "+FormatBytes(m.Budget))
	}
	px, py := x.at(peak.At), y.at(float64(peak.Resident))
	c.circle("dot c1", px, py, 3.5)
	label := "peak " + FormatBytes(peak.Resident)
	side, dx := start, 8.0
	if px+textWidth(label)+8 > right {
		side, dx = end, -8
	}
	ly := py - 8
	if b := y.at(float64(m.Budget)); m.Budget > 0 && math.Abs(ly-b) < 18 {
		ly = py + 20
	}
	taken := placed{px, px + dx + textWidth(label)*1.1}
	if side == end {
		taken = placed{px + dx - textWidth(label)*1.1, px}
	}
	reserved(c, x, y, samples, taken)
	c.text("c1 strong halo", px+dx, ly, side, label)
	desc := "At most " + FormatBytes(peak.Resident) + " resident, at " + FormatSeconds(peak.At)
	if m.Budget > 0 {
		desc += fmt.Sprintf("; the budget is %s", FormatBytes(m.Budget))
	}
	return c.finish(title, desc+".")
}

// reserved draws what was promised to jobs as level stretches, and names the
// stretch with the most room beside taken, where the peak's label stands.
func reserved(c *canvas, x, y *axis, samples []MemorySample, taken placed) {
	var longest placed // without what is taken
	var at float64
	for i := 0; i < len(samples); {
		j := i
		for j+1 < len(samples) && samples[j+1].Reserved == samples[i].Reserved {
			j++
		}
		next := min(j+1, len(samples)-1)
		if r := float64(samples[i].Reserved); r > 0 {
			stretch := placed{x.at(samples[i].At), x.at(samples[next].At)}
			c.line("line thin dotted soft", stretch.from, y.at(r), stretch.to, y.at(r))
			for _, free := range []placed{
				{stretch.from, min(stretch.to, max(taken.from, stretch.from))},
				{max(stretch.from, min(taken.to, stretch.to)), stretch.to},
			} {
				if free.to-free.from > longest.to-longest.from {
					longest, at = free, y.at(r)
				}
			}
		}
		i = j + 1
	}
	if longest.to-longest.from > textWidth("reserved") {
		c.text("small halo", (longest.from+longest.to)/2, at-5, middle, "reserved")
	}
}

// Table lists samples and the step each fell in.
func (m *Memory) Table() Table {
	samples := m.samples()
	t := Table{Head: []string{"during", "time", "resident", "reserved"}, Text: 1}
	peak, _ := m.Peak()
	stride := every(len(samples))
	t.Note = thinned(stride)
	for i, s := range samples {
		if i%stride == 0 || s == peak {
			t.Rows = append(t.Rows, []string{m.During(s.At), FormatSeconds(s.At), FormatBytes(s.Resident), FormatBytes(s.Reserved)})
		}
	}
	return t
}

// During names the step that ran at a time; "" when none did.
func (m *Memory) During(at float64) string {
	name := ""
	for _, s := range sane(m.Steps) {
		if s.From <= at && at <= s.To {
			name = s.Name
		}
	}
	return name
}

// tickBytes is FormatBytes for the round sizes that ticks stand at.
func tickBytes(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1 << 40, " TiB"}, {1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}} {
		if v >= u.size {
			return FormatNumber(v/u.size) + u.name
		}
	}
	return FormatNumber(v)
}
