package codec

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// gunzip decodes the members of a gzip file one after another.
func gunzip(src *stored, out output) error {
	br := bufio.NewReaderSize(src, readSize)
	behind := func() int64 { return src.n.Load() - int64(br.Buffered()) }
	var zr gzip.Reader
	for members := 0; ; members++ {
		if members > 0 {
			if err := skipZeros(br); err != nil {
				return err
			}
		}
		started := src.base + behind()
		if _, err := br.Peek(1); err == io.EOF && (members > 0 || started > 0) {
			return nil
		}
		// br gives single bytes, so flate takes none behind the member and the
		// next one starts exactly where br stands.
		err := zr.Reset(br)
		if err == nil {
			zr.Multistream(false)
			err = relay(&zr, started, behind, out)
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			return src.cutShort("gzip member", started)
		case errors.Is(err, gzip.ErrHeader) && members > 0:
			return src.corrupt(started, "codec: bytes after the end of the gzip member are not another: %w", err)
		case errors.Is(err, gzip.ErrHeader):
			return src.corrupt(started, "codec: no gzip header: %w", err)
		case errors.Is(err, gzip.ErrChecksum):
			return src.corrupt(src.base+behind(), "codec: the checksum of the gzip member that starts at byte %d does not match what it holds: %w", started, err)
		}
		var bad flate.CorruptInputError
		if errors.As(err, &bad) {
			return src.corrupt(src.base+behind(), "codec: bytes of the gzip member that starts at byte %d are no deflate code: %w", started, err)
		}
		return err
	}
}

// skipZeros passes over the zeros that pad a file to a tape's or disk's block.
func skipZeros(br *bufio.Reader) error {
	for {
		c, err := br.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if c != 0 {
			return br.UnreadByte()
		}
	}
}
