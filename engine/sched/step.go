package sched

import (
	"encoding/json"

	"github.com/outcore/outcore/task"
)

// offer puts a step among the ready ones when it has a task to start.
func (s *State) offer(step int) {
	sp := &s.spans[step]
	if sp.gates > 0 || sp.queued || len(sp.queue) == 0 && (sp.own || sp.wanted.next(sp.cursor, sp.done) < 0) {
		return
	}
	sp.queued = true
	s.ready.push(sp.rank)
}

// push makes one task of a step ready, for the first time or again.
func (s *State) push(id ID) {
	s.spans[id.Step].queue.push(id.Index)
	s.offer(id.Step)
}

// pop takes the ready task that comes first.
func (s *State) pop() (id ID, ok bool) {
	if len(s.ready) == 0 {
		return ID{}, false
	}
	step := s.order[s.ready[0]]
	sp := &s.spans[step]
	id.Step = step
	if len(sp.queue) > 0 {
		id.Index = sp.queue.pop()
	} else {
		id.Index = sp.wanted.next(sp.cursor, sp.done)
		sp.cursor = id.Index + 1
	}
	if len(sp.queue) == 0 && (sp.own || sp.wanted.next(sp.cursor, sp.done) < 0) {
		s.ready.pop()
		sp.queued = false
	}
	return id, true
}

// finish stores the result, frees what it alone still needed, and makes ready
// what waited for it.
func (s *State) finish(id ID, value json.RawMessage, out []Instruction) []Instruction {
	sp := &s.spans[id.Step]
	sp.done.set(id.Index, sp.n)
	sp.left--
	s.left--
	out = s.store(id, value, out)
	for _, u := range sp.users {
		s.reached(id, u)
	}
	for _, d := range s.plan.Steps[id.Step].Deps {
		if d.Step >= 0 && !d.Order {
			s.release(sp, id.Index, d)
		}
	}
	return out
}

// reached tells user u that task id is finished.
func (s *State) reached(id ID, u use) {
	sp, d := &s.spans[u.step], s.plan.Steps[u.step].Deps[u.dep]
	if perTask(d) {
		i := id.Index
		if d.Mode == task.ByGroup {
			i /= d.Size
		}
		if !sp.wanted.has(i) || sp.done.has(i) {
			return
		}
		if sp.needs[i]--; sp.needs[i] == 0 {
			s.push(ID{u.step, i})
		}
		return
	}
	if d.Mode == task.ByAll && s.spans[id.Step].left > 0 || d.Mode != task.ByAll && single(d) != id.Index {
		return
	}
	if sp.gates--; sp.gates == 0 {
		s.offer(u.step)
	}
}

// release drops results that task index of sp was the last to take by d.
func (s *State) release(sp *span, index int64, d task.Dep) {
	q := &s.spans[d.Step]
	switch {
	case perTask(d):
		lo, hi := group(d, index, q.n)
		for j := lo; j < hi; j++ {
			q.untake(j)
		}
	case sp.left > 0: // what all tasks of a step take is held until the last
	case d.Mode == task.ByAll:
		if q.whole--; q.whole == 0 {
			for j := range q.n {
				if q.takes == nil || q.takes[j] == 0 {
					q.values.drop(j)
				}
			}
		}
	default:
		q.untake(single(d))
	}
}

func (sp *span) untake(i int64) {
	if sp.takes[i]--; sp.takes[i] == 0 && sp.whole == 0 {
		sp.values.drop(i)
	}
}

// store keeps a result for those that take it, and emits it when it is a target.
func (s *State) store(id ID, value json.RawMessage, out []Instruction) []Instruction {
	sp := &s.spans[id.Step]
	if sp.whole > 0 || sp.takes != nil && sp.takes[id.Index] > 0 {
		sp.values.put(id.Index, value)
	}
	if sp.targets.has(id.Index) {
		out = append(out, Instruction{Kind: Emit, ID: id, Value: value})
	}
	return out
}

// arguments puts results where the arguments of id refer to them.
func (s *State) arguments(id ID) json.RawMessage {
	step := &s.plan.Steps[id.Step]
	size := 0
	for _, t := range step.Template.Text {
		size += len(t) + 20 // and an index or a number
	}
	for i := range step.Template.Refs {
		if d := step.Deps[i]; d.Mode == task.ByAll || d.Mode == task.ByGroup {
			q := &s.spans[d.Step]
			lo, hi := several(d, id.Index, q.n)
			for j := lo; j < hi; j++ {
				size += len(q.values.get(j)) + 1
			}
		}
	}
	return step.Template.Append(make([]byte, 0, size), id.Index, func(dst []byte, ref int) []byte {
		d := step.Deps[ref]
		q := &s.spans[d.Step]
		switch d.Mode {
		case task.ByEach:
			return append(dst, q.values.get(id.Index)...)
		case task.ByKey, task.ByAt:
			return append(dst, q.values.get(single(d))...)
		}
		dst = append(dst, '[')
		lo, hi := several(d, id.Index, q.n)
		for j := lo; j < hi; j++ {
			if j > lo {
				dst = append(dst, ',')
			}
			dst = append(dst, q.values.get(j)...)
		}
		return append(dst, ']')
	})
}

// several is the tasks [lo, hi) of a range of n whose results task i takes by
// d as an array.
func several(d task.Dep, i, n int64) (lo, hi int64) {
	if d.Mode == task.ByAll {
		return 0, n
	}
	return group(d, i, n)
}
