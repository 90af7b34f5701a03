package npy

import (
	"io"

	"github.com/outcore/outcore/codec/deflate"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A Compression is how the elements of an archive are stored.
type Compression string

// The compressions. The zero value is None.
const (
	None Compression = "none" // plain: read at memory speed
	Fast Compression = "fast" // deflate at its fastest
	Max  Compression = "max"  // deflate at its smallest
)

// ParseCompression parses "none", "fast" or "max".
func ParseCompression(s string) (Compression, error) {
	names := []string{string(None), string(Fast), string(Max)}
	for _, n := range names {
		if s == n {
			return Compression(s), nil
		}
	}
	return "", errs.New(errs.Invalid, "unknown compression %q%s; have none, fast, max", s, errs.Suggest(s, names))
}

// A Staging is the file written to, empty at the start; *os.File is one. It is
// patched at the end and must not be the file readers look for.
type Staging interface {
	io.ReaderAt
	io.WriterAt
}

// Options of a Writer.
type Options struct {
	Name     string           // of the array in the archive; default "arr_0", as np.savez names it
	Compress Compression      // default None
	Workers  int              // that compress; default runtime.GOMAXPROCS(0); does not change the bytes
	Vector   bool             // one dimension: cols must be 1
	Buffers  *deflate.Buffers // shared with other Writers; nil = each has its own

	block int64 // raw bytes of a deflate block; 0 = by the length of a row
}

// A Writer writes one array, rows as they come, to a .npz archive. It is not
// safe for concurrent use; compression runs in its own goroutines. After an
// error only Abort is allowed.
type Writer struct {
	f    Staging
	a    *archive
	s    *section
	t    dtype.Type
	cols int
	name string
	rows int64
}

// Create starts a .npz archive with one array of rows of cols numbers. Of an
// empty array the number of columns is kept all the same.
func Create(f Staging, t dtype.Type, cols int, opt Options) (*Writer, error) {
	if !t.Valid() || cols < 0 || opt.Vector && cols != 1 {
		return nil, errs.New(errs.Invalid, "an array of %v with %d columns cannot be written", t, cols)
	}
	if opt.Name == "" {
		opt.Name = "arr_0"
	}
	w := &Writer{f: f, a: &archive{f: f}, t: t, cols: cols, name: opt.Name + ".npy"}
	base := w.a.reserve(w.name)
	width := int64(cols)
	if opt.Vector {
		width = -1
		opt.block = vectorBytes
	}
	w.s = newSection(f, base, t, width, opt)
	return w, nil
}

// Rows is the number of rows written.
func (w *Writer) Rows() int64 { return w.rows }

// Write appends the rows of a dense block of the array's type and width. It
// does not keep b.
func (w *Writer) Write(b *dtype.Block) error {
	if b.Sparse() || b.Type != w.t || b.Cols != w.cols {
		return errs.New(errs.Shape, "block of %d columns of %v (sparse: %t) written to an array of %d columns of %v",
			b.Cols, b.Type, b.Sparse(), w.cols, w.t)
	}
	w.rows += int64(b.Rows)
	return w.s.write(b.Data)
}

// Close completes the archive and returns its size. It does not close or sync
// the file.
func (w *Writer) Close() (size int64, err error) {
	m, err := w.s.close(w.rows)
	if err != nil {
		return 0, err
	}
	m.name = w.name
	if err := w.a.place(m); err != nil {
		return 0, err
	}
	return w.a.close()
}

// Abort stops the writer's goroutines. What was written is of no use.
func (w *Writer) Abort() { w.s.abort() }
