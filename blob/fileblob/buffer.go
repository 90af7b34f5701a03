package fileblob

import (
	"io"
	"sync"
)

// copies are the buffers of copyTo.
var copies = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// copyTo copies all of r to w, as io.Copy does, in a buffer that serves again:
// a file makes one each time where the system cannot copy for it.
func copyTo(w io.Writer, r io.Reader) (int64, error) {
	b := copies.Get().(*[64 << 10]byte)
	defer copies.Put(b)
	return io.CopyBuffer(struct{ io.Writer }{w}, r, b[:])
}
