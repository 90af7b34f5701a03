package npy

import (
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// A CSR is a compressed-row matrix as scipy.sparse.save_npz writes it: the
// columns and values of row i are Indices[Indptr[i]:Indptr[i+1]] and the same
// part of Data.
type CSR struct {
	Rows, Cols, NNZ       int64
	Data, Indices, Indptr *Array
}

// CSR gives the matrix an archive holds, or nil when it holds plain arrays.
func (f *File) CSR() (*CSR, error) {
	format := f.Array("format")
	if format == nil || f.Array("shape") == nil {
		return nil, nil
	}
	c, err := f.csr(format)
	if err != nil {
		return nil, f.at(err, 0)
	}
	return c, nil
}

func (f *File) csr(format *Array) (*CSR, error) {
	b, err := format.ReadAll(64)
	if err != nil {
		return nil, err
	}
	if name := strings.ReplaceAll(string(b), "\x00", ""); name != "csr" {
		return nil, errs.New(errs.Unsupported, "sparse matrix in format %q, expected csr", name).
			WithFix("in Python: scipy.sparse.save_npz(path, m.tocsr())")
	}
	for _, name := range []string{"data", "indices", "indptr"} {
		a := f.Array(name)
		if a == nil {
			return nil, errs.New(errs.Corrupt, "sparse matrix without the array %q", name)
		}
		if err := a.Numeric(); err != nil {
			return nil, err
		}
		if len(a.Shape) != 1 {
			return nil, errs.New(errs.Shape, "sparse matrix: array %q has shape %v, expected one dimension", name, a.Shape)
		}
	}
	c := &CSR{Data: f.Array("data"), Indices: f.Array("indices"), Indptr: f.Array("indptr")}
	for _, a := range []*Array{c.Indices, c.Indptr, f.Array("shape")} {
		if a.Type != dtype.Int32 && a.Type != dtype.Int64 || a.Swap {
			return nil, errs.New(errs.Unsupported, "sparse matrix: array %q is of %q, expected <i4 or <i8", a.Name, a.Descr)
		}
	}
	shape := make([]int64, 2)
	if a := f.Array("shape"); a.Elems() != 2 {
		return nil, errs.New(errs.Shape, "sparse matrix of %d dimensions, expected 2", a.Elems())
	} else if b, err = a.ReadAll(16); err != nil {
		return nil, err
	} else {
		Widen(shape, b, a.Type)
	}
	c.Rows, c.Cols, c.NNZ = shape[0], shape[1], c.Data.Rows()
	switch {
	case c.Rows < 0 || c.Cols < 0 || c.Cols > 1<<31-1:
		return nil, errs.New(errs.Unsupported, "sparse matrix of %d × %d, expected at most %d columns", c.Rows, c.Cols, 1<<31-1)
	case c.Indptr.Rows() != c.Rows+1:
		return nil, errs.New(errs.Corrupt, "sparse matrix of %d rows has %d row starts, expected %d", c.Rows, c.Indptr.Rows(), c.Rows+1)
	case c.Indices.Rows() != c.NNZ:
		return nil, errs.New(errs.Corrupt, "sparse matrix has %d values and %d columns of values", c.NNZ, c.Indices.Rows())
	}
	return c, nil
}

// Widen gives the int32 or int64 elements of b in dst, which is as long.
func Widen(dst []int64, b []byte, t dtype.Type) {
	if t == dtype.Int64 {
		for i := range dst {
			dst[i] = int64(le.Uint64(b[8*i:]))
		}
		return
	}
	for i := range dst {
		dst[i] = int64(int32(le.Uint32(b[4*i:])))
	}
}
