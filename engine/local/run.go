package local

import (
	"context"
	"errors"
	"time"

	"github.com/outcore/outcore/engine/journal"
	"github.com/outcore/outcore/engine/sched"
	"github.com/outcore/outcore/task"
)

// syncEvery is how much work a power cut may cost. A kill costs only what is
// not finished, and some cheap tasks: the journal is flushed whenever the loop
// would wait, and after each task that took a while.
const syncEvery = time.Second

// flushFrom is the time from which a task is worth a system call.
const flushFrom = time.Millisecond

// A run is one run of a plan. All of it but the workers happens in the
// goroutine of the caller's loop.
type run struct {
	config  Config
	plan    *task.Plan
	yield   func(task.Result, error) bool
	report  *reporter
	journal *journal.Journal // nil without
	state   *sched.State
	pool    *pool
	timers  timers
	todo    []sched.Instruction // reused
	synced  time.Time
	dirty   bool         // the journal has records that are not flushed
	left    bool         // the caller has left the loop
	err     error        // why the run stops
	ended   func() error // the caller's context's Err
}

// open reads the journal and decides what is to do.
func (r *run) open(o task.RunOptions) error {
	r.report = newReporter(o)
	r.timers.init()
	if o.Journal == "" {
		r.state = sched.New(r.plan, nil, r.config.Seed)
		return nil
	}
	var err error
	if r.journal, err = journal.Open(o.Journal); err != nil {
		return err
	}
	r.synced = time.Now()
	if n := r.journal.Dropped(); n > 0 {
		r.report.torn(n, o.Journal)
	}
	found, err := readJournal(r.journal, r.plan)
	if err != nil {
		return err
	}
	r.state = sched.New(r.plan, found.has, r.config.Seed)
	r.report.resumed(found.count)
	return r.journal.Scan(func(rec journal.Record) error {
		for _, step := range found.steps[rec.Digest] {
			id := sched.ID{Step: step, Index: rec.Index}
			if found.has(id) && r.state.Wanted(id) {
				value := append([]byte(nil), rec.Result...)
				r.todo = r.state.Restore(id, value, r.todo[:0])
				r.obey()
				if r.left {
					return errLeft
				}
			}
		}
		return nil
	})
}

// errLeft ends the reading of a journal when the caller leaves the loop.
var errLeft = errors.New("the caller has left")

// lookEvery is how many tasks may finish in a row before the loop looks at
// the other things that can happen, and flushes the journal.
const lookEvery = 64

// loop runs the plan to its end. It returns when every worker has stopped.
func (r *run) loop(ctx context.Context) error {
	r.report.start(r.state.Left())
	r.ended = ctx.Err
	inner, cancel := context.WithCancel(ctx)
	r.pool = newPool(inner, r.config, r.plan)
	defer r.pool.close()
	defer cancel() // before close waits, should the caller's loop body panic

	r.tell(sched.Event{Kind: sched.Resize, Slots: r.pool.slots()})
	for n := 1; !r.state.Over(); n++ {
		if r.err != nil || r.left {
			cancel()
			r.tell(sched.Event{Kind: sched.Stop})
			for r.state.Running() > 0 {
				r.finished(<-r.pool.done)
			}
			break
		}
		if n%lookEvery != 0 {
			select {
			case d := <-r.pool.done:
				r.finished(d)
				continue
			default:
			}
		}
		if r.err = r.flush(); r.err != nil {
			continue
		}
		select {
		case d := <-r.pool.done:
			r.finished(d)
		case <-r.timers.C():
			for _, id := range r.timers.due() {
				r.tell(sched.Event{Kind: sched.Due, ID: id})
			}
		case <-ctx.Done():
			r.err = ctx.Err()
		}
	}
	r.report.end(r.err)
	return r.err
}

// tell hands the event to the state and carries out its answer.
func (r *run) tell(ev sched.Event) {
	r.todo = r.state.Handle(ev, r.todo[:0])
	r.obey()
}

// finished passes on what became of a task.
func (r *run) finished(d done) {
	if d.err != nil {
		if r.err == nil {
			r.err = r.ended() // then no task is to blame
		}
		r.tell(sched.Event{Kind: sched.Failed, ID: d.id, Err: d.err, Again: d.again})
		return
	}
	if r.journal != nil && !r.plan.Steps[d.id.Step].Volatile {
		rec := journal.Record{Digest: r.plan.Steps[d.id.Step].Digest, Index: d.id.Index, Result: d.value}
		if err := r.journal.Append(rec); err != nil && r.err == nil {
			r.err = err
		}
		r.dirty = true
		if d.took > flushFrom && r.err == nil {
			r.err = r.flush() // now, as the caller's loop body may take its time
		}
	}
	r.report.progress()
	if slots, changed := r.pool.measured(d.took); changed {
		r.tell(sched.Event{Kind: sched.Resize, Slots: slots})
	}
	r.tell(sched.Event{Kind: sched.Finished, ID: d.id, Value: d.value})
}

// obey carries out r.todo.
func (r *run) obey() {
	for _, in := range r.todo {
		switch in.Kind {
		case sched.Start:
			r.pool.start(in)
		case sched.Emit:
			if r.err == nil && !r.left {
				r.left = !r.yield(task.Result{ID: r.plan.ID(in.ID.Step, in.ID.Index), Value: in.Value}, nil)
			}
		case sched.Wait:
			r.report.retry(r.plan.ID(in.ID.Step, in.ID.Index), in)
			r.timers.add(in.ID, in.Delay)
		case sched.Fail:
			if r.err == nil {
				r.err = &task.Error{ID: r.plan.ID(in.ID.Step, in.ID.Index), Op: r.plan.Steps[in.ID.Step].Spec.Name, Attempts: in.Attempt, Err: in.Err}
			}
		}
	}
}

// flush secures what is finished before the loop waits.
func (r *run) flush() error {
	if !r.dirty {
		return nil
	}
	r.dirty = false
	if time.Since(r.synced) < syncEvery {
		return r.journal.Flush()
	}
	r.synced = time.Now()
	return r.journal.Sync()
}

// close ends what open began; the second time it does nothing.
func (r *run) close() error {
	j := r.journal
	r.journal = nil
	if r.timers.clock != nil {
		r.timers.clock.Stop()
	}
	if j == nil {
		return nil
	}
	return j.Close()
}
