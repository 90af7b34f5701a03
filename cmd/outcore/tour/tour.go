// Package tour is the proof by doing: real flights, many times larger than the
// memory it allows itself, go from text to a scored model in front of the
// user, and the promises are tried out: killed and resumed, another number of
// workers, too little memory.
//
// What it makes is kept in a repository, every step a commit. Every number it
// prints is the run's own.
package tour

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature/profile"
	"github.com/outcore/outcore/internal/lock"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/plot"
	"github.com/outcore/outcore/train"
)

// Config says how to make the tour.
type Config struct {
	Dir     string // for the repository, the model and the report
	Replays int    // how often the training rows are replayed; 0 is so often that they are 4.3 times the budget
	Budget  *memory.Budget
	Jobs    int
	Program []string // how to call outcore itself, for what has to be killed
	Name    string   // how the user calls it, in what is printed to be pasted
	Version string
	Out     io.Writer
	Events  event.Sink
	Listen  func(event.Sink) // adds a listener to all events of the process, the budget's too
}

// Result is what the tour found; the report shows it.
type Result struct {
	Rows      int64                    `json:"rows"`
	Decoded   int64                    `json:"decoded_bytes"`
	Ratio     float64                  `json:"times_the_budget"`
	Baseline  float64                  `json:"baseline_mse"`
	Raw       float64                  `json:"raw_mse"`
	Scaled    float64                  `json:"scaled_mse"`
	R2        float64                  `json:"r2"`
	R2Without float64                  `json:"r2_without_dep_delay"`
	Digest    string                   `json:"digest"` // of the model
	Trial     string                   `json:"trial"`  // of the branch that was chunked undisturbed
	Checks    []Check                  `json:"checks"`
	Peak      int64                    `json:"peak_bytes"`
	Seconds   float64                  `json:"seconds"`
	Report    string                   `json:"report"`
	Model     string                   `json:"model"`
	Lab       string                   `json:"lab"`      // the repository
	Data      string                   `json:"data"`     // the snapshot that the models learned from
	Snapshot  string                   `json:"snapshot"` // the last one
	Scores    map[string]compose.Score `json:"scores"`
}

// A Check is one promise that was tried out.
type Check struct {
	What    string `json:"what"`
	Outcome string `json:"outcome"`
	OK      bool   `json:"ok"`
}

// A tour is one run of it.
type tour struct {
	Config
	begin  time.Time
	watch  *watch
	clock  *clock
	paths  paths
	rows   int64 // for training, once
	tested int64

	lab     *lab
	looked  []profile.Column
	raw     learned
	scaled  learned
	without learned
	result  Result
}

// The question of the tour: what is known at push-back predicts the arrival.
var known = []string{"dep_delay", "distance", "hour", "month"}

const target = "arr_delay"

// paths are where things go under Dir.
type paths struct{ train, test, lab, model, report, python string }

// smallest is the least budget that every step of the tour fits in.
const smallest = 96 << 20

// Run makes the tour. A tour that was stopped leaves its data, and starts
// anew the next time.
func Run(ctx context.Context, c Config) (*Result, error) {
	if c.Budget.Cap() < smallest {
		return nil, &memory.RefusedError{What: "the tour", Want: smallest - memory.Base, Need: smallest, Cap: c.Budget.Cap()}
	}
	t := &tour{Config: c, begin: time.Now(), paths: paths{
		train:  filepath.Join(c.Dir, "data", "train.csv"),
		test:   filepath.Join(c.Dir, "data", "test.csv"),
		lab:    filepath.Join(c.Dir, "lab"),
		model:  filepath.Join(c.Dir, "model"),
		report: filepath.Join(c.Dir, "report.html"),
		python: filepath.Join(c.Dir, "open.py"),
	}}
	t.watch = &watch{begin: t.begin}
	c.Listen(t.watch.sink)
	t.clock = newClock(t.begin, c.Jobs)
	if err := t.ours(); err != nil {
		return nil, err
	}
	l, err := lock.Acquire(filepath.Join(c.Dir, ".outcore", "lock"))
	if err != nil {
		return nil, err
	}
	defer l.Release()
	defer func() { t.lab.close() }()
	if err := os.WriteFile(t.marker(), nil, 0o644); err != nil {
		return nil, err
	}
	t.say("outcore %s · budget %s%s · %d cores · files in %s", c.Version, memory.FormatSize(c.Budget.Cap()), machine(), c.Jobs, c.Dir)
	t.say("")
	for _, step := range []func(context.Context) error{t.data, t.look, t.learn, t.repair, t.trust, t.show} {
		if err := step(ctx); err != nil {
			return nil, blob.FileError("make the tour", c.Dir, err)
		}
	}
	return &t.result, nil
}

// machine is what the budget is a part of: the memory of the machine, or what its
// container may use.
func machine() string {
	limit, _ := memory.Limit()
	if limit == 0 {
		return ""
	}
	return " (of " + memory.FormatSize(limit) + ")"
}

// marker is the file that says a directory is a tour's own.
const marker = ".outcore/tour"

func (t *tour) marker() string { return filepath.Join(t.Dir, filepath.FromSlash(marker)) }

// ours makes sure that Dir is new, or was made by a tour, before anything is
// written there.
func (t *tour) ours() error {
	entries, err := os.ReadDir(t.Dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	begun := len(entries) == 1 && entries[0].Name() == ".outcore" // and stopped at once
	if _, err := os.Stat(t.marker()); err != nil && len(entries) > 0 && !begun {
		return errs.New(errs.Exists, "%s holds other files, and no tour was made there", t.Dir).WithFix("--dir with the name of a new directory")
	}
	return nil
}

// Clean removes the files of a tour, and refuses a directory that is none.
func Clean(dir string) error {
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(marker))); err != nil {
		return errs.New(errs.Invalid, "%s was not made by a tour, so nothing in it is removed", dir)
	}
	return os.RemoveAll(dir)
}

func (t *tour) say(format string, args ...any) {
	fmt.Fprintf(t.Out, format+"\n", args...)
}

// step begins a step of the tour: its number and name stand before its first line.
func (t *tour) step(n int, name, format string, args ...any) {
	t.watch.mark(name)
	t.say("%d %-6s %s", n, name, fmt.Sprintf(format, args...))
}

// more is a line that goes on with a step.
func (t *tour) more(format string, args ...any) {
	t.say("         %s", fmt.Sprintf(format, args...))
}

// learned is one model of the tour and how it did on the rows set aside.
type learned struct {
	model   *compose.Model
	digest  string
	run     *train.Result
	report  *train.Report
	curve   []plot.CurvePoint // progressive squared error
	seconds float64
	peak    int64
}

func (l *learned) score(name string) float64 {
	if l.report == nil {
		return 0
	}
	return float64(l.report.Score[name])
}
