package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/memory"
)

// A display shows events to a person: a bar with the time left on a terminal,
// plain lines elsewhere. The bar is one line that is written over; there are no
// colours.
type display struct {
	out   io.Writer
	quiet bool
	debug bool
	warn  bool       // warnings are shown
	width func() int // of the terminal; nil when out is none

	mu    sync.Mutex
	drawn bool // a bar stands on the last line
	began map[string]time.Time
	said  time.Time // of the last plain progress line
}

const plainEvery = 10 * time.Second // between progress lines where there is no terminal

func newDisplay(out io.Writer, quiet bool, level string) (*display, error) {
	d := &display{out: out, quiet: quiet, warn: true, began: map[string]time.Time{}}
	switch level {
	case "debug":
		d.debug = true
	case "info":
	case "warn":
		d.quiet = true
	case "error":
		d.quiet, d.warn = true, false
	default:
		return nil, usage("--log-level: found %q, expected debug, info, warn or error", level)
	}
	if f, ok := out.(*os.File); ok && !d.quiet && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		d.width = func() int {
			w, _, err := term.GetSize(int(f.Fd()))
			if err != nil || w <= 0 {
				return defaultWidth
			}
			return w
		}
	}
	return d, nil
}

// defaultWidth is that of a terminal that does not say.
const defaultWidth = 80

// sink shows one event.
func (d *display) sink(e event.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case e.Kind == event.Warning:
		if d.warn {
			d.line("warning: %s", e.Message)
		}
	case d.quiet:
	case e.Kind == event.Start:
		d.began[e.Step] = e.Time
	case e.Kind == event.Resume:
		d.line("%s: %s", e.Step, e.Message)
	case e.Kind == event.Progress && d.width != nil:
		d.draw(d.bar(e))
	case e.Kind == event.Progress:
		if e.Time.Sub(d.said) >= plainEvery && e.Time.Sub(d.began[e.Step]) >= plainEvery {
			d.said = e.Time
			d.line("%s", d.progressLine(e))
		}
	case e.Kind == event.End:
		switch {
		case e.Message != "": // ended in another way than by finishing
			d.line("%s: %s", e.Step, e.Message)
		case !d.began[e.Step].IsZero():
			d.line("%s", d.endLine(e))
		}
	case e.Message != "":
		d.line("%s", e.Message)
	case d.debug:
		d.line("%+v", e)
	}
}

// bar is "learn epoch 1     45 % ━━━━────  1.2 GiB/s  12s left", in the width
// of the terminal.
func (d *display) bar(e event.Event) string {
	took := e.Time.Sub(d.began[e.Step]).Seconds()
	left, right := fmt.Sprintf("%-16.16s ", e.Step), "  "+d.amount(e)
	if rate := speed(e, took); rate != "" {
		right = "  " + rate
	}
	if e.Total <= 0 {
		return clip(left+right, d.width()-1)
	}
	share := min(max(float64(e.Done)/float64(e.Total), 0), 1)
	left += fmt.Sprintf("%3.0f %% ", 100*share)
	right += "  " + remaining(e, took)
	cells := min(24, d.width()-1-utf8.RuneCountInString(left+right))
	if cells < 4 {
		return clip(left+right, d.width()-1)
	}
	full := int(share * float64(cells))
	return left + strings.Repeat("━", full) + strings.Repeat("─", cells-full) + right
}

// remaining is the time left at the rate so far.
func remaining(e event.Event, took float64) string {
	if e.Done <= 0 {
		return ""
	}
	left := took * float64(e.Total-e.Done) / float64(e.Done)
	return fmt.Sprintf("%v left", time.Duration(left*float64(time.Second)).Round(time.Second))
}

// clip cuts s to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:max(n, 0)])
	}
	return s
}

func (d *display) progressLine(e event.Event) string {
	if e.Total <= 0 || e.Done <= 0 {
		return fmt.Sprintf("%s: %s%s", e.Step, d.amount(e), rows(e))
	}
	took := e.Time.Sub(d.began[e.Step]).Seconds()
	return fmt.Sprintf("%s: %.0f %%, %s%s, %s", e.Step, 100*float64(e.Done)/float64(e.Total), d.amount(e), rows(e), remaining(e, took))
}

func (d *display) endLine(e event.Event) string {
	took := e.Time.Sub(d.began[e.Step])
	s := fmt.Sprintf("%s: %s", e.Step, d.amount(e))
	if e.Rows > 0 {
		s += rows(e)
	}
	s += fmt.Sprintf(" in %.1f s", took.Seconds())
	if rate := speed(e, took.Seconds()); rate != "" {
		s += " (" + rate + ")"
	}
	return s
}

// rows is ", 97165 rows", nothing where the amount says it.
func rows(e event.Event) string {
	if e.Unit == "rows" {
		return ""
	}
	return fmt.Sprintf(", %d rows", e.Rows)
}

// speed is bytes or rows a second, "" for what is not measured so.
func speed(e event.Event, took float64) string {
	switch {
	case took <= 0:
	case e.Unit == "bytes":
		return memory.FormatSize(int64(float64(e.Done)/took)) + "/s"
	case e.Unit == "rows" && float64(e.Done) >= 1e6*took:
		return fmt.Sprintf("%.1f M rows/s", float64(e.Done)/took/1e6)
	case e.Unit == "rows":
		return fmt.Sprintf("%.0f rows/s", float64(e.Done)/took)
	}
	return ""
}

func (d *display) amount(e event.Event) string {
	switch {
	case e.Unit == "bytes":
		return memory.FormatSize(e.Done)
	case e.Unit == "rows" && e.Rows < e.Done: // what is held out, or has no target, is read as well
		return fmt.Sprintf("%d of %d rows", e.Rows, e.Done)
	}
	return fmt.Sprintf("%d %s", e.Done, e.Unit)
}

// erase goes to the start of the line and clears it.
const erase = "\r\x1b[K"

// draw puts a bar in the place of the last one.
func (d *display) draw(bar string) {
	fmt.Fprint(d.out, erase+bar)
	d.drawn = true
}

// line prints a line that stays, in the place of a bar.
func (d *display) line(format string, args ...any) {
	d.clear()
	fmt.Fprintf(d.out, format+"\n", args...)
}

func (d *display) clear() {
	if d.drawn {
		fmt.Fprint(d.out, erase)
		d.drawn = false
	}
}

// close takes away a bar that no End came for.
func (d *display) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
}
