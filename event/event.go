// Package event is what long work says about itself: one flat record that the
// progress bar, the run log, the report and (later) the dashboard all read.
package event

import "time"

// A Kind says what happened.
type Kind string

// The kinds.
const (
	Start    Kind = "start"    // a step began; Total may be known
	Progress Kind = "progress" // Done of Total, at most a few a second
	End      Kind = "end"      // the step finished
	Warning  Kind = "warning"  // Message says what, and what mends it
	Memory   Kind = "memory"   // Fields: rss, anon, reserved, cap (bytes)
	Metric   Kind = "metric"   // Fields: a score by name, after Rows rows
	Resume   Kind = "resume"   // work found done; Done says how much
)

// An Event is one record. Fields with no meaning for its Kind are zero.
type Event struct {
	Time    time.Time          `json:"time"`
	Kind    Kind               `json:"kind"`
	Step    string             `json:"step,omitempty"`  // "chunk", "fit scale", "learn epoch 2"
	Done    int64              `json:"done,omitempty"`  // in Unit, of this step
	Total   int64              `json:"total,omitempty"` // in Unit; 0 when unknown
	Unit    string             `json:"unit,omitempty"`  // "bytes", "rows" or "tasks"
	Rows    int64              `json:"rows,omitempty"`  // rows so far in this step
	Message string             `json:"message,omitempty"`
	Fields  map[string]float64 `json:"fields,omitempty"`
}

// A Sink takes events. It must be safe for concurrent use and must not block
// for long. A nil Sink is allowed everywhere: Send drops the event.
type Sink func(Event)

// Send stamps e with the time when it has none and gives it to s.
func (s Sink) Send(e Event) {
	if s == nil {
		return
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	s(e)
}
