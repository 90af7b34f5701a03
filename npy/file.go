package npy

import (
	"errors"
	"io"
	"strings"

	"github.com/outcore/outcore/errs"
)

// A File is an open .npy file or .npz archive: its arrays' headers. It is safe
// for concurrent use and does not close what it reads from.
type File struct {
	r      io.ReaderAt
	name   string
	arrays []*Array
}

// Open reads the headers of a .npy or .npz file of size bytes; name is for
// errors, which say where in the file the trouble is. Members of an archive
// whose names do not end in .npy are left out, as np.load does with its keys.
func Open(r io.ReaderAt, size int64, name string) (*File, error) {
	f := &File{r: r, name: name}
	if err := f.read(size); err != nil {
		return nil, f.at(err, 0)
	}
	return f, nil
}

func (f *File) read(size int64) error {
	if size == 0 {
		return corrupt(0, "the file is empty, expected a .npy or .npz file")
	}
	var pre [6]byte
	if err := readFull(f.r, pre[:min(size, 6)], 0); err != nil {
		return err
	}
	switch {
	case string(pre[:]) == magic:
		a := &Array{f: f, m: member{comp: size, raw: size}}
		f.arrays = append(f.arrays, a)
		return a.readHeader()
	case string(pre[:2]) == "PK":
	default:
		return corrupt(0, "starts with %q, expected a .npy or .npz file", pre[:])
	}
	members, err := readDirectory(f.r, size)
	if err != nil {
		return err
	}
	for _, m := range members {
		name, ok := strings.CutSuffix(m.name, ".npy")
		if !ok {
			continue
		}
		if f.Array(name) != nil {
			return corrupt(m.header, "two arrays are named %q", name)
		}
		a := &Array{Name: name, f: f, m: m}
		if err := a.readHeader(); err != nil {
			return err
		}
		f.arrays = append(f.arrays, a)
	}
	return nil
}

// at completes the position of err with f's name and, for offsets that count
// from the start of an array, with where that is.
func (f *File) at(err error, base int64) error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Pos.File == "" {
		e.Pos.File = f.name
		e.Pos.Byte += base
	}
	return err
}

// Arrays lists the arrays in the order they are stored.
func (f *File) Arrays() []*Array { return f.arrays }

// Array finds an array by name; nil when there is none.
func (f *File) Array(name string) *Array {
	for _, a := range f.arrays {
		if a.Name == name {
			return a
		}
	}
	return nil
}
