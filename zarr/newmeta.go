package zarr

import (
	"encoding/json"

	"github.com/outcore/outcore/errs"
)

// MetaOptions is what NewMeta can be told. The zero value is our defaults.
type MetaOptions struct {
	Chunks     []uint64    // shape of a chunk; nil = DefaultChunks
	Fill       []byte      // one element; nil = zero, of text ""
	Codecs     []CodecSpec // nil = DefaultCodecs
	Names      []string    // of the dimensions
	Attributes map[string]json.RawMessage
}

// DefaultCodecs is the codecs of arrays we make: little-endian bytes, then zstd at
// its fastest level with a checksum. The checksum is 4 bytes a chunk and costs a
// few percent of decoding; without one, a bit that is wrong in a chunk that hardly
// compresses is not noticed.
func DefaultCodecs(t DataType) []CodecSpec { return []CodecSpec{Bytes(t), Zstd(1, true)} }

// NewMeta makes the metadata of an array; errs.Invalid, errs.Unsupported for what
// does not fit together.
func NewMeta(shape []uint64, t DataType, o MetaOptions) (*ArrayMeta, error) {
	m := &ArrayMeta{Shape: shape, Type: t, ChunkShape: o.Chunks, Fill: o.Fill, Codecs: o.Codecs, Names: o.Names, Attributes: o.Attributes}
	if m.ChunkShape == nil {
		m.ChunkShape = DefaultChunks(shape, t.Size)
	}
	if m.Fill == nil {
		m.Fill = make([]byte, t.Size)
	}
	if m.Codecs == nil {
		m.Codecs = DefaultCodecs(t)
	}
	if err := m.check(); err != nil {
		return nil, errs.New(kindOf(err), "zarr: new array: %w", err)
	}
	if _, err := newPipeline(m.Codecs, t, m.ChunkShape, m.Fill, 0); err != nil {
		return nil, errs.New(kindOf(err), "zarr: new array: %w", err)
	}
	return m, nil
}
