package task

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/outcore/outcore/errs"
)

// MaxRange is the longest range: a runner keeps a few bits, and for some up to
// ten bytes, a task.
const MaxRange = 1 << 28

// A Key names a task or a range in a graph. Task i of range "part" is "part/i".
type Key string

// A Task is one entry of a graph: one task, or a range of N. Its JSON is a
// format; Args may hold references ({"$task": Ref}).
type Task struct {
	Key      Key             `json:"key"`
	Op       string          `json:"op"`
	Range    bool            `json:"range,omitempty"`
	N        int64           `json:"n,omitempty"` // of a range
	Args     json.RawMessage `json:"args"`
	After    []Key           `json:"after,omitempty"` // waited for, results not taken
	Priority int             `json:"priority,omitempty"`

	spec *Spec    // nil until looked up
	tmpl Template // of Args
	pc   uintptr  // who added it
	err  error    // what is wrong with it, reported by check
}

// A Graph is tasks and ranges and what they need of each other. The zero Graph
// is empty. It is built by one goroutine; once built it may be read and run by
// many.
type Graph struct {
	tasks []Task
	byKey map[Key]int
	errs  []error // mistakes so far, each with its line
}

// Put adds a task as data, with the name of a registered op; Op.Add and
// Op.Range are the typed way. Mistakes are reported as for Op.Add.
func (g *Graph) Put(t Task) {
	t.spec = nil
	g.add(t, caller(1))
}

func (g *Graph) add(t Task, pc uintptr) {
	t.pc = pc
	fail := func(err error) { g.errs = append(g.errs, t.wrap(err)) }
	if t.err == nil {
		t.tmpl, t.err = compile(t.Args)
	}
	switch {
	case t.err != nil:
		fail(t.err)
	case t.Key == "":
		fail(errs.New(errs.Invalid, "the key is empty"))
	case t.Range && t.N < 0:
		fail(errs.New(errs.Invalid, "a range of %d tasks, expected 0 or more", t.N))
	case t.N > MaxRange:
		fail(errs.New(errs.TooLarge, "a range of %d tasks, expected at most %d", t.N, MaxRange).WithFix("give each task more to do"))
	case !t.Range && t.N != 0:
		fail(errs.New(errs.Invalid, "n is %d for a single task", t.N))
	}
	if g.byKey == nil {
		g.byKey = map[Key]int{}
	}
	if old, ok := g.byKey[t.Key]; ok {
		fail(errs.New(errs.Exists, "the key is used twice, first at %s", g.tasks[old].Line()))
		return
	}
	g.byKey[t.Key] = len(g.tasks)
	g.tasks = append(g.tasks, t)
}

// Line is file:line of the call that added the task, "" for one read from JSON.
func (t *Task) Line() string { return line(t.pc) }

// wrap says which task err is about.
func (t *Task) wrap(err error) error {
	if l := t.Line(); l != "" {
		return fmt.Errorf("%s: task %s: %w", l, t.Key, err)
	}
	return fmt.Errorf("task %s: %w", t.Key, err)
}

// Tasks lists the entries in the order they were added. The caller must not
// change what they point to.
func (g *Graph) Tasks() []Task { return slices.Clone(g.tasks) }

// Len is the number of tasks, those of ranges included.
func (g *Graph) Len() int64 {
	var n int64
	for i := range g.tasks {
		n += g.tasks[i].count()
	}
	return n
}

func (t *Task) count() int64 {
	if t.Range {
		return t.N
	}
	return 1
}

// Portable reports whether every op is known by name, so that the graph can be
// run by another process; why names the first that is not, and its line.
func (g *Graph) Portable() (ok bool, why string) {
	for i := range g.tasks {
		if s := g.tasks[i].spec; s != nil && s.Local != "" {
			return false, fmt.Sprintf("task %s: op %s is a closure, made by task.Local at %s", g.tasks[i].Key, s.Name, s.Local)
		}
	}
	return true, ""
}

// MarshalJSON writes the entries; errs.Unsupported when g is not Portable.
func (g *Graph) MarshalJSON() ([]byte, error) {
	if ok, why := g.Portable(); !ok {
		return nil, errs.New(errs.Unsupported, "the graph cannot leave this process: %s", why).WithFix("register the op with task.Register")
	}
	if g.tasks == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(g.tasks)
}

// UnmarshalJSON reads entries into an empty graph. Their mistakes are
// reported when the graph is checked.
func (g *Graph) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	var tasks []Task
	if err := dec.Decode(&tasks); err != nil {
		return errs.New(errs.Invalid, "task graph: %w", err)
	}
	for _, t := range tasks {
		g.add(t, 0)
	}
	return nil
}
