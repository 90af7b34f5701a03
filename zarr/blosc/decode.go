package blosc

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/outcore/outcore/errs"
)

type zlibReader interface {
	io.Reader
	zlib.Resetter
}

// Decode reads chunk src into dst, which is DecodedLen bytes. errs.Corrupt tells
// of what is damaged, as far as the format shows.
func (c *Coder) Decode(dst, src []byte) error {
	h, err := parseHeader(src)
	if err != nil {
		return err
	}
	if h.size != len(dst) {
		return errs.New(errs.Shape, "%d bytes in memory for a chunk of %d", len(dst), h.size)
	}
	src = src[:h.stored]
	if h.flags&flagStored != 0 {
		if len(src)-headerLen != len(dst) {
			return errs.New(errs.Corrupt, "%d stored bytes, expected %d", len(src)-headerLen, len(dst))
		}
		copy(dst, src[headerLen:])
		return nil
	}
	blocks := 0
	if h.size > 0 {
		blocks = (h.size-1)/h.blockSize + 1
	}
	if (len(src)-headerLen)/4 < blocks {
		return errs.New(errs.Corrupt, "%d bytes cannot hold %d blocks", len(src), blocks)
	}
	for i := range blocks {
		out := dst[i*h.blockSize:]
		whole := h.flags&flagWhole != 0
		if len(out) >= h.blockSize {
			out = out[:h.blockSize]
		} else {
			whole = true // the last one, cut short
		}
		at := uint64(binary.LittleEndian.Uint32(src[headerLen+4*i:]))
		if at > uint64(len(src)) {
			return errs.New(errs.Corrupt, "block %d at %d of %d bytes", i, at, len(src))
		}
		if err := c.decodeBlock(h, out, src[at:], whole); err != nil {
			return errs.New(errs.Corrupt, "block %d: %w", i, err)
		}
	}
	return nil
}

// decodeBlock reads one block into dst and undoes the shuffle.
func (c *Coder) decodeBlock(h header, dst, src []byte, whole bool) error {
	bits := h.flags&flagBitShuffle != 0 && len(dst) >= h.typeSize
	ranks := h.flags&flagShuffle != 0 && h.typeSize > 1 && !bits
	out := dst
	if bits || ranks {
		c.block = grow(c.block, len(dst))
		out = c.block
	}
	streams := 1
	if !whole && h.typeSize <= maxSplits && len(dst)/h.typeSize >= minStream {
		streams = h.typeSize
	}
	n := len(dst) / streams
	if n*streams != len(dst) {
		return errs.New(errs.Corrupt, "%d bytes in %d streams", len(dst), streams)
	}
	for i := range streams {
		if len(src) < 4 {
			return errs.New(errs.Corrupt, "stream %d is missing", i)
		}
		size := uint64(binary.LittleEndian.Uint32(src))
		if src = src[4:]; size > uint64(len(src)) {
			return errs.New(errs.Corrupt, "stream %d has %d bytes, %d are there", i, size, len(src))
		}
		if err := c.decompress(int(h.flags>>formatShift), out[i*n:(i+1)*n], src[:size]); err != nil {
			return errs.New(errs.Corrupt, "stream %d: %w", i, err)
		}
		src = src[size:]
	}
	switch {
	case bits:
		c.other = grow(c.other, len(dst))
		bitUnshuffle(dst, out, c.other, h.typeSize)
	case ranks:
		unshuffle(dst, out, h.typeSize)
	}
	return nil
}

var errShort = errors.New("it decodes to another length than expected")

// decompress fills dst; a stream as long as dst is not compressed.
func (c *Coder) decompress(format int, dst, src []byte) error {
	if len(src) == len(dst) {
		copy(dst, src)
		return nil
	}
	n := 0
	var err error
	switch format {
	case formatBloscLZ:
		n, err = decodeBloscLZ(dst, src)
	case formatLZ4:
		n, err = lz4.UncompressBlock(src, dst)
	case formatSnappy:
		// Asked first, for the decoder makes itself room for what a header claims.
		if n, err = snappy.DecodedLen(src); err == nil && n == len(dst) {
			_, err = snappy.Decode(dst, src)
		}
	case formatZlib:
		n, err = c.inflate(dst, src)
	case formatZstd:
		if c.zstd == nil {
			c.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true))
			if err != nil {
				return err
			}
		}
		var out []byte
		out, err = c.zstd.DecodeAll(src, dst[:0:len(dst)])
		n = len(out)
	default:
		return errs.New(errs.Unsupported, "compressor %d", format)
	}
	if err == nil && n != len(dst) {
		err = errShort
	}
	return err
}

func (c *Coder) inflate(dst, src []byte) (int, error) {
	c.source.Reset(src)
	if c.zlib == nil {
		r, err := zlib.NewReader(&c.source)
		if err != nil {
			return 0, err
		}
		c.zlib = r.(zlibReader)
	} else if err := c.zlib.Reset(&c.source, nil); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(c.zlib, dst)
	if err != nil {
		return n, err
	}
	// The end follows, and with it the check of the sum.
	var one [1]byte
	if k, err := io.ReadFull(c.zlib, one[:]); k > 0 {
		return n, errShort
	} else if err != io.EOF {
		return n, err
	}
	return n, nil
}
