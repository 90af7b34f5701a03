package train

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/feature"
	"github.com/outcore/outcore/feature/record"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/stream"
)

// A feed is the rows of a data set as frames, in order, from any place on.
// Decoding and assembling run in parallel.
type feed struct {
	ds   source.Dataset
	asm  *feature.Assembler
	jobs int
	skip int64 // most bad rows in one pass; the source looks at one range only

	read atomic.Int64 // of the frames given out so far in this pass, as done counts
	end  mark         // after the last frame given out
}

// A mark is a place between two segments, and what was counted before it in
// the pass.
type mark struct {
	Cursor  source.Cursor `json:"cursor"`
	Read    int64         `json:"read"`    // stored bytes
	Dropped int64         `json:"dropped"` // rows without a target, left out
	Bad     int64         `json:"bad"`     // rows that could not be read, left out
}

// A decoded is one segment as a frame.
type decoded struct {
	frame *feature.Frame
	next  source.Cursor
	bytes int64
	bad   int64
}

// frames yields the frames from m on. Each carries, as its Mark, the mark
// before the segment it was made of.
func (f *feed) frames(ctx context.Context, m mark) iter.Seq2[*feature.Frame, error] {
	decode := stream.Mapper[source.Segment, decoded]{
		New:     func() func(context.Context, source.Segment) (decoded, error) { return f.decode },
		Workers: parsers(f.ds, f.jobs),
		Window:  decodeWindow(f.ds, f.jobs),
		DropIn:  source.Segment.Discard,
		DropOut: func(d decoded) { d.frame.Release() },
	}
	return func(yield func(*feature.Frame, error) bool) {
		f.end = m
		f.read.Store(f.done(m))
		for d, err := range decode.Map(ctx, f.ds.Segments(ctx, m.Cursor)) {
			if err != nil {
				yield(nil, err)
				return
			}
			d.frame.Mark = f.end
			f.end.Cursor = d.next
			f.end.Read += d.bytes
			f.end.Bad += d.bad
			f.end.Dropped += int64(d.frame.Dropped)
			f.read.Store(f.done(f.end))
			if f.skip > 0 && f.end.Bad > f.skip {
				d.frame.Release()
				yield(nil, errs.New(errs.Invalid, "found more than the %d bad rows that may be skipped", f.skip).WithFix("--skip-bad-rows %d, or more", f.end.Bad))
				return
			}
			if !yield(d.frame, nil) {
				return
			}
		}
	}
}

// decodeWindow is how many segments of ds are in memory at once: one a worker,
// one that waits for its turn, and one that is being read. Arrays and nodes are
// read by the worker that decodes them.
func decodeWindow(ds source.Dataset, jobs int) int {
	_, text := ds.(source.Based)
	_, node := ds.(source.Counted)
	if text || ds.Schema().Table && !node {
		return parsers(ds, jobs) + 2
	}
	return jobs + 1
}

// decode makes a frame of one segment.
func (f *feed) decode(ctx context.Context, s source.Segment) (decoded, error) {
	b, err := s.Decode(ctx)
	if err != nil {
		return decoded{}, err
	}
	d := decoded{next: b.Next, bytes: b.Bytes, bad: b.Bad}
	d.frame, err = f.frame(b)
	return d, err
}

// frame makes a frame of a batch. It takes over b.
func (f *feed) frame(b *source.Batch) (*feature.Frame, error) {
	var out *feature.Frame
	var err error
	if b.Record != nil {
		out, err = record.Frame(f.asm, b.Record, 0)
	} else {
		out, err = f.asm.FromBlock(b.Block, b.Labels, 0)
	}
	if err != nil {
		err = within(err, b)
		b.Release()
		return nil, err
	}
	out.Locate(placesOf(b))
	out.Hold(b.Release)
	return out, nil
}

// within says which rows an error about a batch means, when it does not itself.
func within(err error, b *source.Batch) error {
	var e *errs.Error
	if !errors.As(err, &e) || e.Pos.File != "" {
		return err
	}
	at := b.Start
	if row := e.Pos.Row; row > 0 && row <= int64(b.Rows) {
		at = placesOf(b).Position(int(row - 1))
	}
	at.Column = e.Pos.Column
	moved := *e
	return moved.At(at)
}

// done is how far a mark is through the data, in unit.
func (f *feed) done(m mark) int64 {
	if unit(f.ds) == "rows" {
		return m.Cursor.Row
	}
	return m.Read
}

// unit is what progress through ds is told in: stored bytes, or rows.
func unit(ds source.Dataset) string {
	if _, ok := ds.(source.Counted); ok {
		return "rows"
	}
	return "bytes"
}

// size is the data set in unit, 0 when unknown.
func size(ds source.Dataset) int64 {
	if unit(ds) == "rows" {
		return max(ds.Rows(), 0)
	}
	var n int64
	for _, f := range ds.Files() {
		if f.Size < 0 {
			return 0
		}
		n += f.Size
	}
	return n
}

// columns describes a source's columns in feature's words.
func columns(s *source.Schema) []feature.Column {
	out := make([]feature.Column, len(s.Fields))
	for i, f := range s.Fields {
		out[i] = feature.Column{Name: f.Name, Type: f.Type}
		switch f.Kind {
		case source.Text:
			out[i].Kind = feature.Text
		case source.Time:
			out[i].Kind = feature.Time
		}
	}
	return out
}
