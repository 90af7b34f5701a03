package task

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/outcore/outcore/errs"
)

// maxMistakes bounds how many mistakes one error lists.
const maxMistakes = 10

// Validate reports what is wrong with the graph: keys used twice, ops and keys
// that do not exist, references that do not fit, arguments the op does not
// take, cycles. Each mistake has the line of the call that added the task.
func (g *Graph) Validate() error {
	_, err := g.resolve()
	return err
}

// resolve checks the graph and gives the steps, in the order of its entries.
func (g *Graph) resolve() ([]Step, error) {
	mistakes := slices.Clone(g.errs)
	steps := make([]Step, len(g.tasks))
	for i := range g.tasks {
		t := &g.tasks[i]
		if err := g.resolveTask(t, &steps[i]); err != nil {
			mistakes = append(mistakes, t.wrap(err))
		}
	}
	if len(mistakes) > 0 {
		if n := len(mistakes) - maxMistakes; n > 0 {
			mistakes = append(mistakes[:maxMistakes], fmt.Errorf("and %d more mistakes", n))
		}
		return nil, fmt.Errorf("task graph: %w", errors.Join(mistakes...))
	}
	all := make([]int, len(steps))
	for i := range all {
		all[i] = i
	}
	_, cycle := postorder(steps, all)
	if cycle != nil {
		return nil, g.cycleError(cycle)
	}
	return steps, nil
}

func (g *Graph) resolveTask(t *Task, s *Step) error {
	s.Key, s.Range, s.N, s.Priority, s.Template, s.Spec = t.Key, t.Range, t.count(), t.Priority, &t.tmpl, t.spec
	if r, i := g.find(t.Key, false); i >= 0 {
		return errs.New(errs.Exists, "the key is also task %d of range %s, added at %s", i, g.tasks[r].Key, g.tasks[r].Line())
	}
	if s.Spec == nil {
		spec, err := Lookup(t.Op)
		if err != nil {
			return err
		}
		s.Spec = spec
		// Args came as data, so nothing has checked yet that the op takes them.
		if _, err := spec.Decode(t.tmpl.appendNulls(nil, 0)); err != nil {
			return err
		}
	}
	varies := false
	if n := len(t.tmpl.Refs) + len(t.After); n > 0 {
		s.Deps = make([]Dep, 0, n)
	}
	for _, r := range t.tmpl.Refs {
		d, err := g.resolveRef(t, r)
		if err != nil {
			return err
		}
		varies = varies || r.Mode == ByIndex || r.Mode == ByEach || r.Mode == ByGroup
		s.Deps = append(s.Deps, d)
	}
	if t.Range && t.N > 1 && !varies {
		return errs.New(errs.Invalid, "all %d tasks of the range are the same", t.N).WithFix("give its arguments a task.Index, an Each or a Groups")
	}
	for _, key := range t.After {
		e, i := g.find(key, true)
		if e < 0 {
			return g.noKey(key)
		}
		d := Dep{Step: e, Mode: ByKey, Order: true}
		if i >= 0 {
			d.Mode, d.Index = ByAt, i
		} else if g.tasks[e].Range {
			d.Mode = ByAll
		}
		s.Deps = append(s.Deps, d)
	}
	return nil
}

// resolveRef checks that r, in the arguments of t, means something.
func (g *Graph) resolveRef(t *Task, r Ref) (Dep, error) {
	if r.Mode == ByIndex {
		if !t.Range {
			return Dep{}, errs.New(errs.Invalid, "a task.Index in a single task").WithFix("add it as a Range")
		}
		return Dep{Step: -1, Mode: ByIndex}, nil
	}
	e, ok := g.byKey[r.Key]
	if !ok {
		return Dep{}, g.noKey(r.Key)
	}
	p := &g.tasks[e]
	d := Dep{Step: e, Mode: r.Mode, Index: r.Index, Size: r.Size}
	if p.Range != (r.Mode != ByKey) {
		return d, errs.New(errs.Shape, "reference of mode %q to %s, which is %s", r.Mode, r.Key, p.shape())
	}
	switch r.Mode {
	case ByAt:
		if r.Index >= p.N {
			return d, errs.New(errs.Shape, "reference to task %d of %s, which is %s", r.Index, r.Key, p.shape())
		}
	case ByEach:
		if !t.Range || t.N != p.N {
			return d, errs.New(errs.Shape, "each of %s, which is %s, in %s", r.Key, p.shape(), t.shape())
		}
	case ByGroup:
		if want := (p.N + r.Size - 1) / r.Size; !t.Range || t.N != want {
			return d, errs.New(errs.Shape, "groups of %d of %s, which is %s, in %s, expected a range of %d", r.Size, r.Key, p.shape(), t.shape(), want)
		}
	}
	return d, nil
}

func (t *Task) shape() string {
	if t.Range {
		return fmt.Sprintf("a range of %d", t.N)
	}
	return "a single task"
}

func (g *Graph) noKey(key Key) error {
	var have []string
	for k := range maps.Keys(g.byKey) {
		if len(have) == 1000 { // the name of a suggestion is not worth a million comparisons
			break
		}
		have = append(have, string(k))
	}
	slices.Sort(have)
	return errs.New(errs.NotFound, "no task %q in the graph%s", key, errs.Suggest(string(key), have))
}

// find gives the entry that key names, and -1 or, for a task of a range, its
// number; -1, -1 when there is none. An entry of that very key is looked for
// when exact is set.
func (g *Graph) find(key Key, exact bool) (entry int, index int64) {
	if e, ok := g.byKey[key]; ok && exact {
		return e, -1
	}
	slash := strings.LastIndexByte(string(key), '/')
	if slash < 0 {
		return -1, -1
	}
	e, ok := g.byKey[key[:slash]]
	if !ok || !g.tasks[e].Range {
		return -1, -1
	}
	text := string(key[slash+1:])
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil || i < 0 || i >= g.tasks[e].N || strconv.FormatInt(i, 10) != text {
		return -1, -1
	}
	return e, i
}

func (g *Graph) cycleError(cycle []int) error {
	var b strings.Builder
	for _, i := range cycle {
		fmt.Fprintf(&b, "%s needs ", g.tasks[i].Key)
	}
	first := &g.tasks[cycle[0]]
	b.WriteString(string(first.Key))
	return fmt.Errorf("task graph: %w", first.wrap(errs.New(errs.Invalid, "a cycle: %s", b.String())))
}
