package zarr

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/outcore/outcore/errs"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crc32c appends the CRC-32C of what it is given, in 4 bytes.
type crc32c struct{}

func (crc32c) bound(n int) int { return n + 4 }
func (crc32c) memory() int     { return 0 }
func (crc32c) fixedSize()      {}

func (crc32c) decode(_, src []byte, _ *Scratch) ([]byte, error) {
	n := len(src) - 4
	if n < 0 {
		return nil, errs.New(errs.Corrupt, "%d bytes, expected a checksum of 4 behind the data", len(src))
	}
	if sum, want := crc32.Checksum(src[:n], castagnoli), binary.LittleEndian.Uint32(src[n:]); sum != want {
		return nil, errs.New(errs.Corrupt, "checksum %08x, expected %08x", sum, want)
	}
	return src[:n], nil
}

func (crc32c) encode(dst, src []byte, _ *Scratch) ([]byte, error) {
	dst = append(dst[:0], src...)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(src, castagnoli)), nil
}
