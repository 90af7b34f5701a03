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

// DefaultCodecs is the codecs of arrays of t that we make.
//
// Numbers of several bytes: blosc with zstd inside at its fastest, the bytes of
// equal rank brought together, then a CRC-32C. On whole numbers held in float32
// that is 5 times as fast to write as zstd alone, 1.5 times as fast to read, and
// as small; noise it makes a sixth smaller where zstd gives up. Decimals with few
// distinct values are smaller with Zstd. The sum, of the stored bytes, costs
// less than a hundredth, and without one blosc does not see damage.
//
// Other elements: zstd at its fastest, with its own checksum, which costs a
// tenth of reading.
func DefaultCodecs(t DataType) []CodecSpec {
	if word := t.word(); word > 1 {
		return []CodecSpec{Bytes(t), Blosc("zstd", 1, word), CRC32C()}
	}
	return []CodecSpec{Bytes(t), Zstd(1, true)}
}

// largestBlosc is what blosc can hold; larger chunks, which are best cut into
// shards, get zstd.
const largestBlosc = 1<<31 - 1<<10

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
		if product(uint64(t.Size), m.ChunkShape) > largestBlosc {
			m.Codecs = []CodecSpec{Bytes(t), Zstd(1, true)}
		}
	}
	if err := m.check(); err != nil {
		return nil, errs.New(kindOf(err), "zarr: new array: %w", err)
	}
	if _, err := newPipeline(m.Codecs, t, m.ChunkShape, m.Fill, 0); err != nil {
		return nil, errs.New(kindOf(err), "zarr: new array: %w", err)
	}
	return m, nil
}
