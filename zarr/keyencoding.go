package zarr

import (
	"encoding/json"
	"strconv"

	"github.com/outcore/outcore/errs"
)

// A keyEncoding says how stores that know chunks by key spell their indices. Our
// stores know them by index; it is kept for others.
type keyEncoding struct {
	name, separator string // zero: "default", "/"
}

func (k *keyEncoding) parse(value json.RawMessage) error {
	name, config, _, err := parseExtension(value)
	if err != nil {
		return err
	}
	switch name {
	case "default":
		*k = keyEncoding{name, "/"}
	case "v2":
		*k = keyEncoding{name, "."}
	default:
		return errs.New(errs.Unsupported, "found %q, expected default or v2", name)
	}
	if err := fields(config, map[string]any{"separator": &k.separator}); err != nil {
		return err
	}
	if k.separator != "/" && k.separator != "." {
		return errs.New(errs.Invalid, "separator %q, expected / or .", k.separator)
	}
	return nil
}

func (k keyEncoding) write(w *jsonWriter) {
	if k.name == "" {
		k = keyEncoding{"default", "/"}
	}
	w.open('{')
	w.key("name")
	w.text(k.name)
	w.key("configuration")
	w.open('{')
	w.key("separator")
	w.text(k.separator)
	w.close('}')
	w.close('}')
}

// ChunkKey is the key of a chunk, below the array's own, in stores of keys:
// "c/1/2", or as the array's chunk_key_encoding says.
func (m *ArrayMeta) ChunkKey(index []uint32) string {
	b, separator := []byte("c"), m.keys.separator
	if separator == "" {
		separator = "/"
	}
	if m.keys.name == "v2" {
		if len(index) == 0 {
			return "0"
		}
		b = b[:0]
	}
	for i, v := range index {
		if i > 0 || len(b) > 0 {
			b = append(b, separator...)
		}
		b = strconv.AppendUint(b, uint64(v), 10)
	}
	return string(b)
}
