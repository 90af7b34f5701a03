package deflate

import (
	"bytes"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"

	"github.com/outcore/outcore/errs"
)

// An inflater is what Inflate uses again.
type inflater struct {
	src bytes.Reader
	r   io.ReadCloser
}

var inflaters = sync.Pool{New: func() any {
	f := new(inflater)
	f.r = flate.NewReader(&f.src)
	return f
}}

// Inflate decodes the one block stored in src to dst, which must be as long as
// what the block holds. It may be called concurrently. A block that holds
// another number of bytes, or src that is no block, is errs.Corrupt, and dst is
// then unspecified. Contents are not checked against a sum.
func Inflate(dst, src []byte) error {
	f := inflaters.Get().(*inflater)
	defer inflaters.Put(f)
	f.src.Reset(src)
	defer f.src.Reset(nil)
	if err := f.r.(flate.Resetter).Reset(&f.src, nil); err != nil {
		return errs.New(errs.Corrupt, "deflate: %w", err)
	}
	n, err := io.ReadFull(f.r, dst)
	if err != nil && (len(dst) > 0 || err != io.EOF) {
		return errs.New(errs.Corrupt, "deflate: block of %d stored bytes gave %d, expected %d: %w", len(src), n, len(dst), err)
	}
	// Behind the block there may be nothing, or the end of the stream.
	var more [1]byte
	if n, err := f.r.Read(more[:]); n > 0 || err == nil {
		return errs.New(errs.Corrupt, "deflate: block of %d stored bytes holds more than the %d expected", len(src), len(dst))
	} else if err != io.EOF && err != io.ErrUnexpectedEOF {
		return errs.New(errs.Corrupt, "deflate: behind the %d bytes expected: %w", len(dst), err)
	}
	return nil
}
