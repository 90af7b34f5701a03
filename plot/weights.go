package plot

import (
	"fmt"
	"math"
)

// Weights shows what a linear model adds to its prediction for one unit more
// of each feature, and for one standard deviation more.
type Weights struct {
	Unit    string   `json:"unit"` // of the target: "minutes"
	Weights []Weight `json:"weights"`
	Note    string   `json:"note,omitempty"`
}

// A Weight belongs to one feature, in its own units: not scaled.
type Weight struct {
	Name  string `json:"name"`
	Value Float  `json:"value"`         // target units per unit of the feature
	Per   string `json:"per,omitempty"` // the feature's unit: "mile"
	Std   Float  `json:"std,omitempty"` // standard deviation of the feature; 0 = unknown
}

// effect is what one standard deviation more adds.
func (w *Weight) effect() float64 { return float64(w.Value) * float64(w.Std) }

func (w *Weight) per() string {
	if w.Per == "" {
		return "per unit"
	}
	return "per " + w.Per
}

// SVG draws two bars a feature: per unit, and per standard deviation where
// that is known; each kind has its own axis, and numbers stand at the bars.
func (f *Weights) SVG(width int) string {
	const title = "Weights"
	var ws []Weight
	stds := false
	for _, w := range f.Weights {
		if finite(float64(w.Value)) {
			ws = append(ws, w)
			stds = stds || w.Std > 0 && finite(w.effect())
		}
	}
	if len(ws) == 0 {
		return empty(width, title)
	}
	const row = 30.0
	c := &canvas{w: float64(width)}
	narrow := width < 560
	left := 40.0
	for _, w := range ws {
		left = max(left, min(textWidth(w.Name), c.w*0.3)+12)
	}
	block := float64(len(ws))*row + 34
	unit := func(w *Weight) (float64, string) {
		return float64(w.Value), FormatSigned(float64(w.Value)) + " " + w.per()
	}
	std := func(w *Weight) (float64, string) {
		return w.effect(), FormatSigned(w.effect())
	}
	heads := []string{named(f.Unit, "target") + " per unit of the feature", named(f.Unit, "target") + " per standard deviation"}
	switch {
	case !stds:
		c.h = block
		f.bars(c, ws, unit, heads[0], left, left, c.w, 0, row)
	case narrow:
		c.h = 2*block + 16
		f.bars(c, ws, unit, heads[0], left, left, c.w, 0, row)
		f.bars(c, ws, std, heads[1], left, left, c.w, block+16, row)
	default:
		c.h = block
		split := left + (c.w-left)*0.55
		f.bars(c, ws, unit, heads[0], left, left, split-20, 0, row)
		f.bars(c, ws, std, heads[1], 0, split, c.w, 0, row)
	}
	desc := fmt.Sprintf("%d weights:", len(ws))
	for _, w := range ws {
		desc += fmt.Sprintf(" %s %s %s %s;", w.Name, FormatSigned(float64(w.Value)), f.Unit, w.per())
	}
	return c.finish(title, desc[:len(desc)-1]+".")
}

// bars draws one kind of bars between x0 and x1; names stand left of names
// when that is above zero.
func (f *Weights) bars(c *canvas, ws []Weight, value func(*Weight) (float64, string), head string, names, x0, x1, y0, row float64) {
	most, least, label := 0.0, 0.0, 0.0
	for i := range ws {
		v, text := value(&ws[i])
		if finite(v) {
			most, least = max(most, v), min(least, v)
			label = max(label, textWidth(text))
		}
	}
	label = min(label+10, (x1-x0)*0.6)
	// Labels stand right of zero, also those of bars that go left.
	zero, pixels := x0+1, 0.0
	if span := most/2 - least/2; span > 0 {
		pixels = (x1 - x0 - label - 1) / 2 / span
		zero += min(-least*pixels, x1-x0-label-1)
	}
	c.text("soft", x0, y0+13, start, head)
	for i := range ws {
		y := y0 + 34 + float64(i)*row
		v, text := value(&ws[i])
		if names > 0 {
			c.text("strong", 0, y+4, start, shorten(ws[i].Name, names-12))
		}
		if !finite(v) {
			c.text("soft", zero+6, y+4, start, noData)
			continue
		}
		long := min(math.Abs(v)*pixels, x1-x0-label-1)
		class, from := "bar c1", zero
		if v < 0 {
			class, from = "bar c2", zero-long
		}
		c.rect(class, from, y-6, long, 12)
		c.text("halo", max(from+long, zero)+6, y+4, start, text)
	}
	c.line("axis", zero, y0+22, zero, y0+24+float64(len(ws))*row)
}

// Table lists the weights.
func (f *Weights) Table() Table {
	t := Table{Head: []string{"feature", "unit", "weight, " + named(f.Unit, "target"), "standard deviation", "per standard deviation"}, Text: 2}
	for i := range f.Weights {
		w := &f.Weights[i]
		row := []string{w.Name, w.per(), FormatNumber(float64(w.Value)), noData, noData}
		if w.Std > 0 {
			row[3], row[4] = FormatNumber(float64(w.Std)), FormatNumber(w.effect())
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
