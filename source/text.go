package source

import (
	"context"
	"sync/atomic"

	"github.com/outcore/outcore/codec"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
)

// A grammar is what a format of text rows knows: where rows end and what they
// hold. Its methods may be called concurrently.
type grammar interface {
	// begin returns how much of the start of a file is no row (a byte order
	// mark, a header) and the line ends in it; more when b is not enough to tell.
	begin(h *handle, b []byte, all bool) (skip int, lines int64, more bool, err error)
	// walk finds the ends of rows in b. It stops after limit rows.
	walk(b []byte, limit int) walked
	// decode parses the rows of s. It does not release s.
	decode(s *textSegment) (*Batch, error)
}

// walked is what walk found: whole rows, then whole lines that hold no row.
type walked struct {
	end, rows, lines int // behind the last row
	blankEnd, blanks int // behind the lines after it that hold no row
}

// text is a Dataset of rows of text.
type text struct {
	grammar grammar
	files   []*handle
	opt     Options
	schema  *Schema
	pool    *buffers
	maxRows int   // of a segment
	cost    int64 // of a segment
}

var _ Based = (*text)(nil)

// Files lists the files in order.
func (t *text) Files() []File { return fileList(t.files) }

func fileList(files []*handle) []File {
	list := make([]File, len(files))
	for i, h := range files {
		list[i] = h.File
	}
	return list
}

// Schema names the columns.
func (t *text) Schema() *Schema { return t.schema }

// Rows is -1: text must be read to be counted.
func (t *text) Rows() int64 { return -1 }

// Cost is the most bytes a segment holds. A row longer than a segment, up to
// Options.MaxRow, comes on top, on the Go heap.
func (t *text) Cost() int64 { return t.cost }

// Base is the most bytes held beside the segments: the next block of text while
// it is cut, and what decompression takes, judged by the files that Open looked at.
func (t *text) Base() int64 {
	next := slabbed(t.opt.SegmentBytes)
	var base int64
	for _, h := range t.files {
		if h.packed != "" {
			base = max(base, codec.Memory(h.packed, t.opt.Workers, 0))
		}
	}
	return next + base
}

// Close closes the files.
func (t *text) Close() error { return closeAll(t.files) }

// A textSegment is whole rows of one file.
type textSegment struct {
	of    *text
	buf   *buffer
	b     []byte // ends with a line end, unless torn
	start Cursor // before leading lines without rows
	next  Cursor
	rows  int
	bytes int64
	torn  bool // the last row has no end within MaxRow or the file
	bad   *badRows
}

// Bytes is the stored bytes this segment stands for.
func (s *textSegment) Bytes() int64 { return s.bytes }

// Discard gives the memory back.
func (s *textSegment) Discard() { s.buf.Release() }

// Decode parses the rows.
func (s *textSegment) Decode(ctx context.Context) (*Batch, error) {
	defer s.buf.Release()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	b, err := s.of.grammar.decode(s)
	if err != nil {
		return nil, s.doubted(ctx, err)
	}
	b.First, b.Next, b.Bytes = s.start.Row, s.next, s.bytes
	b.Start.File = s.address()
	return b, nil
}

func (s *textSegment) address() string { return s.of.files[s.start.File].Address }

// badRows counts the rows left out in one range over Segments.
type badRows struct {
	limit  int64
	n      atomic.Int64
	events event.Sink
}

const badShown = 5

// skip leaves out one row, or returns err, the reason, when there were too many.
func (r *badRows) skip(err *errs.Error) error {
	n := r.n.Add(1)
	switch {
	case r.limit == 0:
		if err.Fix == "" {
			err.WithFix("--skip-bad-rows 1 to leave such rows out")
		}
		return err
	case n > r.limit:
		return errs.New(err.Kind, "more than %d bad rows; this one: %s", r.limit, err.Msg).At(err.Pos).WithFix("mend the data, or a larger --skip-bad-rows")
	case n <= badShown:
		r.events.Send(event.Event{Kind: event.Warning, Message: "row left out: " + err.At(err.Pos).Error()})
	case n == badShown+1:
		r.events.Send(event.Event{Kind: event.Warning, Message: "more rows left out: counted, no longer shown"})
	}
	return nil
}

// places collects the lines and numbers of the rows of a batch, and keeps them
// only when they are not consecutive.
type places struct {
	first   int64 // line of the first row
	number  int64 // of the next row, from 0
	rows    int
	bad     int64
	lines   []int64
	numbers []int64
	base    int64 // number of the first row of the segment
}

// add notes a good row that starts on line.
func (p *places) add(line int64) {
	if p.rows == 0 {
		p.first = line
	}
	if p.lines == nil && line != p.first+int64(p.rows) {
		for i := range p.rows {
			p.lines = append(p.lines, p.first+int64(i))
		}
	}
	if p.lines != nil {
		p.lines = append(p.lines, line)
	}
	if p.numbers == nil && p.number != int64(p.rows) {
		p.numbers = []int64{} // also when bad rows came first
		for i := range p.rows {
			p.numbers = append(p.numbers, p.base+int64(i))
		}
	}
	if p.numbers != nil {
		p.numbers = append(p.numbers, p.base+p.number)
	}
	p.rows++
	p.number++
}

// addRows notes n good rows that start on line and the lines after it.
func (p *places) addRows(line int64, n int) {
	if p.rows > 0 && p.lines == nil && p.numbers == nil && line == p.first+int64(p.rows) {
		p.rows += n
		p.number += int64(n)
		return
	}
	for k := range n {
		p.add(line + int64(k))
	}
}

// leave notes a bad row.
func (p *places) leave() { p.bad++; p.number++ }

// batch starts a Batch of the rows noted.
func (p *places) batch() *Batch {
	return &Batch{Rows: p.rows, Bad: p.bad, Lines: p.lines, Numbers: p.numbers, Start: errs.Position{Line: p.first}}
}
