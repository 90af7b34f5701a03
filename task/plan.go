package task

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// A Step is a task or range of a Plan.
type Step struct {
	Key      Key
	Range    bool
	N        int64 // tasks: 1 unless Range
	Spec     *Spec
	Template *Template
	Deps     []Dep // Deps[i] is Template.Refs[i]; then what is only waited for
	Priority int   // the highest of its own and of what needs it
	Depth    int   // steps on the longest way to one without Deps

	// Digest tells this step, with all it is made from, from any other: two
	// tasks of one key and number, and steps of one digest, have one result.
	Digest [8]byte

	// Volatile says that Digest does not tell all: the step, or one it needs,
	// is a closure without identity.
	Volatile bool
}

// A Dep is what a step needs of another.
type Dep struct {
	Step        int  // in the plan; -1 for ByIndex, which needs nothing
	Mode        Mode // as in Ref
	Index, Size int64
	Order       bool // waited for, but its result is not taken
}

// A Target is a step whose results are asked for: of all its tasks, or of the
// one numbered Index.
type Target struct {
	Step  int
	Index int64 // -1: all
}

// A Plan is what some targets need of a graph, checked, each step after those
// it needs. It is immutable and shares memory with the graph.
type Plan struct {
	Steps   []Step
	Targets []Target
}

// ID gives the name of a task of the plan: of number index of a range.
func (p *Plan) ID(step int, index int64) ID {
	s := &p.Steps[step]
	if !s.Range {
		index = -1
	}
	return ID{s.Key, index}
}

// Plan checks the graph and plans what targets need of it: keys of tasks, of
// ranges, or of tasks of ranges ("part/7"). No targets means every task that
// no other needs.
func (g *Graph) Plan(targets ...Key) (*Plan, error) {
	all, err := g.resolve()
	if err != nil {
		return nil, err
	}
	var p Plan
	for _, key := range targets {
		e, i := g.find(key, true)
		if e < 0 {
			return nil, g.noKey(key)
		}
		if t := (Target{e, i}); !slices.Contains(p.Targets, t) {
			p.Targets = append(p.Targets, t)
		}
	}
	if len(targets) == 0 {
		p.Targets = sinks(all)
	}
	roots := make([]int, len(p.Targets))
	for i, t := range p.Targets {
		roots[i] = t.Step
	}
	order, _ := postorder(all, roots)

	place := make([]int, len(all))
	p.Steps = make([]Step, len(order))
	for at, e := range order {
		place[e] = at
		s := &p.Steps[at]
		*s = all[e]
		s.Volatile = s.Spec.Local != "" && s.Spec.Identity == ""
		for i := range s.Deps {
			if d := &s.Deps[i]; d.Step >= 0 {
				d.Step = place[d.Step]
				s.Depth = max(s.Depth, p.Steps[d.Step].Depth+1)
				s.Volatile = s.Volatile || p.Steps[d.Step].Volatile
			}
		}
		s.Digest = p.digest(s)
	}
	for i := range p.Targets {
		p.Targets[i].Step = place[p.Targets[i].Step]
	}
	for at := len(p.Steps) - 1; at >= 0; at-- {
		for _, d := range p.Steps[at].Deps {
			if d.Step >= 0 {
				q := &p.Steps[d.Step]
				q.Priority = max(q.Priority, p.Steps[at].Priority)
			}
		}
	}
	return &p, nil
}

// sinks are the steps that no other needs.
func sinks(steps []Step) []Target {
	needed := make([]bool, len(steps))
	for i := range steps {
		for _, d := range steps[i].Deps {
			if d.Step >= 0 {
				needed[d.Step] = true
			}
		}
	}
	var out []Target
	for i := range steps {
		if !needed[i] {
			out = append(out, Target{i, -1})
		}
	}
	return out
}

// digest hashes what the results of s follow from. The length of s is not in
// it, so that a longer range goes on from a shorter one; the length of what s
// takes the whole of is.
func (p *Plan) digest(s *Step) (d [8]byte) {
	h := sha256.New()
	var num [8]byte
	text := func(t string) {
		binary.LittleEndian.PutUint64(num[:], uint64(len(t)))
		h.Write(num[:])
		h.Write([]byte(t))
	}
	text(s.Spec.Name)
	text(s.Spec.Local)
	text(s.Spec.Identity)
	for i, t := range s.Template.Text {
		text(t)
		if i == len(s.Template.Refs) {
			break
		}
		r := s.Template.Refs[i]
		text(string(r.Mode))
		binary.LittleEndian.PutUint64(num[:], uint64(r.Index))
		h.Write(num[:])
		binary.LittleEndian.PutUint64(num[:], uint64(r.Size))
		h.Write(num[:])
	}
	for _, dep := range s.Deps {
		if dep.Step < 0 {
			continue
		}
		q := &p.Steps[dep.Step]
		h.Write(q.Digest[:])
		if dep.Mode == ByAll || dep.Mode == ByGroup {
			binary.LittleEndian.PutUint64(num[:], uint64(q.N))
			h.Write(num[:])
		}
	}
	copy(d[:], h.Sum(nil))
	return d
}

// postorder lists roots and all they need, each after what it needs, in the
// order in which a depth-first walk leaves them. If there is a cycle it gives
// that instead, each after what needs it.
func postorder(steps []Step, roots []int) (order, cycle []int) {
	const fresh, open, left = 0, 1, 2
	state := make([]byte, len(steps))
	type frame struct{ step, dep int }
	var stack []frame // not recursion: chains of a million tasks are fine
	for _, root := range roots {
		if state[root] != fresh {
			continue
		}
		stack = append(stack, frame{root, 0})
		state[root] = open
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.dep == len(steps[f.step].Deps) {
				state[f.step] = left
				order = append(order, f.step)
				stack = stack[:len(stack)-1]
				continue
			}
			next := steps[f.step].Deps[f.dep].Step
			f.dep++
			if next < 0 || state[next] == left {
				continue
			}
			if state[next] == open {
				from := slices.IndexFunc(stack, func(f frame) bool { return f.step == next })
				for _, f := range stack[from:] {
					cycle = append(cycle, f.step)
				}
				return nil, cycle
			}
			state[next] = open
			stack = append(stack, frame{next, 0})
		}
	}
	return order, nil
}

// Cull is the graph of what targets need, its entries in the order of g.
// Ranges stay whole.
func (g *Graph) Cull(targets ...Key) (*Graph, error) {
	p, err := g.Plan(targets...)
	if err != nil {
		return nil, err
	}
	keep := make(map[Key]bool, len(p.Steps))
	for i := range p.Steps {
		keep[p.Steps[i].Key] = true
	}
	var out Graph
	for i := range g.tasks {
		if keep[g.tasks[i].Key] {
			out.add(g.tasks[i], g.tasks[i].pc)
		}
	}
	return &out, nil
}

// Cost predicts from arguments alone, results of other tasks not being known:
// Bytes is the most that one task needs, CPU the sum over all tasks. Of a range
// the first, the middle and the last task are asked, and the mean of their CPU
// taken for all.
func (p *Plan) Cost() (Cost, error) {
	var sum Cost
	var args []byte
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.N == 0 {
			continue
		}
		ask := []int64{0, s.N / 2, s.N - 1}
		if s.N < 3 {
			ask = ask[:s.N]
		}
		cpu := 0.0
		for _, index := range ask {
			args = s.Template.appendNulls(args[:0], index)
			call, err := s.Spec.Decode(args)
			if err != nil {
				return Cost{}, &Error{ID: p.ID(i, index), Op: s.Spec.Name, Err: err}
			}
			sum.Bytes = max(sum.Bytes, call.Cost.Bytes)
			cpu += call.Cost.CPU
		}
		sum.CPU += cpu / float64(len(ask)) * float64(s.N)
	}
	return sum, nil
}
