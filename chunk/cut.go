package chunk

import (
	"context"
	"iter"
	"runtime"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/stream"
)

// A piece is rows on their way to one file.
type piece struct {
	rows  *Rows       // of blocks
	table Group       // of tables; of Parquet, until it is encoded
	group *TableGroup // then
	n     int64       // rows
	ends  bool        // the chunk ends behind it
	last  bool        // so do the data
	at    Place       // behind it
	bytes int64       // stored bytes that are done with it
	free  func()      // gives the memory of rows, or of encoding, back; may be nil
}

func (p *piece) release() {
	p.table.Release()
	if p.free != nil {
		p.free()
		p.free = nil
	}
}

// A segment is one segment of the data, decoded.
type segment struct {
	*source.Batch
	rows *Rows // nil of records
	free func()
}

func (s segment) release() {
	if s.free != nil {
		s.free()
	}
	s.Batch.Release()
}

// pieces yields the rows from the end of the manifest's last chunk on, in
// order, ready to be written.
func (w *work) pieces(ctx context.Context) iter.Seq2[*piece, error] {
	decode := stream.Mapper[source.Segment, segment]{
		New:     w.decoder,
		Workers: w.decoders(),
		Window:  w.window(),
		DropIn:  source.Segment.Discard,
		DropOut: segment.release,
	}
	start := w.m.end()
	cut := w.cut(start, decode.Map(ctx, w.Data.Segments(ctx, start.Next)))
	if w.opt.Layout != Parquet {
		return cut
	}
	w.tables.Workers(min(w.jobs, runtime.GOMAXPROCS(0))) // of one group or of several
	encode := stream.Mapper[*piece, *piece]{
		New:     func() func(context.Context, *piece) (*piece, error) { return w.encode },
		Workers: w.jobs,
		Window:  w.groups(),
		DropIn:  (*piece).release,
		DropOut: (*piece).release,
	}
	return encode.Map(ctx, cut)
}

// encode makes a row group of a piece's records and lets them go.
func (w *work) encode(_ context.Context, p *piece) (*piece, error) {
	defer p.table.Release()
	if p.n == 0 { // the end of the data behind whole groups
		return p, nil
	}
	extra := w.unforeseen(&p.table)
	if err := w.Pool.Extra(extra); err != nil {
		return p, err
	}
	p.free = func() { w.Pool.Return(extra) }
	var err error
	p.group, err = w.tables.Encode(p.table.Records)
	return p, err
}

// A cutter cuts segments at the ends of chunks, and tables at the ends of row
// groups too, by counting rows.
type cutter struct {
	w      *work
	yield  func(*piece, error) bool
	place  Place // of the first row of the segment
	skip   int64 // rows of it that are done, from an earlier run
	rows   int64 // given out of it, with skip
	bytes  int64 // stored bytes of whole segments not yet accounted for
	inFile int64 // rows of the chunk given out
	groups Grouper
}

func (w *work) cut(start Place, in iter.Seq2[segment, error]) iter.Seq2[*piece, error] {
	return func(yield func(*piece, error) bool) {
		c := &cutter{w: w, yield: yield, place: start, skip: start.Skip}
		c.place.Skip = 0
		c.groups = Grouper{GroupRows: w.opt.RowGroup, FileRows: w.opt.Rows}
		defer c.groups.Discard()
		for s, err := range in {
			if err != nil {
				yield(nil, err)
				return
			}
			if !c.segment(s) {
				return
			}
		}
		c.end()
	}
}

// segment gives out the rows of s. It reports whether more are wanted.
func (c *cutter) segment(s segment) bool {
	n := int64(s.Batch.Rows)
	if limit := c.w.SkipBad; c.place.Skipped+s.Bad > limit && s.Bad > 0 && limit > 0 {
		s.release()
		return c.yield(nil, errs.New(errs.Invalid, "more than %d bad rows, with those of the run that this one goes on from", limit).
			At(s.Start).WithFix("mend the data, or a larger --skip-bad-rows"))
	}
	c.rows = min(c.skip, n)
	c.skip -= c.rows
	next := Place{Next: s.Next, Skipped: c.place.Skipped + s.Bad}
	c.bytes += s.Bytes
	if c.w.opt.Layout == Parquet {
		return c.table(s, n, next)
	}
	if c.rows == n {
		c.place = next
		s.release()
		return true
	}
	for c.rows < n {
		lo := c.rows
		hi := min(n, lo+c.w.opt.Rows-c.inFile)
		c.rows = hi
		c.inFile += hi - lo
		p := &piece{n: hi - lo, at: c.after(n, next)}
		if s.rows != nil {
			p.rows = s.rows.Slice(int(lo), int(hi))
		} else {
			p.table.Records = []arrow.RecordBatch{s.Record.NewSlice(lo, hi)}
		}
		if c.inFile == c.w.opt.Rows {
			p.ends = true
			c.inFile = 0
		}
		if hi == n {
			p.free, p.bytes = s.release, c.bytes
			c.bytes = 0
			c.place = next
		}
		if !c.yield(p, nil) {
			if hi < n {
				s.release()
			}
			return false
		}
	}
	return true
}

// after is the place behind c.rows of the n rows of a segment.
func (c *cutter) after(n int64, next Place) Place {
	if c.rows == n {
		return next
	}
	at := c.place
	at.Skip = c.rows
	return at
}

// table gives out the row groups that s completes.
func (c *cutter) table(s segment, n int64, next Place) bool {
	defer s.release()
	rec := s.Record
	if c.rows > 0 {
		rec = rec.NewSlice(c.rows, n)
		defer rec.Release()
	}
	waiting := c.groups.group.Rows // of earlier segments
	err := c.groups.Add(rec, func(g Group) error {
		c.rows += g.Rows - waiting
		waiting = 0
		p := &piece{table: g, n: g.Rows, ends: g.Ends, at: c.after(n, next), bytes: c.bytes}
		c.bytes = 0
		if !c.yield(p, nil) {
			return errLeft
		}
		return nil
	})
	c.inFile = c.groups.inFile + c.groups.group.Rows
	c.place = next
	return err == nil
}

// end ends the last chunk.
func (c *cutter) end() {
	if c.w.opt.Layout == Parquet && c.groups.group.Rows > 0 {
		_ = c.groups.Flush(func(g Group) error { // only the yield can fail, and nothing follows
			c.yield(&piece{table: g, n: g.Rows, ends: true, last: true, at: c.place, bytes: c.bytes}, nil)
			return nil
		})
		return
	}
	c.yield(&piece{ends: c.inFile > 0, last: true, at: c.place, bytes: c.bytes}, nil)
}
