package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/memory"
)

// A display shows events to a person: bars with an ETA on a terminal, plain
// lines elsewhere.
type display struct {
	out   io.Writer
	quiet bool
	debug bool
	warn  bool // warnings are shown

	mu    sync.Mutex
	bars  *mpb.Progress // nil when out is no terminal
	bar   map[string]*mpb.Bar
	began map[string]time.Time
	said  time.Time // of the last plain progress line
}

const plainEvery = 10 * time.Second // between progress lines where there is no terminal

func newDisplay(out io.Writer, quiet bool, level string) (*display, error) {
	d := &display{out: out, quiet: quiet, warn: true, bar: map[string]*mpb.Bar{}, began: map[string]time.Time{}}
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
		d.bars = mpb.New(mpb.WithOutput(out), mpb.WithWidth(24), mpb.WithRefreshRate(200*time.Millisecond))
	}
	return d, nil
}

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
		if d.bars != nil {
			d.bar[e.Step] = d.newBar(e)
		}
	case e.Kind == event.Resume:
		d.line("%s: %s", e.Step, e.Message)
	case e.Kind == event.Progress:
		if b := d.bar[e.Step]; b != nil {
			b.SetCurrent(e.Done)
		} else if d.bars == nil && e.Time.Sub(d.said) >= plainEvery && e.Time.Sub(d.began[e.Step]) >= plainEvery {
			d.said = e.Time
			d.line("%s", d.progressLine(e))
		}
	case e.Kind == event.End:
		if b := d.bar[e.Step]; b != nil {
			b.SetTotal(e.Done, true)
			b.Wait()
			delete(d.bar, e.Step)
		} else if !d.began[e.Step].IsZero() && e.Message == "" {
			d.line("%s", d.endLine(e))
		}
		if e.Message != "" {
			d.line("%s: %s", e.Step, e.Message)
		}
	case e.Message != "":
		d.line("%s", e.Message)
	case d.debug:
		d.line("%+v", e)
	}
}

// newBar is "learn epoch 1  45 % ━━━━  1.2 GiB/s  ETA 12s" in 80 columns.
func (d *display) newBar(e event.Event) *mpb.Bar {
	style := mpb.BarStyle().Lbound("").Filler("━").Tip("━").Padding("─").Rbound("")
	var speed decor.Decorator
	if e.Unit == "bytes" {
		speed = decor.AverageSpeed(decor.SizeB1024(0), "% .1f")
	} else {
		speed = decor.AverageSpeed(0, "%.0f/s")
	}
	return d.bars.New(e.Total, style,
		mpb.PrependDecorators(decor.Name(fmt.Sprintf("%-16.16s", e.Step)), decor.Percentage(decor.WC{W: 6})),
		mpb.AppendDecorators(speed, decor.Name("  "), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO), "done")))
}

func (d *display) progressLine(e event.Event) string {
	took := e.Time.Sub(d.began[e.Step])
	if e.Total <= 0 || e.Done <= 0 {
		return fmt.Sprintf("%s: %s, %d rows", e.Step, d.amount(e), e.Rows)
	}
	left := time.Duration(float64(took) * float64(e.Total-e.Done) / float64(e.Done)).Round(time.Second)
	return fmt.Sprintf("%s: %.0f %%, %s, %d rows, %v left", e.Step, 100*float64(e.Done)/float64(e.Total), d.amount(e), e.Rows, left)
}

func (d *display) endLine(e event.Event) string {
	took := e.Time.Sub(d.began[e.Step])
	s := fmt.Sprintf("%s: %s", e.Step, d.amount(e))
	if e.Rows > 0 {
		s += fmt.Sprintf(", %d rows", e.Rows)
	}
	s += fmt.Sprintf(" in %.1f s", took.Seconds())
	if e.Unit == "bytes" && took > 0 {
		s += fmt.Sprintf(" (%s/s)", memory.FormatSize(int64(float64(e.Done)/took.Seconds())))
	}
	return s
}

func (d *display) amount(e event.Event) string {
	if e.Unit == "bytes" {
		return memory.FormatSize(e.Done)
	}
	return fmt.Sprintf("%d %s", e.Done, e.Unit)
}

// line prints above the bars.
func (d *display) line(format string, args ...any) {
	out := d.out
	if d.bars != nil {
		out = d.bars
	}
	fmt.Fprintf(out, format+"\n", args...)
}

// close ends the bars that no End event came for.
func (d *display) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range d.bar {
		b.Abort(false)
	}
	if d.bars != nil {
		d.bars.Wait()
	}
}
