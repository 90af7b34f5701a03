package zarr

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/outcore/outcore/errs"
)

// An ArrayMeta is the zarr.json of an array. Keys it does not know are an error
// unless they say must_understand: false; those, and attributes, are kept as given.
//
// An element type or a codec that is not known is no error here, since a listing
// needs only the shape; OpenArray refuses it.
type ArrayMeta struct {
	Shape      []uint64
	Type       DataType
	ChunkShape []uint64
	Fill       []byte // one element, little-endian, Type.Size bytes; of a string its UTF-8
	Codecs     []CodecSpec
	Names      []string // of the dimensions, "" = unnamed; nil = none given
	Attributes map[string]json.RawMessage

	keys     keyEncoding
	fillText json.RawMessage // as parsed, written again while it still means Fill
	order    []string        // of the attributes, as parsed
	extra    []member        // keys that need not be understood
}

// A CodecSpec is one entry of "codecs".
type CodecSpec struct {
	Name   string
	Config json.RawMessage
}

const (
	maxDimensions = 64
	maxChunkBytes = 1 << 40
)

// ParseArray reads zarr.json of an array; errs.Invalid or errs.Unsupported with
// the key that is wrong. Sizes are checked: no product overflows.
func ParseArray(doc []byte) (*ArrayMeta, error) {
	members, err := parseObject(doc)
	if err != nil {
		return nil, inMeta("array", err)
	}
	m := &ArrayMeta{keys: keyEncoding{name: "default", separator: "/"}}
	given := map[string]bool{}
	for _, f := range members {
		given[f.key] = true
		if err := m.parse(f.key, f.value); err != nil {
			return nil, inMeta("array", errs.New(kindOf(err), "%q: %w", f.key, err))
		}
	}
	for _, key := range []string{"zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding", "fill_value", "codecs"} {
		if !given[key] {
			return nil, inMeta("array", errs.New(errs.Invalid, "%q is missing", key))
		}
	}
	if m.Type.Known() {
		if m.Fill, err = parseFill(m.Type, m.fillText); err != nil {
			return nil, inMeta("array", errs.New(errs.Invalid, "%q: %w", "fill_value", err))
		}
	}
	if err := m.check(); err != nil {
		return nil, inMeta("array", err)
	}
	return m, nil
}

func (m *ArrayMeta) parse(key string, value json.RawMessage) error {
	switch key {
	case "zarr_format":
		return expect(value, "3")
	case "node_type":
		return expect(value, `"array"`)
	case "shape":
		return decodeList(value, &m.Shape)
	case "data_type":
		name, config, _, err := parseExtension(value)
		if err != nil {
			return err
		}
		m.Type, err = ParseType(name, config)
		return err
	case "chunk_grid":
		return m.parseGrid(value)
	case "chunk_key_encoding":
		return m.keys.parse(value)
	case "fill_value":
		m.fillText = value
	case "codecs":
		var err error
		m.Codecs, err = parseCodecs(value)
		return err
	case "attributes":
		var err error
		m.Attributes, m.order, err = parseAttributes(value)
		return err
	case "dimension_names":
		return m.parseNames(value)
	case "storage_transformers":
		var list []json.RawMessage
		if err := decode(value, &list); err != nil || len(list) > 0 {
			return errs.New(errs.Unsupported, "found %s, expected none", excerpt(value))
		}
	default:
		if err := ignorable(value); err != nil {
			return err
		}
		m.extra = append(m.extra, member{key, value})
	}
	return nil
}

func (m *ArrayMeta) parseGrid(value json.RawMessage) error {
	name, config, _, err := parseExtension(value)
	if err != nil {
		return err
	}
	if name != "regular" {
		return errs.New(errs.Unsupported, "found %q, expected regular", name)
	}
	var shape json.RawMessage
	if err := fields(config, map[string]any{"chunk_shape": &shape}); err != nil {
		return err
	}
	if shape == nil {
		return errs.New(errs.Invalid, "chunk_shape is missing")
	}
	return decodeList(shape, &m.ChunkShape)
}

func (m *ArrayMeta) parseNames(value json.RawMessage) error {
	var names []*string
	if err := decode(value, &names); err != nil {
		return errs.New(errs.Invalid, "found %s, expected a list of names: %w", excerpt(value), err)
	}
	if names == nil {
		return nil
	}
	m.Names = make([]string, len(names))
	for i, name := range names {
		if name != nil {
			m.Names[i] = *name
		}
	}
	return nil
}

// check reports what does not fit together.
func (m *ArrayMeta) check() error {
	d := len(m.Shape)
	switch {
	case d > maxDimensions:
		return errs.New(errs.Unsupported, "%q: %d dimensions, at most %d are read", "shape", d, maxDimensions)
	case len(m.ChunkShape) != d:
		return errs.New(errs.Invalid, "%q: %d numbers for %d dimensions", "chunk_grid", len(m.ChunkShape), d)
	case m.Names != nil && len(m.Names) != d:
		return errs.New(errs.Invalid, "%q: %d names for %d dimensions", "dimension_names", len(m.Names), d)
	case m.Type.Known() && !m.Type.Varying() && len(m.Fill) != m.Type.Size:
		return errs.New(errs.Invalid, "%q: %d bytes for an element of %d", "fill_value", len(m.Fill), m.Type.Size)
	case len(m.Codecs) == 0:
		return errs.New(errs.Invalid, "%q: there is none", "codecs")
	}
	size := uint64(max(m.Type.Size, 1))
	for i, c := range m.ChunkShape {
		if c == 0 {
			return errs.New(errs.Invalid, "%q: chunks have no length along axis %d", "chunk_grid", i)
		}
		if n := (m.Shape[i]-1)/c + 1; m.Shape[i] > 0 && n > math.MaxUint32 {
			return errs.New(errs.Unsupported, "%q: %d chunks along axis %d, at most %d can be numbered", "chunk_grid", n, i, uint32(math.MaxUint32))
		}
	}
	if product(size, m.Shape) > math.MaxInt64 {
		return errs.New(errs.Unsupported, "%q: %v elements of %d bytes are more than can be counted", "shape", m.Shape, size)
	}
	if n := product(1, m.ChunkShape); m.Type.Varying() && n > maxVaryingCount {
		return errs.New(errs.Unsupported, "%q: chunks of %v elements of variable length, at most %d are read", "chunk_grid", m.ChunkShape, maxVaryingCount)
	}
	if n := product(size, m.ChunkShape); n > maxChunkBytes {
		return errs.New(errs.Unsupported, "%q: chunks of %v elements, at most %d bytes are read", "chunk_grid", m.ChunkShape, uint64(maxChunkBytes))
	}
	return nil
}

// product multiplies n by the lengths of shape, an empty axis counting as one of
// length 1; MaxUint64 when it overflows.
func product(n uint64, shape []uint64) uint64 {
	for _, v := range shape {
		v = max(v, 1)
		if n > math.MaxUint64/v {
			return math.MaxUint64
		}
		n *= v
	}
	return n
}

// Marshal gives zarr.json, the same bytes for the same metadata, indented by two
// spaces as zarr-python does. Attributes keep the order they were read in; those
// that are new follow, sorted.
func (m *ArrayMeta) Marshal() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, inMeta("array", err)
	}
	w := &jsonWriter{}
	w.open('{')
	w.key("shape")
	w.numbers(m.Shape)
	w.key("data_type")
	if err := w.writeExtension(m.Type.Name, m.Type.Config, true); err != nil {
		return nil, inMeta("array", err)
	}
	w.key("chunk_grid")
	w.open('{')
	w.key("name")
	w.text("regular")
	w.key("configuration")
	w.open('{')
	w.key("chunk_shape")
	w.numbers(m.ChunkShape)
	w.close('}')
	w.close('}')
	w.key("chunk_key_encoding")
	m.keys.write(w)
	w.key("fill_value")
	if err := m.writeFill(w); err != nil {
		return nil, inMeta("array", err)
	}
	w.key("codecs")
	if err := w.writeCodecs(m.Codecs); err != nil {
		return nil, inMeta("array", err)
	}
	w.key("attributes")
	if err := w.writeAttributes(m.Attributes, m.order); err != nil {
		return nil, inMeta("array", err)
	}
	if m.Names != nil {
		w.key("dimension_names")
		w.open('[')
		for _, name := range m.Names {
			w.next()
			if name == "" {
				w.b = append(w.b, "null"...)
			} else {
				w.text(name)
			}
		}
		w.close(']')
	}
	w.end("array", m.extra, true)
	return w.b, nil
}

// writeFill writes the fill value as it was read while it means the same.
func (m *ArrayMeta) writeFill(w *jsonWriter) error {
	if m.fillText != nil {
		if fill, ok := readFill(m.Type, m.fillText); !m.Type.Known() || ok && slices.Equal(fill, m.Fill) {
			return w.raw(m.fillText)
		}
	}
	if !m.Type.Known() {
		return errs.New(errs.Unsupported, "data type %s is not known", m.Type)
	}
	w.writeFill(m.Type, m.Fill)
	return nil
}

// clone is a copy whose fields can be replaced without changing m's.
func (m *ArrayMeta) clone() *ArrayMeta {
	c := *m
	return &c
}
