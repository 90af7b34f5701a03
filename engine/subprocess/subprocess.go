// Package subprocess runs task graphs in child processes of this one, which
// see tasks as JSON and nothing else. It keeps graphs honest for clusters, and
// it keeps a crash of one task from being a crash of all.
//
// A program that uses it begins its main, or its TestMain, with Main:
//
//	func main() {
//		subprocess.Main() // does not return in a child
//		…
//	}
//
// A child is this program started again. It gets one task after another
// through a pipe and answers through another, and ends when the pipe does, so
// that no child outlives its parent. A child that dies takes one attempt of
// one task with it, which is tried again in a new child as often as the op's
// task.Retry says; the error then ends in what the child last wrote to standard
// error. When a run is cancelled, children that are busy are killed.
//
// Order, memory, retries and journal are those of engine/local. A graph that
// is not task.Graph.Portable is refused.
package subprocess

import (
	"context"
	"iter"
	"os"
	"runtime"

	"github.com/outcore/outcore/engine/local"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
)

// Config says how an engine runs tasks. The zero Config is useful.
type Config struct {
	Workers int           // children; default: cores
	Reserve local.Reserve // as local.Config's: here, for what the children hold
	Seed    uint64        // as local.Config's

	// Program is the executable of the children, which must call Main and
	// have the ops of this one; default: the running program.
	Program string
}

// An Engine is a task.Runner in child processes.
type Engine struct{ config Config }

var _ task.Runner = (*Engine)(nil)

// New makes an engine. It has no children between runs.
func New(c Config) (*Engine, error) {
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Program == "" {
		program, err := os.Executable()
		if err != nil {
			return nil, errs.New(errs.Unsupported, "the path of this program is not known: %w", err)
		}
		c.Program = program
	}
	return &Engine{c}, nil
}

// Run is task.Runner's; errs.Unsupported when g is not portable.
func (e *Engine) Run(ctx context.Context, g *task.Graph, o task.RunOptions, targets ...task.Key) iter.Seq2[task.Result, error] {
	return func(yield func(task.Result, error) bool) {
		if ok, why := g.Portable(); !ok {
			yield(task.Result{}, errs.New(errs.Unsupported, "the graph cannot run in child processes: %s", why).
				WithFix("make the op with task.Register, or run the graph with engine/local"))
			return
		}
		n := nursery{program: e.config.Program, children: make([]*child, e.config.Workers)}
		defer n.close()
		inner := local.New(local.Config{Workers: e.config.Workers, Reserve: e.config.Reserve, Seed: e.config.Seed, Execute: n.execute})
		for r, err := range inner.Run(ctx, g, o, targets...) {
			if !yield(r, err) {
				return
			}
		}
	}
}
