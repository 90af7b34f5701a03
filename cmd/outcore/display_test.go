package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/outcore/outcore/event"
)

// steps are the events of one step, a second apart.
func steps() []event.Event {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	after := func(s int, e event.Event) event.Event {
		e.Step, e.Unit, e.Total, e.Time = "learn epoch 1", "bytes", 400<<20, at.Add(time.Duration(s)*time.Second)
		return e
	}
	return []event.Event{
		after(0, event.Event{Kind: event.Start}),
		after(1, event.Event{Kind: event.Progress, Done: 100 << 20, Rows: 1000}),
		after(2, event.Event{Kind: event.Warning, Message: "a row was left out"}),
		after(3, event.Event{Kind: event.Progress, Done: 300 << 20, Rows: 3000}),
		after(4, event.Event{Kind: event.End, Done: 400 << 20, Rows: 4000}),
	}
}

func TestATerminalShowsOneBarAndWhatStays(t *testing.T) {
	for _, width := range []int{80, 46, 20, 3, 0} {
		var out strings.Builder
		d, err := newDisplay(&out, false, "info")
		if err != nil {
			t.Fatal(err)
		}
		d.width = func() int { return width }
		for _, e := range steps() {
			d.sink(e)
		}
		d.close()
		got := out.String()
		if width == 80 && !strings.Contains(got, erase+"learn epoch 1     75 % ━━━━━━━━━━━━━━━━━━──────  100 MiB/s  1s left") {
			t.Errorf("no bar in %q", got)
		}
		for _, bar := range strings.Split(got, erase) {
			if !strings.Contains(bar, "\n") && utf8.RuneCountInString(bar) >= max(width, 1) {
				t.Errorf("%d columns: %q would wrap", width, bar)
			}
		}
		for _, stays := range []string{erase + "warning: a row was left out\n", erase + "learn epoch 1: 400 MiB, 4000 rows in 4.0 s (100 MiB/s)\n"} {
			if !strings.Contains(got, stays) {
				t.Errorf("%d columns: %q is not in %q", width, stays, got)
			}
		}
	}
}

func TestElsewhereThereAreOnlyLines(t *testing.T) {
	var out strings.Builder
	d, err := newDisplay(&out, false, "info")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range steps() {
		d.sink(e)
	}
	d.close()
	want := "warning: a row was left out\nlearn epoch 1: 400 MiB, 4000 rows in 4.0 s (100 MiB/s)\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

// TestProgressInRows is told of data that are in no files.
func TestProgressInRows(t *testing.T) {
	var bar, lines strings.Builder
	for _, out := range []*strings.Builder{&bar, &lines} {
		d, err := newDisplay(out, false, "info")
		if err != nil {
			t.Fatal(err)
		}
		if out == &bar {
			d.width = func() int { return 80 }
		}
		for _, e := range steps() {
			e.Unit, e.Total, e.Done = "rows", 4_500_000, e.Rows*1125
			d.sink(e)
		}
		d.close()
	}
	if want := erase + "learn epoch 1     75 % ━━━━━━━━━━━━━━━━━━──────  1.1 M rows/s  1s left"; !strings.Contains(bar.String(), want) {
		t.Errorf("found %q, want %q", bar.String(), want)
	}
	if want := "warning: a row was left out\nlearn epoch 1: 4000 of 4500000 rows in 4.0 s (1.1 M rows/s)\n"; lines.String() != want {
		t.Errorf("found %q, want %q", lines.String(), want)
	}
}
