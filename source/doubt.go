package source

import (
	"context"
	"errors"
	"io"

	"github.com/outcore/outcore/codec"
	"github.com/outcore/outcore/errs"
)

// doubtBytes is how much text is looked through for the damage behind a row that
// makes no sense: some seconds' work.
const doubtBytes = 1 << 30

// doubted gives the reason of err, that of a row of compressed text that makes
// no sense, where it is that the file is damaged: a checksum comes behind the
// text it is of, and the rows are parsed before it is read. Otherwise it is err.
func (s *textSegment) doubted(ctx context.Context, err error) error {
	h := s.of.files[s.start.File]
	if h.stdin != nil || errors.Is(err, errs.Corrupt) {
		return err
	}
	opt := s.of.opt
	opt.Workers = 1
	in, openErr := openInput(ctx, h, Cursor{File: s.start.File, Byte: s.start.Byte, Bit: s.start.Bit}, opt)
	if openErr != nil {
		return err
	}
	defer in.close()
	if in.dec.Format() == codec.None {
		return err
	}
	if _, damage := io.CopyN(io.Discard, in, doubtBytes); errors.Is(damage, errs.Corrupt) {
		return damage
	}
	return err
}
