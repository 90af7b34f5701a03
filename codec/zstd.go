package codec

import (
	"bufio"
	"encoding/binary"
	"errors"

	"github.com/klauspost/compress/zstd"

	"github.com/outcore/outcore/errs"
)

// RFC 8878 §3.1.
const (
	zstdFrameMagic = 0xfd2fb528
	zstdSkipMagic  = 0x184d2a50 // to …5f
)

func zstdMagic(p []byte) uint32 { return binary.LittleEndian.Uint32(p) }

// unzstd decodes the frames of a zstd file one after another.
func unzstd(src *stored, opt Options, out output) error {
	br := bufio.NewReaderSize(src, readSize)
	dec, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(min(opt.Workers, 4)),
		zstd.WithDecoderMaxWindow(uint64(min(max(opt.MaxWindow, zstd.MinWindowSize), zstd.MaxWindowSize))),
		zstd.WithDecoderMaxMemory(uint64(max(opt.MaxWindow, zstd.MinWindowSize))),
		zstd.WithDecoderLowmem(true))
	if err != nil {
		return errs.New(errs.Invalid, "codec: zstd: %w", err)
	}
	defer dec.Close()
	frame := zstdFrame{br: br}
	for {
		started := src.base + frame.used.Load()
		found, err := frame.next()
		switch {
		case err != nil && frame.cut(err):
			return src.cutShort("zstd frame", started)
		case err != nil:
			return src.corrupt(started, "codec: %w", err)
		case found == zstdEnd:
			return nil
		case found == zstdSkipped:
			continue
		}
		err = dec.Reset(&frame)
		if err == nil {
			err = relay(dec, started, frame.used.Load, out)
		}
		switch {
		case err == nil:
		case frame.failed != nil && frame.cut(frame.failed):
			return src.cutShort("zstd frame", started)
		case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
			return errs.New(errs.TooLarge, "codec: a zstd frame looks back further than the %d bytes allowed: %w", opt.MaxWindow, err).
				At(errs.Position{File: opt.Name, Byte: started}).
				WithFix("compress again with zstd --long=26 or less")
		case errors.Is(err, zstd.ErrUnknownDictionary):
			return errs.New(errs.Unsupported, "codec: a zstd frame needs a dictionary, which a data file cannot bring: %w", err).
				At(errs.Position{File: opt.Name, Byte: started}).
				WithFix("compress again without --dict or -D")
		case zstdFault(err):
			return src.corrupt(src.base+frame.used.Load(), "codec: the zstd frame that starts at byte %d is damaged: %w", started, err)
		default:
			return err
		}
	}
}

// zstdFault reports whether err comes from the decoder and not from a reader
// that is gone or an output that is closed.
func zstdFault(err error) bool {
	var e *errs.Error
	return !errors.As(err, &e) && !errors.Is(err, errGone)
}
