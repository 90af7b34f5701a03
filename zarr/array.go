package zarr

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/outcore/outcore/errs"
)

// An Array is an array in a Store. Its methods may be called concurrently, each
// call with a Scratch of its own; Resize and SetAttributes may not.
type Array struct {
	store Store
	path  string
	meta  *ArrayMeta
	grid  []uint32
	pipe  *pipeline
}

// OpenArray opens the array at path; errs.NotFound, or errs.Invalid when it is a
// group; errs.Unsupported for element types and codecs that are not known.
func OpenArray(ctx context.Context, s Store, path string) (*Array, error) {
	if err := CheckPath(path); err != nil {
		return nil, err
	}
	doc, err := s.Metadata(ctx, path)
	if err != nil {
		return nil, err
	}
	node, err := NodeType(doc)
	if err == nil && node != "array" {
		err = errs.New(errs.Invalid, "it is a %s, expected an array", node)
	}
	var m *ArrayMeta
	if err == nil {
		m, err = ParseArray(doc)
	}
	if err != nil {
		return nil, inNode(path, err)
	}
	return newArray(s, path, m)
}

func newArray(s Store, path string, m *ArrayMeta) (*Array, error) {
	pipe, err := newPipeline(m.Codecs, m.Type, m.ChunkShape, m.Fill, 0)
	if err != nil {
		return nil, inNode(path, err)
	}
	return &Array{store: s, path: path, meta: m, grid: m.Grid(), pipe: pipe}, nil
}

// CreateArray makes an array at path, and the groups above it that are missing;
// errs.Exists when there is a node. The array keeps m.
func CreateArray(ctx context.Context, s Store, path string, m *ArrayMeta) (*Array, error) {
	if err := absent(ctx, s, path); err != nil {
		return nil, err
	}
	doc, err := m.Marshal()
	if err != nil {
		return nil, inNode(path, err)
	}
	a, err := newArray(s, path, m) // before anything is written
	if err != nil {
		return nil, err
	}
	if err := createAbove(ctx, s, path); err != nil {
		return nil, err
	}
	return a, s.SetMetadata(ctx, path, doc)
}

// CreateGroup makes a group at path, and those above it that are missing;
// errs.Exists when there is a node. m may be nil.
func CreateGroup(ctx context.Context, s Store, path string, m *GroupMeta) error {
	if err := absent(ctx, s, path); err != nil {
		return err
	}
	if m == nil {
		m = &GroupMeta{}
	}
	doc, err := m.Marshal()
	if err != nil {
		return inNode(path, err)
	}
	if err := createAbove(ctx, s, path); err != nil {
		return err
	}
	return s.SetMetadata(ctx, path, doc)
}

// OpenGroup gives the metadata of the group at path; errs.NotFound, or
// errs.Invalid when it is an array.
func OpenGroup(ctx context.Context, s Store, path string) (*GroupMeta, error) {
	if err := CheckPath(path); err != nil {
		return nil, err
	}
	doc, err := s.Metadata(ctx, path)
	if err != nil {
		return nil, err
	}
	node, err := NodeType(doc)
	if err == nil && node != "group" {
		err = errs.New(errs.Invalid, "it is an %s, expected a group", node)
	}
	var m *GroupMeta
	if err == nil {
		m, err = ParseGroup(doc)
	}
	if err != nil {
		return nil, inNode(path, err)
	}
	return m, nil
}

// absent reports a node at path.
func absent(ctx context.Context, s Store, path string) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	_, err := s.Metadata(ctx, path)
	if err == nil {
		return errs.New(errs.Exists, "zarr: there is a node at %s", path)
	}
	if !errors.Is(err, errs.NotFound) {
		return err
	}
	return nil
}

// createAbove makes the groups above path that are missing.
func createAbove(ctx context.Context, s Store, path string) error {
	if path == "/" {
		return nil
	}
	up := parent(path)
	doc, err := s.Metadata(ctx, up)
	if errors.Is(err, errs.NotFound) {
		if err := createAbove(ctx, s, up); err != nil {
			return err
		}
		doc, err = (&GroupMeta{}).Marshal()
		if err != nil {
			return err
		}
		return s.SetMetadata(ctx, up, doc)
	}
	if err != nil {
		return err
	}
	node, err := NodeType(doc)
	if err == nil && node != "group" {
		err = errs.New(errs.Invalid, "it is an array, and nothing can be below one")
	}
	if err != nil {
		return inNode(up, err)
	}
	return nil
}

// Meta is the array's metadata, which the caller must not change.
func (a *Array) Meta() *ArrayMeta { return a.meta }

// Path is where it is in its store.
func (a *Array) Path() string { return a.path }

// Store is where it is.
func (a *Array) Store() Store { return a.store }

// Grid is the number of chunks along each axis, which the caller must not change.
func (a *Array) Grid() []uint32 { return a.grid }

// ChunkBytes is the bytes of one decoded chunk; 0 for elements of variable length.
func (a *Array) ChunkBytes() int { return a.pipe.size }

// ScratchBytes is the most bytes a Scratch comes to hold for chunks of a: what it
// takes from Alloc, and the state of compressors, which is on the Go heap. Of
// elements of variable length it is that for chunks of 4 MiB.
func (a *Array) ScratchBytes() int { return a.pipe.scratch() }

// SetAttributes replaces the attributes.
func (a *Array) SetAttributes(ctx context.Context, attrs map[string]json.RawMessage) error {
	m := a.meta.clone()
	m.Attributes = attrs
	return a.setMeta(ctx, m)
}

func (a *Array) setMeta(ctx context.Context, m *ArrayMeta) error {
	doc, err := m.Marshal()
	if err != nil {
		return inNode(a.path, err)
	}
	if err := a.store.SetMetadata(ctx, a.path, doc); err != nil {
		return err
	}
	a.meta, a.grid = m, m.Grid()
	return nil
}

// checkIndex reports an index outside the grid.
func (a *Array) checkIndex(index []uint32) error {
	ok := len(index) == len(a.grid)
	for i := 0; ok && i < len(index); i++ {
		ok = index[i] < a.grid[i]
	}
	if !ok {
		// Clones, so that the callers' slices do not escape.
		return errs.New(errs.Invalid, "zarr: %s: chunk %v: the grid is %v", a.path, slices.Clone(index), a.grid)
	}
	return nil
}

// inChunk names the array and the chunk. What it says of a kind is kept.
func (a *Array) inChunk(index []uint32, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return errs.New(kindOf(err), "zarr: %s: chunk %v: %w", a.path, slices.Clone(index), err)
}

// inObject names the object whose bytes are damaged, where it is one.
func inObject(c Chunk, err error) error {
	var e *errs.Error
	o, ok := c.(Located)
	if !ok || !errors.Is(err, errs.Corrupt) || errors.As(err, &e) && e.Pos.File != "" {
		return err
	}
	return errs.New(errs.Corrupt, "%w", err).At(errs.Position{File: o.Object()})
}

func inNode(path string, err error) error {
	return errs.New(kindOf(err), "zarr: %s: %w", path, err)
}
