package enginetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/task"
)

// What is finished before an error is not done again, and is yielded again.
func resumeAfterError(t *testing.T, s Subject) {
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	build := func(times int) *task.Graph {
		var g task.Graph
		a := trace.Range(&g, "a", 20, traceArgs{Log: log, Name: "a"})
		fault.Range(&g, "gone", 1, faultArgs{Log: filepath.Join(dir, "attempts"), At: 0, Times: times, How: howInvalid}, task.After("a"))
		b := trace.Range(&g, "b", 20, traceArgs{Log: log, Name: "b", In: a.Each()}, task.After("gone"))
		traceOne.Add(&g, "c", traceOneArgs{Log: log, Name: "c", All: b.All()})
		return &g
	}
	o := task.RunOptions{Journal: filepath.Join(dir, "journal")}
	r := s.New(t, 2)
	if err := fails(t, r, build(1), o); !errors.Is(err, errs.Invalid) {
		t.Fatal(err)
	}
	resumed := int64(-1)
	o.Sink = func(e event.Event) {
		if e.Kind == event.Resume {
			resumed = e.Done
		}
	}
	res := collect(t, r, build(1), o, "a", "c")
	if len(res) != 21 || resumed != 20 {
		t.Errorf("%d results, %d tasks resumed, want 21 and 20", len(res), resumed)
	}
	got := lines(t, log)
	slices.Sort(got)
	if n := len(got); n != 41 || len(slices.Compact(got)) != 41 {
		t.Errorf("%d tasks ran, want each of 41 once: %v", n, got)
	}
	if got, err := task.NodeOf[string]("c").Of(collect(t, r, build(1), o, "c")); got != "c" || err != nil {
		t.Errorf("a finished run again: got %q, %v", got, err)
	}
	if n := len(lines(t, log)); n != 41 {
		t.Errorf("a finished run did %d tasks again", n-41)
	}
}

// A journal serves what did not change: a longer range, not another argument.
func resumeChanged(t *testing.T, s Subject) {
	dir := t.TempDir()
	o := task.RunOptions{Journal: filepath.Join(dir, "journal")}
	run := func(n int64, name string) []string {
		log := filepath.Join(dir, fmt.Sprint(n, name))
		var g task.Graph
		a := trace.Range(&g, "a", n, traceArgs{Log: filepath.Join(dir, "all"), Name: name})
		traceOne.Add(&g, "c", traceOneArgs{Log: log, Name: "c", All: a.All()})
		before := len(lines(t, filepath.Join(dir, "all")))
		collect(t, s.New(t, 2), &g, o)
		return append(lines(t, filepath.Join(dir, "all"))[before:], lines(t, log)...)
	}
	run(3, "x")
	if got, want := sorted(run(5, "x")), []string{"c", "x/3", "x/4"}; !slices.Equal(got, want) {
		t.Errorf("longer range: ran %v, want %v", got, want)
	}
	if got, want := sorted(run(3, "y")), []string{"c", "y/0", "y/1", "y/2"}; !slices.Equal(got, want) {
		t.Errorf("other argument: ran %v, want %v", got, want)
	}
}

func journalInUse(t *testing.T, s Subject) {
	gt := newGate(t)
	o := task.RunOptions{Journal: filepath.Join(t.TempDir(), "journal")}
	var g task.Graph
	hold.Range(&g, "hold", 1, holdArgs{Addr: gt.addr()})
	over := make(chan error, 1)
	go func() {
		_, err := task.Collect(s.New(t, 1).Run(context.Background(), &g, o))
		over <- err
	}()
	h := gt.accept(t)
	if err := fails(t, s.New(t, 1), &g, o); !errors.Is(err, errs.Conflict) {
		t.Errorf("got %v, want a conflict", err)
	}
	h.release()
	if err := <-over; err != nil {
		t.Error(err)
	}
}

// victimEnv is the directory in which a test binary is a victim; victimGate
// the address of a gate, or empty.
const (
	victimEnv  = "OUTCORE_ENGINETEST_VICTIM"
	victimGate = "OUTCORE_ENGINETEST_GATE"
	victimSize = 400
)

func victimGraph(dir string) (g *task.Graph, total task.Node[int64]) {
	g = &task.Graph{}
	log := filepath.Join(dir, "log")
	a := trace.Range(g, "a", victimSize, traceArgs{Log: log, Name: "a"})
	b := trace.Range(g, "b", victimSize, traceArgs{Log: log, Name: "b", In: a.Each()})
	return g, sum.Add(g, "sum", sumArgs{Parts: b.All()})
}

// victim is the process that is killed: it writes a byte for every result and
// goes on when it gets one, so that it cannot end before it is killed.
func victim(t *testing.T, s Subject, dir string) {
	g, _ := victimGraph(dir)
	o := task.RunOptions{Journal: filepath.Join(dir, "journal")}
	if addr := os.Getenv(victimGate); addr != "" {
		g, o = &task.Graph{}, task.RunOptions{}
		hold.Range(g, "hold", 2, holdArgs{Addr: addr})
	}
	for _, err := range s.New(t, 2).Run(context.Background(), g, o, g.Tasks()[0].Key) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stdout.Write([]byte{'.'}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
}

// startVictim starts this test binary again as a victim; from and to are its
// standard output and input.
func startVictim(t *testing.T, dir, gate string) (cmd *exec.Cmd, from io.Reader, to io.Writer) {
	t.Helper()
	caller, _, _ := strings.Cut(t.Name(), "/")
	cmd = exec.Command(os.Args[0], "-test.run=^"+caller+"$/^victim$")
	cmd.Env = append(os.Environ(), victimEnv+"="+dir, victimGate+"="+gate)
	cmd.Stderr = os.Stderr
	from, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if to, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, from, to
}

// kill ends cmd with SIGKILL and waits for it.
func kill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		t.Errorf("the victim ended with %v, want that it was killed", err)
	}
}

// A run killed with SIGKILL, again and again, ends with the right result, and
// does again only what was not in the journal yet.
func resumeAfterKill(t *testing.T, s Subject) {
	dir := t.TempDir()
	for _, results := range []int{1, 37, 150, 222} {
		cmd, from, to := startVictim(t, dir, "")
		for i := range results {
			if _, err := io.ReadFull(from, make([]byte, 1)); err != nil {
				t.Fatalf("the victim ended before result %d: %v", i, err)
			}
			if i == results-1 {
				break // without an answer, it waits to be killed
			}
			if _, err := to.Write([]byte{'.'}); err != nil {
				t.Fatal(err)
			}
		}
		kill(t, cmd)
	}
	g, total := victimGraph(dir)
	got, err := total.Of(collect(t, s.New(t, 2), g, task.RunOptions{Journal: filepath.Join(dir, "journal")}))
	if want := int64(victimSize * (victimSize - 1) / 2); err != nil || got != want {
		t.Errorf("got %d, %v, want %d", got, err, want)
	}
	ran := lines(t, filepath.Join(dir, "log"))
	all := len(slices.Compact(sorted(ran)))
	if all != 2*victimSize {
		t.Errorf("%d different tasks ran, want %d", all, 2*victimSize)
	}
	// A kill costs what ran, what was handed out, and what waited for a flush.
	if more := len(ran) - all; more > 4*(2*128+2*64) {
		t.Errorf("%d tasks ran again after 4 kills", more)
	}
	t.Logf("%d of %d tasks ran again after 4 kills", len(ran)-all, all)
}

// However a parent dies, the processes it started for its tasks end.
func orphans(t *testing.T, s Subject) {
	gt := newGate(t)
	cmd, _, _ := startVictim(t, t.TempDir(), gt.addr())
	a, b := gt.accept(t), gt.accept(t)
	kill(t, cmd)
	a.ended()
	b.ended()
}
