package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/outcore/outcore/errs"
)

// localStore is the files of this machine; keys are paths.
type localStore struct{}

type osFile struct {
	*os.File
	size int64
}

func (f osFile) Size() int64 { return f.size }

func (localStore) open(_ context.Context, path string) (readerAt, File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, File{}, ioError(path, err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, File{}, errors.Join(ioError(path, err), f.Close())
	}
	return osFile{f, st.Size()}, localFile(path, st), nil
}

func (localStore) close() error { return nil }

// localFile describes a file: who writes to it changes its time or its size.
func localFile(path string, st fs.FileInfo) File {
	return File{Address: path, Size: st.Size(), Version: fmt.Sprintf("%x-%x", st.Size(), st.ModTime().UnixNano())}
}

// ioError says what the system said of path, and what to do.
func ioError(path string, err error) error {
	at := errs.Position{File: path}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errs.New(errs.NotFound, "no such file or directory: looked for %s: %w", absolute(path), err).At(at).WithFix("check the path")
	case errors.Is(err, fs.ErrPermission):
		return errs.New(errs.Invalid, "no permission to read it: %w", err).At(at).WithFix("chmod u+r %s, or run as its owner", path)
	}
	return errs.New(errs.Unavailable, "cannot read it: %w", err).At(at)
}
