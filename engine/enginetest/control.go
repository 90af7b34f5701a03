package enginetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/task"
)

// A gate is where hold tasks report and wait.
type gate struct{ net.Listener }

func newGate(t *testing.T) gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return gate{l}
}

func (g gate) addr() string { return g.Addr().String() }

// A held task waits until it is released, or until its process or context ends.
type held struct {
	index string
	conn  net.Conn
	r     *bufio.Reader
}

// accept waits for the next task to arrive.
func (g gate) accept(t *testing.T) held {
	t.Helper()
	c, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return held{strings.TrimSpace(line), c, r}
}

func (h held) release() {
	fmt.Fprintln(h.conn, "go on")
	h.conn.Close()
}

// ended waits until the task has ended by itself.
func (h held) ended() {
	_, _ = h.r.ReadByte() // an error, as nothing more is sent
	h.conn.Close()
}

// holding runs n hold tasks, and gives the run's error when it is over.
func holding(ctx context.Context, r task.Runner, gt gate, n int64) <-chan error {
	var g task.Graph
	hold.Range(&g, "hold", n, holdArgs{Addr: gt.addr()})
	over := make(chan error, 1)
	go func() {
		_, err := task.Collect(r.Run(ctx, &g, task.RunOptions{}))
		over <- err
	}()
	return over
}

// A cancelled run ends what is running, waits for it, and blames no task.
func cancelled(t *testing.T, s Subject) {
	gt := newGate(t)
	ctx, cancel := context.WithCancel(context.Background())
	over := holding(ctx, s.New(t, 2), gt, 10)
	a, b := gt.accept(t), gt.accept(t)
	cancel()
	a.ended()
	b.ended()
	err := <-over
	var te *task.Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &te) {
		t.Errorf("got %v, want that the context was cancelled", err)
	}
}

func cancelledBefore(t *testing.T, s Subject) {
	gt := newGate(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := <-holding(ctx, s.New(t, 2), gt, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context was cancelled", err)
	}
}

// A caller who leaves the loop gets no more results, and no task stays behind.
func leave(t *testing.T, s Subject) {
	gt := newGate(t)
	var g task.Graph
	hold.Range(&g, "hold", 10, holdArgs{Addr: gt.addr()})
	over := make(chan int)
	go func() {
		n := 0
		for _, err := range s.New(t, 2).Run(context.Background(), &g, task.RunOptions{}) {
			if err != nil {
				t.Errorf("got error %v", err)
			}
			n++
			break
		}
		over <- n
	}()
	a, b := gt.accept(t), gt.accept(t)
	a.release()
	b.ended()
	if n := <-over; n != 1 {
		t.Errorf("%d results after the loop was left", n-1)
	}
}

// With three workers three tasks run at a time, not fewer, and no fourth.
func parallel(t *testing.T, s Subject) {
	gt := newGate(t)
	over := holding(context.Background(), s.New(t, 3), gt, 5)
	first := []held{gt.accept(t), gt.accept(t), gt.accept(t)}
	var names []string
	for _, h := range first {
		names = append(names, h.index)
	}
	if got := sorted(names); !slices.Equal(got, []string{"0", "1", "2"}) {
		t.Errorf("tasks %v run first, want 0 1 2", got)
	}
	for _, h := range first {
		h.release()
	}
	gt.accept(t).release()
	gt.accept(t).release()
	if err := <-over; err != nil {
		t.Error(err)
	}
}

func priority(t *testing.T, s Subject) {
	log := filepath.Join(t.TempDir(), "log")
	var g task.Graph
	traceOne.Add(&g, "low", traceOneArgs{Log: log, Name: "low"}, task.Priority(-1))
	traceOne.Add(&g, "mid", traceOneArgs{Log: log, Name: "mid"})
	need := trace.Range(&g, "need", 2, traceArgs{Log: log, Name: "need"})
	traceOne.Add(&g, "high", traceOneArgs{Log: log, Name: "high", All: need.All()}, task.Priority(5))
	collect(t, s.New(t, 1), &g, task.RunOptions{})
	if got, want := lines(t, log), []string{"need/0", "need/1", "high", "mid", "low"}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

func depthFirst(t *testing.T, s Subject) {
	log := filepath.Join(t.TempDir(), "log")
	var g task.Graph
	a := trace.Range(&g, "a", 3, traceArgs{Log: log, Name: "a"})
	b := trace.Range(&g, "b", 3, traceArgs{Log: log, Name: "b", In: a.Each()})
	traceOne.Add(&g, "c", traceOneArgs{Log: log, Name: "c", All: b.All()})
	collect(t, s.New(t, 1), &g, task.RunOptions{})
	if got, want := lines(t, log), []string{"a/0", "b/0", "a/1", "b/1", "a/2", "b/2", "c"}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

func after(t *testing.T, s Subject) {
	log := filepath.Join(t.TempDir(), "log")
	var g task.Graph
	traceOne.Add(&g, "end", traceOneArgs{Log: log, Name: "end"}, task.After("a", "b", "c/1"), task.Priority(9))
	trace.Range(&g, "a", 3, traceArgs{Log: log, Name: "a"})
	traceOne.Add(&g, "b", traceOneArgs{Log: log, Name: "b"})
	trace.Range(&g, "c", 3, traceArgs{Log: log, Name: "c"})
	collect(t, s.New(t, 3), &g, task.RunOptions{}, "end")
	got := lines(t, log)
	if len(got) != 6 || got[5] != "end" || slices.Contains(got, "c/0") {
		t.Errorf("order %v, want a/0 a/1 a/2 b c/1 in any order, then end", got)
	}
}
