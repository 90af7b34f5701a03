package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"

	"github.com/outcore/outcore/codec"
	"github.com/outcore/outcore/errs"
)

// Segments yields whole rows from c on.
func (t *text) Segments(ctx context.Context, c Cursor) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		if c.File < 0 || c.File > len(t.files) || c.Byte < 0 || c.Inner < 0 || c.Line < 0 || c.Row < 0 {
			yield(nil, errs.New(errs.Invalid, "cursor %+v, expected one of this data set of %d files", c, len(t.files)))
			return
		}
		bad := &badRows{limit: t.opt.SkipBadRows, events: t.opt.Events}
		for ; c.File < len(t.files); c = (Cursor{File: c.File + 1, Row: c.Row}) {
			cut := &cutter{t: t, h: t.files[c.File], at: c, bad: bad}
			if err := cut.file(ctx, func(s *textSegment) bool { return yield(s, nil) }); err != nil {
				if err != errLeft {
					yield(nil, err)
				}
				return
			}
			c.Row = cut.at.Row
		}
	}
}

// errLeft says that the caller left the loop.
var errLeft = errors.New("source: the caller left the loop")

// A cutter reads one file in blocks and cuts them into segments at the ends of
// rows. Only whole lines are behind at; what is read and not yet cut is b.
type cutter struct {
	t   *text
	h   *handle
	in  *input
	bad *badRows

	at    Cursor // of b[0]
	buf   *buffer
	b     []byte // unread part of buf
	marks []mark // places in the stored file of some bytes of b
	all   bool   // b is the rest of the file
	fault error  // met behind b
	added bool   // the last byte of b is not in the file
	began bool
	done  int64 // stored bytes that segments stand for
}

// A mark is the place in the stored file of byte at of cutter.b.
type mark struct {
	at  int
	pos codec.Position
}

func (c *cutter) file(ctx context.Context, yield func(*textSegment) bool) (err error) {
	if c.in, err = openInput(ctx, c.h, c.at, c.t.opt); err != nil {
		return err
	}
	defer func() {
		if c.buf != nil {
			c.buf.Release()
		}
		if cerr := c.in.close(); cerr != nil && err != errLeft {
			err = errors.Join(err, cerr)
		}
	}()
	c.began = c.at.Byte != 0 || c.at.Bit != 0 || c.at.Inner != 0
	size := c.t.opt.SegmentBytes
	for !c.all && c.fault == nil {
		if err := c.fill(ctx, size); err != nil {
			return err
		}
		if !c.began {
			skip, lines, more, err := c.t.grammar.begin(c.h, c.b, c.all)
			if err != nil {
				return err
			}
			if more && c.fault != nil {
				return c.fault
			}
			if more {
				if size *= 2; size > c.t.opt.MaxRow {
					return tooLong(c.position(), c.t.opt.MaxRow)
				}
				continue
			}
			c.began = true
			c.pass(skip, lines, 0)
		}
		cut, err := c.cut(yield)
		if err != nil {
			return err
		}
		if !cut && !c.all && c.fault == nil && len(c.b) >= size {
			if size >= c.t.opt.MaxRow {
				return c.torn(yield)
			}
			size = min(2*size, c.t.opt.MaxRow)
			continue
		}
		size = c.t.opt.SegmentBytes
	}
	if c.fault == nil && len(c.b) > 0 {
		return c.torn(yield)
	}
	return c.fault
}

// fill makes b size bytes long, in a new buffer, unless the file ends before;
// then a line end is put behind a last line without one.
func (c *cutter) fill(ctx context.Context, size int) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	size = max(size, len(c.b))
	buf, err := c.t.pool.get(size + 1) // one for the line end
	if err != nil {
		return err
	}
	first := mark{0, c.place(0)}
	n := copy(buf.b, c.b)
	if c.buf != nil {
		c.buf.Release()
	}
	c.buf, c.marks = buf, append(c.marks[:0], first)
	for n < size {
		got, err := c.in.Read(buf.b[n:size])
		c.marks = append(c.marks, mark{n, c.in.before(got)})
		n += got
		if err == io.EOF {
			c.all = true
			break
		}
		if err != nil {
			c.fault = err
			break
		}
	}
	if c.all && n > 0 && buf.b[n-1] != '\n' {
		buf.b[n] = '\n'
		n++
		c.added = true
	}
	c.b = buf.b[:n]
	return nil
}

// cut yields all whole rows of b, or those of one segment that is full before.
func (c *cutter) cut(yield func(*textSegment) bool) (any bool, err error) {
	for {
		w := c.t.grammar.walk(c.b, c.t.maxRows)
		if w.rows == 0 {
			c.pass(w.blankEnd, int64(w.blanks), 0)
			return any, nil
		}
		any = true
		if err := c.emit(w.end, w.lines, w.rows, false, yield); err != nil {
			return any, err
		}
		if w.rows == c.t.maxRows && !c.all && c.fault == nil {
			// Another block is read from here on, as it is when reading starts
			// here: where segments end depends on where they begin alone.
			return any, nil
		}
	}
}

// torn yields what is left of b, a row without an end, for the parser to say why.
func (c *cutter) torn(yield func(*textSegment) bool) error {
	if !c.all {
		c.b = append(c.b, '\n') // fill left room for it
	}
	if err := c.emit(len(c.b), bytes.Count(c.b, []byte{'\n'}), 1, true, yield); err != nil {
		return err
	}
	if c.all {
		return errs.New(errs.Invalid, "the last row has no end").At(errs.Position{File: c.h.Address})
	}
	return tooLong(c.position(), c.t.opt.MaxRow)
}

func (c *cutter) emit(end, lines, rows int, torn bool, yield func(*textSegment) bool) error {
	s := &textSegment{of: c.t, buf: c.buf, b: c.b[:end:end], start: c.at, rows: rows, torn: torn, bad: c.bad}
	c.buf.Retain()
	c.pass(end, int64(lines), int64(rows))
	s.next = c.at
	used := c.in.consumed()
	s.bytes, c.done = used-c.done, used
	if !yield(s) {
		return errLeft
	}
	return nil
}

// pass moves at behind the first n bytes of b.
func (c *cutter) pass(n int, lines, rows int64) {
	pos := c.place(n)
	c.at.Byte, c.at.Bit, c.at.Inner = pos.Byte, pos.Bit, pos.Inner
	c.at.Line += lines
	c.at.Row += rows
	c.b = c.b[n:]
	keep := 0
	for i := range c.marks {
		c.marks[i].at -= n
		if c.marks[i].at < 0 {
			keep = i
		}
	}
	c.marks = c.marks[keep:]
}

// place is the position in the stored file of b[n], from the nearest mark
// before. A place between two compressed blocks belongs to the first, whether
// or not the second has been met: so a place has one position.
func (c *cutter) place(n int) codec.Position {
	if len(c.marks) == 0 {
		return c.in.position()
	}
	if c.added && n == len(c.b) && n > 0 {
		n--
	}
	m := c.marks[0]
	for _, next := range c.marks[1:] {
		if next.at >= n {
			break
		}
		m = next
	}
	if c.in.plain() {
		m.pos.Byte += int64(n - m.at)
	} else {
		m.pos.Inner += int64(n - m.at)
	}
	return m.pos
}

// position is that of the next line, for errors.
func (c *cutter) position() errs.Position {
	return errs.Position{File: c.h.Address, Line: c.at.Line + 1}
}
