package zarr

import (
	"encoding/json"
	"errors"

	"github.com/klauspost/compress/zstd"

	"github.com/outcore/outcore/errs"
)

// zstandard compresses with zstd.
type zstandard struct {
	level    zstd.EncoderLevel
	checksum bool
}

func newZstd(config json.RawMessage) (filter, error) {
	level, checksum := 0, false
	if err := fields(config, map[string]any{"level": &level, "checksum": &checksum}); err != nil {
		return nil, err
	}
	if level < -(1<<17) || level > 22 {
		return nil, errs.New(errs.Invalid, "level %d, expected -131072 to 22", level)
	}
	if level == 0 {
		level = 3
	}
	return zstandard{zstd.EncoderLevelFromZstd(level), checksum}, nil
}

func (z zstandard) bound(n int) int { return compressed(n) }

// compressed bounds what any of the compressors makes of n bytes: at worst they
// store them in blocks, of 16 KiB or more, with a few bytes before each.
func compressed(n int) int { return n + n>>8 + 1024 }

// zstdDecoder is what a decoder was measured to hold.
const zstdDecoder = 256 << 10

// zstdMemory is the window of an encoder of each level, and what it was measured
// to hold: its tables, and the window. The fastest is faster with a small one.
var zstdMemory = map[zstd.EncoderLevel]struct{ window, held int }{
	zstd.SpeedFastest:           {256 << 10, 1 << 20},
	zstd.SpeedDefault:           {4 << 20, 6<<20 + 256<<10},
	zstd.SpeedBetterCompression: {4 << 20, 9<<20 + 128<<10},
	zstd.SpeedBestCompression:   {4 << 20, 40 << 20},
}

func (z zstandard) memory() int { return zstdDecoder + zstdMemory[z.level].held }

func (z zstandard) decode(dst, src []byte, s *Scratch) ([]byte, error) {
	d, err := s.zstdDecoder()
	if err != nil {
		return nil, err
	}
	out, err := d.DecodeAll(src, dst[:0:cap(dst)])
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return nil, tooLong(cap(dst))
	}
	if err != nil {
		return nil, errs.New(errs.Corrupt, "%w", err)
	}
	return out, nil
}

func (z zstandard) encode(dst, src []byte, s *Scratch) ([]byte, error) {
	e, err := s.zstdEncoder(z)
	if err != nil {
		return nil, err
	}
	return e.EncodeAll(src, dst[:0]), nil
}

// tooLong is the error of a filter whose result does not fit what it was given.
func tooLong(room int) error {
	return errs.New(errs.TooLarge, "the data decode to more than %d bytes", room)
}
