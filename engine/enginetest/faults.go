package enginetest

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
)

// faulty is a graph of five tasks that fail as told, and its log of attempts.
func faulty(t *testing.T, in faultArgs) (g *task.Graph, log string) {
	in.Log = filepath.Join(t.TempDir(), "attempts")
	g = &task.Graph{}
	fault.Range(g, "part", 5, in)
	return g, in.Log
}

func count(lines []string, want string) (n int) {
	for _, l := range lines {
		if l == want {
			n++
		}
	}
	return n
}

func errorSaysWhich(t *testing.T, s Subject) {
	g, log := faulty(t, faultArgs{At: 3, Times: -1, How: howInvalid})
	err := fails(t, s.New(t, 2), g, task.RunOptions{})
	var te *task.Error
	if !errors.As(err, &te) || te.ID != (task.ID{Key: "part", Index: 3}) || te.Op != "enginetest.fault/v1" {
		t.Fatalf("got %v, want an error of task part/3", err)
	}
	if want := `task part/3 (enginetest.fault/v1): a.csv:7: found "x", expected a number (fix: --skip-bad-rows 1)`; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	var e *errs.Error
	if !errors.Is(err, errs.Invalid) || !errors.As(err, &e) || e.Pos.Line != 7 {
		t.Errorf("kind and position are lost in %v", err)
	}
	if n := count(lines(t, log), "3"); n != 1 {
		t.Errorf("tried %d times, want once: what is invalid stays so", n)
	}
}

func triedAgain(t *testing.T, s Subject) {
	g, log := faulty(t, faultArgs{At: 3, Times: 2, How: howUnavailable})
	if res := collect(t, s.New(t, 2), g, task.RunOptions{}); len(res) != 5 {
		t.Errorf("%d results, want 5", len(res))
	}
	if n := count(lines(t, log), "3"); n != 3 {
		t.Errorf("tried %d times, want 3", n)
	}
}

func unavailableForGood(t *testing.T, s Subject) {
	g, log := faulty(t, faultArgs{At: 3, Times: -1, How: howUnavailable})
	err := fails(t, s.New(t, 2), g, task.RunOptions{})
	var te *task.Error
	if !errors.Is(err, errs.Unavailable) || !errors.As(err, &te) || te.Attempts != 3 {
		t.Errorf("got %v, want unavailable after 3 attempts", err)
	}
	if n := count(lines(t, log), "3"); n != 3 {
		t.Errorf("tried %d times, want 3", n)
	}
}

func tooLarge(t *testing.T, s Subject) {
	g, _ := faulty(t, faultArgs{At: 0, Times: -1, How: howHuge})
	if err := fails(t, s.New(t, 1), g, task.RunOptions{}); !errors.Is(err, errs.TooLarge) || !strings.Contains(err.Error(), "blob") {
		t.Errorf("got %v, want too large, naming blobs", err)
	}
}

// A process that dies under an op costs an attempt; its last words are kept.
func crash(t *testing.T, s Subject) {
	if !s.Remote {
		t.Skip("a crash of an op is a crash of this process")
	}
	for _, c := range []struct{ how, words string }{
		{howExit, "last words"},
		{howPanic, "a bug in an op"},
	} {
		g, log := faulty(t, faultArgs{At: 3, Times: 1, How: c.how})
		if res := collect(t, s.New(t, 2), g, task.RunOptions{}); len(res) != 5 {
			t.Errorf("%s: %d results, want 5", c.how, len(res))
		}
		if n := count(lines(t, log), "3"); n != 2 {
			t.Errorf("%s: tried %d times, want 2", c.how, n)
		}
		g, _ = faulty(t, faultArgs{At: 3, Times: -1, How: c.how})
		err := fails(t, s.New(t, 2), g, task.RunOptions{})
		if !errors.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), c.words) || !strings.Contains(err.Error(), "task part/3") {
			t.Errorf("%s: got %v, want unavailable, the task, and %q", c.how, err, c.words)
		}
	}
}
