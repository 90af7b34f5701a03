package driver

import (
	"io"

	"github.com/outcore/outcore/errs"
)

// Exactly reads r and makes it an error to end before or after size bytes. A
// negative size takes any length.
func Exactly(r io.Reader, size int64) io.Reader {
	if size < 0 {
		return r
	}
	return &exactReader{r: r, size: size}
}

type exactReader struct {
	r    io.Reader
	size int64 // bytes promised
	n    int64 // bytes read
}

func (e *exactReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.n += int64(n)
	if e.n > e.size {
		return 0, errs.New(errs.Invalid, "blob: the reader has more than the %d bytes that were promised", e.size)
	}
	if err == io.EOF && e.n < e.size {
		return n, errs.New(errs.Invalid, "blob: the reader ended after %d of the %d bytes that were promised: %w", e.n, e.size, io.ErrUnexpectedEOF)
	}
	return n, err
}
