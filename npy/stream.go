package npy

import (
	"hash/crc32"
	"io"
)

// A Stream reads the elements of an array from the start to the end, inflating
// as it goes, and checks the archive's checksum when it gets there. It is for
// arrays that are not Direct, and works on all. Not safe for concurrent use.
type Stream struct {
	a    *Array
	r    io.Reader
	crc  uint32
	off  int64 // bytes of the member read, header and all
	skip []byte
}

// Stream starts at the first element.
func (a *Array) Stream() (*Stream, error) {
	r, err := a.member()
	if err != nil {
		return nil, err
	}
	s := &Stream{a: a, r: r}
	if err := s.Skip(a.Size); err != nil {
		return nil, err
	}
	return s, nil
}

// Offset is the number of bytes of elements read.
func (s *Stream) Offset() int64 { return s.off - s.a.Size }

// Read fills p, which must not run past the elements (a bug).
func (s *Stream) Read(p []byte) error {
	if s.off+int64(len(p)) > s.a.Size+s.a.Bytes() {
		panic("npy: read past the end of the array")
	}
	n, err := io.ReadFull(s.r, p)
	s.crc = crc32.Update(s.crc, crc32.IEEETable, p[:n])
	s.off += int64(n)
	if err != nil {
		return s.a.f.at(s.a.inflateError(err), s.a.m.data)
	}
	// A .npy file has no checksum; nor does data after the elements matter.
	if s.a.Name != "" && s.off == s.a.m.raw && s.crc != s.a.m.crc {
		return s.a.f.at(corrupt(0, "array %q has another checksum than when it was written", s.a.Name), s.a.m.data)
	}
	return nil
}

// Skip reads n bytes and drops them.
func (s *Stream) Skip(n int64) error {
	if s.skip == nil {
		s.skip = make([]byte, 64<<10)
	}
	for n > 0 {
		p := s.skip[:min(n, int64(len(s.skip)))]
		if err := s.Read(p); err != nil {
			return err
		}
		n -= int64(len(p))
	}
	return nil
}

// ReadAll reads the elements of an array of at most limit bytes: for the small
// arrays that describe others.
func (a *Array) ReadAll(limit int64) ([]byte, error) {
	if a.Bytes() > limit {
		return nil, a.f.at(corrupt(0, "array %q has %d bytes, expected at most %d", a.Name, a.Bytes(), limit), a.m.data)
	}
	s, err := a.Stream()
	if err != nil {
		return nil, err
	}
	p := make([]byte, a.Bytes())
	return p, s.Read(p)
}
