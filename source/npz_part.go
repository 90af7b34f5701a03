package source

import (
	"context"
	"errors"
	"path"
	"strings"
	"sync"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/npy"
)

// An arrayPart is one file of rows and, perhaps, its labels.
type arrayPart struct {
	h      *handle
	index  int   // in Dataset.Files
	first  int64 // rows of the Dataset before it
	rows   int64
	file   lazyFile
	dense  *npy.Array // or
	csr    *npy.CSR
	maxRow int64 // non-zeros of the fullest row of csr

	labels *npy.Array // nil when there are none
	beside *handle    // the file they are in, when it is another
	lfile  lazyFile
}

// openPart reads the headers of h and of the labels beside it.
func openPart(ctx context.Context, h *handle) (*arrayPart, error) {
	p := &arrayPart{h: h, file: lazyFile{h: h}}
	if err := p.file.hold(ctx); err != nil {
		return nil, err
	}
	defer p.file.release()
	f, err := npy.Open(&p.file, h.Size, h.Address)
	if err != nil {
		return nil, err
	}
	if p.csr, err = f.CSR(); err != nil {
		return nil, err
	}
	if p.csr != nil {
		p.rows = p.csr.Rows
		if err := p.scan(); err != nil {
			return nil, err
		}
	} else if err := p.choose(f); err != nil {
		return nil, at(err, h.Address)
	}
	if p.cols() > maxColumns {
		return nil, errs.New(errs.Unsupported, "rows of %d columns, expected at most %d", p.cols(), maxColumns).At(errs.Position{File: h.Address})
	}
	if p.labels == nil {
		if err := p.openLabels(ctx); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// choose picks the array of rows, and of labels, from those of a file.
func (p *arrayPart) choose(f *npy.File) error {
	var data, vectors []*npy.Array
	var names []string
	for _, a := range f.Arrays() {
		names = append(names, a.Name)
		switch len(a.Shape) {
		case 0:
		case 1:
			vectors = append(vectors, a)
		default:
			data = append(data, a)
		}
	}
	if len(data) == 0 && len(vectors) == 1 {
		data, vectors = vectors, nil
	}
	if len(data) != 1 {
		return errs.New(errs.Invalid, "found %d arrays of rows (all arrays: %s), expected one", len(data), strings.Join(names, ", ")).
			WithFix("save the one to read alone: np.save(path, a)")
	}
	p.dense = data[0]
	p.rows = p.dense.Rows()
	for _, a := range vectors {
		switch a.Name {
		case "y", "labels", "target":
			if p.labels != nil {
				return errs.New(errs.Invalid, "found labels twice: arrays %q and %q", p.labels.Name, a.Name)
			}
			p.labels = a
		}
	}
	if p.labels != nil {
		if err := p.checkLabels(); err != nil {
			return err
		}
	}
	return p.dense.Numeric()
}

// openLabels opens PREFIX00000_labels.npz beside PREFIX00000_data.npz.
func (p *arrayPart) openLabels(ctx context.Context) error {
	stem, ok := strings.CutSuffix(p.h.key, dataSuffix)
	if !ok || p.h.stdin != nil {
		return nil
	}
	key := stem + labelsSuffix
	r, info, err := p.h.in.open(ctx, key)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := r.Close(); err != nil {
		return err
	}
	p.beside = &handle{File: info, in: p.h.in, key: key}
	p.lfile = lazyFile{h: p.beside}
	if err := p.lfile.hold(ctx); err != nil {
		return err
	}
	defer p.lfile.release()
	f, err := npy.Open(&p.lfile, info.Size, info.Address)
	if err != nil {
		return err
	}
	if n := len(f.Arrays()); n != 1 {
		return errs.New(errs.Invalid, "found %d arrays, expected one of labels", n).At(errs.Position{File: info.Address})
	}
	p.labels = f.Arrays()[0]
	return at(p.checkLabels(), info.Address)
}

func (p *arrayPart) checkLabels() error {
	if p.labels.Rows() != p.rows || p.labels.Cols() != 1 {
		return errs.New(errs.Shape, "labels of shape %v, expected (%d,) as in %s", p.labels.Shape, p.rows, path.Base(p.h.key))
	}
	return p.labels.Numeric()
}

// values is the array with the numbers.
func (p *arrayPart) values() *npy.Array {
	if p.csr != nil {
		return p.csr.Data
	}
	return p.dense
}

func (p *arrayPart) cols() int64 {
	if p.csr != nil {
		return p.csr.Cols
	}
	return p.dense.Cols()
}

// direct reports whether any rows can be read at any time.
func (p *arrayPart) direct() bool {
	if p.csr != nil && !(p.csr.Indptr.Direct() && p.csr.Indices.Direct()) {
		return false
	}
	return p.values().Direct() && (p.labels == nil || p.labels.Direct())
}

// hold opens the files until release.
func (p *arrayPart) hold(ctx context.Context) error {
	if err := p.file.hold(ctx); err != nil {
		return err
	}
	if p.beside == nil {
		return nil
	}
	if err := p.lfile.hold(ctx); err != nil {
		p.file.release()
		return err
	}
	return nil
}

func (p *arrayPart) release() {
	p.file.release()
	if p.beside != nil {
		p.lfile.release()
	}
}

// at names the file of an error that has none.
func at(err error, address string) error {
	var e *errs.Error
	if errors.As(err, &e) && e.Pos.File == "" {
		e.Pos.File = address
	}
	return err
}

// A lazyFile is open while somebody holds it, so that a directory of thousands
// of files needs a few descriptors.
type lazyFile struct {
	h     *handle
	mu    sync.RWMutex
	r     readerAt
	holds int
}

func (f *lazyFile) hold(ctx context.Context) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.holds == 0 {
		if f.r, err = f.h.open(ctx); err != nil {
			return err
		}
	}
	f.holds++
	return nil
}

func (f *lazyFile) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.holds--; f.holds == 0 {
		f.r.Close() // read only: nothing can be lost
		f.r = nil
	}
}

// ReadAt reads while the file is held.
func (f *lazyFile) ReadAt(p []byte, off int64) (int, error) {
	f.mu.RLock()
	r := f.r
	f.mu.RUnlock()
	return r.ReadAt(p, off)
}
