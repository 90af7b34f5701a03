package source

import (
	"context"
	"errors"
	"io"

	"github.com/outcore/outcore/codec"
)

// An input is one file of text being read in order, decompressed.
type input struct {
	file readerAt     // nil for standard input
	dec  codec.Reader // nil for standard input
	std  io.Reader
	off  int64 // read from std, with what a cursor skipped
}

func codecOptions(name string, opt Options) codec.Options {
	return codec.Options{Name: name, Workers: opt.Workers, MaxExpansion: opt.MaxExpansion}
}

// openInput reads h from c on. The caller closes it.
func openInput(ctx context.Context, h *handle, c Cursor, opt Options) (*input, error) {
	if h.stdin != nil {
		r, err := h.stdin.take(ctx, opt)
		if err != nil {
			return nil, err
		}
		in := &input{std: r}
		_, err = io.CopyN(io.Discard, in, c.Inner)
		return in, err
	}
	file, err := h.open(ctx)
	if err != nil {
		return nil, err
	}
	co := codecOptions(h.Address, opt)
	co.At = codec.Position{Byte: c.Byte, Bit: c.Bit, Inner: c.Inner}
	dec, err := codec.Open(ctx, file, file.Size(), co)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &input{file: file, dec: dec}, nil
}

func (in *input) Read(p []byte) (int, error) {
	if in.dec != nil {
		return in.dec.Read(p)
	}
	n, err := in.std.Read(p)
	in.off += int64(n)
	return n, err
}

// position is that of the next byte.
func (in *input) position() codec.Position {
	if in.dec != nil {
		return in.dec.Position()
	}
	return codec.Position{Inner: in.off}
}

// before is the position of the first of the n bytes that the last Read gave.
// A Read gives bytes of one compressed block, and only then is it sure which.
func (in *input) before(n int) codec.Position {
	p := in.position()
	if in.plain() {
		p.Byte -= int64(n)
	} else {
		p.Inner -= int64(n)
	}
	return p
}

// consumed is how many stored bytes are behind what was read.
func (in *input) consumed() int64 {
	if in.dec != nil {
		return in.dec.Consumed()
	}
	return in.off
}

func (in *input) close() error {
	if in.dec == nil {
		return nil // the Dataset closes standard input
	}
	return errors.Join(in.dec.Close(), in.file.Close())
}

// plain reports whether positions count stored bytes one by one.
func (in *input) plain() bool { return in.dec != nil && in.dec.Format() == codec.None }
