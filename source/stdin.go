package source

import (
	"context"
	"io"
	"os"
	"sync"

	"github.com/outcore/outcore/codec"
	"github.com/outcore/outcore/errs"
)

// stdin is standard input: its start can be looked at, then it is read once.
type stdin struct {
	raw io.Reader

	mu     sync.Mutex
	r      codec.Reader
	cancel context.CancelFunc
	peeked []byte
	fault  error // met behind peeked
	taken  bool
}

func newStdin(opt Options) *stdin {
	if opt.Stdin != nil {
		return &stdin{raw: opt.Stdin}
	}
	return &stdin{raw: os.Stdin}
}

// start opens the decoder; s.mu is held. Its goroutines live until close, not
// until the call that met it first ends.
func (s *stdin) start(ctx context.Context, opt Options) (err error) {
	if s.r == nil {
		ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
		s.r, err = codec.OpenStream(ctx, s.raw, codecOptions("standard input", opt))
	}
	return err
}

func (s *stdin) peek(ctx context.Context, n int, opt Options) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken {
		return nil, false, readTwice()
	}
	if err := s.start(ctx, opt); err != nil {
		return nil, false, err
	}
	if more := n - len(s.peeked); more > 0 && s.fault == nil {
		b := make([]byte, more)
		var got int
		got, s.fault = io.ReadFull(s.r, b)
		if s.fault == io.ErrUnexpectedEOF {
			s.fault = io.EOF
		}
		s.peeked = append(s.peeked, b[:got]...)
	}
	if s.fault != nil && s.fault != io.EOF && len(s.peeked) == 0 {
		return nil, false, s.fault
	}
	return s.peeked[:min(n, len(s.peeked))], s.fault == io.EOF && len(s.peeked) <= n, nil
}

// take gives the whole of standard input from its first byte, once.
func (s *stdin) take(ctx context.Context, opt Options) (io.Reader, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken {
		return nil, readTwice()
	}
	if err := s.start(ctx, opt); err != nil {
		return nil, err
	}
	s.taken = true
	return s, nil
}

func (s *stdin) Read(p []byte) (int, error) {
	if len(s.peeked) > 0 {
		n := copy(p, s.peeked)
		s.peeked = s.peeked[n:]
		return n, nil
	}
	if s.fault != nil {
		return 0, s.fault
	}
	return s.r.Read(p)
}

func (s *stdin) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.r == nil {
		return nil
	}
	s.cancel()
	err := s.r.Close()
	s.r = nil
	return err
}

func readTwice() error {
	return errs.New(errs.Unsupported, "standard input can be read only once, and this job reads its data again").
		WithFix("save it to a file and give its path")
}
