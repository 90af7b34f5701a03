package plot

import (
	"fmt"
	"math"

	"github.com/outcore/outcore/feature/profile"
)

// Columns shows the ranges of number columns on one axis, so that what has to
// be scaled is seen at once.
type Columns struct {
	Columns []profile.Column `json:"columns"`
	Target  string           `json:"target,omitempty"` // the column to predict
	Note    string           `json:"note,omitempty"`
}

// drawn are the columns that have values, all finite.
func (f *Columns) drawn() []profile.Column {
	var out []profile.Column
	for _, c := range f.Columns {
		if c.Count > 0 && finite(c.Min) && finite(c.Max) && finite(c.Mean) && finite(c.Std) && c.Min <= c.Max {
			out = append(out, c)
		}
	}
	return out
}

// scale is logarithmic when all values are above zero, and else linear between
// -1 and 1 and logarithmic beyond (between ± the largest value when that is less).
func (f *Columns) scale(from, to float64, n int) (*axis, string) {
	lo, hi, largest := math.Inf(1), math.Inf(-1), 0.0
	for _, c := range f.drawn() {
		lo, hi = min(lo, c.Min), max(hi, c.Max)
		largest = max(largest, math.Abs(c.Min), math.Abs(c.Max))
	}
	if lo > 0 {
		return logarithmic(lo, hi, from, to, n, false), "log scale"
	}
	unit := 1.0
	if largest > 0 && largest < 1 {
		unit = power(int(math.Floor(math.Log10(largest))) - 2)
	}
	return symlog(lo, hi, unit, from, to, n), "log scale, linear within ±" + FormatNumber(unit)
}

// SVG draws a strip a column: a hair from least to greatest, a bar of mean ±
// one standard deviation, a dot at the mean.
func (f *Columns) SVG(width int) string {
	const title = "Columns and their ranges"
	cols := f.drawn()
	if len(cols) == 0 {
		return empty(width, title)
	}
	narrow := width < 560
	left, right, row := 24.0, float64(width)-24, 66.0
	if !narrow {
		row = 34
		for _, c := range cols {
			left = max(left, min(textWidth(f.name(c)), 180)+44)
		}
		numbers, missing := 0.0, 0.0
		for _, c := range cols {
			numbers = max(numbers, textWidth(FormatNumber(c.Max)))
			missing = max(missing, textWidth(missingShare(c)))
		}
		right = float64(width) - numbers - missing - 24
	}
	c := &canvas{w: float64(width), h: float64(len(cols))*row + 56}
	top, bottom := 8.0, float64(len(cols))*row+14
	x, kind := f.scale(left, right, width/70)
	for _, v := range x.ticks {
		c.line("grid", x.at(v), top, x.at(v), bottom)
	}
	labelTicks(c, x, bottom+16)
	c.text("soft", right, bottom+34, end, kind)
	for i, col := range cols {
		y := top + float64(i)*row + 22
		if narrow {
			y += 10
		}
		class, name := "c1", f.name(col)
		if col.Name == f.Target {
			class = "c2"
		}
		missing := missingShare(col)
		if narrow {
			c.text("strong halo", 0, y-16, start, shorten(name, c.w-110))
			c.text("soft halo", c.w, y-16, end, missing)
		} else {
			c.text("strong", 0, y+4, start, shorten(name, 180))
			c.text("soft", c.w, y+4, end, missing)
		}
		f.strip(c, x, col, class, y, narrow)
	}
	return c.finish(title, fmt.Sprintf("%d columns, each from least to greatest with mean and standard deviation, %s.", len(cols), kind))
}

// labelTicks writes the numbers below an axis, zero first, and leaves out those
// that would touch another.
func labelTicks(c *canvas, x *axis, y float64) {
	row := make([][]placed, 1)
	for _, zero := range []bool{true, false} {
		for _, v := range x.ticks {
			label := FormatNumber(v)
			room := textWidth(label)/2 + 2
			if at := x.at(v); (v == 0) == zero && staggered(row, at-room, at+room) == 0 {
				c.text("soft", at, y, middle, label)
			}
		}
	}
}

func missingShare(c profile.Column) string {
	if c.Missing <= 0 {
		return ""
	}
	return FormatPercent(float64(c.Missing)/float64(c.Missing+c.Count)) + " missing"
}

func (f *Columns) name(c profile.Column) string {
	if c.Name == f.Target {
		return c.Name + " (target)"
	}
	return c.Name
}

func (f *Columns) strip(c *canvas, x *axis, col profile.Column, class string, y float64, narrow bool) {
	lo, hi := x.at(col.Min), x.at(col.Max)
	mean := x.at(col.Mean)
	c.line("line thin "+class, lo, y, hi, y)
	c.line("line thin "+class, lo, y-4, lo, y+4)
	c.line("line thin "+class, hi, y-4, hi, y+4)
	below, above := x.at(max(col.Mean-col.Std, col.Min)), x.at(min(col.Mean+col.Std, col.Max))
	c.rect("bar "+class, below, y-4, above-below, 8)
	c.circle("dot paper "+class, mean, y, 4)
	if narrow {
		numbers := FormatNumber(col.Min) + " … " + FormatNumber(col.Mean) + " … " + FormatNumber(col.Max)
		room := textWidth(numbers) / 2
		c.text("small halo", min(max(mean, room), c.w-room), y+18, middle, numbers)
		return
	}
	c.text("soft halo", lo-6, y+4, end, FormatNumber(col.Min))
	c.text("soft halo", hi+6, y+4, start, FormatNumber(col.Max))
	c.text("small halo", mean, y-9, middle, FormatNumber(col.Mean))
}

// Table lists every column, also those without values.
func (f *Columns) Table() Table {
	t := Table{Head: []string{"column", "missing", "min", "mean", "max", "std", "r with target"}, Text: 1}
	for _, c := range f.Columns {
		row := []string{f.name(c), noData, noData, noData, noData, noData, noData}
		if n := c.Count + c.Missing; n > 0 {
			row[1] = FormatPercent(float64(c.Missing) / float64(n))
		}
		if c.Count > 0 {
			row[2], row[3], row[4], row[5] = FormatNumber(c.Min), FormatNumber(c.Mean), FormatNumber(c.Max), FormatNumber(c.Std)
			row[6] = FormatNumber(c.Target)
		}
		if c.Name == f.Target {
			row[6] = ""
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
