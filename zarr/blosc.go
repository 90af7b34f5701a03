package zarr

import (
	"encoding/json"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr/blosc"
)

// bloscFilter compresses with blosc: blocks of a chunk, their bytes shuffled by
// rank, each compressed by one of several methods.
type bloscFilter struct{ blosc.Params }

func newBlosc(config json.RawMessage, elem int) (filter, error) {
	var f bloscFilter
	cname, shuffle := "lz4", "noshuffle"
	f.Level, f.TypeSize = 5, 0
	err := fields(config, map[string]any{"cname": &cname, "clevel": &f.Level, "shuffle": &shuffle, "typesize": &f.TypeSize, "blocksize": &f.BlockSize})
	if err != nil {
		return nil, err
	}
	f.Codec = blosc.Codec(slices.Index(blosc.Names, cname))
	f.Shuffle = blosc.Shuffle(slices.Index([]string{"noshuffle", "shuffle", "bitshuffle"}, shuffle))
	if f.TypeSize == 0 {
		f.TypeSize = max(elem, 1)
	}
	switch {
	case !slices.Contains(blosc.Names, cname):
		return nil, errs.New(errs.Unsupported, "cname %q, have %v", cname, blosc.Names)
	case f.Shuffle > blosc.BitShuffle || shuffle == "":
		return nil, errs.New(errs.Invalid, "shuffle %q, expected noshuffle, shuffle or bitshuffle", shuffle)
	case f.Level < 0 || f.Level > 9:
		return nil, errs.New(errs.Invalid, "clevel %d, expected 0 to 9", f.Level)
	case f.BlockSize < 0 || f.TypeSize < 0:
		return nil, errs.New(errs.Invalid, "blocksize %d, typesize %d", f.BlockSize, f.TypeSize)
	}
	return f, nil
}

func (f bloscFilter) bound(n int) int { return blosc.Bound(n) }
func (f bloscFilter) memory() int     { return blosc.Memory }

func (f bloscFilter) decode(dst, src []byte, s *Scratch) ([]byte, error) {
	n, err := blosc.DecodedLen(src)
	if err != nil {
		return nil, err
	}
	if n > cap(dst) {
		return nil, tooLong(cap(dst))
	}
	dst = dst[:n]
	return dst, s.blosc.Decode(dst, src)
}

func (f bloscFilter) encode(dst, src []byte, s *Scratch) ([]byte, error) {
	return s.blosc.Encode(dst, src, f.Params)
}
