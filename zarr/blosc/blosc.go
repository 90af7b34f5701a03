// Package blosc reads and writes chunks in the format of Blosc 1: a header of 16
// bytes, then blocks of the data, each with the bytes (or bits) of equal rank of
// its elements brought together and compressed by one of five methods.
//
// It reads all that c-blosc 1.x writes and writes what c-blosc 1.14 and later
// read. It does not read Blosc 2, and the format has no checksum.
package blosc

import (
	"bytes"
	"encoding/binary"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/outcore/outcore/errs"
)

// A Codec is the compressor inside.
type Codec int

// The compressors, in the order of Names.
const (
	BloscLZ Codec = iota
	LZ4
	LZ4HC
	Snappy
	Zlib
	Zstd
)

// Names is the compressors' names in metadata.
var Names = []string{"blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"}

// A Shuffle is what is done to a block before it is compressed.
type Shuffle int

// The shuffles.
const (
	NoShuffle  Shuffle = iota
	ByteRanks          // bytes of equal rank together
	BitShuffle         // bits of equal rank together
)

// Params is how chunks are written. BloscLZ is written as LZ4, since the header
// of a chunk says how it is compressed and readers go by that.
type Params struct {
	Codec     Codec
	Level     int // 0 (stored) to 9
	Shuffle   Shuffle
	TypeSize  int // bytes of an element; 1 above 255, as c-blosc does
	BlockSize int // bytes of a block; 0 = 256 KiB
}

// A Coder is the buffers for encoding and decoding of one goroutine. The zero
// Coder is ready.
type Coder struct {
	block, other []byte // of a block: when shuffled; compressed, or between the steps of a shuffle

	zstd       *zstd.Decoder
	zstdWriter *zstd.Encoder
	zstdLevel  zstd.EncoderLevel
	zlib       zlibReader
	source     bytes.Reader
	zlibWriter *zlib.Writer
	zlibLevel  int
	lz4        *lz4.Compressor // nil until needed, as the others: their tables take most of a MiB
	lz4hc      *lz4.CompressorHC
}

// Memory is the bytes a Coder was measured to hold for blocks of the usual size.
const Memory = 3 << 20

const (
	headerLen    = 16
	defaultBlock = 256 << 10
	maxSplits    = 16  // streams of a block
	minStream    = 128 // elements of a block that is cut into streams
)

// Flags of the header.
const (
	flagShuffle    = 1 << 0
	flagStored     = 1 << 1
	flagBitShuffle = 1 << 2
	flagWhole      = 1 << 4 // blocks are not cut into one stream a rank
	formatShift    = 5
)

// The formats of compressed streams.
const (
	formatBloscLZ = iota
	formatLZ4
	formatSnappy
	formatZlib
	formatZstd
)

// A header is the first 16 bytes of a chunk.
type header struct {
	flags     byte
	typeSize  int
	size      int // of the data
	blockSize int
	stored    int // of the chunk
}

func parseHeader(src []byte) (h header, err error) {
	if len(src) < headerLen {
		return h, errs.New(errs.Corrupt, "%d bytes, expected a header of %d", len(src), headerLen)
	}
	if src[0] < 1 || src[0] > 2 {
		return h, errs.New(errs.Unsupported, "format version %d, expected 1 or 2", src[0])
	}
	h = header{
		flags:     src[2],
		typeSize:  int(src[3]),
		size:      int(binary.LittleEndian.Uint32(src[4:])),
		blockSize: int(binary.LittleEndian.Uint32(src[8:])),
		stored:    int(binary.LittleEndian.Uint32(src[12:])),
	}
	switch {
	case h.stored < headerLen || h.stored > len(src):
		return h, errs.New(errs.Corrupt, "%d bytes, the header tells of %d", len(src), h.stored)
	case h.size > 0 && (h.blockSize == 0 || h.typeSize == 0):
		return h, errs.New(errs.Corrupt, "blocks of %d bytes, elements of %d", h.blockSize, h.typeSize)
	}
	return h, nil
}

// DecodedLen is the bytes that a chunk holds, as its header says.
func DecodedLen(src []byte) (int, error) {
	h, err := parseHeader(src)
	return h.size, err
}

// Bound is the most bytes a chunk of n bytes has.
func Bound(n int) int { return n + headerLen }

// grow gives b with n bytes; what it held is lost.
func grow(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}
