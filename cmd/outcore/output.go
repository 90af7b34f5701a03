package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

// An output is where results go: stdout or another stream, or a file that
// appears when it is complete. Until then it is beside that place under a name
// of its own, where the next command of the same output finds what a killed
// one left.
type output struct {
	io.Writer
	file *os.File // staged; nil for a stream
	path string
}

// createOutput opens the output at path, "" and "-" being stdout. While one process
// writes it, others get errs.Conflict.
func createOutput(stdout io.Writer, path string) (*output, error) {
	if path == "" || path == "-" {
		return &output{Writer: stdout}, nil
	}
	if strings.Contains(path, "://") {
		return nil, usage("-o %s: found an address, expected a file; or leave -o out, and pipe standard output there", path)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, errs.New(errs.Invalid, "found a directory, expected a file to write").At(errs.Position{File: path}).WithFix("another -o")
	case err == nil && !info.Mode().IsRegular(): // a device or a pipe is written as it is
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &output{Writer: f, path: path}, blob.FileError("write the output", path, err)
	case err == nil:
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, blob.FileError("write the output", path, err)
		}
	}
	f, err := stageOutput(path)
	return &output{Writer: f, file: f, path: path}, err
}

// stageOutput opens the staged file of the output at path, empty and locked.
func stageOutput(path string) (*os.File, error) {
	staged := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".staged")
	for {
		f, err := os.OpenFile(staged, os.O_WRONLY|os.O_CREATE, 0o666)
		if err != nil {
			return nil, blob.FileError("write the output", path, err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, errs.New(errs.Conflict, "another process writes here").At(errs.Position{File: path}).
				WithFix("wait for it, or choose another output")
		}
		if err != nil {
			f.Close()
			return nil, blob.FileError("lock the output", path, err)
		}
		// Between its opening and its lock another process may have completed it.
		mine, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, blob.FileError("write the output", path, err)
		}
		if there, err := os.Stat(staged); err != nil || !os.SameFile(mine, there) {
			f.Close()
			continue
		}
		if err := f.Truncate(0); err != nil {
			f.Close()
			return nil, blob.FileError("write the output", path, err)
		}
		return f, nil
	}
}

// Write writes to the output; an error names it.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if o.path != "" {
		err = blob.FileError("write the output", o.path, err)
	}
	return n, err
}

// commit makes the file appear.
func (o *output) commit() error {
	if o.file == nil {
		return o.closeStream()
	}
	err := o.file.Sync()
	if err == nil {
		err = os.Rename(o.file.Name(), o.path)
	}
	if err != nil {
		os.Remove(o.file.Name())
	}
	return blob.FileError("write the output", o.path, errors.Join(err, o.file.Close()))
}

// abort leaves what was at the place before.
func (o *output) abort() error {
	if o.file == nil {
		return o.closeStream()
	}
	os.Remove(o.file.Name()) // before others may lock it
	return o.file.Close()
}

func (o *output) closeStream() error {
	if f, ok := o.Writer.(*os.File); ok && o.path != "" {
		return f.Close()
	}
	return nil
}
