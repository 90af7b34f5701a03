package task

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"github.com/outcore/outcore/event"
)

// A Runner runs graphs. It is safe for concurrent use.
//
// Run runs what targets need (see Graph.Plan) and yields the result of every
// target task as soon as it has finished, in any order; a slow loop body holds
// new tasks back. Nothing runs before the loop starts. The first task that
// fails for good, or the end of ctx, stops the run: no task is started any
// more, those that run are cancelled and waited for, and the error, an *Error
// if a task is to blame, is yielded last. Leaving the loop does the same,
// without an error. The sequence may be ranged over again, which is another run.
type Runner interface {
	Run(ctx context.Context, g *Graph, o RunOptions, targets ...Key) iter.Seq2[Result, error]
}

// RunOptions say how one run is reported and resumed.
type RunOptions struct {
	Name string     // Step of the events; default "tasks"
	Sink event.Sink // nil drops the events

	// Journal is the file that keeps what is finished, so that a run with the
	// same graph, or one that shares tasks with it, goes on after a kill;
	// "" keeps nothing. Results found there are yielded again. One run at a time
	// may have the file: errs.Conflict. Of local ops only those made
	// WithIdentity are kept.
	Journal string
}

// An ID names one task: Index is its number in the range Key, -1 for a single.
type ID struct {
	Key   Key
	Index int64
}

// String gives "key" or "key/index", which is also the task's Key as a target.
func (id ID) String() string {
	if id.Index < 0 {
		return string(id.Key)
	}
	return string(id.Key) + "/" + strconv.FormatInt(id.Index, 10)
}

// A Result is the JSON a target resulted in. The receiver may keep it.
type Result struct {
	ID
	Value json.RawMessage
}

// Results are results by task.
type Results map[ID]json.RawMessage

// Collect runs seq to its end and holds all results; for a few of them.
func Collect(seq iter.Seq2[Result, error]) (Results, error) {
	out := Results{}
	for r, err := range seq {
		if err != nil {
			return out, err
		}
		out[r.ID] = r.Value
	}
	return out, nil
}

// An Error is a task that failed for good.
type Error struct {
	ID
	Op       string
	Attempts int // 0: it never started
	Err      error
}

// Error gives "task part/7 (demo.parse/v1): cause".
func (e *Error) Error() string {
	if e.Attempts > 1 {
		return fmt.Sprintf("task %s (%s), attempt %d: %v", e.ID, e.Op, e.Attempts, e.Err)
	}
	return fmt.Sprintf("task %s (%s): %v", e.ID, e.Op, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
