package codec

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/outcore/outcore/errs"
)

// A piece is some decoded bytes and where they are from.
type piece struct {
	data     []byte
	at       Position // of data[0]
	consumed int64    // stored bytes behind the last of data
	pool     *sync.Pool
	whole    *[]byte // what pool gave
}

func (p *piece) release() {
	if p.pool != nil {
		p.pool.Put(p.whole)
	}
	*p = piece{}
}

// pieces holds buffers of pieceSize.
var pieces = sync.Pool{New: func() any { b := make([]byte, pieceSize); return &b }}

func newPiece() piece {
	b := pieces.Get().(*[]byte)
	return piece{data: *b, pool: &pieces, whole: b}
}

// errGone tells a decoder that nobody reads on.
var errGone = errors.New("codec: reader closed")

// An output takes pieces from a decoder; errGone means that nobody reads on.
type output func(piece) error

// aheadReader reads what a decoder makes in a goroutine of its own, at most a
// few pieces ahead.
type aheadReader struct {
	opt    Options
	ctx    context.Context // of the caller
	cancel context.CancelFunc
	src    *stored
	wait   bool
	ch     chan piece
	err    error // of the decoder; set before ch is closed

	cur      piece
	off      int
	skip     int64 // decoded bytes still to drop before the first
	next     Position
	decoded  int64
	consumed atomic.Int64
	failed   error
}

// ahead runs decode, which calls output for every piece in order, and returns
// the reader of them. Close waits for decode when wait is set.
func ahead(ctx context.Context, src *stored, opt Options, wait bool, decode func(context.Context, output) error) *aheadReader {
	inner, cancel := context.WithCancel(ctx)
	src.ctx = inner
	r := &aheadReader{opt: opt, ctx: ctx, cancel: cancel, src: src, wait: wait, ch: make(chan piece, 2), skip: opt.At.Inner, next: opt.At}
	go func() {
		defer close(r.ch)
		r.err = decode(inner, func(p piece) error {
			select {
			case r.ch <- p:
				return nil
			case <-inner.Done():
				p.release()
				return errGone
			}
		})
	}()
	return r
}

// advance makes the next piece current. It returns io.EOF after the last.
func (r *aheadReader) advance() error {
	if r.failed != nil {
		return r.failed
	}
	r.failed = r.receive()
	return r.failed
}

func (r *aheadReader) receive() error {
	r.cur.release()
	r.off = 0
	for {
		var p piece
		var ok bool
		select {
		case p, ok = <-r.ch:
		case <-r.ctx.Done():
			return context.Cause(r.ctx)
		}
		if !ok {
			if r.ctx.Err() != nil {
				return context.Cause(r.ctx)
			}
			if r.err != nil {
				return r.err
			}
			if r.skip > 0 {
				return pastEnd(r.opt)
			}
			r.consumed.Store(r.src.n.Load())
			return io.EOF
		}
		n := int64(len(p.data))
		r.decoded += n
		r.consumed.Store(p.consumed)
		if r.opt.MaxExpansion > 0 && r.decoded > freeExpansion && r.decoded/r.opt.MaxExpansion > p.consumed {
			p.release()
			return errs.New(errs.TooLarge, "codec: %s expands more than %d times: %d stored bytes gave %d", r.opt.Format, r.opt.MaxExpansion, p.consumed, r.decoded).
				At(errs.Position{File: r.opt.Name, Byte: p.at.Byte}).
				WithFix("if the file can be trusted, --max-expansion %d, or -1 for no cap", 100*r.opt.MaxExpansion)
		}
		if r.skip >= n {
			r.skip -= n
			p.release()
			continue
		}
		r.cur, r.off = p, int(r.skip)
		r.skip = 0
		r.locate()
		return nil
	}
}

func (r *aheadReader) locate() {
	r.next = r.cur.at
	r.next.Inner += int64(r.off)
}

func (r *aheadReader) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	for r.off == len(r.cur.data) {
		if err := r.advance(); err != nil {
			return 0, err
		}
	}
	n := copy(b, r.cur.data[r.off:])
	r.off += n
	r.locate()
	return n, nil
}

func (r *aheadReader) WriteTo(w io.Writer) (int64, error) {
	var total int64
	for {
		if r.off < len(r.cur.data) {
			n, err := w.Write(r.cur.data[r.off:])
			r.off += n
			total += int64(n)
			r.locate()
			if err != nil {
				return total, err
			}
		}
		if err := r.advance(); err == io.EOF {
			return total, nil
		} else if err != nil {
			return total, err
		}
	}
}

func (r *aheadReader) Position() Position { return r.next }
func (r *aheadReader) Consumed() int64    { return r.consumed.Load() }
func (r *aheadReader) Format() Format     { return r.opt.Format }

func (r *aheadReader) Close() error {
	r.cancel()
	if r.wait {
		for p := range r.ch {
			p.release()
		}
	}
	r.cur.release()
	r.off = 0
	r.failed = io.ErrClosedPipe
	return nil
}

// relay hands over what r decodes from the member or frame that starts at byte
// started, until r ends (nil) or fails. behind counts the stored bytes used.
func relay(r io.Reader, started int64, behind func() int64, out output) error {
	var inner int64
	for {
		p := newPiece()
		n, err := fill(r, p.data)
		if n > 0 {
			p.data, p.at, p.consumed = p.data[:n], Position{Byte: started, Inner: inner}, behind()
			inner += int64(n)
			if e := out(p); e != nil {
				return e
			}
		} else {
			p.release()
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fill reads until b is full or r fails. Unlike io.ReadFull it gives r's own
// error, so that an end and a cut stay apart.
func fill(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = r.Read(b[n:])
		n += m
	}
	return n, err
}
