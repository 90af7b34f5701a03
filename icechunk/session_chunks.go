package icechunk

import (
	"context"
	"iter"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/zarr"
)

// Chunk is zarr.Store's. The Chunk's ID is the address of its bytes in chunks/,
// or for inline bytes their digest.
func (s *Session) Chunk(ctx context.Context, path string, index []uint32) (zarr.Chunk, bool, error) {
	s.mu.RLock()
	v, err := s.array(path, index)
	if err != nil {
		s.mu.RUnlock()
		return nil, false, err
	}
	base := s.base
	if ch := s.changes.chunks[v.id]; ch != nil {
		if row := ch.table.row(index); row >= 0 {
			switch p := &ch.table.refs[row]; p.kind() {
			case refNone:
			case refDeleted:
				s.mu.RUnlock()
				return nil, false, nil
			default:
				ref := ch.table.unpack(p)
				s.mu.RUnlock()
				return s.r.open(path, ref), true, nil
			}
		}
		if ch.trimmed(index) {
			s.mu.RUnlock()
			return nil, false, nil
		}
	}
	s.mu.RUnlock()
	m, columns, row, err := s.r.locate(ctx, base, &v, index)
	if err != nil || columns == nil {
		return nil, false, err
	}
	return s.r.openIn(path, m, columns, row), true, nil
}

// locate finds the row of a chunk in the manifests of base; nil columns: none.
func (r *Repository) locate(ctx context.Context, base *tree, v *view, index []uint32) (*manifest, *refColumns, int, error) {
	for _, ref := range v.manifests() {
		if !inside(ref.Extents, index) {
			continue
		}
		m, err := r.manifestOf(ctx, base, ref.ID)
		if err != nil {
			return nil, nil, 0, err
		}
		columns, err := r.columns(m, v)
		if err != nil {
			return nil, nil, 0, err
		}
		if columns == nil {
			continue
		}
		if row, ok := columns.find(index); ok {
			return m, columns, row, nil
		}
	}
	return nil, nil, 0, nil
}

// manifestOf reads a manifest that base refers to.
func (r *Repository) manifestOf(ctx context.Context, base *tree, id format.ObjectID) (*manifest, error) {
	info, ok := base.info(id)
	if !ok {
		return nil, r.damaged(snapshotKey(base.ID), errs.New(errs.Corrupt, "icechunk: manifest %s is not in the list of manifests", id))
	}
	return r.manifest(ctx, id, info.Size)
}

// columns is an array's references in a manifest, nil when there are none.
func (r *Repository) columns(m *manifest, v *view) (*refColumns, error) {
	c := m.of(v.id)
	if c == nil || c.rows() == 0 {
		return nil, nil
	}
	if c.rank != len(v.shape) {
		return nil, r.damaged(manifestKey(m.id), errs.New(errs.Corrupt, "icechunk: chunk indices of %s have %d dimensions, expected %d", v.path, c.rank, len(v.shape)))
	}
	return c, nil
}

// count counts the references of an array of base.
func (r *Repository) count(ctx context.Context, base *tree, v *view) (n int64, err error) {
	for c, err := range r.gathered(ctx, base, v) {
		if err != nil {
			return 0, err
		}
		n += int64(c.rows())
	}
	return n, nil
}

// PutChunk is zarr.Store's: the bytes go to the bucket now, and count from Commit on.
func (s *Session) PutChunk(ctx context.Context, path string, index []uint32, data []byte) error {
	if err := s.mayPut(path, index); err != nil {
		return err
	}
	ref, err := s.r.StageChunk(ctx, data)
	if err != nil {
		return err
	}
	return s.SetRef(path, index, ref)
}

func (s *Session) mayPut(path string, index []uint32) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, err := s.target(path, index)
	return err
}

// target finds the array of a chunk that may be written; the caller holds mu.
func (s *Session) target(path string, index []uint32) (view, error) {
	if err := s.forChange(); err != nil {
		return view{}, err
	}
	v, err := s.array(path, index)
	if err != nil {
		return v, err
	}
	if grid := gridOf(v.shape); !inGrid(grid, index) {
		return v, s.r.fail(errs.New(errs.Invalid, "icechunk: chunk %v is outside the grid %v of %s", index, grid, path))
	}
	return v, nil
}

// SetRef makes the chunk at index what ref points to.
func (s *Session) SetRef(path string, index []uint32, ref format.ChunkRef) error {
	if err := checkRef(ref); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.target(path, index)
	if err != nil {
		return err
	}
	s.changes.of(v).table.set(index, ref)
	return nil
}

// checkRef refuses what is not exactly one kind of reference.
func checkRef(ref format.ChunkRef) error {
	kinds := 0
	for _, is := range []bool{ref.Inline != nil, ref.Chunk != format.ObjectID{}, ref.Virtual != nil} {
		if is {
			kinds++
		}
	}
	if kinds != 1 || ref.Inline == nil && ref.Length == 0 || ref.Length>>lengthBits != 0 || ref.Inline != nil && len(ref.Inline) == 0 {
		return errs.New(errs.Invalid, "icechunk: a reference to %d places and %d bytes, expected one place and some bytes", kinds, max(ref.Length, uint64(len(ref.Inline))))
	}
	if len(ref.Inline) > maxInline {
		return errs.New(errs.Invalid, "icechunk: %d bytes inline, expected at most %d", len(ref.Inline), maxInline)
	}
	return nil
}

// DeleteChunk is zarr.Store's.
func (s *Session) DeleteChunk(ctx context.Context, path string, index []uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.forChange(); err != nil {
		return err
	}
	v, err := s.array(path, index)
	if err != nil {
		return err
	}
	ch := s.changes.chunks[v.id]
	if !inGrid(gridOf(v.shape), index) {
		return nil // there is none, and there was none to delete
	}
	stored := slices.ContainsFunc(v.manifests(), func(m format.ManifestRef) bool { return inside(m.Extents, index) })
	if !stored && (ch == nil || ch.table.row(index) < 0) {
		return nil
	}
	s.changes.of(v).table.mark(index, refDeleted)
	return nil
}

// Trim is zarr.Trimmer's: it costs the same for any number of chunks.
func (s *Session) Trim(ctx context.Context, path string, grid []uint32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.forChange(); err != nil {
		return err
	}
	v, err := s.array(path, grid)
	if err != nil {
		return err
	}
	if !slices.Equal(grid, gridOf(v.shape)) {
		s.changes.of(v).shrink(grid)
	}
	return nil
}

// A ChunkEntry is one reference.
type ChunkEntry struct {
	Index []uint32
	Ref   format.ChunkRef
}

// Chunks yields the references of an array in order of index: what is stored,
// how many bytes. index is valid until the next.
func (s *Session) Chunks(ctx context.Context, path string) iter.Seq2[ChunkEntry, error] {
	return func(yield func(ChunkEntry, error) bool) {
		s.mu.RLock()
		v, err := s.look(path)
		if err == nil {
			v, err = s.array(path, make([]uint32, len(v.shape)))
		}
		base := s.base
		var ours *chunkChanges
		if ch := s.changes.chunks[v.id]; err == nil && ch != nil {
			ours = &chunkChanges{ch.path, ch.table.clone(), ch.trim}
		}
		s.mu.RUnlock()
		if err != nil {
			yield(ChunkEntry{}, err)
			return
		}
		for e, err := range s.r.entries(ctx, base, &v, ours) {
			if err != nil {
				yield(ChunkEntry{}, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}
