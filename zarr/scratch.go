package zarr

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/outcore/outcore/internal/ranges"
	"github.com/outcore/outcore/zarr/blosc"
)

// A Scratch is buffers of one goroutine for reading and writing chunks of any
// arrays: compressed bytes, what lies between two codecs. They come from Alloc
// (nil = the Go heap), and Release gives them back.
type Scratch struct {
	Alloc func(n int) (b []byte, free func(), err error)

	buffers [bufferCount]struct {
		b    []byte
		free func()
	}
	inner *Scratch // of the inner chunks of a shard

	indexID     string // of the chunk whose index bufIndex holds
	indexOf     *shard
	spans       []ranges.Range
	section     section
	part, whole held

	decoder     *zstd.Decoder
	encoder     *zstd.Encoder
	encoderOf   zstandard
	gzipReader  *gzip.Reader
	gzipSource  bytes.Reader
	gzipWriter  *gzip.Writer
	gzipWriteAt int // its level
	one         [1]byte
	blosc       blosc.Coder
}

// The buffers of a Scratch.
const (
	bufStored = iota // a chunk as it is stored
	bufPing          // between two filters
	bufPong
	bufElements // elements before they are put in their places
	bufIndex    // the index of a shard
	bufShard    // a shard that is being put together; some of its chunks
	bufBlock    // the elements of an inner chunk
	bufBorder   // a chunk at the border while the array shrinks
	bufferCount
)

// buffer gives buffer i, of n bytes; what it held is lost.
func (s *Scratch) buffer(i, n int) ([]byte, error) {
	p := &s.buffers[i]
	if cap(p.b) >= n {
		return p.b[:n], nil
	}
	if p.free != nil {
		p.free()
	}
	p.b, p.free = nil, nil
	if s.Alloc == nil {
		p.b = make([]byte, n)
		return p.b, nil
	}
	b, free, err := s.Alloc(n)
	if err != nil {
		return nil, err
	}
	p.b, p.free = b, free
	return p.b[:n], nil
}

// below is the Scratch of what lies inside the chunk that s is used for.
func (s *Scratch) below() *Scratch {
	if s.inner == nil {
		s.inner = &Scratch{Alloc: s.Alloc}
	}
	s.inner.Alloc = s.Alloc
	return s.inner
}

// Release gives the buffers back; the Scratch may be used again.
func (s *Scratch) Release() {
	for i := range s.buffers {
		if free := s.buffers[i].free; free != nil {
			free()
		}
		s.buffers[i].b, s.buffers[i].free = nil, nil
	}
	s.indexID, s.indexOf, s.spans, s.part, s.whole, s.section = "", nil, nil, nil, nil, section{}
	if s.inner != nil {
		s.inner.Release()
	}
	if s.decoder != nil {
		s.decoder.Close()
	}
	s.decoder, s.encoder, s.gzipReader, s.gzipWriter = nil, nil, nil, nil
	s.blosc = blosc.Coder{}
}

func (s *Scratch) zstdDecoder() (*zstd.Decoder, error) {
	if s.decoder != nil {
		return s.decoder, nil
	}
	// With the limit of capacity no frame makes the decoder allocate its result.
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true))
	s.decoder = d
	return d, err
}

func (s *Scratch) zstdEncoder(z zstandard) (*zstd.Encoder, error) {
	if s.encoder != nil && s.encoderOf == z {
		return s.encoder, nil
	}
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(z.level), zstd.WithEncoderCRC(z.checksum),
		zstd.WithWindowSize(zstdMemory[z.level].window), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
	s.encoder, s.encoderOf = e, z
	return e, err
}

func (s *Scratch) gzipEncoder(level int, out io.Writer) (*gzip.Writer, error) {
	if s.gzipWriter != nil && s.gzipWriteAt == level {
		s.gzipWriter.Reset(out)
		return s.gzipWriter, nil
	}
	w, err := gzip.NewWriterLevel(out, level)
	s.gzipWriter, s.gzipWriteAt = w, level
	return w, err
}
