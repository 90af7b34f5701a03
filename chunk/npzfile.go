package chunk

import (
	"errors"
	"os"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/npy"
)

// An NPZFile writes the data of a chunk as a dense array (layout npz), or its
// labels.
type NPZFile struct {
	f      *os.File
	w      *npy.Writer
	labels bool
	closed bool
}

// A CSRFile writes the data of a chunk as a compressed-row matrix (npz-csr).
type CSRFile struct {
	f               *os.File
	columns, starts *os.File
	w               *npy.CSRWriter
	closed          bool
}

var (
	_ FileWriter[*Rows] = (*NPZFile)(nil)
	_ FileWriter[*Rows] = (*CSRFile)(nil)
)

// NewNPZFile writes the blocks of rows to f.
func NewNPZFile(f *os.File, t dtype.Type, cols int, opt npy.Options) (*NPZFile, error) {
	w, err := npy.Create(f, t, cols, opt)
	if err != nil {
		return nil, err
	}
	return &NPZFile{f: f, w: w}, nil
}

// writing says which file an error of the system is about, and what to do.
func writing(f *os.File, err error) error { return blob.FileError("write the chunk", f.Name(), err) }

// NewLabelsFile writes the labels of rows to f, as float64.
func NewLabelsFile(f *os.File, opt npy.Options) (*NPZFile, error) {
	opt.Vector = true
	w, err := NewNPZFile(f, dtype.Float64, 1, opt)
	if err != nil {
		return nil, err
	}
	w.labels = true
	return w, nil
}

// Write appends the rows' block, or labels.
func (n *NPZFile) Write(r *Rows) error {
	b := r.Block
	if n.labels {
		b = dtype.NewDense(len(r.Labels), 1, r.Labels)
	}
	return writing(n.f, n.w.Write(b))
}

// Rows is the number of rows written.
func (n *NPZFile) Rows() int64 { return n.w.Rows() }

// Close completes the file.
func (n *NPZFile) Close() (Stats, error) {
	size, err := n.w.Close()
	if err != nil {
		return Stats{}, writing(n.f, err)
	}
	n.closed = true
	return statsOf(n.f, n.w.Rows(), size)
}

// Abort ends the compressors.
func (n *NPZFile) Abort() {
	if !n.closed {
		n.w.Abort()
	}
}

// NewCSRFile writes sparse blocks to f. What cannot be written in its place yet
// is staged beside f, in files that have no name.
func NewCSRFile(f *os.File, t dtype.Type, cols int, opt npy.Options) (*CSRFile, error) {
	columns, err := scratch(f, "columns")
	if err != nil {
		return nil, writing(f, err)
	}
	starts, err := scratch(f, "starts")
	if err != nil {
		return nil, errors.Join(writing(f, err), columns.Close())
	}
	w, err := npy.CreateCSR(f, columns, starts, t, cols, opt)
	if err != nil {
		return nil, errors.Join(err, columns.Close(), starts.Close())
	}
	return &CSRFile{f: f, columns: columns, starts: starts, w: w}, nil
}

// Write appends the rows' block.
func (c *CSRFile) Write(r *Rows) error { return writing(c.f, c.w.Write(r.Block)) }

// Rows is the number of rows written.
func (c *CSRFile) Rows() int64 { return c.w.Rows() }

// Close completes the file.
func (c *CSRFile) Close() (Stats, error) {
	size, err := c.w.Close()
	if err != nil {
		return Stats{}, writing(c.f, err)
	}
	c.closed = true
	if err := errors.Join(c.columns.Close(), c.starts.Close()); err != nil {
		return Stats{}, err
	}
	return statsOf(c.f, c.w.Rows(), size)
}

// Abort ends the compressors and drops what was staged.
func (c *CSRFile) Abort() {
	if c.closed {
		return
	}
	c.w.Abort()
	c.columns.Close() // nothing of them is kept
	c.starts.Close()
}
