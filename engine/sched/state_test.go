package sched

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
)

type args struct {
	I    task.Index          `json:"i"`
	Ones []task.Input[int64] `json:"ones,omitempty"`
	Many []task.Inputs[int64]
}

type oneArgs struct {
	Ones []task.Input[int64] `json:"ones,omitempty"`
	Many []task.Inputs[int64]
}

var (
	retry = task.WithRetry(task.Retry{Attempts: 3, Wait: time.Second, MaxWait: 3 * time.Second})
	many  = task.Register("schedtest.many/v1", func(context.Context, args) (int64, error) { return 0, nil }, nil, retry)
	one   = task.Register("schedtest.one/v1", func(context.Context, oneArgs) (int64, error) { return 0, nil }, nil, retry)
)

// randomPlan makes a graph with every kind of dependency, and plans some of it.
func randomPlan(t *testing.T, rng *rand.Rand) *task.Plan {
	var g task.Graph
	var spans []task.Span[int64]
	var nodes []task.Node[int64]
	var keys []task.Key
	for e := range 2 + rng.IntN(12) {
		key := task.Key(fmt.Sprintf("e%d", e))
		var in oneArgs
		for range rng.IntN(3) {
			if len(nodes) > 0 {
				in.Ones = append(in.Ones, nodes[rng.IntN(len(nodes))].Out())
			}
			if len(spans) > 0 {
				s := spans[rng.IntN(len(spans))]
				if s.Len() > 0 && rng.IntN(2) == 0 {
					in.Ones = append(in.Ones, s.At(rng.Int64N(s.Len())))
				} else {
					in.Many = append(in.Many, s.All())
				}
			}
		}
		opts := []task.AddOption{task.Priority(rng.IntN(3))}
		if len(keys) > 0 && rng.IntN(3) == 0 {
			opts = append(opts, task.After(keys[rng.IntN(len(keys))]))
		}
		if rng.IntN(3) == 0 {
			nodes = append(nodes, one.Add(&g, key, in, opts...))
		} else {
			n := rng.Int64N(9)
			a := args{Ones: in.Ones, Many: in.Many}
			if len(spans) > 0 && rng.IntN(4) > 0 {
				s := spans[rng.IntN(len(spans))]
				if n = s.Len(); rng.IntN(2) == 0 {
					a.Ones = append(a.Ones, s.Each())
				} else {
					size := 1 + rng.Int64N(4)
					n = s.GroupCount(size)
					a.Many = append(a.Many, s.Groups(size))
				}
			}
			spans = append(spans, many.Range(&g, key, n, a, opts...))
		}
		keys = append(keys, key)
	}
	var targets []task.Key
	for range rng.IntN(3) {
		k := keys[rng.IntN(len(keys))]
		if s := slices.IndexFunc(spans, func(s task.Span[int64]) bool { return s.Key() == k }); s >= 0 && spans[s].Len() > 0 && rng.IntN(2) == 0 {
			k += task.Key(fmt.Sprintf("/%d", rng.Int64N(spans[s].Len())))
		}
		targets = append(targets, k)
	}
	p, err := g.Plan(targets...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A referee follows a State from outside, by the plainest means.
type referee struct {
	t       *testing.T
	p       *task.Plan
	s       *State
	done    map[ID]bool // in this run or before
	held    map[ID]bool // results that the state was given
	out     map[ID]bool // running
	waiting map[ID]bool
	emitted map[ID]bool
	tries   map[ID]int
}

// needs calls each for what task id needs.
func (r *referee) needs(id ID, each func(dep ID, order bool)) {
	for _, d := range r.p.Steps[id.Step].Deps {
		if d.Step < 0 {
			continue
		}
		n := r.p.Steps[d.Step].N
		lo, hi := int64(0), n
		switch d.Mode {
		case task.ByKey, task.ByAt:
			lo, hi = d.Index, d.Index+1
		case task.ByEach:
			lo, hi = id.Index, id.Index+1
		case task.ByGroup:
			lo, hi = id.Index*d.Size, min((id.Index+1)*d.Size, n)
		}
		for i := lo; i < hi; i++ {
			each(ID{d.Step, i}, d.Order)
		}
	}
}

func (r *referee) obey(list []Instruction) {
	for _, in := range list {
		switch in.Kind {
		case Start:
			if r.done[in.ID] || r.out[in.ID] || r.waiting[in.ID] {
				r.t.Fatalf("%v started twice", in.ID)
			}
			if in.Attempt != r.tries[in.ID]+1 {
				r.t.Fatalf("%v: attempt %d, want %d", in.ID, in.Attempt, r.tries[in.ID]+1)
			}
			r.needs(in.ID, func(dep ID, _ bool) {
				if !r.done[dep] {
					r.t.Fatalf("%v started before %v was finished", in.ID, dep)
				}
			})
			r.out[in.ID] = true
		case Emit:
			if r.emitted[in.ID] {
				r.t.Fatalf("%v emitted twice", in.ID)
			}
			r.emitted[in.ID] = true
		case Wait:
			if in.Delay < 500*time.Millisecond || in.Delay > 3*time.Second {
				r.t.Fatalf("wait of %v", in.Delay)
			}
			r.waiting[in.ID] = true
		default:
			r.t.Fatalf("unexpected instruction %+v", in)
		}
	}
	if len(r.out) > r.s.slots {
		r.t.Fatalf("%d tasks run in %d slots", len(r.out), r.s.slots)
	}
}

// wanted is the tasks the targets need, not going behind before.
func (r *referee) wanted(before map[ID]bool) map[ID]bool {
	want := map[ID]bool{}
	var visit func(id ID)
	visit = func(id ID) {
		if want[id] {
			return
		}
		want[id] = true
		if !before[id] {
			r.needs(id, func(dep ID, _ bool) { visit(dep) })
		}
	}
	for _, t := range r.p.Targets {
		for i := range r.p.Steps[t.Step].N {
			if t.Index < 0 || t.Index == i {
				visit(ID{t.Step, i})
			}
		}
	}
	return want
}

// checkHeld compares the results that are kept with those that some task that
// is not finished takes; what a whole step takes is kept until its last task.
func (r *referee) checkHeld(want, before map[ID]bool) {
	keep := map[ID]bool{}
	for id := range want {
		if before[id] {
			continue
		}
		last := true
		for i := range r.p.Steps[id.Step].N {
			other := ID{id.Step, i}
			last = last && (!want[other] || r.done[other])
		}
		for _, d := range r.p.Steps[id.Step].Deps {
			if d.Step < 0 || d.Order || perTask(d) && r.done[id] || !perTask(d) && last {
				continue
			}
			for i := range r.p.Steps[d.Step].N {
				dep := ID{d.Step, i}
				takes := d.Mode == task.ByAll || !perTask(d) && i == d.Index
				if perTask(d) {
					lo, hi := group(d, id.Index, r.p.Steps[d.Step].N)
					takes = lo <= i && i < hi
				}
				if takes && r.held[dep] {
					keep[dep] = true
				}
			}
		}
	}
	held := 0
	for step := range r.s.spans {
		held += r.s.spans[step].values.held()
	}
	if held != len(keep) {
		r.t.Fatalf("%d results are held, want %d", held, len(keep))
	}
}

func anyOf(rng *rand.Rand, m map[ID]bool) ID {
	var list []ID
	for id := range m {
		list = append(list, id)
	}
	slices.SortFunc(list, func(a, b ID) int {
		if a.Step != b.Step {
			return a.Step - b.Step
		}
		return int(a.Index - b.Index)
	})
	return list[rng.IntN(len(list))]
}

// play runs a plan with tasks that end in any order, some after failures, some
// finished before; steps bounds how far. It gives what is finished.
func play(t *testing.T, rng *rand.Rand, p *task.Plan, before map[ID]bool, steps int) map[ID]bool {
	r := &referee{t: t, p: p, done: map[ID]bool{}, held: map[ID]bool{}, out: map[ID]bool{}, waiting: map[ID]bool{}, emitted: map[ID]bool{}, tries: map[ID]int{}}
	r.s = New(p, func(id ID) bool { return before[id] }, rng.Uint64())
	want := r.wanted(before)
	for id := range before {
		r.done[id] = true
		if r.s.Wanted(id) {
			r.held[id] = true
			r.obey(r.s.Restore(id, []byte("7"), nil))
			if r.s.Wanted(id) {
				t.Fatalf("%v is wanted after it was restored", id)
			}
		}
	}
	r.obey(r.s.Handle(Event{Kind: Resize, Slots: 1 + rng.IntN(4)}, nil))
	for !r.s.Over() && steps > 0 {
		steps--
		r.checkHeld(want, before)
		if len(r.waiting) > 0 && (len(r.out) == 0 || rng.IntN(3) == 0) {
			id := anyOf(rng, r.waiting)
			delete(r.waiting, id)
			r.obey(r.s.Handle(Event{Kind: Due, ID: id}, nil))
			continue
		}
		id := anyOf(rng, r.out)
		delete(r.out, id)
		if r.tries[id] < 2 && rng.IntN(5) == 0 {
			r.tries[id]++
			r.obey(r.s.Handle(Event{Kind: Failed, ID: id, Err: errs.Unavailable, Again: true}, nil))
			continue
		}
		r.done[id], r.held[id] = true, true
		value := "7"
		if rng.IntN(3) == 0 {
			value = `"` + strings.Repeat("x", 2*bigValue) + `"`
		}
		r.obey(r.s.Handle(Event{Kind: Finished, ID: id, Value: []byte(value)}, nil))
	}
	if r.s.Over() {
		r.checkHeld(want, before)
		for id := range want {
			if !r.done[id] {
				t.Fatalf("%v is wanted and not finished", id)
			}
		}
		for _, target := range p.Targets {
			for i := range p.Steps[target.Step].N {
				if id := (ID{target.Step, i}); (target.Index < 0 || target.Index == i) && !r.emitted[id] {
					t.Fatalf("target %v was not emitted", id)
				}
			}
		}
	}
	for id := range r.done {
		if !want[id] && !before[id] {
			t.Fatalf("%v ran and is not wanted", id)
		}
	}
	return r.done
}

func TestRandomRuns(t *testing.T) {
	for seed := range uint64(1500) {
		rng := rand.New(rand.NewPCG(seed, 2))
		p := randomPlan(t, rng)
		done := map[ID]bool{}
		for range rng.IntN(3) { // killed, and gone on from what was finished
			done = play(t, rng, p, done, rng.IntN(20))
		}
		play(t, rng, p, done, 1<<30)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Of a chain of ranges little is held at a time, however long it is.
func TestIntermediateResultsDieYoung(t *testing.T) {
	var g task.Graph
	a := many.Range(&g, "a", 1000, args{})
	b := many.Range(&g, "b", 1000, args{Ones: []task.Input[int64]{a.Each()}})
	many.Range(&g, "c", b.GroupCount(10), args{Many: []task.Inputs[int64]{b.Groups(10)}})
	p, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	s := New(p, nil, 0)
	most := 0
	todo := s.Handle(Event{Kind: Resize, Slots: 4}, nil)
	for len(todo) > 0 {
		in := todo[0]
		todo = todo[1:]
		if in.Kind == Start {
			todo = s.Handle(Event{Kind: Finished, ID: in.ID, Value: []byte("1")}, todo)
		}
		held := 0
		for i := range s.spans {
			held += s.spans[i].values.held()
		}
		most = max(most, held)
	}
	if !s.Over() || most > 25 {
		t.Errorf("%d results held at a time, want at most the 10 of a group and a few on the way", most)
	}
}

func TestFailureStopsTheRun(t *testing.T) {
	var g task.Graph
	many.Range(&g, "a", 10, args{})
	p, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	s := New(p, nil, 0)
	s.Handle(Event{Kind: Resize, Slots: 3}, nil)
	boom := errors.New("boom")
	got := s.Handle(Event{Kind: Failed, ID: ID{0, 1}, Err: boom}, nil)
	if len(got) != 1 || got[0].Kind != Fail || got[0].Err != boom || got[0].Attempt != 1 {
		t.Errorf("got %+v, want one Fail", got)
	}
	if s.Over() {
		t.Error("over while two tasks run")
	}
	s.Handle(Event{Kind: Finished, ID: ID{0, 0}, Value: []byte("1")}, nil)
	if got := s.Handle(Event{Kind: Failed, ID: ID{0, 2}, Err: boom}, nil); len(got) != 0 || !s.Over() {
		t.Errorf("got %+v, want nothing more, and the end", got)
	}
}

func TestWaitsDoubleUpToALimit(t *testing.T) {
	var g task.Graph
	many.Range(&g, "a", 1, args{})
	p, err := g.Plan()
	if err != nil {
		t.Fatal(err)
	}
	s := New(p, nil, 1)
	r := task.Retry{Attempts: 99, Wait: time.Second, MaxWait: 5 * time.Second}
	for attempt, full := range []time.Duration{0, 1e9, 2e9, 4e9, 5e9, 5e9} {
		if attempt == 0 {
			continue
		}
		if d := s.delay(r, attempt); d < full/2 || d > full {
			t.Errorf("wait %v after attempt %d, want %v to %v", d, attempt, full/2, full)
		}
	}
	if d := s.delay(r, 1000); d < r.MaxWait/2 || d > r.MaxWait {
		t.Errorf("wait %v after attempt 1000", d)
	}
}
