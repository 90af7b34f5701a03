package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

const (
	document  = "model.json"
	attribute = "outcore" // of the group: model.json
)

// A Store is a compose.Store in a group. What Put writes is there for others
// once the session of the zarr.Store is committed. One caller at a time.
type Store struct {
	ctx  context.Context
	to   zarr.Store
	path string
	held []held // until model.json comes, which says their shapes
}

type held struct {
	name string
	data []byte
}

var _ compose.Store = (*Store)(nil)

// In gives the Store at path of s, of a group that is made by the first Save.
// ctx ends all it does.
func In(ctx context.Context, s zarr.Store, path string) *Store {
	return &Store{ctx: ctx, to: s, path: path}
}

// String is the path.
func (s *Store) String() string { return s.path }

// Put keeps an array in memory until model.json is put, which makes the group
// anew: errs.Exists when something else than a model is there.
func (s *Store) Put(name string, data []byte) error {
	if name != document {
		s.held = append(s.held, held{name, slices.Clone(data)})
		return nil
	}
	arrays, err := arraysOf(data)
	if err != nil {
		return err
	}
	if err := s.makeRoom(); err != nil {
		return err
	}
	var flat bytes.Buffer
	if err := json.Compact(&flat, data); err != nil {
		return errs.New(errs.Invalid, "%w", err).At(s.at(document))
	}
	g := &zarr.GroupMeta{Attributes: map[string]json.RawMessage{attribute: flat.Bytes()}}
	if err := zarr.CreateGroup(s.ctx, s.to, s.path, g); err != nil {
		return err
	}
	for _, h := range s.held {
		a, ok := arrays[h.name]
		if !ok {
			return errs.New(errs.Invalid, "model.json names no such array").At(s.at(h.name))
		}
		if err := s.write(h, a); err != nil {
			return err
		}
	}
	s.held = nil
	return nil
}

// makeRoom removes a model that is there.
func (s *Store) makeRoom() error {
	doc, err := s.to.Metadata(s.ctx, s.path)
	if errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if Model(doc) == nil {
		return errs.New(errs.Exists, "there is a node already, which is no model").At(errs.Position{File: s.path})
	}
	return s.to.DeleteNode(s.ctx, s.path)
}

// Model gives the model.json that a node with this zarr.json holds, as a folder
// has it, byte for byte; nil when the node is no model.
func Model(doc []byte) []byte {
	g, err := zarr.ParseGroup(doc)
	if err != nil {
		return nil
	}
	var head struct {
		Format string `json:"format"`
	}
	raw := g.Attributes[attribute]
	if json.Unmarshal(raw, &head) != nil {
		return nil
	}
	if ours, _ := path.Split(compose.Format); len(head.Format) < len(ours) || head.Format[:len(ours)] != ours {
		return nil
	}
	var flat, b bytes.Buffer // model.json is indented by two spaces, its keys as they came
	if json.Compact(&flat, raw) != nil || json.Indent(&b, flat.Bytes(), "", "  ") != nil {
		return nil
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// ReadAll gives model.json, or the elements of an array.
func (s *Store) ReadAll(name string, limit int64) ([]byte, error) {
	if name != document {
		return s.read(name, limit)
	}
	doc, err := s.to.Metadata(s.ctx, s.path)
	if err != nil {
		return nil, err
	}
	b := Model(doc)
	if b == nil {
		return nil, errs.New(errs.NotFound, "the node is no model").At(errs.Position{File: s.path})
	}
	if int64(len(b)) > limit {
		return nil, errs.New(errs.Corrupt, "found %d bytes, expected at most %d", len(b), limit).At(s.at(document))
	}
	return b, nil
}

func (s *Store) at(name string) errs.Position {
	return errs.Position{File: path.Join(s.path, name)}
}

// An array is one that model.json names.
type array struct {
	File  string     `json:"file"`
	Type  dtype.Type `json:"type"`
	Shape []uint64   `json:"shape"`
}

// arraysOf lists the arrays of model.json by the names of their files.
func arraysOf(doc []byte) (map[string]array, error) {
	var d struct {
		Steps []struct {
			Arrays []array `json:"arrays"`
		} `json:"steps"`
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return nil, errs.New(errs.Invalid, "this is no model.json: %w", err)
	}
	all := map[string]array{}
	for _, step := range d.Steps {
		for _, a := range step.Arrays {
			if len(a.Shape) == 0 || !a.Type.Valid() {
				return nil, errs.New(errs.Invalid, "model.json says no type and shape of %s", a.File)
			}
			all[a.File] = a
		}
	}
	return all, nil
}

// chunkBytes is about what a chunk of a large array takes.
const chunkBytes = 8 << 20

// write makes an array of h, in chunks of whole rows: the bytes of a chunk are a
// piece of the file's.
func (s *Store) write(h held, a array) error {
	row := a.Type.Size()
	for _, n := range a.Shape[1:] {
		row *= int(n)
	}
	chunk := make([]uint64, len(a.Shape))
	for i, n := range a.Shape {
		chunk[i] = max(n, 1)
	}
	chunk[0] = max(min(chunk[0], uint64(chunkBytes/max(row, 1))), 1)
	meta, err := zarr.NewMeta(a.Shape, zarr.NumberType(a.Type), zarr.MetaOptions{Chunks: chunk})
	if err != nil {
		return err
	}
	to, err := zarr.CreateArray(s.ctx, s.to, path.Join(s.path, h.name), meta)
	if err != nil {
		return err
	}
	return s.each(to, func(index []uint32, lo, hi int, scratch *zarr.Scratch) error {
		piece := h.data[lo:min(hi, len(h.data))]
		if short := hi - lo - len(piece); short > 0 {
			piece = append(slices.Clone(piece), make([]byte, short)...)
		}
		return to.Write(s.ctx, index, piece, scratch)
	})
}

// read gives the elements of an array, row-major and little-endian.
func (s *Store) read(name string, limit int64) ([]byte, error) {
	from, err := zarr.OpenArray(s.ctx, s.to, path.Join(s.path, name))
	if err != nil {
		return nil, err
	}
	corrupt := func(format string, args ...any) error {
		return errs.New(errs.Corrupt, format, args...).At(s.at(name))
	}
	m := from.Meta()
	size := uint64(m.Type.Size)
	if slices.Contains(m.Shape, 0) {
		return nil, nil
	}
	for i, n := range m.Shape {
		if c := m.ChunkShape[i]; c > n || i > 0 && c < n {
			return nil, corrupt("found chunks of %v in %v, expected whole rows", m.ChunkShape, m.Shape)
		}
		if size > uint64(max(limit, 0))/n {
			return nil, corrupt("found %v of shape %v, expected at most %d bytes", m.Type, m.Shape, limit)
		}
		size *= n
	}
	if m.Type.Number == 0 || len(m.Shape) == 0 {
		return nil, corrupt("found %v of %d dimensions, expected numbers of 1 to 8", m.Type, len(m.Shape))
	}
	data := make([]byte, size)
	err = s.each(from, func(index []uint32, lo, hi int, scratch *zarr.Scratch) error {
		if hi <= len(data) {
			_, err := from.Read(s.ctx, index, data[lo:hi], scratch)
			return err
		}
		last := make([]byte, hi-lo) // it goes beyond the border
		_, err := from.Read(s.ctx, index, last, scratch)
		copy(data[lo:], last)
		return err
	})
	return data, err
}

// each calls f for every chunk of a, with the bytes of the elements it holds.
func (s *Store) each(a *zarr.Array, f func(index []uint32, lo, hi int, scratch *zarr.Scratch) error) error {
	grid := a.Grid()
	if zarr.Chunks(grid) == 0 {
		return nil
	}
	var scratch zarr.Scratch
	index := make([]uint32, len(grid))
	for i := range int(grid[0]) {
		if s.ctx.Err() != nil {
			return fmt.Errorf("%s: %w", s.path, context.Cause(s.ctx))
		}
		index[0] = uint32(i)
		if err := f(index, i*a.ChunkBytes(), (i+1)*a.ChunkBytes(), &scratch); err != nil {
			return err
		}
	}
	return nil
}
