package local

import (
	"fmt"
	"time"

	"github.com/outcore/outcore/engine/sched"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/task"
)

const (
	reportEvery = 250 * time.Millisecond
	clockEvery  = 64 // tasks between two looks at the clock, unless they are slow
)

// A reporter sends the events of one run.
type reporter struct {
	sink        event.Sink
	name        string
	done, total int64
	sent        time.Time
	retries     int
}

func newReporter(o task.RunOptions) *reporter {
	if o.Name == "" {
		o.Name = "tasks"
	}
	return &reporter{sink: o.Sink, name: o.Name}
}

func (r *reporter) send(k event.Kind, message string) {
	r.sink.Send(event.Event{Kind: k, Step: r.name, Done: r.done, Total: r.total, Unit: "tasks", Message: message})
}

func (r *reporter) torn(n int64, path string) {
	r.send(event.Warning, fmt.Sprintf("journal %s ended in %d bytes that are no record (a crash while writing); their tasks run again", path, n))
}

// resumed says that n tasks were found finished.
func (r *reporter) resumed(n int64) {
	if n > 0 {
		r.done = n
		r.send(event.Resume, fmt.Sprintf("%d tasks found finished", n))
	}
}

// start says that left tasks are still to finish.
func (r *reporter) start(left int64) {
	r.total = r.done + left
	r.sent = time.Now()
	r.send(event.Start, "")
}

// progress counts a finished task.
func (r *reporter) progress() {
	r.done++
	if r.sink == nil || r.done%clockEvery != 0 && r.done != r.total && r.total > 100*clockEvery {
		return
	}
	if now := time.Now(); now.Sub(r.sent) >= reportEvery {
		r.sent = now
		r.send(event.Progress, "")
	}
}

// maxRetryWarnings keeps a dead server from filling the log.
const maxRetryWarnings = 100

func (r *reporter) retry(id task.ID, in sched.Instruction) {
	r.retries++
	switch {
	case r.retries < maxRetryWarnings:
		r.send(event.Warning, fmt.Sprintf("task %s, attempt %d: %v; again in %v", id, in.Attempt, in.Err, in.Delay.Round(time.Millisecond)))
	case r.retries == maxRetryWarnings:
		r.send(event.Warning, "further tasks that are tried again are not listed")
	}
}

func (r *reporter) end(err error) {
	message := ""
	if err != nil {
		message = err.Error()
	}
	r.send(event.End, message)
}
