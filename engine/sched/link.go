package sched

import "github.com/outcore/outcore/task"

// want decides which results are needed: from the targets back, not going
// behind what is finished.
func (s *State) want(finished func(ID) bool) {
	p := s.plan
	for i := range s.spans {
		s.spans[i].n = p.Steps[i].N
	}
	for _, t := range p.Targets {
		sp := &s.spans[t.Step]
		if t.Index >= 0 {
			sp.targets.set(t.Index, sp.n)
		} else {
			sp.targets.fill(sp.n)
		}
	}
	for step := len(s.spans) - 1; step >= 0; step-- {
		sp := &s.spans[step]
		for i := sp.targets.next(0, nil); i >= 0; i = sp.targets.next(i+1, nil) {
			sp.wanted.set(i, sp.n)
		}
		if finished != nil {
			for i := sp.wanted.next(0, nil); i >= 0; i = sp.wanted.next(i+1, nil) {
				if finished(ID{step, i}) {
					sp.done.set(i, sp.n)
					s.restore++
				}
			}
		}
		sp.left = sp.wanted.count() - sp.done.count()
		s.left += sp.left
		if sp.left == 0 {
			continue
		}
		for _, d := range p.Steps[step].Deps {
			if d.Step >= 0 {
				s.wantDep(sp, d)
			}
		}
	}
}

// wantDep wants what the unfinished tasks of sp need by d.
func (s *State) wantDep(sp *span, d task.Dep) {
	q := &s.spans[d.Step]
	switch {
	case d.Mode == task.ByAll:
		q.wanted.fill(q.n)
	case !perTask(d):
		q.wanted.set(single(d), q.n)
	default:
		for i := sp.wanted.next(0, sp.done); i >= 0; i = sp.wanted.next(i+1, sp.done) {
			lo, hi := group(d, i, q.n)
			for j := lo; j < hi; j++ {
				q.wanted.set(j, q.n)
			}
		}
	}
}

// link counts what is needed and taken, and makes ready what needs nothing.
func (s *State) link() {
	for step := range s.spans {
		sp := &s.spans[step]
		if sp.left == 0 {
			continue
		}
		for dep, d := range s.plan.Steps[step].Deps {
			if d.Step < 0 {
				continue
			}
			q := &s.spans[d.Step]
			if perTask(d) {
				s.linkTasks(sp, d)
				q.users = append(q.users, use{step, dep})
				continue
			}
			if !d.Order {
				if d.Mode == task.ByAll {
					q.whole++
				} else {
					q.take(single(d))
				}
			}
			if d.Mode == task.ByAll && q.left > 0 || d.Mode != task.ByAll && !q.done.has(single(d)) {
				sp.gates++
				q.users = append(q.users, use{step, dep})
			}
		}
		if sp.own {
			for i := sp.wanted.next(0, sp.done); i >= 0; i = sp.wanted.next(i+1, sp.done) {
				if sp.needs[i] == 0 {
					sp.queue.push(i)
				}
			}
		}
		s.offer(step)
	}
}

// linkTasks counts, for every unfinished task of sp, what it needs by d.
func (s *State) linkTasks(sp *span, d task.Dep) {
	q := &s.spans[d.Step]
	sp.own = true
	if sp.needs == nil {
		sp.needs = make([]int32, sp.n)
	}
	for i := sp.wanted.next(0, sp.done); i >= 0; i = sp.wanted.next(i+1, sp.done) {
		lo, hi := group(d, i, q.n)
		for j := lo; j < hi; j++ {
			q.take(j)
			if !q.done.has(j) {
				sp.needs[i]++
			}
		}
	}
}

// take counts one more that takes result i.
func (sp *span) take(i int64) {
	if sp.takes == nil {
		sp.takes = make([]int32, sp.n)
	}
	sp.takes[i]++
}
