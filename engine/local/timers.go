package local

import (
	"slices"
	"time"

	"github.com/outcore/outcore/engine/sched"
)

// timers are the tasks that wait to be tried again: few, and one clock for all.
type timers struct {
	waits []wait // by time
	clock *time.Timer
}

type wait struct {
	until time.Time
	id    sched.ID
}

func (t *timers) init() {
	t.clock = time.NewTimer(time.Hour)
	t.clock.Stop()
}

// C ticks when a task may be due.
func (t *timers) C() <-chan time.Time { return t.clock.C }

func (t *timers) add(id sched.ID, d time.Duration) {
	w := wait{time.Now().Add(d), id}
	at, _ := slices.BinarySearchFunc(t.waits, w, func(a, b wait) int { return a.until.Compare(b.until) })
	t.waits = slices.Insert(t.waits, at, w)
	t.set()
}

// due takes out the tasks whose time has come.
func (t *timers) due() (ids []sched.ID) {
	now := time.Now()
	n := 0
	for n < len(t.waits) && !t.waits[n].until.After(now) {
		ids = append(ids, t.waits[n].id)
		n++
	}
	t.waits = slices.Delete(t.waits, 0, n)
	t.set()
	return ids
}

func (t *timers) set() {
	if len(t.waits) > 0 {
		t.clock.Reset(time.Until(t.waits[0].until))
	}
}
