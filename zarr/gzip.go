package zarr

import (
	"bytes"
	"encoding/json"
	"io"

	"github.com/klauspost/compress/gzip"

	"github.com/outcore/outcore/errs"
)

// gnuzip compresses with gzip, which has a checksum of its own.
type gnuzip struct{ level int }

func newGzip(config json.RawMessage) (filter, error) {
	level := 5
	if err := fields(config, map[string]any{"level": &level}); err != nil {
		return nil, err
	}
	if level < 0 || level > 9 {
		return nil, errs.New(errs.Invalid, "level %d, expected 0 to 9", level)
	}
	return gnuzip{level}, nil
}

func (gnuzip) bound(n int) int { return compressed(n) }
func (gnuzip) memory() int     { return 2 << 20 }

func (gnuzip) decode(dst, src []byte, s *Scratch) ([]byte, error) {
	s.gzipSource.Reset(src)
	var err error
	if s.gzipReader == nil {
		s.gzipReader, err = gzip.NewReader(&s.gzipSource)
	} else {
		err = s.gzipReader.Reset(&s.gzipSource)
	}
	dst = dst[:cap(dst)]
	n := 0
	for err == nil && n < len(dst) {
		var k int
		k, err = s.gzipReader.Read(dst[n:])
		n += k
	}
	if err == nil { // full: only the end may follow, which checks the sum
		var k int
		k, err = io.ReadFull(s.gzipReader, s.one[:])
		if k > 0 {
			return nil, tooLong(cap(dst))
		}
	}
	if err != io.EOF {
		return nil, errs.New(errs.Corrupt, "%w", err)
	}
	return dst[:n], nil
}

func (z gnuzip) encode(dst, src []byte, s *Scratch) ([]byte, error) {
	out := bytes.NewBuffer(dst[:0])
	w, err := s.gzipEncoder(z.level, out)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(src); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
