package icechunk

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/stream"
	"github.com/outcore/outcore/zarr"
)

// A decoded is the content of one chunk, valid for one call.
type decoded struct {
	entry   *ChunkEntry
	data    []byte  // elements, or the bytes of texts
	offsets []int32 // of texts; nil for elements of one size
	err     error   // instead: the chunk is damaged
}

// decodeWorkers is the chunks of a that are decoded at once: each takes its
// decoded size and what lies between its codecs, all of them at most a quarter
// of the memory that is left to us.
func (r *Repository) decodeWorkers(a *zarr.Array) int {
	const most = 4
	each := int64(a.ChunkBytes() + a.ScratchBytes())
	return int(max(1, min(most, r.opt.within(most*each, 4)/max(1, each))))
}

// mayDecode is errs.TooLarge when one chunk of a, decoded, is more than the
// memory that is left to us.
func (r *Repository) mayDecode(a *zarr.Array) error {
	b, each := r.opt.Budget, int64(a.ChunkBytes()+a.ScratchBytes())
	if b == nil || each <= b.Room() {
		return nil
	}
	need := memory.Need(each)
	e := errs.New(errs.TooLarge, "icechunk: a chunk of %s takes %s to decode; the cap is %s", a.Path(), memory.FormatSize(each), memory.FormatSize(b.Cap())).
		WithFix("--memory %s", memory.FlagSize(need))
	e.Err = &memory.RefusedError{What: "a chunk of " + a.Path(), Want: each, Need: need, Cap: b.Cap()}
	return e
}

// decoding decodes the chunks of an array in several workers and yields what use
// makes of them, in order of index. Chunks that skip tells are left out.
func decoding[T any](ctx context.Context, s *Session, a *zarr.Array, skip func(*ChunkEntry) bool, use func(decoded) T) iter.Seq2[T, error] {
	entries := func(yield func(*ChunkEntry, error) bool) {
		for e, err := range s.Chunks(ctx, a.Path()) {
			if err != nil {
				yield(nil, err)
				return
			}
			own := &ChunkEntry{append([]uint32{}, e.Index...), e.Ref}
			if skip(own) {
				continue
			}
			if err := s.r.mayDecode(a); err != nil {
				yield(nil, err)
				return
			}
			if !yield(own, nil) {
				return
			}
		}
	}
	m := stream.Mapper[*ChunkEntry, T]{Workers: s.r.decodeWorkers(a), New: func() func(context.Context, *ChunkEntry) (T, error) {
		d := &decoder{a: a}
		return func(ctx context.Context, e *ChunkEntry) (none T, err error) {
			got, err := d.decode(ctx, e)
			if err != nil {
				return none, err
			}
			return use(got), nil
		}
	}}
	return m.Map(ctx, entries)
}

// A decoder is the buffers of one worker.
type decoder struct {
	a       *zarr.Array
	scratch zarr.Scratch
	data    []byte
	offsets []int32
}

func (d *decoder) decode(ctx context.Context, e *ChunkEntry) (decoded, error) {
	got := decoded{entry: e}
	var err error
	if n := d.a.ChunkBytes(); n > 0 {
		if d.data == nil {
			d.data = make([]byte, n)
		}
		_, err = d.a.Read(ctx, e.Index, d.data, &d.scratch)
	} else {
		d.offsets, d.data, err = d.a.ReadStrings(ctx, e.Index, d.offsets, d.data, &d.scratch)
		got.offsets = d.offsets
	}
	got.data = d.data
	if errors.Is(err, errs.Corrupt) || errors.Is(err, errs.Unsupported) || errors.Is(err, errs.Invalid) {
		got.err, err = err, nil
	}
	return got, err
}

// decode reads every chunk of a snapshot that was not read before.
func (c *checker) decode(ctx context.Context, t *tree) error {
	s := &Session{r: c.r, base: t, changes: newChanges()}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if n.Array == nil {
			continue
		}
		a, err := zarr.OpenArray(ctx, s, n.Path)
		if errors.Is(err, errs.Unsupported) {
			continue
		}
		if err != nil {
			if err := c.damage(Finding{Object: snapshotKey(t.ID), Path: n.Path}, err); err != nil {
				return err
			}
			continue
		}
		for f, err := range decoding(ctx, s, a, c.done, c.finding(n)) {
			if errors.Is(err, errs.Corrupt) {
				break // a manifest, which was reported
			}
			if errors.Is(err, errs.TooLarge) { // the others can be looked at
				if err := c.found(Finding{Object: snapshotKey(t.ID), Path: n.Path, Err: err}); err != nil {
					return err
				}
				break
			}
			if err != nil {
				return err
			}
			if f.Err != nil {
				if err := c.found(f); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// done reports whether a chunk need not be decoded: it was, or its object was
// reported, or it is not here.
func (c *checker) done(e *ChunkEntry) bool {
	if e.Ref.Virtual != nil || e.Ref.Inline != nil {
		return e.Ref.Virtual != nil
	}
	at := cacheKey{e.Ref.Chunk, span{e.Ref.Offset, e.Ref.Length}}
	size, ok := c.chunks[e.Ref.Chunk]
	if c.decoded[at] || !ok || e.Ref.Offset > uint64(size) || e.Ref.Length > uint64(size)-e.Ref.Offset {
		return true
	}
	c.decoded[at] = true
	return false
}

// finding reports chunks of an array that cannot be decoded.
func (c *checker) finding(n *format.Node) func(decoded) Finding {
	return func(d decoded) Finding {
		f := Finding{Path: n.Path, Index: d.entry.Index}
		if d.err == nil {
			return f
		}
		if d.entry.Ref.Inline == nil {
			f.Object = chunkKey(d.entry.Ref.Chunk)
		} else if i := slices.IndexFunc(n.Array.Manifests, func(m format.ManifestRef) bool { return inside(m.Extents, f.Index) }); i >= 0 {
			f.Object = manifestKey(n.Array.Manifests[i].ID)
		}
		f.Err = c.r.damaged(f.Object, d.err)
		return f
	}
}
