package blosc

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/outcore/outcore/errs"
)

// formatVersion is the version of the format, and of every compressor's, written.
const formatVersion, streamVersion = 2, 1

// Encode appends src as a chunk to dst, emptied. The result has at most Bound
// bytes. errs.TooLarge for 2 GiB or more.
func (c *Coder) Encode(dst, src []byte, p Params) ([]byte, error) {
	if len(src) > math.MaxInt32-headerLen {
		return nil, errs.New(errs.TooLarge, "%d bytes, blosc can have at most %d", len(src), math.MaxInt32-headerLen)
	}
	if p.TypeSize < 1 || p.TypeSize > 255 {
		p.TypeSize = 1
	}
	block := p.BlockSize
	if block == 0 {
		block = defaultBlock
	}
	// Whole elements, and of these a multiple of 8, as bits need.
	block = max(block-block%(8*p.TypeSize), 8*p.TypeSize)
	block = min(block, max(len(src), 1))
	format, flags := byte(formatLZ4), byte(flagWhole)
	switch p.Codec {
	case Snappy:
		format = formatSnappy
	case Zlib:
		format = formatZlib
	case Zstd:
		format = formatZstd
	}
	switch p.Shuffle {
	case ByteRanks:
		flags |= flagShuffle
	case BitShuffle:
		flags |= flagBitShuffle
	}
	flags |= format << formatShift
	head := [headerLen]byte{0: formatVersion, 1: streamVersion, 2: flags, 3: byte(p.TypeSize)}
	binary.LittleEndian.PutUint32(head[4:], uint32(len(src)))
	binary.LittleEndian.PutUint32(head[8:], uint32(block))
	out := append(dst[:0], head[:]...)
	if p.Level > 0 {
		var err error
		if out, err = c.encodeBlocks(out, src, block, p); err != nil {
			return nil, err
		}
	}
	if p.Level == 0 || len(out) > Bound(len(src)) {
		out = append(out[:headerLen], src...)
		out[2] = flags | flagStored
	}
	binary.LittleEndian.PutUint32(out[12:], uint32(len(out)))
	return out, nil
}

func (c *Coder) encodeBlocks(out, src []byte, block int, p Params) ([]byte, error) {
	blocks := 0
	if len(src) > 0 {
		blocks = (len(src)-1)/block + 1
	}
	starts := len(out)
	out = append(out, make([]byte, 4*blocks)...)
	c.block, c.other = grow(c.block, block), grow(c.other, lz4.CompressBlockBound(block))
	for i := range blocks {
		in := src[i*block : min((i+1)*block, len(src))]
		ready := c.block[:len(in)]
		switch {
		case p.Shuffle == ByteRanks && p.TypeSize > 1:
			shuffle(ready, in, p.TypeSize)
		case p.Shuffle == BitShuffle && len(in) >= p.TypeSize:
			bitShuffle(ready, in, c.other[:len(in)], p.TypeSize)
		default:
			ready = in
		}
		stream, err := c.compress(ready, p)
		if err != nil {
			return nil, err
		}
		if len(stream) == 0 || len(stream) >= len(ready) {
			stream = ready // as long as the block: not compressed
		}
		binary.LittleEndian.PutUint32(out[starts+4*i:], uint32(len(out)))
		out = binary.LittleEndian.AppendUint32(out, uint32(len(stream)))
		out = append(out, stream...)
	}
	return out, nil
}

// compress gives src compressed, or nothing when that is no gain.
func (c *Coder) compress(src []byte, p Params) ([]byte, error) {
	switch p.Codec {
	case LZ4HC:
		if c.lz4hc == nil {
			c.lz4hc = new(lz4.CompressorHC)
		}
		c.lz4hc.Level = lz4.CompressionLevel(1 << (8 + p.Level)) // Level1 to Level9
		n, err := c.lz4hc.CompressBlock(src, c.other)
		return c.other[:n], err
	case Snappy:
		c.other = grow(c.other, snappy.MaxEncodedLen(len(src)))
		return snappy.Encode(c.other, src), nil
	case Zlib:
		return c.deflate(src, p.Level)
	case Zstd:
		level := zstd.EncoderLevelFromZstd(2*p.Level - 1)
		if c.zstdWriter == nil || c.zstdLevel != level {
			w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(level), zstd.WithEncoderCRC(false),
				zstd.WithWindowSize(max(zstd.MinWindowSize, defaultBlock)), zstd.WithLowerEncoderMem(true))
			if err != nil {
				return nil, err
			}
			c.zstdWriter, c.zstdLevel = w, level
		}
		return c.zstdWriter.EncodeAll(src, c.other[:0]), nil
	}
	if c.lz4 == nil {
		c.lz4 = new(lz4.Compressor)
	}
	n, err := c.lz4.CompressBlock(src, c.other)
	return c.other[:n], err
}

func (c *Coder) deflate(src []byte, level int) ([]byte, error) {
	out := bytes.NewBuffer(c.other[:0])
	if c.zlibWriter == nil || c.zlibLevel != level {
		w, err := zlib.NewWriterLevel(out, level)
		if err != nil {
			return nil, err
		}
		c.zlibWriter, c.zlibLevel = w, level
	} else {
		c.zlibWriter.Reset(out)
	}
	if _, err := c.zlibWriter.Write(src); err != nil {
		return nil, err
	}
	err := c.zlibWriter.Close()
	return out.Bytes(), err
}
