package codec

import (
	"io"
	"sync"

	"github.com/outcore/outcore/codec/internal/bzip2"
)

// A span is the stored bytes from one magic to the next: a block, the end of a
// stream, or, where the bits of a magic occur inside a block, a part of one.
type span struct {
	start int64  // bit of its magic, from the first byte of the file
	magic uint64 // 0 for the bytes before the first magic
	base  int64  // offset in the file of data[0]
	data  []byte // to the byte the next magic starts in, inclusive
	whole *[]byte

	decoded chan struct{} // closed when the fields below are set; nil when magic is not a block's
	block   bzipBlock
}

// end is the first bit behind data.
func (s *span) end() int64 { return (s.base + int64(len(s.data))) * 8 }

func (s *span) release() {
	if s.whole != nil {
		spans.Put(s.whole)
	}
	s.data, s.whole = nil, nil
}

// spans holds buffers for the data of spans; a block of 900 kB of text takes a
// sixth to all of that.
var spans = sync.Pool{New: func() any { b := make([]byte, 0, 1<<20); return &b }}

// scan cuts src at the magics and gives the spans to found in order, the first
// being the bytes before any magic. A span longer than any block is its last:
// behind it nothing can be decoded. An error of src ends it without a span.
func scan(src *stored, found func(*span) error) error {
	window := make([]byte, 0, 1<<20)
	base := src.base // offset of window[0]
	cur := &span{start: base * 8}
	looked := 0 // no magic starts in a byte of window before
	for {
		bit, magic, next := bzip2.Find(window, looked)
		if bit < 0 {
			looked = next
			from := int(cur.start/8 - base)
			if len(window)-from > bzip2.MaxStored+readSize {
				return found(cur.fill(window[from:], base+int64(from)))
			}
			if from > 0 && len(window)+readSize > cap(window) {
				window = window[:copy(window, window[from:])]
				base += int64(from)
				looked -= from
			}
			n := len(window)
			window = append(window, make([]byte, readSize)...)[:n]
			m, err := io.ReadAtLeast(src, window[n:n+readSize], readSize/4)
			window = window[:n+m]
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				if err := src.err.Load(); err != nil {
					return *err
				}
				if m > 0 {
					continue
				}
				from = int(cur.start/8 - base)
				return found(cur.fill(window[from:], base+int64(from)))
			}
			if err != nil {
				return err
			}
			continue
		}
		looked = next + 1
		start := base*8 + int64(bit)
		from := int(cur.start/8 - base)
		if err := found(cur.fill(window[from:next+1], base+int64(from))); err != nil {
			return err
		}
		cur = &span{start: start, magic: magic}
	}
}

// fill gives s a copy of data.
func (s *span) fill(data []byte, base int64) *span {
	s.whole = spans.Get().(*[]byte)
	*s.whole = append((*s.whole)[:0], data...)
	s.data, s.base = *s.whole, base
	return s
}
