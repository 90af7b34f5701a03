package table

import (
	"encoding/json"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

// The compressions of new arrays.
const (
	None = "none"
	Fast = "fast"
	Max  = "max"
)

// Compressions lists them.
func Compressions() []string { return []string{None, Fast, Max} }

// codecs are those of a new array; size is the bytes of an element, 0 of a text.
func codecs(compress string, size int) ([]zarr.CodecSpec, error) {
	list := []zarr.CodecSpec{{Name: "bytes", Config: json.RawMessage(`{"endian":"little"}`)}}
	switch size {
	case 0:
		list[0] = zarr.CodecSpec{Name: "vlen-utf8"}
	case 1:
		list[0].Config = nil
	}
	switch compress {
	case None:
		return append(list, zarr.CodecSpec{Name: "crc32c"}), nil
	case Fast, "":
		return append(list, zstd(`{"level":1,"checksum":true}`)), nil
	case Max:
		return append(list, zstd(`{"level":7,"checksum":true}`)), nil
	}
	return nil, errs.New(errs.Invalid, "--compress is %q%s; have %s", compress, errs.Suggest(compress, Compressions()), strings.Join(Compressions(), ", "))
}

func zstd(config string) zarr.CodecSpec {
	return zarr.CodecSpec{Name: "zstd", Config: json.RawMessage(config)}
}
