package fileblob

import (
	"io"
	"os"

	"github.com/outcore/outcore/blob"
)

// reader is a whole object being read.
type reader struct{ f *os.File }

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	return n, readError(r.f, err)
}

// WriteTo lets io.Copy use what the system has for files.
func (r *reader) WriteTo(w io.Writer) (int64, error) {
	n, err := r.f.WriteTo(w)
	return n, readError(r.f, err)
}

func (r *reader) Close() error { return r.f.Close() }

// readerAt is an object read at random. The open file keeps the version that
// was opened: a Put puts another file in its place.
type readerAt struct {
	f    *os.File
	size int64
}

func (r *readerAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.f.ReadAt(p, off)
	return n, readError(r.f, err)
}

func (r *readerAt) Size() int64  { return r.size }
func (r *readerAt) Close() error { return r.f.Close() }

func readError(f *os.File, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return blob.FileError("read the object", f.Name(), err)
}
