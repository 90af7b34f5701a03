// Package howto keeps the pages of docs/how-to true: its test runs every
// command of every page and compares what it prints with what the page says.
//
// A page is Markdown. In its ```console blocks a line that begins with "$ " is
// a command for sh; one that ends in a backslash goes on in the next line. The
// lines below a command, up to the next one, are what it prints: standard
// output and error as they come. There
//   - "…" within a line stands for any text,
//   - a line that is only "…" stands for any number of lines.
//
// The commands of a page run in order in one empty folder, and each must
// succeed; where failing is the point the page says `…; echo "exit $?"`. The
// files a page begins with are named in a comment, which readers do not see:
//
//	<!-- data: flights.csv -->
package howto

import (
	"fmt"
	"strings"
)

const (
	fence    = "```"
	opening  = fence + "console"
	prompt   = "$ "
	wildcard = "…"
	dataMark = "<!-- data:"
)

// A Page is one page, cut at its commands.
type Page struct {
	Data     []string // files it begins with
	Commands []Command

	lines []string
}

// A Command is one command of a page and what it prints.
type Command struct {
	Text   string   // without the prompt, continued lines joined by a newline
	Line   int      // of the prompt, from 1
	Output []string // lines, with wildcards

	begin, end int // of Output in the page's lines
}

// Parse reads a page. An error names the line.
func Parse(text string) (*Page, error) {
	p := &Page{lines: strings.Split(text, "\n")}
	for i := 0; i < len(p.lines); i++ {
		line := p.lines[i]
		if names, ok := strings.CutPrefix(line, dataMark); ok {
			names, closed := strings.CutSuffix(strings.TrimSpace(names), "-->")
			if !closed {
				return nil, fmt.Errorf("line %d: %q is not closed by -->", i+1, dataMark)
			}
			p.Data = append(p.Data, strings.Fields(names)...)
		}
		if strings.TrimSpace(line) != opening {
			continue
		}
		if line != opening {
			return nil, fmt.Errorf("line %d: an indented %s block; begin it in the first column", i+1, opening)
		}
		var err error
		if i, err = p.block(i + 1); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// block reads the block whose first line is i and returns the line of its end.
func (p *Page) block(i int) (int, error) {
	first := i
	for ; i < len(p.lines); i++ {
		line := p.lines[i]
		if line == fence {
			return i, nil
		}
		text, ok := strings.CutPrefix(line, prompt)
		if !ok {
			if i == first {
				return 0, fmt.Errorf("line %d: found %q, expected a command: a console block begins with %q", i+1, line, prompt)
			}
			c := &p.Commands[len(p.Commands)-1]
			c.Output, c.end = append(c.Output, line), i+1
			continue
		}
		c := Command{Text: text, Line: i + 1}
		for strings.HasSuffix(c.Text, `\`) && i+1 < len(p.lines) && p.lines[i+1] != fence {
			i++
			c.Text += "\n" + p.lines[i]
		}
		c.begin, c.end = i+1, i+1
		p.Commands = append(p.Commands, c)
	}
	return 0, fmt.Errorf("line %d: the block that begins here is not closed", first)
}

// Match reports whether a command printed what c says.
func (c *Command) Match(printed string) bool {
	return matchLines(c.Output, Lines(printed))
}

// Lines cuts what a command printed into lines, without blanks at their ends,
// which editors take out of pages.
func Lines(printed string) []string {
	if printed == "" {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(printed, "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t\r")
	}
	return lines
}

func matchLines(want, got []string) bool {
	for i, w := range want {
		if strings.TrimSpace(w) == wildcard {
			for skip := range len(got) - i + 1 {
				if matchLines(want[i+1:], got[i+skip:]) {
					return true
				}
			}
			return false
		}
		if i >= len(got) || !matchLine(w, got[i]) {
			return false
		}
	}
	return len(got) == len(want)
}

// matchLine matches one line: its pieces between wildcards must come in order,
// the first at the beginning and the last at the end.
func matchLine(want, got string) bool {
	pieces := strings.Split(want, wildcard)
	if len(pieces) == 1 {
		return want == got
	}
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(got) < len(first)+len(last) || !strings.HasPrefix(got, first) || !strings.HasSuffix(got, last) {
		return false
	}
	got = got[len(first) : len(got)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		_, rest, ok := strings.Cut(got, piece)
		if !ok {
			return false
		}
		got = rest
	}
	return true
}

// Rewrite is the page with the output of the i-th command replaced, for those
// that printed something else than it says.
func (p *Page) Rewrite(printed []string) string {
	var out []string
	next := 0
	for i, c := range p.Commands {
		if i >= len(printed) || c.Match(printed[i]) {
			continue
		}
		out = append(out, p.lines[next:c.begin]...)
		out = append(out, Lines(printed[i])...)
		next = c.end
	}
	return strings.Join(append(out, p.lines[next:]...), "\n")
}
