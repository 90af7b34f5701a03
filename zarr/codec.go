package zarr

import (
	"encoding/json"
	"fmt"

	"github.com/outcore/outcore/errs"
)

// A filter is a codec from bytes to bytes. It holds no state: what it needs
// while it works is in the Scratch, so that one filter serves all goroutines.
type filter interface {
	// bound is the most bytes that n bytes are encoded to. What is stored by
	// others and longer is taken for damaged.
	bound(n int) int

	// decode gives what src was encoded from: in dst, whose capacity it never
	// exceeds (errs.TooLarge), or as a part of src.
	decode(dst, src []byte, s *Scratch) ([]byte, error)

	// encode gives src encoded: in dst, which has a capacity of bound(len(src)).
	encode(dst, src []byte, s *Scratch) ([]byte, error)

	// memory is the bytes a Scratch comes to hold for decoding and encoding.
	memory() int
}

// fixed is a filter whose result is always as long as bound says, as an index of
// a shard needs.
type fixed interface{ fixedSize() }

// newFilter makes a filter. elem is the bytes of an element.
func newFilter(c CodecSpec, elem int) (filter, error) {
	switch c.Name {
	case "zstd":
		return newZstd(c.Config)
	case "gzip":
		return newGzip(c.Config)
	case "crc32c":
		return crc32c{}, fields(c.Config, nil)
	case "blosc":
		return newBlosc(c.Config, elem)
	case "bytes", "transpose", "sharding_indexed", "vlen-utf8", "vlen-bytes":
		return nil, errs.New(errs.Invalid, "it stands behind a codec that gives bytes")
	}
	return nil, errs.New(errs.Unsupported, "unknown codec")
}

func parseCodecs(value json.RawMessage) ([]CodecSpec, error) {
	var list []json.RawMessage
	if err := decode(value, &list); err != nil {
		return nil, errs.New(errs.Invalid, "found %s, expected a list of codecs: %w", excerpt(value), err)
	}
	all := make([]CodecSpec, len(list))
	for i, v := range list {
		var err error
		if all[i].Name, all[i].Config, _, err = parseExtension(v); err != nil {
			return nil, errs.New(kindOf(err), "codec %d: %w", i, err)
		}
	}
	return all, nil
}

func (w *jsonWriter) writeCodecs(all []CodecSpec) error {
	w.open('[')
	for _, c := range all {
		w.next()
		if err := w.writeExtension(c.Name, c.Config, false); err != nil {
			return errs.New(errs.Invalid, "codec %s: %w", c.Name, err)
		}
	}
	w.close(']')
	return nil
}

// Bytes is the codec that lays elements of t out in bytes, little-endian.
func Bytes(t DataType) CodecSpec {
	switch {
	case t.kind() == kindString:
		return CodecSpec{Name: "vlen-utf8", Config: json.RawMessage("{}")}
	case t.kind() == kindVarying:
		return CodecSpec{Name: "vlen-bytes", Config: json.RawMessage("{}")}
	case t.word() == 1:
		return CodecSpec{Name: "bytes"}
	}
	return CodecSpec{Name: "bytes", Config: json.RawMessage(`{"endian": "little"}`)}
}

// Zstd compresses; level is that of the zstd program (0 = its default, 3).
func Zstd(level int, checksum bool) CodecSpec {
	return configured("zstd", `{"level": %d, "checksum": %t}`, level, checksum)
}

// Gzip compresses; level is 0 to 9.
func Gzip(level int) CodecSpec { return configured("gzip", `{"level": %d}`, level) }

// CRC32C appends a checksum.
func CRC32C() CodecSpec { return CodecSpec{Name: "crc32c"} }

// Blosc compresses with cname (of blosc.Names; level is 0 to 9) after bringing
// together the bytes of equal rank of elements of elem bytes.
func Blosc(cname string, level, elem int) CodecSpec {
	return configured("blosc", `{"typesize": %d, "cname": %q, "clevel": %d, "shuffle": "shuffle", "blocksize": 0}`, elem, cname, level)
}

// Transpose stores axis order[k] of a chunk as axis k.
func Transpose(order ...int) CodecSpec {
	text, _ := json.Marshal(order)
	return configured("transpose", `{"order": %s}`, text)
}

// Sharding cuts a chunk into inner chunks of the given shape, which readers can
// read alone; codecs are those of the inner ones. The index stands at the end
// and has a checksum.
func Sharding(inner []uint64, codecs ...CodecSpec) CodecSpec {
	w := &jsonWriter{}
	w.open('{')
	w.key("chunk_shape")
	w.numbers(inner)
	w.key("codecs")
	err := w.writeCodecs(codecs)
	if err != nil {
		panic(err) // a configuration that is no JSON
	}
	w.key("index_codecs")
	_ = w.writeCodecs([]CodecSpec{{Name: "bytes", Config: json.RawMessage(`{"endian": "little"}`)}, CRC32C()})
	w.key("index_location")
	w.text("end")
	w.close('}')
	return CodecSpec{Name: "sharding_indexed", Config: w.b}
}

func configured(name, format string, args ...any) CodecSpec {
	return CodecSpec{Name: name, Config: fmt.Appendf(nil, format, args...)}
}
