package tour

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/plot"
)

// A watch keeps what the events of a tour said, for the lines and the report.
type watch struct {
	begin time.Time

	mu      sync.Mutex
	samples []sample
	marks   []sample          // name set: where a step of the tour began
	curve   []plot.CurvePoint // of the learner at work
}

// A sample is the memory of the process at an instant.
type sample struct {
	seconds       float64
	rss, reserved int64
	name          string
}

func (w *watch) sink(e event.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := e.Time.Sub(w.begin).Seconds()
	switch e.Kind {
	case event.Memory:
		w.samples = append(w.samples, sample{seconds: at, rss: int64(e.Fields["rss"]), reserved: int64(e.Fields["reserved"])})
	case event.Metric:
		if loss, ok := e.Fields["loss"]; ok { // half the squared error
			w.curve = append(w.curve, plot.CurvePoint{Rows: e.Rows, Error: plot.Float(2 * loss)})
		}
	}
}

// learned gives the curve since it was last called.
func (w *watch) learned() []plot.CurvePoint {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.curve
	w.curve = nil
	return c
}

// mark notes that a step of the tour begins.
func (w *watch) mark(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks = append(w.marks, sample{seconds: time.Since(w.begin).Seconds(), name: name})
}

// peak is the most memory seen since the step of that name began, and now.
func (w *watch) peak(name string) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	from := 0.0
	for _, m := range w.marks {
		if m.name == name {
			from = m.seconds
		}
	}
	most := memory.ReadUsage().RSS
	for _, s := range w.samples {
		if s.seconds >= from {
			most = max(most, s.rss)
		}
	}
	return most
}

// count is n with commas.
func count(n int64) string {
	s := fmt.Sprint(n)
	var out []string
	for len(s) > 3 {
		out = append([]string{s[len(s)-3:]}, out...)
		s = s[:len(s)-3]
	}
	return strings.Join(append([]string{s}, out...), ",")
}

func millions(n int64) string { return fmt.Sprintf("%.1fM", float64(n)/1e6) }

// rate is bytes a second.
func rate(n int64, seconds float64) string {
	v := float64(n) / max(seconds, 1e-3)
	if v >= 1e9 {
		return fmt.Sprintf("%.1f GB/s", v/1e9)
	}
	return fmt.Sprintf("%.0f MB/s", v/1e6)
}
