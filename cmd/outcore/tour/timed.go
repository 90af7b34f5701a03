package tour

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/outcore/outcore/plot"
	"github.com/outcore/outcore/source"
)

// A clock adds up, lane by lane, when the process was at what work.
type clock struct {
	begin time.Time
	mu    sync.Mutex
	lane  map[string]*plot.Lane
}

// laneNames are the kinds of work, in the order data meet them.
var laneNames = []string{"read", "parse", "transform", "learn"}

func newClock(begin time.Time, jobs int) *clock {
	c := &clock{begin: begin, lane: map[string]*plot.Lane{}}
	for _, name := range laneNames {
		workers := jobs
		if name == "read" || name == "learn" { // in order, so one at a time
			workers = 1
		}
		c.lane[name] = plot.NewLane(name, workers)
	}
	return c
}

func (c *clock) add(what string, from, to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lane[what].Add(from.Sub(c.begin).Seconds(), to.Sub(c.begin).Seconds())
}

func (c *clock) lanes() []*plot.Lane {
	var out []*plot.Lane
	for _, name := range laneNames {
		out = append(out, c.lane[name])
	}
	return out
}

// timed is a data set whose reading and parsing are timed.
func (c *clock) timed(ds source.Dataset) source.Dataset {
	if b, ok := ds.(source.Based); ok {
		return timedBased{timed{ds, c}, b}
	}
	return timed{ds, c}
}

type timed struct {
	source.Dataset
	clock *clock
}

// timedBased is of a data set that holds memory beside its segments.
type timedBased struct {
	timed
	based source.Based
}

// Base is the data set's.
func (d timedBased) Base() int64 { return d.based.Base() }

// Segments times how long the next segment takes to come.
func (d timed) Segments(ctx context.Context, c source.Cursor) iter.Seq2[source.Segment, error] {
	return func(yield func(source.Segment, error) bool) {
		from := time.Now()
		for s, err := range d.Dataset.Segments(ctx, c) {
			d.clock.add("read", from, time.Now())
			if err == nil {
				s = d.clock.segment(s)
			}
			if !yield(s, err) {
				return
			}
			from = time.Now()
		}
	}
}

// segment is s with its decoding timed.
func (c *clock) segment(s source.Segment) source.Segment {
	t := timedSegment{s, c}
	if m, ok := s.(source.Measured); ok {
		return timedMeasured{t, m}
	}
	return t
}

// timedMeasured is a segment that knows its extent undecoded.
type timedMeasured struct {
	timedSegment
	measured source.Measured
}

// Extent is the segment's.
func (s timedMeasured) Extent() (rows, bytes int64) { return s.measured.Extent() }

type timedSegment struct {
	source.Segment
	clock *clock
}

// Decode times the parsing.
func (s timedSegment) Decode(ctx context.Context) (*source.Batch, error) {
	from := time.Now()
	defer func() { s.clock.add("parse", from, time.Now()) }()
	return s.Segment.Decode(ctx)
}
