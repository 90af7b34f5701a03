package codec

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync/atomic"

	"github.com/outcore/outcore/errs"
)

// A Position is a place in the decoded bytes, given as a place in the stored
// file where decoding can start and the bytes to skip from there. Adding n to
// Inner gives the place n bytes further on, whatever lies between. The zero
// Position is the start. Its JSON is stored in manifests.
type Position struct {
	Byte  int64 `json:"byte"`            // offset in the stored file
	Bit   int   `json:"bit,omitempty"`   // bit within that byte, 0 the highest; bzip2 only
	Inner int64 `json:"inner,omitempty"` // decoded bytes to skip from there
}

// A Reader yields the decoded bytes in order. It serves one goroutine, except
// that Consumed may be called from any.
//
// Errors of Read are *errs.Error with the stored byte of the fault: Corrupt for
// bytes that are not what a compressor wrote or that end too early, TooLarge
// for a passed cap; errors of the underlying reader and of ctx come unchanged.
type Reader interface {
	io.Reader
	io.WriterTo
	// Position is that of the next byte Read returns.
	Position() Position
	// Consumed is how many stored bytes are behind the bytes read so far,
	// counted from the place where reading started.
	Consumed() int64
	// Format is what is being decoded.
	Format() Format
	// Close stops decoding and waits for its goroutines.
	Close() error
}

// Open decodes the file of size bytes in r from opt.At on. A Position that
// Reader.Position did not give is errs.Corrupt, now or at the first Read. The
// goroutines stop when ctx is done; Close must be called all the same.
func Open(ctx context.Context, r io.ReaderAt, size int64, opt Options) (Reader, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	if opt.Format == "" {
		var prefix [DetectLen]byte
		n, err := r.ReadAt(prefix[:min(size, DetectLen)], 0)
		if err != nil && err != io.EOF {
			return nil, err
		}
		opt.Format = Detect(prefix[:n])
	}
	if opt.At.Byte > size {
		return nil, errs.New(errs.Corrupt, "codec: position at byte %d of a file of %d bytes: the file was cut or replaced", opt.At.Byte, size).
			At(errs.Position{File: opt.Name, Byte: size})
	}
	if opt.Format == None {
		if opt.At.Inner > size-opt.At.Byte {
			return nil, pastEnd(opt)
		}
		opt.At = Position{Byte: opt.At.Byte + opt.At.Inner}
	}
	return start(ctx, io.NewSectionReader(r, opt.At.Byte, size-opt.At.Byte), opt, true)
}

// OpenStream decodes r, which cannot be read twice, such as standard input;
// opt.At must be zero. Close does not wait for a Read of r that is in progress:
// its goroutine ends when that Read returns.
func OpenStream(ctx context.Context, r io.Reader, opt Options) (Reader, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	if opt.At != (Position{}) {
		return nil, errs.New(errs.Invalid, "codec: a stream starts at its first byte, not at byte %d", opt.At.Byte).
			At(errs.Position{File: opt.Name})
	}
	if opt.Format == "" {
		br := bufio.NewReaderSize(r, readSize)
		prefix, err := br.Peek(DetectLen)
		if err != nil && err != io.EOF {
			return nil, err
		}
		opt.Format = Detect(prefix)
		r = br
	}
	return start(ctx, r, opt, false)
}

func start(ctx context.Context, r io.Reader, opt Options, wait bool) (Reader, error) {
	src := &stored{ctx: ctx, r: r, base: opt.At.Byte, name: opt.Name}
	switch opt.Format {
	case Gzip:
		return ahead(ctx, src, opt, wait, func(ctx context.Context, out output) error { return gunzip(src, out) }), nil
	case Zstd:
		return ahead(ctx, src, opt, wait, func(ctx context.Context, out output) error { return unzstd(src, opt, out) }), nil
	case Bzip2:
		return ahead(ctx, src, opt, wait, func(ctx context.Context, out output) error { return bunzip2(ctx, src, opt, out) }), nil
	}
	return &plain{src: src}, nil
}

// pastEnd reports an Inner that leads beyond the end.
func pastEnd(opt Options) error {
	return errs.New(errs.Corrupt, "codec: the position is %d bytes after byte %d, but the data ends before: the file was cut or replaced", opt.At.Inner, opt.At.Byte).
		At(errs.Position{File: opt.Name, Byte: opt.At.Byte})
}

// stored is the stored file from some byte on. One goroutine reads; the count
// and the error may be looked at from any.
type stored struct {
	ctx  context.Context // when done, Read gives its cause
	r    io.Reader
	base int64 // offset in the file of the first byte of r
	name string
	n    atomic.Int64
	err  atomic.Pointer[error] // of the underlying reader, other than io.EOF
}

func (s *stored) Read(p []byte) (int, error) {
	// Checked here because a decoder may read on for long and give nothing:
	// a billion empty members, a skipped frame of 4 GiB.
	if s.ctx.Err() != nil {
		err := context.Cause(s.ctx)
		s.err.Store(&err)
		return 0, err
	}
	n, err := s.r.Read(p)
	s.n.Add(int64(n))
	if err != nil && err != io.EOF {
		s.err.Store(&err)
	}
	return n, err
}

// corrupt makes the error for bad bytes at offset off of the stored file. An
// error of the underlying reader goes before: it is why bytes are missing.
func (s *stored) corrupt(off int64, format string, args ...any) error {
	if err := s.err.Load(); err != nil {
		return *err
	}
	return errs.New(errs.Corrupt, format, args...).At(errs.Position{File: s.name, Byte: off}).
		WithFix("get the file again from where it came: what is lost of it cannot be made up")
}

// cutShort makes the error for a file that ends inside what.
func (s *stored) cutShort(what string, started int64) error {
	end := s.base + s.n.Load()
	return s.corrupt(end, "codec: %s cut short: the file ends after %d bytes, inside the one that starts at byte %d: %w", what, end, started, io.ErrUnexpectedEOF)
}

// plain reads what is not compressed.
type plain struct{ src *stored }

func (p *plain) Read(b []byte) (int, error) { return p.src.Read(b) }

func (p *plain) WriteTo(w io.Writer) (int64, error) {
	buf := make([]byte, readSize)
	var total int64
	for {
		n, err := p.Read(buf)
		m, werr := w.Write(buf[:n])
		total += int64(m)
		if werr != nil {
			return total, werr
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

func (p *plain) Position() Position { return Position{Byte: p.src.base + p.src.n.Load()} }
func (p *plain) Consumed() int64    { return p.src.n.Load() }
func (p *plain) Format() Format     { return None }
func (p *plain) Close() error       { return nil }
