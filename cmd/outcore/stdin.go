package main

import (
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// untilDone makes reading r, when it is a file such as the end of a pipe, fail
// once ctx is done, however long nothing comes.
func untilDone(ctx context.Context, r io.Reader) io.Reader {
	if f, ok := r.(*os.File); ok {
		return &patientReader{ctx, f}
	}
	return r
}

// A patientReader waits for bytes and for the end of a context.
type patientReader struct {
	ctx  context.Context // of the one job that reads
	file *os.File
}

const patience = 100 // milliseconds between two looks at the context

func (r *patientReader) Read(p []byte) (int, error) {
	for {
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		ready := []unix.PollFd{{Fd: int32(r.file.Fd()), Events: unix.POLLIN}}
		n, err := unix.Poll(ready, patience)
		if err != nil && !errors.Is(err, unix.EINTR) || n > 0 {
			return r.file.Read(p) // it knows best what is wrong with the file
		}
	}
}
