package plot

import (
	"strings"
	"unicode/utf8"
)

// The terminal picture's cells, in pixels. Lines are stretched to whole cells,
// so that columns stand below each other in whatever font the reader has.
const (
	cellWidth  = 7.8
	cellHeight = 18.0
)

// A span is text of one look.
type span struct {
	text  string
	class string
}

// Terminal draws lines of text as a terminal's window. Escape sequences for
// bold, dim and the colours red, green, yellow, blue, magenta and cyan are
// shown, all others are left out. A line that begins with "$ " is a command.
func Terminal(lines []string) string {
	const margin, bar = 16.0, 28.0
	var look look
	spans := make([][]span, len(lines))
	columns := 40
	for i, line := range lines {
		spans[i] = look.spans(strings.TrimRight(line, "\r\n"))
		n := 0
		for _, s := range spans[i] {
			n += utf8.RuneCountInString(s.text)
		}
		columns = max(columns, n)
	}
	w := float64(columns)*cellWidth + 2*margin
	h := float64(len(lines))*cellHeight + bar + margin
	c := &canvas{w: w + 2, h: h + 2}
	c.element("rect", "term", "x", 1.0, "y", 1.0, "width", w, "height", h, "rx", 8.0)
	c.path("title", "M1 "+pixel(bar)+"V9A8 8 0 0 1 9 1H"+pixel(w-7)+"A8 8 0 0 1 "+point(w+1, 9)+"V"+pixel(bar)+"Z")
	for k := range 3 {
		c.circle("grid dot soft", 20+18*float64(k), bar/2+1, 4.5)
	}
	for i, line := range spans {
		y := bar + float64(i+1)*cellHeight
		x := margin
		for k, s := range line {
			n := float64(utf8.RuneCountInString(s.text)) * cellWidth
			if strings.TrimSpace(s.text) != "" {
				class := "mono t " + s.class
				if k == 0 && strings.HasPrefix(s.text, "$ ") {
					class += " bold"
				}
				c.b.WriteString(`<text xml:space="preserve" class="` + strings.TrimSpace(class) + `" x="` + pixel(x) + `" y="` + pixel(y) +
					`" textLength="` + pixel(n) + `" lengthAdjust="spacingAndGlyphs">` + escape(s.text) + "</text>\n")
			}
			x += n
		}
	}
	plain := make([]string, len(spans))
	for i, line := range spans {
		for _, s := range line {
			plain[i] += s.text
		}
	}
	return c.finish("Terminal", strings.Join(plain, "\n"))
}

// A look is what escape sequences have asked for so far.
type look struct {
	bold, dim bool
	colour    string
}

func (l *look) class() string {
	class := l.colour
	if l.dim && class == "" {
		class = "soft"
	}
	if l.bold {
		class = strings.TrimSpace(class + " bold")
	}
	return class
}

// spans splits a line at its escape sequences: ESC [ parameters letter, and ESC
// followed by one other byte. A sequence that does not end takes the rest.
func (l *look) spans(line string) []span {
	var out []span
	text := func(s string) {
		if s = strings.ReplaceAll(s, "\t", "    "); s != "" {
			out = append(out, span{s, l.class()})
		}
	}
	for {
		before, rest, found := strings.Cut(line, "\x1b")
		text(before)
		if !found || rest == "" {
			return out
		}
		if rest[0] != '[' {
			_, size := utf8.DecodeRuneInString(rest)
			line = rest[size:]
			continue
		}
		stop := strings.IndexFunc(rest[1:], func(r rune) bool { return r >= 0x40 && r <= 0x7e })
		if stop < 0 {
			return out
		}
		if rest[1+stop] == 'm' {
			l.set(rest[1 : 1+stop])
		}
		line = rest[stop+2:]
	}
}

// set takes the parameters of one "select graphic rendition".
func (l *look) set(parameters string) {
	for p := range strings.SplitSeq(parameters, ";") {
		switch p {
		case "", "0":
			*l = look{}
		case "1":
			l.bold = true
		case "2":
			l.dim = true
		case "22":
			l.bold, l.dim = false, false
		case "31", "91", "33", "93":
			l.colour = "c2"
		case "32", "92":
			l.colour = "c3"
		case "34", "94", "36", "96":
			l.colour = "c1"
		case "35", "95":
			l.colour = "c4"
		case "39":
			l.colour = ""
		}
	}
}
