package zarr

import (
	"context"
	"encoding/json"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// This file is the agreed surface of the package; its parts move to files of
// their own as they are built.

var errNotBuilt = errs.New(errs.Unsupported, "zarr: not built yet")

// A DataType is the element type of an array, as zarr.json names it.
type DataType struct {
	Name   string          // "float32", "string", "r16", "numpy.datetime64", …
	Config json.RawMessage // configuration of an extension type; nil = none
	Size   int             // bytes of an element; 0 = of variable length (string, variable_length_bytes)
	Number dtype.Type      // zero when it is none of dtype's types (float16, complex64, string, …)
}

// An ArrayMeta is the zarr.json of an array. Keys it does not know are an error
// unless they say must_understand: false; those, and attributes, are kept as given.
type ArrayMeta struct {
	Shape      []uint64
	Type       DataType
	ChunkShape []uint64
	Fill       []byte // one element, little-endian, Type.Size bytes; of a string its UTF-8
	Codecs     []CodecSpec
	Names      []string // of the dimensions, "" = unnamed; nil = none given
	Attributes map[string]json.RawMessage
	// … chunk key encoding, unknown keys that are kept
}

// A CodecSpec is one entry of "codecs".
type CodecSpec struct {
	Name   string
	Config json.RawMessage
}

// ParseArray reads zarr.json of an array; errs.Invalid or errs.Unsupported with
// the key that is wrong. Sizes are checked: no product overflows.
func ParseArray(doc []byte) (*ArrayMeta, error) { return nil, errNotBuilt }

// Marshal gives zarr.json, the same bytes for the same metadata, indented by two
// spaces as zarr-python does.
func (m *ArrayMeta) Marshal() ([]byte, error) { return nil, errNotBuilt }

// Grid is the number of chunks along each axis.
func (m *ArrayMeta) Grid() []uint32 { return nil }

// A GroupMeta is the zarr.json of a group.
type GroupMeta struct {
	Attributes map[string]json.RawMessage
}

// ParseGroup reads zarr.json of a group.
func ParseGroup(doc []byte) (*GroupMeta, error) { return nil, errNotBuilt }

// Marshal gives zarr.json.
func (m *GroupMeta) Marshal() ([]byte, error) { return nil, errNotBuilt }

// NodeType tells "array" from "group" without parsing the rest.
func NodeType(doc []byte) (string, error) { return "", errNotBuilt }

// CheckPath reports a path that is no node's: climbing out, empty segments,
// names that Zarr forbids.
func CheckPath(path string) error { return errNotBuilt }

// An Array is an array in a Store. Its methods may be called concurrently, each
// call with a Scratch of its own; Resize and SetAttributes may not.
type Array struct{}

// OpenArray opens the array at path; errs.NotFound, or errs.Invalid when it is a group.
func OpenArray(ctx context.Context, s Store, path string) (*Array, error) { return nil, errNotBuilt }

// CreateArray makes an array at path, and the groups above it that are missing;
// errs.Exists when there is a node.
func CreateArray(ctx context.Context, s Store, path string, m *ArrayMeta) (*Array, error) {
	return nil, errNotBuilt
}

// CreateGroup makes a group at path, and those above it that are missing;
// errs.Exists when there is a node. m may be nil.
func CreateGroup(ctx context.Context, s Store, path string, m *GroupMeta) error { return errNotBuilt }

// Meta is the array's metadata, which the caller must not change.
func (a *Array) Meta() *ArrayMeta { return nil }

// Path is where it is in its store.
func (a *Array) Path() string { return "" }

// Store is where it is.
func (a *Array) Store() Store { return nil }

// ChunkBytes is the bytes of one decoded chunk; 0 for elements of variable length.
func (a *Array) ChunkBytes() int { return 0 }

// A Scratch is buffers of one goroutine for reading and writing chunks of any
// arrays: compressed bytes, what lies between two codecs. They come from Alloc
// (nil = the Go heap), and Release gives them back.
type Scratch struct {
	Alloc func(n int) (b []byte, free func(), err error)
}

// Release gives the buffers back; the Scratch may be used again.
func (s *Scratch) Release() {}

// ScratchBytes is the most bytes a Scratch comes to hold for chunks of a.
func (a *Array) ScratchBytes() int { return 0 }

// Read decodes the chunk at index into dst, ChunkBytes long, in C order and
// little-endian; elements beyond the array's border are as stored. A chunk that
// was never written is fill value, and ok is false. errs.Corrupt names the chunk.
func (a *Array) Read(ctx context.Context, index []uint32, dst []byte, s *Scratch) (ok bool, err error) {
	return false, errNotBuilt
}

// Write encodes src, ChunkBytes long, as the chunk at index. A chunk that is
// fill value throughout, bit for bit, is deleted instead.
func (a *Array) Write(ctx context.Context, index []uint32, src []byte, s *Scratch) error {
	return errNotBuilt
}

// ReadStrings decodes a chunk of variable-length elements: element i is
// data[offsets[i]:offsets[i+1]]. Both are appended to what is given, emptied.
func (a *Array) ReadStrings(ctx context.Context, index []uint32, offsets []int32, data []byte, s *Scratch) ([]int32, []byte, error) {
	return nil, nil, errNotBuilt
}

// WriteStrings encodes a chunk of variable-length elements.
func (a *Array) WriteStrings(ctx context.Context, index []uint32, offsets []int32, data []byte, s *Scratch) error {
	return errNotBuilt
}

// Resize changes the shape; chunks that are wholly outside are deleted, what a
// border chunk holds outside becomes fill value.
func (a *Array) Resize(ctx context.Context, shape []uint64) error { return errNotBuilt }

// SetAttributes replaces the attributes.
func (a *Array) SetAttributes(ctx context.Context, attrs map[string]json.RawMessage) error {
	return errNotBuilt
}

// Mem is a Store in memory.
type Mem struct{}

// NewMem gives a store with an empty root group.
func NewMem() *Mem { return &Mem{} }
