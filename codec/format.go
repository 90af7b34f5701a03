package codec

import "bytes"

// A Format is a way bytes are compressed.
type Format string

// The formats. The zero Format asks Open to Detect.
const (
	None  Format = "none"
	Gzip  Format = "gzip"
	Zstd  Format = "zstd"
	Bzip2 Format = "bzip2"
)

// DetectLen is how many first bytes Detect looks at.
const DetectLen = 10

var (
	bzip2Block = []byte{0x31, 0x41, 0x59, 0x26, 0x53, 0x59} // π
	bzip2End   = []byte{0x17, 0x72, 0x45, 0x38, 0x50, 0x90} // √π: a stream of nothing
)

// Detect tells the format of a file from its first bytes, None when they are
// of no known format. It looks at DetectLen bytes; from fewer it judges by what
// is there, so that a file cut short is still named.
func Detect(prefix []byte) Format {
	switch p := prefix[:min(len(prefix), DetectLen)]; {
	case len(p) >= 2 && p[0] == 0x1f && p[1] == 0x8b && (len(p) == 2 || p[2] == 8):
		return Gzip
	case len(p) >= 4 && (zstdMagic(p) == zstdFrameMagic || zstdMagic(p)&^0xf == zstdSkipMagic):
		return Zstd
	case len(p) >= 4 && bytes.HasPrefix(p, []byte("BZh")) && p[3] >= '1' && p[3] <= '9' &&
		(bytes.HasPrefix(bzip2Block, p[4:]) || bytes.HasPrefix(bzip2End, p[4:])):
		return Bzip2
	}
	return None
}
