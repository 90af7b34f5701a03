package enginetest

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/task"
)

func reduceRange(t *testing.T, s Subject) {
	const n = 1000
	var g task.Graph
	parts := square.Range(&g, "part", n, squareArgs{})
	groups := sum.Range(&g, "group", parts.GroupCount(64), sumArgs{Parts: parts.Groups(64)})
	tree := sum.Add(&g, "tree", sumArgs{Parts: groups.All()})
	flat := sum.Add(&g, "flat", sumArgs{Parts: parts.All()})
	res := collect(t, s.New(t, 3), &g, task.RunOptions{})
	const want = (n - 1) * n * (2*n - 1) / 6
	for _, node := range []task.Node[int64]{tree, flat} {
		if got, err := node.Of(res); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", node.Key(), got, err, want)
		}
	}
	if len(res) != 2 {
		t.Errorf("%d results, want the two that no task needs", len(res))
	}
}

// Only what a target needs is run, down to single tasks of ranges.
func targets(t *testing.T, s Subject) {
	log := filepath.Join(t.TempDir(), "log")
	var g task.Graph
	a := trace.Range(&g, "a", 10, traceArgs{Log: log, Name: "a"})
	b := trace.Range(&g, "b", 10, traceArgs{Log: log, Name: "b", In: a.Each()})
	traceOne.Add(&g, "c", traceOneArgs{Log: log, Name: "c", In: []task.Input[int64]{b.At(3)}})
	traceOne.Add(&g, "other", traceOneArgs{Log: log, Name: "other"})
	res := collect(t, s.New(t, 2), &g, task.RunOptions{}, "c", "b/5", "c")
	if len(res) != 2 || res[task.ID{Key: "b", Index: 5}] == nil || res[task.ID{Key: "c", Index: -1}] == nil {
		t.Errorf("results are %v, want of c and b/5", res)
	}
	if got := sorted(lines(t, log)); !slices.Equal(got, []string{"a/3", "a/5", "b/3", "b/5", "c"}) {
		t.Errorf("ran %v, want a/3 a/5 b/3 b/5 c", got)
	}
}

func empty(t *testing.T, s Subject) {
	var g task.Graph
	if res := collect(t, s.New(t, 2), &g, task.RunOptions{}); len(res) != 0 {
		t.Errorf("an empty graph has results %v", res)
	}
	none := square.Range(&g, "none", 0, squareArgs{})
	total := sum.Add(&g, "sum", sumArgs{Parts: none.All()})
	if got, err := total.Of(collect(t, s.New(t, 2), &g, task.RunOptions{})); got != 0 || err != nil {
		t.Errorf("sum of nothing: got %d, %v", got, err)
	}
}

// A sequence can be ranged over again, and a runner run many graphs at a time.
func again(t *testing.T, s Subject) {
	var g task.Graph
	square.Range(&g, "part", 20, squareArgs{})
	r := s.New(t, 2)
	seq := r.Run(context.Background(), &g, task.RunOptions{})
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for range 2 {
				if res, err := task.Collect(seq); err != nil || len(res) != 20 {
					t.Errorf("%d results, %v, want 20", len(res), err)
				}
			}
		})
	}
	wait.Wait()
}

func mistakes(t *testing.T, s Subject) {
	var g task.Graph
	g.Put(task.Task{Key: "a", Op: "enginetest.no-such/v1", Args: []byte(`{}`)})
	if err := fails(t, s.New(t, 1), &g, task.RunOptions{}); !errors.Is(err, errs.NotFound) || !strings.Contains(err.Error(), "basic.go:") {
		t.Errorf("unknown op: got %v, want not found, with the line", err)
	}
	g = task.Graph{}
	square.Range(&g, "part", 3, squareArgs{})
	if _, err := task.Collect(s.New(t, 1).Run(context.Background(), &g, task.RunOptions{}, "part/3")); !errors.Is(err, errs.NotFound) {
		t.Errorf("unknown target: got %v, want not found", err)
	}
}

// A closure runs here, and is refused with its line where ops run elsewhere.
func localOps(t *testing.T, s Subject) {
	factor := int64(7)
	times := task.Local("times", func(_ context.Context, in squareArgs) (int64, error) { return factor * int64(in.I), nil }, nil)
	var g task.Graph
	span := times.Range(&g, "part", 5, squareArgs{})
	if s.Remote {
		err := fails(t, s.New(t, 1), &g, task.RunOptions{})
		if !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), "basic.go:") {
			t.Errorf("got %v, want unsupported, with the line of task.Local", err)
		}
		return
	}
	got, err := span.Of(collect(t, s.New(t, 2), &g, task.RunOptions{}))
	if want := []int64{0, 7, 14, 21, 28}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func events(t *testing.T, s Subject) {
	var g task.Graph
	square.Range(&g, "part", 50, squareArgs{})
	var mu sync.Mutex
	var got []event.Event
	collect(t, s.New(t, 2), &g, task.RunOptions{Name: "squares", Sink: func(e event.Event) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, e)
	}})
	if len(got) < 2 || got[0].Kind != event.Start || got[0].Total != 50 || got[0].Step != "squares" {
		t.Fatalf("events are %+v, want first a start of 50", got)
	}
	for _, e := range got {
		if e.Kind == event.Warning {
			t.Errorf("warning %q in a run without trouble", e.Message)
		}
	}
	if last := got[len(got)-1]; last.Kind != event.End || last.Done != 50 {
		t.Errorf("the last event is %+v, want the end after 50", last)
	}
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	out, err := readLines(path)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }
