package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/run"
)

// A job is one verb at work: its budget, its log, its progress.
type job struct {
	*program
	verb   string
	args   []string
	budget *memory.Budget
	events event.Sink
	listen func(event.Sink) // adds one more listener to events
	runID  string
}

// status is the object --json prints; Schema changes when a field does.
type status struct {
	Schema    string  `json:"schema"` // "outcore.status/v1"
	Verb      string  `json:"verb"`
	Run       string  `json:"run,omitempty"`
	OK        bool    `json:"ok"`
	Exit      int     `json:"exit"`
	Error     string  `json:"error,omitempty"`
	NeedBytes int64   `json:"need_bytes,omitempty"` // exit 3: the --memory that would do
	Seconds   float64 `json:"seconds"`
	PeakBytes int64   `json:"peak_bytes,omitempty"` // most memory the process held
	Result    any     `json:"result,omitempty"`
}

// A signalError ends a job that a signal stopped.
type signalError struct{ number int }

func (e signalError) Error() string {
	return fmt.Sprintf("stopped by %v", syscall.Signal(e.number))
}

// resumable are the verbs that go on where they were stopped.
var resumable = map[string]bool{"chunk": true, "transform": true, "train": true, "array map": true}

// A reportedError has been printed already.
type reportedError struct{ error }

func (e reportedError) Unwrap() error { return e.error }

// job makes the RunE of a verb: it sets up budget, log, progress and signals
// around work, prints what it returns with --json, and logs how it ended.
func (p *program) job(work func(ctx context.Context, j *job, args []string) (any, error)) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		begin := time.Now()
		j := &job{program: p, verb: strings.TrimPrefix(cmd.CommandPath(), "outcore "), args: args}
		ctx, stop := untilSignal(cmd.Context())
		defer stop()

		rec, closeJob, err := j.open(cmd)
		if err != nil {
			return p.finish(j, rec, begin, nil, err)
		}
		result, err := work(ctx, j, args)
		if cause := context.Cause(ctx); err != nil && cause != nil {
			var s signalError
			if errors.As(cause, &s) {
				err = s
				if resumable[j.verb] {
					err = fmt.Errorf("%w; the same command goes on where it stopped", s)
				}
			}
		}
		peak := j.budget.Stats().Peak
		closeJob()
		return p.finish(j, rec, begin, &peak, err, result)
	}
}

// open makes the budget, the log and the progress display.
func (j *job) open(cmd *cobra.Command) (*run.Recorder, func(), error) {
	limit, err := j.memoryCap()
	if err != nil {
		return nil, nil, err
	}
	if j.jobs < 0 {
		return nil, nil, usage("--jobs %d: found a negative number, expected the number of workers", j.jobs)
	}
	if j.temp != "" {
		if err := os.MkdirAll(j.temp, 0o777); err != nil {
			return nil, nil, usage("--temp: %v", err)
		}
	}
	if j.jobs == 0 {
		j.jobs = runtime.GOMAXPROCS(0)
	}
	display, err := newDisplay(j.stderr, j.quiet, j.logLevel)
	if err != nil {
		return nil, nil, err
	}
	sinks := []event.Sink{display.sink}
	home, err := run.Home()
	var rec *run.Recorder
	if err == nil && !j.dryRun {
		rec, err = run.Start(home, j.verb, commandLine(cmd), version)
	}
	if err != nil { // the work matters more than its log
		fmt.Fprintf(j.stderr, "outcore: warning: %v; this run is not logged\n", err)
	}
	if rec != nil {
		sinks = append(sinks, rec.Sink())
		j.runID = rec.ID()
	}
	var mu sync.RWMutex
	j.events = func(e event.Event) {
		mu.RLock()
		defer mu.RUnlock()
		for _, s := range sinks {
			s(e)
		}
	}
	j.listen = func(s event.Sink) {
		mu.Lock()
		defer mu.Unlock()
		sinks = append(sinks, s)
	}
	j.budget, err = memory.New(memory.Options{Cap: limit, Events: j.events})
	if err != nil {
		return rec, nil, err
	}
	where := j.temp
	if where == "" {
		where = "beside the output"
	}
	if !j.quiet {
		fmt.Fprintf(j.stderr, "outcore %s · budget %s · %d cores · temporary files %s\n", version, memory.FormatSize(j.budget.Cap()), j.jobs, where)
	}
	return rec, func() {
		display.close()
		j.budget.Close()
	}, nil
}

// memoryCap reads --memory; 0 is the default.
func (p *program) memoryCap() (int64, error) {
	if p.memory == "" {
		return 0, nil
	}
	n, err := memory.ParseSize(p.memory)
	if err != nil {
		return 0, usage("--memory: %v", err)
	}
	return n, nil
}

// finish reports a job's end to the log, to --json and to the user.
func (p *program) finish(j *job, rec *run.Recorder, begin time.Time, peak *int64, err error, result ...any) error {
	err = plainly(err)
	s := status{Schema: "outcore.status/v1", Verb: j.verb, Run: j.runID, OK: err == nil, Exit: exitCode(err), Seconds: time.Since(begin).Seconds()}
	if len(result) > 0 {
		s.Result = result[0]
	}
	if peak != nil {
		s.PeakBytes = *peak
	}
	var refused *memory.RefusedError
	if errors.As(err, &refused) {
		s.NeedBytes = refused.Need
	}
	if err != nil {
		s.Error = err.Error()
		fmt.Fprintf(p.stderr, "outcore: %v\n", err)
	}
	line, jsonErr := json.Marshal(s)
	if jsonErr != nil { // a score that is NaN or infinite
		s.Result, s.Error = nil, strings.TrimSpace(s.Error+" (result left out: "+jsonErr.Error()+")")
		line, _ = json.Marshal(s)
	}
	if p.json {
		fmt.Fprintf(p.stdout, "%s\n", line)
	}
	if rec != nil {
		if e := rec.Finish(runStatus(err), s.Exit, err, line); e != nil {
			fmt.Fprintf(p.stderr, "outcore: warning: the log of this run is incomplete: %v\n", e)
		}
	}
	if err != nil {
		return reportedError{err}
	}
	return nil
}

// plainly leaves out of an error the line of this program that built an array:
// it is for those who write programs, not for those who run this one.
func plainly(err error) error {
	cause := errors.Unwrap(err)
	if cause == nil {
		return err
	}
	if before, ok := strings.CutSuffix(err.Error(), cause.Error()); ok && sourceLine.MatchString(before) {
		return cause
	}
	return err
}

var sourceLine = regexp.MustCompile(`^\S+\.go:\d+: $`)

// runStatus maps an error to how the log says the run ended.
func runStatus(err error) run.Status {
	var s signalError
	var refused *memory.RefusedError
	switch {
	case err == nil:
		return run.Done
	case errors.As(err, &s):
		return run.Interrupted
	case errors.As(err, &refused):
		return run.Refused
	}
	return run.Failed
}

// untilSignal gives a context that SIGINT or SIGTERM ends, with a signalError
// as its cause. A second signal ends the process at once.
func untilSignal(parent context.Context) (context.Context, func()) {
	if parent == nil {
		parent = context.Background()
	}
	ctx, cancel := context.WithCancelCause(parent)
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case sig := <-ch:
			signal.Stop(ch)
			number := 0
			if s, ok := sig.(syscall.Signal); ok {
				number = int(s)
			}
			cancel(signalError{number})
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(ch)
		close(done)
		cancel(nil)
	}
}

// commandLine is the verb, the flags that were given and the arguments.
func commandLine(cmd *cobra.Command) []string {
	line := strings.Fields(cmd.CommandPath())[1:]
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if v, ok := f.Value.(pflag.SliceValue); ok {
			for _, s := range v.GetSlice() {
				line = append(line, "--"+f.Name+"="+s)
			}
			return
		}
		line = append(line, "--"+f.Name+"="+f.Value.String())
	})
	return append(line, cmd.Flags().Args()...)
}

func visit(names *[]string) func(*pflag.Flag) {
	return func(f *pflag.Flag) { *names = append(*names, f.Name) }
}
