// Package enginetest is what every task.Runner must do, as one suite of tests.
//
//	func TestConformance(t *testing.T) {
//		enginetest.Run(t, enginetest.Subject{
//			New: func(t *testing.T, workers int) task.Runner { return local.New(local.Config{Workers: workers}) },
//		})
//	}
//
// It runs graphs of its own ops, injects faults into them, kills whole
// processes, and compares random graphs with a plain evaluation. It starts the
// test binary again, running only the subtest "victim", so the name of the
// test that calls Run must not be shared.
package enginetest

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/task"
)

// A Subject is the runner under test.
type Subject struct {
	// New makes a runner with that many workers, which needs no closing.
	New func(t *testing.T, workers int) task.Runner

	// Remote says that ops run in other processes: then a crash of an op is
	// an error, and a graph with a local op is refused.
	Remote bool
}

// Run runs the suite.
func Run(t *testing.T, s Subject) {
	if dir := os.Getenv(victimEnv); dir != "" {
		t.Run("victim", func(t *testing.T) { victim(t, s, dir) })
		return
	}
	for _, c := range []struct {
		name string
		test func(*testing.T, Subject)
	}{
		{"random graphs", randomGraphs},
		{"range, tree and reduce", reduceRange},
		{"targets", targets},
		{"empty graph and empty range", empty},
		{"run again and side by side", again},
		{"graph with mistakes", mistakes},
		{"local ops", localOps},
		{"error says which task", errorSaysWhich},
		{"unavailable is tried again", triedAgain},
		{"unavailable for good", unavailableForGood},
		{"result too large", tooLarge},
		{"crash of an op", crash},
		{"cancel", cancelled},
		{"cancelled before the start", cancelledBefore},
		{"leave the loop", leave},
		{"as many at a time as workers", parallel},
		{"priority", priority},
		{"what is begun is finished first", depthFirst},
		{"after", after},
		{"resume after an error", resumeAfterError},
		{"resume a changed graph", resumeChanged},
		{"resume after kill", resumeAfterKill},
		{"children end with their parent", orphans},
		{"journal in use", journalInUse},
		{"events", events},
	} {
		t.Run(c.name, func(t *testing.T) {
			checkLeaks(t)
			c.test(t, s)
		})
	}
}

// checkLeaks fails the test when it leaves goroutines or child processes.
func checkLeaks(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		// What has been told to end may need a moment to have ended.
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for n := 0; n < 5000 && runtime.NumGoroutine() > before; n++ {
			<-tick.C
		}
		if n := runtime.NumGoroutine(); n > before {
			buf := make([]byte, 64<<10)
			t.Errorf("%d goroutines before, %d after:\n%s", before, n, buf[:runtime.Stack(buf, true)])
		}
		if left := childProcesses(); len(left) > 0 {
			t.Errorf("processes left behind: %v", left)
		}
	})
}

// childProcesses lists the children of this process, where the system tells.
func childProcesses() (out []string) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // ended since
		}
		// pid (name) state ppid …: the name may hold anything but ends at the last ")".
		rest := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
		if len(rest) > 1 && rest[1] == strconv.Itoa(os.Getpid()) {
			out = append(out, string(data))
		}
	}
	return out
}

// collect runs g and fails the test on an error.
func collect(t *testing.T, r task.Runner, g *task.Graph, o task.RunOptions, targets ...task.Key) task.Results {
	t.Helper()
	res, err := task.Collect(r.Run(context.Background(), g, o, targets...))
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// fails runs g and gives its error; the test fails without one.
func fails(t *testing.T, r task.Runner, g *task.Graph, o task.RunOptions) error {
	t.Helper()
	_, err := task.Collect(r.Run(context.Background(), g, o))
	if err == nil {
		t.Fatal("the run went well, want an error")
	}
	return err
}
