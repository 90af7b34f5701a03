package task

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/outcore/outcore/errs"
)

// An Op is a named function from In to Out, both of which go through JSON. In
// may hold Index, Input and Inputs at any depth. An Op is immutable and safe
// for concurrent use.
type Op[In, Out any] struct{ spec *Spec }

// Register makes an op that every process of this program knows by its name,
// like "zarr.decode/v1"; call it from a package variable. cost estimates a call
// from its arguments (where they are asked for before the run, Inputs are
// zero); nil means next to nothing. fn must be safe for concurrent use, must
// return soon after its context ends, and may run more than once for a task: it
// must leave the same traces again. A name used twice is a bug and panics.
func Register[In, Out any](name string, fn func(context.Context, In) (Out, error), cost func(In) Cost, opts ...Option) Op[In, Out] {
	s := newSpec(name, fn, cost, opts)
	register(s)
	return Op[In, Out]{s}
}

// Local makes an op that may be any closure; a graph that holds it stays in
// this process (see Graph.Portable). name is for people. fn and cost are as for
// Register.
func Local[In, Out any](name string, fn func(context.Context, In) (Out, error), cost func(In) Cost, opts ...Option) Op[In, Out] {
	s := newSpec(name, fn, cost, opts)
	s.Local = line(caller(1))
	return Op[In, Out]{s}
}

func newSpec[In, Out any](name string, fn func(context.Context, In) (Out, error), cost func(In) Cost, opts []Option) *Spec {
	s := &Spec{Name: name, Retry: Retry{}.withDefaults()}
	for _, o := range opts {
		o(s)
	}
	s.decode = func(args json.RawMessage) (Call, error) {
		var in In
		if err := json.Unmarshal(args, &in); err != nil {
			return Call{}, errs.New(errs.Invalid, "arguments of %s: %w", name, err)
		}
		var c Call
		if cost != nil {
			c.Cost = cost(in)
		}
		c.Run = func(ctx context.Context) (json.RawMessage, error) {
			out, err := fn(ctx, in)
			if err != nil {
				return nil, err
			}
			value, err := json.Marshal(out)
			if err != nil {
				return nil, errs.New(errs.Invalid, "result of %s: %w", name, err)
			}
			if len(value) > MaxResult {
				return nil, errs.New(errs.TooLarge, "result of %s has %d bytes, expected at most %d", name, len(value), MaxResult).
					WithFix("write it to a blob and return the address")
			}
			return value, nil
		}
		return c, nil
	}
	return s
}

// Spec gives the op without its types.
func (op Op[In, Out]) Spec() *Spec { return op.spec }

// An AddOption changes a task or range as it is added.
type AddOption func(*Task)

// After makes the task wait for others whose results it does not take: a task,
// or all of a range.
func After(keys ...Key) AddOption { return func(t *Task) { t.After = append(t.After, keys...) } }

// Priority makes the task, and what it needs, start before ready tasks of a
// lower one. The default is 0.
func Priority(p int) AddOption { return func(t *Task) { t.Priority = p } }

// Add puts one task into g. Mistakes (a key used twice, arguments that have no
// JSON) are kept and reported, with the caller's line, when g is checked.
func (op Op[In, Out]) Add(g *Graph, key Key, in In, opts ...AddOption) Node[Out] {
	g.add(op.task(key, in, opts), caller(1))
	return Node[Out]{key}
}

// Range puts n tasks into g, named key/0 to key/(n-1), that differ in what
// their Index, Each and Groups stand for. Mistakes are reported as for Add.
func (op Op[In, Out]) Range(g *Graph, key Key, n int64, in In, opts ...AddOption) Span[Out] {
	t := op.task(key, in, opts)
	t.Range, t.N = true, n
	g.add(t, caller(1))
	return Span[Out]{key, n}
}

func (op Op[In, Out]) task(key Key, in In, opts []AddOption) Task {
	t := Task{Key: key, Op: op.spec.Name, spec: op.spec}
	var err error
	if t.Args, err = json.Marshal(in); err != nil {
		t.err = errs.New(errs.Invalid, "arguments have no JSON: %w", err)
	}
	for _, o := range opts {
		o(&t)
	}
	return t
}

// caller is the program counter skip frames above the caller of caller; kept
// instead of a text because a graph may have a million tasks.
func caller(skip int) uintptr {
	var pc [1]uintptr
	runtime.Callers(skip+2, pc[:])
	return pc[0]
}

// line resolves what caller gave to "package/file.go:12", the same on every
// machine that builds the program.
func line(pc uintptr) string {
	if pc == 0 {
		return ""
	}
	f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
	file := filepath.Join(filepath.Base(filepath.Dir(f.File)), filepath.Base(f.File))
	return fmt.Sprintf("%s:%d", file, f.Line)
}
