package s3blob

import (
	"bytes"
	"context"
	"io"

	"github.com/outcore/outcore/errs"
)

// A body is one request's worth of an object, which can be sent again.
type body interface {
	io.ReadSeeker
	Size() int64
}

// parts cuts an object into bodies of at most size bytes: views of a source
// that can be read at random, else copies.
type parts struct {
	at  io.ReaderAt // nil: copies of r
	off int64       // next byte of at
	end int64

	r     io.Reader
	known bool  // left is what r must still give
	left  int64 // bytes

	size int64       // of all bodies but the last
	free chan []byte // buffers for copies
}

// cut makes the parts of r, which is to have size bytes when that is not
// negative. buffers is how many bodies are in use at once.
func cut(r io.Reader, size, partSize int64, buffers int) (*parts, error) {
	p := &parts{size: partSize}
	if at, ok := r.(readSeekerAt); ok {
		now, err := at.Seek(0, io.SeekCurrent)
		if err == nil {
			p.end, err = at.Seek(0, io.SeekEnd)
		}
		if err == nil { // else a pipe, which only looks as if it could
			if size >= 0 && p.end-now != size {
				return nil, wrongLength(p.end-now, size)
			}
			p.at, p.off = at, now
			return p, nil
		}
	}
	p.r, p.known, p.left = r, size >= 0, size
	p.free = make(chan []byte, buffers)
	for range buffers {
		p.free <- nil // made when needed
	}
	return p, nil
}

type readSeekerAt interface {
	io.ReaderAt
	io.Seeker
}

// next gives the next body and whether it is the last; an empty object has one
// empty body, and one of unknown length may end with one. release gives back its memory and must be called once.
func (p *parts) next(ctx context.Context) (b body, release func(), last bool, err error) {
	if p.at != nil {
		n := min(p.size, p.end-p.off)
		b = io.NewSectionReader(p.at, p.off, n)
		p.off += n
		return b, func() {}, p.off == p.end, nil
	}
	var buf []byte
	select {
	case <-ctx.Done():
		return nil, nil, false, ctx.Err()
	case buf = <-p.free:
	}
	release = func() { p.free <- buf }
	var n int
	if p.known {
		want := min(p.size, p.left)
		if int64(cap(buf)) < want {
			buf = make([]byte, want)
		}
		n, err = io.ReadFull(p.r, buf[:want])
	} else {
		buf, n, err = fill(p.r, buf, p.size)
	}
	ended := err == io.EOF || err == io.ErrUnexpectedEOF
	if err != nil && !ended {
		release()
		return nil, nil, false, err
	}
	if !p.known {
		return bytes.NewReader(buf[:n]), release, ended, nil
	}
	p.left -= int64(n)
	if ended {
		release()
		return nil, nil, false, wrongLength(-1, p.left)
	}
	if p.left == 0 {
		if err := atEnd(p.r); err != nil {
			release()
			return nil, nil, false, err
		}
	}
	return bytes.NewReader(buf[:n]), release, p.left == 0, nil
}

// fill reads up to limit bytes into buf, which it makes larger as they come:
// what is of unknown length is mostly small. It ends like io.ReadFull.
func fill(r io.Reader, buf []byte, limit int64) (_ []byte, n int, err error) {
	const first = 64 << 10
	for {
		room := min(max(int64(cap(buf)), first, 2*int64(n)), limit)
		if int64(cap(buf)) < room {
			buf = append(make([]byte, 0, room), buf[:n]...)
		}
		m, err := io.ReadFull(r, buf[n:room])
		n += m
		if err != nil || int64(n) == limit {
			return buf, n, err
		}
	}
}

// atEnd makes sure that r has nothing more.
func atEnd(r io.Reader) error {
	var one [1]byte
	switch n, err := io.ReadFull(r, one[:]); {
	case n > 0:
		return errs.New(errs.Invalid, "s3blob: the reader has more than the bytes that were promised")
	case err != io.EOF:
		return err
	}
	return nil
}

func wrongLength(found, promised int64) error {
	if found < 0 {
		return errs.New(errs.Invalid, "s3blob: the reader ended %d bytes before those that were promised: %w", promised, io.ErrUnexpectedEOF)
	}
	return errs.New(errs.Invalid, "s3blob: the reader has %d bytes, %d were promised", found, promised)
}
