package codec

import (
	"runtime"

	"github.com/outcore/outcore/errs"
)

// Defaults and fixed sizes.
const (
	DefaultMaxExpansion = 1000      // gzip cannot exceed 1,032; text seldom reaches 100
	DefaultMaxWindow    = 128 << 20 // what zstd --long=27 needs, and zstd itself allows
	freeExpansion       = 64 << 20  // bytes decoded before MaxExpansion is looked at
	pieceSize           = 512 << 10 // bytes a decoder hands over at a time
	readSize            = 256 << 10 // stored bytes asked for at a time
)

// Options say how to decode. The zero value detects the format and starts at
// the first byte with as many workers as cores.
type Options struct {
	Format  Format   // "" to Detect
	Name    string   // of the file, for errors
	At      Position // where to start; Open only
	Workers int      // goroutines that decode (bzip2, zstd); default GOMAXPROCS
	// MaxExpansion is the most decoded bytes for one stored byte, looked at once
	// 64 MiB are decoded; default DefaultMaxExpansion, negative for no cap.
	MaxExpansion int64
	// MaxWindow is the most bytes a zstd frame may ask to look back; default
	// DefaultMaxWindow. A frame that needs more is errs.TooLarge.
	MaxWindow int64
}

func (o Options) withDefaults() (Options, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.MaxExpansion == 0 {
		o.MaxExpansion = DefaultMaxExpansion
	}
	if o.MaxWindow <= 0 {
		o.MaxWindow = DefaultMaxWindow
	}
	if p := o.At; p.Byte < 0 || p.Bit < 0 || p.Bit > 7 || p.Inner < 0 {
		return o, errs.New(errs.Invalid, "codec: position byte %d bit %d inner %d, expected none below 0 and bit at most 7", p.Byte, p.Bit, p.Inner).
			At(errs.Position{File: o.Name})
	}
	switch o.Format {
	case "", None, Gzip, Zstd, Bzip2:
		return o, nil
	}
	return o, errs.New(errs.Invalid, "codec: format %q, expected none, gzip, zstd or bzip2", o.Format).
		At(errs.Position{File: o.Name})
}

// Memory is the most bytes a Reader of format f holds, without the stored
// bytes' own cache: what to reserve before Open. For zstd it counts a window of
// window bytes (8 MiB when 0, as every usual level writes).
func Memory(f Format, workers int, window int64) int64 {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	switch f {
	case Gzip:
		return 4*pieceSize + readSize + 64<<10
	case Zstd:
		if window <= 0 {
			window = 8 << 20
		}
		return 4*pieceSize + readSize + 2*window + int64(workers+2)*(256<<10)
	case Bzip2:
		// A worker has the links of a block, 3.6 MB, its column and its text in
		// parts, 0.9 MB each; a block in flight its stored bytes, of text less than
		// half, and 900 kB, or as much and a quarter of output. The rest is garbage.
		return int64(workers)*(7<<20) + int64(3*workers+3)*(3<<19)
	}
	return 0
}
