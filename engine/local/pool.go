package local

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/outcore/outcore/engine/sched"
	"github.com/outcore/outcore/task"
)

const (
	aheadTime = 500 * time.Microsecond // of work handed to a worker ahead of time
	maxAhead  = 128                    // tasks
)

// A done is what became of one attempt.
type done struct {
	id    sched.ID
	value json.RawMessage
	err   error
	again bool
	took  time.Duration
}

// A pool is the workers of a run. Its methods are called by the run's loop.
type pool struct {
	config Config
	plan   *task.Plan
	work   chan sched.Instruction // has room for every task that may be running
	done   chan done              // likewise: a worker never waits for the loop
	wait   sync.WaitGroup
	mean   time.Duration // of the latest tasks
	ahead  int
}

func newPool(ctx context.Context, c Config, p *task.Plan) *pool {
	room := c.Workers * maxAhead
	pl := &pool{
		config: c, plan: p, ahead: 1, mean: aheadTime,
		work: make(chan sched.Instruction, room), done: make(chan done, room),
	}
	for w := range c.Workers {
		pl.wait.Go(func() {
			for in := range pl.work {
				pl.done <- pl.execute(ctx, w, in)
			}
		})
	}
	return pl
}

// start hands a task to the next free worker; it does not wait.
func (p *pool) start(in sched.Instruction) { p.work <- in }

// close waits for the workers. Nothing may be running.
func (p *pool) close() {
	close(p.work)
	p.wait.Wait()
}

// slots is the number of tasks that may be started and not done.
func (p *pool) slots() int { return p.config.Workers * p.ahead }

// measured takes the time of one task into the mean; when that changes much,
// the number of slots does.
func (p *pool) measured(took time.Duration) (slots int, changed bool) {
	p.mean += (took - p.mean) / 16
	ahead := int(min(max(aheadTime/(p.mean+1), 1), maxAhead))
	if ahead == 1 && p.ahead == 1 || ahead > p.ahead/2 && ahead < p.ahead*2 {
		return 0, false
	}
	p.ahead = ahead
	return p.slots(), true
}

// execute admits and runs one task.
func (p *pool) execute(ctx context.Context, worker int, in sched.Instruction) (d done) {
	d.id = in.ID
	if d.err = ctx.Err(); d.err != nil {
		return d
	}
	spec := p.plan.Steps[in.ID.Step].Spec
	call, err := spec.Decode(in.Value)
	if err != nil {
		d.err = err
		return d
	}
	x := Execution{ID: p.plan.ID(in.ID.Step, in.ID.Index), Spec: spec, Args: in.Value, Call: call, Attempt: in.Attempt, Worker: worker}
	if p.config.Reserve != nil && call.Cost.Bytes > 0 {
		reserved, err := p.config.Reserve(ctx, call.Cost.Bytes, x.ID.String())
		if err != nil {
			d.err, d.again = err, again(ctx, err)
			return d
		}
		defer reserved.Release()
		ctx = task.WithReserved(ctx, reserved)
	}
	began := time.Now()
	d.value, d.err = p.config.Execute(ctx, x)
	d.took = time.Since(began)
	d.again = d.err != nil && again(ctx, d.err)
	return d
}
