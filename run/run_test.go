package run

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
)

func TestARunIsListedWithItsEvents(t *testing.T) {
	home := t.TempDir()
	r, err := Start(home, "train", []string{"train", "--data", "a.csv"}, "test")
	if err != nil {
		t.Fatal(err)
	}
	sink := r.Sink()
	sink.Send(event.Event{Kind: event.Start, Step: "learn", Total: 10})
	sink.Send(event.Event{Kind: event.Metric, Fields: map[string]float64{"loss": math.NaN()}})
	if runs, _ := List(home); len(runs) != 1 || runs[0].Status != Running {
		t.Fatalf("while it runs: %+v", runs)
	}
	if err := r.Finish(Done, 0, nil, json.RawMessage(`{"ok":true}`)); err != nil {
		t.Fatal(err)
	}
	info, events, err := Load(home, "last")
	if err != nil || info.Status != Done || info.Verb != "train" {
		t.Fatalf("Load: %+v, %v", info, err)
	}
	if len(events) != 2 || events[0].Total != 10 || !strings.Contains(events[1].Message, "left out") {
		t.Errorf("events: %+v", events)
	}
}

func TestARunWhoseProcessIsGoneHasCrashed(t *testing.T) {
	home := t.TempDir()
	r, err := Start(home, "chunk", nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	r.Sink().Send(event.Event{Kind: event.Start})
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	r.info.PID, r.info.Born = cmd.Process.Pid, ""
	if err := r.writeInfo(); err != nil {
		t.Fatal(err)
	}
	// A torn last line is what a crash leaves.
	path := filepath.Join(r.Dir(), "events.jsonl")
	if err := os.WriteFile(path, []byte("{\"kind\":\"start\"}\n{\"kind\":\"pro"), 0o644); err != nil {
		t.Fatal(err)
	}
	info, events, err := Load(home, r.ID())
	if err != nil || info.Status != Crashed || len(events) != 1 {
		t.Errorf("got %v, %d events, %v", info.Status, len(events), err)
	}
}

func TestLoadSaysWhatIsMissing(t *testing.T) {
	if _, _, err := Load(t.TempDir(), "2026"); !errors.Is(err, errs.NotFound) {
		t.Errorf("got %v", err)
	}
}

func TestRunsOfOneSecondAreListedInOrder(t *testing.T) {
	home := t.TempDir()
	var want []string
	for range 8 {
		r, err := Start(home, "train", nil, "test")
		if err != nil {
			t.Fatal(err)
		}
		want = slices.Insert(want, 0, r.ID())
		if err := r.Finish(Done, 0, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	list, err := List(home)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, info := range list {
		got = append(got, info.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, expected the newest first: %q", got, want)
	}
}
