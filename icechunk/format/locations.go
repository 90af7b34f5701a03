package format

import (
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"

	"github.com/outcore/outcore/errs"
)

const (
	rawLocations  = 0 // compression_algorithm of a manifest
	zstdLocations = 1
	maxLocation   = 64 << 10 // bytes; an address is some hundred
)

// locations reads the addresses of virtual references that a manifest keeps
// compressed, each for itself, with a dictionary for all. Its decoder is made
// when the first is met: most manifests have none.
type locations struct {
	algorithm uint8
	dict      []byte
	once      sync.Once
	dec       *zstd.Decoder
	err       error
}

func newLocations(algorithm uint8, dict []byte) *locations {
	return &locations{algorithm: algorithm, dict: dict}
}

func (l *locations) decode(packed []byte) (string, error) {
	l.once.Do(func() {
		if l.algorithm != zstdLocations {
			l.err = errs.New(errs.Unsupported, "icechunk: found locations with compression %d, expected 1 (zstd)", l.algorithm)
			return
		}
		opts := []zstd.DOption{zstd.WithDecoderMaxMemory(maxLocation), zstd.WithDecoderConcurrency(1)}
		if len(l.dict) > 0 {
			opts = append(opts, zstd.WithDecoderDicts(l.dict))
		}
		if l.dec, l.err = zstd.NewReader(nil, opts...); l.err != nil {
			l.err = errs.New(errs.Corrupt, "icechunk: the dictionary of locations: %w", l.err)
		}
	})
	if l.err != nil {
		return "", l.err
	}
	b, err := l.dec.DecodeAll(packed, nil)
	if err != nil {
		return "", errs.New(errs.Corrupt, "icechunk: the location of a virtual chunk: %w", err)
	}
	if !utf8.Valid(b) {
		return "", errs.New(errs.Corrupt, "icechunk: found the location %.80q, which is not UTF-8", b)
	}
	return string(b), nil
}
