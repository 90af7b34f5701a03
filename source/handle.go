package source

import (
	"context"
	"errors"
	"io"
	"path"

	"github.com/outcore/outcore/codec"
	"github.com/outcore/outcore/errs"
)

// A readerAt is an open file: blob.ReaderAt is one.
type readerAt interface {
	io.ReaderAt
	Size() int64
	Close() error
}

// A store is where files are: this machine or a bucket.
type store interface {
	// open gives the content of key, and what tells whether it changed.
	open(ctx context.Context, key string) (readerAt, File, error)
	close() error
}

// A handle is one file of a Dataset, opened when it is read. It is safe for
// concurrent use, except that standard input has one reader.
type handle struct {
	File
	in    store
	key   string // in the store
	stdin *stdin // instead of in, for standard input

	// Found by head, while Open runs.
	packed codec.Format // "" = not known
	start  []byte       // what it read last; nil when Open is done
	whole  bool         // that is the file
}

// name is the last part of the address.
func (h *handle) name() string { return path.Base(h.key) }

// open gives random access to the stored bytes. It is errs.Conflict when the
// file is no longer the one that was listed.
func (h *handle) open(ctx context.Context) (readerAt, error) {
	if h.stdin != nil {
		return nil, errs.New(errs.Unsupported, "this format is read from files, not from standard input").
			At(errs.Position{File: h.Address}).WithFix("save it to a file first")
	}
	r, now, err := h.in.open(ctx, h.key)
	if err != nil {
		return nil, err
	}
	if now.Version != h.Version || now.Size != h.Size {
		err := errs.New(errs.Conflict, "the file changed while it was being read: it had %d bytes (version %s), now %d (%s)",
			h.Size, h.Version, now.Size, now.Version).
			At(errs.Position{File: h.Address}).WithFix("start again when nobody writes to it")
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// sibling reads a small file beside h by its name: errs.NotFound when it is not
// there, errs.TooLarge beyond limit bytes.
func (h *handle) sibling(ctx context.Context, name string, limit int64) ([]byte, error) {
	if h.stdin != nil {
		return nil, errs.New(errs.NotFound, "standard input has no %s beside it", name)
	}
	r, f, err := h.in.open(ctx, path.Join(path.Dir(h.key), name))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if f.Size > limit {
		return nil, errs.New(errs.TooLarge, "%d bytes, expected at most %d", f.Size, limit).At(errs.Position{File: f.Address})
	}
	b := make([]byte, f.Size)
	if _, err := r.ReadAt(b, 0); err != nil && err != io.EOF {
		return nil, err
	}
	return b, nil
}

// head is the first n bytes, decompressed, or fewer when the file ends before;
// all tells that it does. The caller does not change them. Whoever reads
// standard input after starts at its beginning all the same.
func (h *handle) head(ctx context.Context, n int, opt Options) (b []byte, all bool, err error) {
	if h.stdin != nil {
		return h.stdin.peek(ctx, n, opt)
	}
	if have := min(n, len(h.start)); have == n || h.whole {
		return h.start[:have:have], h.whole && have == len(h.start), nil
	}
	in, err := openInput(ctx, h, Cursor{}, opt)
	if err != nil {
		return nil, false, err
	}
	defer in.close()
	h.packed = in.dec.Format()
	b, all, err = readHead(in, n)
	h.start, h.whole = b, all
	return b, all, err
}

// readHead reads up to n bytes. A fault after the first byte is not reported:
// it is met again, in order, by whoever reads the rows.
func readHead(r io.Reader, n int) (b []byte, all bool, err error) {
	b = make([]byte, n)
	got, err := io.ReadFull(r, b)
	if err == io.EOF || err == io.ErrUnexpectedEOF && got < n {
		return b[:got], !errors.Is(err, errs.Corrupt), nil
	}
	if err != nil && got == 0 {
		return nil, false, err
	}
	return b[:got], false, nil
}
