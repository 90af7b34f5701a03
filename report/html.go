package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/outcore/outcore/plot"
)

var (
	//go:embed page.html
	pageText string
	//go:embed page.css
	pageStyle string

	page = sync.OnceValue(func() *template.Template { // most starts need not pay for it
		return template.Must(template.New("page").Funcs(template.FuncMap{"tied": tied, "words": words}).Parse(pageText))
	})
)

// Widths of the pictures, in pixels: of the text's column on a wide screen,
// half of it, and a phone's.
const (
	wideWidth   = 760
	halfWidth   = 364
	narrowWidth = 350
)

// A chart is what package plot draws.
type chart interface {
	SVG(width int) string
	Table() plot.Table
}

// A figure is a chart as the page holds it: two pictures, of which the style
// sheet shows one, and the table behind them.
type figure struct {
	Caption      string
	Wide, Narrow template.HTML
	Table        table
}

type table struct {
	Head []cell
	Rows [][]cell
	Note string
}

type cell struct {
	Value  string
	Number bool
}

// A section is a heading, what it says in a sentence or two, and its figures.
type section struct {
	ID, Heading string
	Says        []string
	Figures     []figure
}

// HTML writes the page. Errors are those of w.
func (r *Report) HTML(w io.Writer) error {
	style := "\n" + plot.Style + pageStyle
	sum := sha256.Sum256([]byte(style))
	var b bytes.Buffer
	err := page().Execute(&b, map[string]any{
		"Report":   r,
		"Policy":   "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		"Style":    template.HTML("<style>" + style + "</style>"), // ours, no word of the report in it
		"Sections": r.sections(),
		"After":    r.after(),
		"Failed":   r.failed(),
	})
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = w.Write(bytes.Map(printable, b.Bytes()))
	return err
}

// printable replaces what neither HTML nor XML can hold.
func printable(r rune) rune {
	if r < 0x20 && r != '\n' && r != '\t' || r == 0x7f || r == 0xFFFE || r == 0xFFFF {
		return utf8.RuneError
	}
	return r
}

// sections are those before the trust checks.
func (r *Report) sections() []section {
	var out []section
	add := func(id, heading string, says []string, figures ...figure) {
		var kept []string
		for _, s := range says {
			if s != "" {
				kept = append(kept, s)
			}
		}
		out = append(out, section{id, heading, kept, figures})
	}
	if m := r.Memory; m != nil {
		add("memory", "Memory", []string{r.sayMemory(), m.Note}, whole(m, ""))
	}
	if c := r.Columns; c != nil {
		add("columns", "Columns", []string{sayColumns(c), c.Note}, whole(c, ""))
	}
	if l := r.Learning; l != nil {
		add("learning", "Learning", append(sayLearning(l), l.Note), whole(l, ""))
	}
	var figures []figure
	var says []string
	if h := r.Predicted; h != nil {
		figures = append(figures, half(h, "Predicted against actual"))
		says = append(says, sayPredicted(h), h.Note)
	}
	if h := r.Residuals; h != nil {
		figures = append(figures, half(h, "Residuals"))
		says = append(says, sayResiduals(h), h.Note)
	}
	if len(figures) > 0 {
		add("predictions", "Predictions", says, figures...)
	}
	if w := r.Weights; w != nil {
		add("weights", "Weights", []string{sayWeights(w), w.Note}, whole(w, ""))
	}
	return out
}

// after is the section behind the trust checks.
func (r *Report) after() []section {
	if r.TimeLine == nil {
		return nil
	}
	says := []string{"What ran when. A lane is full where all its workers were busy."}
	if r.TimeLine.Note != "" {
		says = append(says, r.TimeLine.Note)
	}
	return []section{{"time", "Time", says, []figure{whole(r.TimeLine, "")}}}
}

// failed counts the checks that did not come out as they should.
func (r *Report) failed() int {
	n := 0
	for _, c := range r.Trust {
		if !c.OK {
			n++
		}
	}
	return n
}

func whole(c chart, caption string) figure { return draw(c, caption, wideWidth) }
func half(c chart, caption string) figure  { return draw(c, caption, halfWidth) }

// draw makes a figure; plot has escaped all text in its SVG.
func draw(c chart, caption string, wide int) figure {
	t := c.Table()
	out := table{Note: t.Note}
	for i, h := range t.Head {
		out.Head = append(out.Head, cell{h, i >= t.Text})
	}
	for _, row := range t.Rows {
		cells := make([]cell, len(row))
		for i, v := range row {
			cells[i] = cell{v, i >= t.Text}
		}
		out.Rows = append(out.Rows, cells)
	}
	return figure{
		Caption: caption,
		Wide:    template.HTML(strings.TrimSpace(c.SVG(wide))),
		Narrow:  template.HTML(strings.TrimSpace(c.SVG(narrowWidth))),
		Table:   out,
	}
}
