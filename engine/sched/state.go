// Package sched decides which task of a plan runs next. State is a pure state
// machine: Handle takes an Event and gives Instructions; it knows no
// goroutine, no clock, no disk. An engine carries the instructions out and
// tells what became of them.
//
// A task is *wanted* when a target needs its result, *ready* when all it needs
// is finished, then *running*, perhaps *waiting* to be tried again, and
// *finished*. Ready tasks start in this order: higher priority; deeper in the
// plan, so that what is begun is brought to its end and intermediate results
// die young; earlier in a depth-first walk from the targets; lower number in
// its range. A result is kept until the last task that takes it is finished.
//
// A range holds two bits a task; eight bytes a task more when others take its
// results one by one, and its results as long as they are needed.
package sched

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/outcore/outcore/task"
)

// An ID names a task of the plan by step and by number in it.
type ID struct {
	Step  int
	Index int64
}

// A Kind of Event or Instruction.
type Kind uint8

// What happens.
const (
	Finished Kind = iota + 1 // task ID resulted in Value
	Failed                   // task ID ended with Err; Again when it may be tried again
	Due                      // the wait of task ID is over
	Resize                   // Slots tasks may run at a time
	Stop                     // start nothing more
)

// An Event is what an engine tells a State.
type Event struct {
	Kind  Kind
	ID    ID
	Value json.RawMessage
	Err   error
	Again bool
	Slots int
}

// What to do.
const (
	Start Kind = iota + 64 // run task ID with Value as its arguments; Attempt counts from 1
	Emit                   // give Value to the caller: task ID is a target
	Wait                   // send Due for task ID after Delay; Err is what happened
	Fail                   // task ID failed for good with Err after Attempt tries; nothing will start any more
)

// An Instruction is what a State tells an engine to do.
type Instruction struct {
	Kind    Kind
	ID      ID
	Value   json.RawMessage
	Err     error
	Attempt int
	Delay   time.Duration
}

// A State is one run of a plan. It is used by one goroutine.
type State struct {
	plan  *task.Plan
	spans []span
	order []int // steps in the order in which they start
	ready stepHeap

	slots    int
	running  int
	waiting  int
	left     int64 // wanted tasks that are not finished
	restore  int64 // results that Restore is still to bring
	stopped  bool
	attempts map[ID]int // of tasks that failed at least once
	rng      *rand.Rand // for the random half of a wait
}

// New starts a run of p. finished says which tasks are finished already, their
// results being brought by Restore where Wanted; nil means none.
func New(p *task.Plan, finished func(ID) bool, seed uint64) *State {
	s := &State{
		plan: p, spans: make([]span, len(p.Steps)), order: make([]int, len(p.Steps)),
		attempts: map[ID]int{}, rng: rand.New(rand.NewPCG(seed, 0)),
	}
	for i := range s.order {
		s.order[i] = i
	}
	slices.SortStableFunc(s.order, func(a, b int) int {
		x, y := &p.Steps[a], &p.Steps[b]
		if x.Priority != y.Priority {
			return y.Priority - x.Priority
		}
		return y.Depth - x.Depth // steps are in depth-first order already
	})
	for at, step := range s.order {
		s.spans[step].rank = at
	}
	s.want(finished)
	s.link()
	return s
}

// Left is the number of tasks still to finish.
func (s *State) Left() int64 { return s.left }

// Running is the number of tasks started and not heard of since.
func (s *State) Running() int { return s.running }

// Over reports whether nothing is running and nothing more will start.
func (s *State) Over() bool { return s.running == 0 && (s.stopped || s.left == 0) }

// Wanted reports whether the result of a finished task is needed and not here.
func (s *State) Wanted(id ID) bool {
	sp := &s.spans[id.Step]
	return sp.wanted.has(id.Index) && sp.done.has(id.Index) && !sp.restored.has(id.Index)
}

// Restore brings the result of a task for which Wanted holds, before the first
// event; it gives out the instruction to emit it where it is a target.
func (s *State) Restore(id ID, value json.RawMessage, out []Instruction) []Instruction {
	sp := &s.spans[id.Step]
	sp.restored.set(id.Index, sp.n)
	s.restore--
	return s.store(id, value, out)
}

// Handle takes what happened and appends to out what is to be done.
func (s *State) Handle(ev Event, out []Instruction) []Instruction {
	switch ev.Kind {
	case Resize:
		s.slots = ev.Slots
	case Stop:
		s.stopped = true
	case Due:
		s.waiting--
		s.push(ev.ID)
	case Finished:
		s.running--
		out = s.finish(ev.ID, ev.Value, out)
	case Failed:
		s.running--
		out = s.fail(ev, out)
	}
	return s.start(out)
}

// start gives out ready tasks while there are slots.
func (s *State) start(out []Instruction) []Instruction {
	if s.restore > 0 && !s.stopped {
		panic("sched: started before the results of finished tasks were restored")
	}
	for !s.stopped && s.running < s.slots {
		id, ok := s.pop()
		if !ok {
			break
		}
		s.running++
		out = append(out, Instruction{Kind: Start, ID: id, Value: s.arguments(id), Attempt: s.attempts[id] + 1})
	}
	if s.running == 0 && s.waiting == 0 && s.left > 0 && !s.stopped && s.slots > 0 {
		panic("sched: tasks are left but none can start")
	}
	return out
}

func (s *State) fail(ev Event, out []Instruction) []Instruction {
	attempt := s.attempts[ev.ID] + 1
	s.attempts[ev.ID] = attempt
	retry := s.plan.Steps[ev.ID.Step].Spec.Retry
	switch {
	case s.stopped: // another task is to blame, or the caller has left
	case ev.Again && attempt < retry.Attempts:
		s.waiting++
		out = append(out, Instruction{Kind: Wait, ID: ev.ID, Err: ev.Err, Attempt: attempt, Delay: s.delay(retry, attempt)})
	default:
		s.stopped = true
		out = append(out, Instruction{Kind: Fail, ID: ev.ID, Err: ev.Err, Attempt: attempt})
	}
	return out
}

// delay doubles from attempt to attempt; half of it is random, so that tasks
// that failed together do not come back together.
func (s *State) delay(r task.Retry, attempt int) time.Duration {
	d := r.Wait << min(attempt-1, 20)
	if d > r.MaxWait || d <= 0 {
		d = r.MaxWait
	}
	return d/2 + time.Duration(s.rng.Int64N(int64(d/2)+1))
}
