package plot

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	noData   = "no data"
	textSize = 12.0 // pixels, of all text in charts; the same as in Style
)

// A canvas collects the elements of one SVG. Coordinates are pixels with y down.
type canvas struct {
	b    strings.Builder
	w, h float64
}

// An anchor says which end of a text stands at its x.
type anchor string

const (
	start  anchor = ""
	middle anchor = "middle"
	end    anchor = "end"
)

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.element("line", class, "x1", x1, "y1", y1, "x2", x2, "y2", y2)
}

func (c *canvas) rect(class string, x, y, w, h float64) {
	c.element("rect", class, "x", x, "y", y, "width", max(w, 0), "height", max(h, 0))
}

func (c *canvas) circle(class string, x, y, r float64) {
	c.element("circle", class, "cx", x, "cy", y, "r", r)
}

// element writes one element without content; pairs are names and float64 values.
func (c *canvas) element(name, class string, pairs ...any) {
	c.b.WriteString("<" + name + ` class="` + class + `"`)
	for i := 0; i < len(pairs); i += 2 {
		c.b.WriteString(" " + pairs[i].(string) + `="` + pixel(pairs[i+1].(float64)) + `"`)
	}
	c.b.WriteString("/>\n")
}

// path draws d, which holds numbers and letters only.
func (c *canvas) path(class, d string) {
	if d != "" {
		c.b.WriteString(`<path class="` + class + `" d="` + d + `"/>` + "\n")
	}
}

func (c *canvas) text(class string, x, y float64, a anchor, s string) {
	c.b.WriteString(`<text class="` + strings.TrimSpace("t "+class) + `" x="` + pixel(x) + `" y="` + pixel(y) + `"`)
	if a != start {
		c.b.WriteString(` text-anchor="` + string(a) + `"`)
	}
	c.b.WriteString(">" + escape(s) + "</text>\n")
}

// finish closes the picture; title and desc are read to those who cannot see it.
func (c *canvas) finish(title, desc string) string {
	w, h := pixel(c.w), pixel(c.h)
	return `<svg class="plot" role="img" width="` + w + `" height="` + h + `" viewBox="0 0 ` + w + " " + h + `">` +
		"\n<title>" + escape(title) + "</title>\n<desc>" + escape(desc) + "</desc>\n" + c.b.String() + "</svg>\n"
}

// empty is the picture of a chart that has nothing to show.
func empty(width int, title string) string {
	c := &canvas{w: float64(max(width, 120)), h: 64}
	c.line("axis", 0, 63.5, c.w, 63.5)
	c.text("soft", c.w/2, 38, middle, noData)
	return c.finish(title, noData)
}

// pixel writes a coordinate to a tenth of a pixel.
func pixel(v float64) string {
	v = math.RoundToEven(v*10) / 10
	if !finite(v) || v == 0 {
		return "0"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func point(x, y float64) string { return pixel(x) + " " + pixel(y) }

// textWidth is about how wide s is drawn in a proportional font.
func textWidth(s string) float64 { return float64(utf8.RuneCountInString(s)) * textSize * 0.56 }

// shorten cuts s to what fits width pixels.
func shorten(s string, width float64) string {
	if textWidth(s) <= width {
		return s
	}
	r := []rune(s)
	keep := max(1, int(width/(textSize*0.56))-1)
	return string(r[:min(keep, len(r))]) + "…"
}

// escape makes s text of XML: what XML 1.0 cannot hold becomes U+FFFD.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&#34;")
		case r == '\'':
			b.WriteString("&#39;")
		case r < 0x20 && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r) // a broken byte is ranged over as U+FFFD
		}
	}
	return b.String()
}
