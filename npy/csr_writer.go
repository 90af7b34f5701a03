package npy

import (
	"hash/crc32"
	"math"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A CSRWriter writes a compressed-row matrix to a .npz archive that
// scipy.sparse.load_npz reads, rows as they come. Values go into the file as
// they come; columns and row starts, whose place is known only at the end, are
// staged in two other files and copied behind. Not safe for concurrent use.
type CSRWriter struct {
	a       *archive
	data    *section
	indices *section
	columns Staging // holds indices
	starts  Staging // holds the ends of rows, 8 bytes each
	opt     Options
	t       dtype.Type
	cols    int
	rows    int64
	nnz     int64
	buf     []byte
}

// CreateCSR starts an archive in f with values of type t. columns and starts
// are empty files of the caller's, who removes them after Close or Abort.
func CreateCSR(f, columns, starts Staging, t dtype.Type, cols int, opt Options) (*CSRWriter, error) {
	if !t.Valid() || cols < 0 || cols > math.MaxInt32 {
		return nil, errs.New(errs.Invalid, "a sparse matrix of %v with %d columns cannot be written", t, cols)
	}
	opt.block = sparseBytes
	w := &CSRWriter{a: &archive{f: f}, columns: columns, starts: starts, opt: opt, t: t, cols: cols}
	w.data = newSection(f, w.a.reserve("data.npy"), t, -1, opt)
	w.indices = newSection(columns, 0, dtype.Int32, -1, opt)
	return w, nil
}

// Rows is the number of rows written.
func (w *CSRWriter) Rows() int64 { return w.rows }

// Write appends the rows of a sparse block of the matrix's type and width. It
// does not keep b.
func (w *CSRWriter) Write(b *dtype.Block) error {
	if !b.Sparse() || b.Type != w.t || b.Cols != w.cols {
		return errs.New(errs.Shape, "block of %d columns of %v (sparse: %t) written to a sparse matrix of %d columns of %v",
			b.Cols, b.Type, b.Sparse(), w.cols, w.t)
	}
	lo, hi := b.Indptr[0], b.Indptr[b.Rows]
	size := int64(w.t.Size())
	if err := w.data.write(b.Data[lo*size : hi*size]); err != nil {
		return err
	}
	if err := w.indices.write(dtype.Bytes(b.Indices[lo:hi])); err != nil {
		return err
	}
	w.buf = w.buf[:0]
	for _, p := range b.Indptr[1 : b.Rows+1] {
		w.buf = le.AppendUint64(w.buf, uint64(w.nnz+p-lo))
	}
	if _, err := w.starts.WriteAt(w.buf, 8*w.rows); err != nil {
		return err
	}
	w.nnz += hi - lo
	w.rows += int64(b.Rows)
	return nil
}

// Close completes the archive and returns its size. It does not close or sync
// any of the files.
func (w *CSRWriter) Close() (size int64, err error) {
	m, err := w.data.close(w.nnz)
	if err != nil {
		w.indices.abort()
		return 0, err
	}
	m.name = "data.npy"
	if err := w.a.place(m); err != nil {
		w.indices.abort()
		return 0, err
	}
	if m, err = w.indices.close(w.nnz); err != nil {
		return 0, err
	}
	m.name = "indices.npy"
	if err := w.a.copyIn(m, w.columns); err != nil {
		return 0, err
	}
	if err := w.writeStarts(); err != nil {
		return 0, err
	}
	if err := w.small("shape.npy", "<i8", 2, le.AppendUint64(
		le.AppendUint64(nil, uint64(w.rows)), uint64(w.cols))); err != nil {
		return 0, err
	}
	if err := w.small("format.npy", "|S3", -1, []byte("csr")); err != nil {
		return 0, err
	}
	return w.a.close()
}

// writeStarts writes the array indptr from the staged ends of rows: as int32,
// as the columns are, unless there are too many values for that.
func (w *CSRWriter) writeStarts() (err error) {
	t := dtype.Int32
	if w.nnz > maxInt32 {
		t = dtype.Int64
	}
	s := newSection(w.a.f, w.a.reserve("indptr.npy"), t, -1, w.opt)
	in := make([]byte, 64<<10)
	out := make([]byte, 0, len(in))
	put := func(p []byte) error {
		out = out[:0]
		for ; len(p) > 0; p = p[8:] {
			if t == dtype.Int64 {
				out = append(out, p[:8]...)
			} else {
				out = append(out, p[:4]...)
			}
		}
		return s.write(out)
	}
	err = put(make([]byte, 8))
	for at := int64(0); at < 8*w.rows && err == nil; {
		p := in[:min(int64(len(in)), 8*w.rows-at)]
		if err = readFull(w.starts, p, at); err == nil {
			err = put(p)
		}
		at += int64(len(p))
	}
	if err != nil {
		s.abort()
		return err
	}
	m, err := s.close(w.rows + 1)
	if err != nil {
		return err
	}
	m.name = "indptr.npy"
	return w.a.place(m)
}

// maxInt32 is a variable so that tests reach the wide form.
var maxInt32 int64 = math.MaxInt32

// small adds an array of a few bytes, plainly. n < 0 makes a scalar.
func (w *CSRWriter) small(name, descr string, n int64, data []byte) error {
	m := member{name: name, method: stored, data: w.a.reserve(name)}
	b := append(appendHeader(nil, descr, n, -1), data...)
	m.raw, m.comp, m.crc = int64(len(b)), int64(len(b)), crc32.ChecksumIEEE(b)
	if _, err := w.a.f.WriteAt(b, m.data); err != nil {
		return err
	}
	return w.a.place(m)
}

// Abort stops the writer's goroutines. What was written is of no use.
func (w *CSRWriter) Abort() {
	w.data.abort()
	w.indices.abort()
}
