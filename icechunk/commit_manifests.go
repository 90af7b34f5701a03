package icechunk

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// written is the manifests of one commit.
type written struct {
	refs  map[format.NodeID][]format.ManifestRef // of every array whose chunks changed
	infos map[format.ObjectID]format.ManifestInfo
}

// writeManifests writes the references of all arrays whose chunks changed: those
// of the boxes that were touched, and no others.
func (s *Session) writeManifests(ctx context.Context) (*written, error) {
	w := &written{map[format.NodeID][]format.ManifestRef{}, map[format.ObjectID]format.ManifestInfo{}}
	var all []pack1
	for _, id := range slices.SortedFunc(maps.Keys(s.changes.chunks), compareNodeIDs) {
		ch := s.changes.chunks[id]
		v, ok := s.changes.look(s.base, ch.path)
		if !ok || v.id != id {
			continue // the array is gone
		}
		p, err := s.planArray(ctx, &v, ch)
		if err != nil {
			return nil, err
		}
		w.refs[id] = slices.Clip(p.kept)
		for _, g := range p.groups {
			all = append(all, pack1{id, g})
		}
	}
	packs := packed(all, s.r.opt.Split)
	infos := make([]format.ManifestInfo, len(packs))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(s.r.opt.Workers)
	for i, p := range packs {
		m := &manifest{id: format.NewObjectID()}
		for _, g := range p {
			m.arrays = append(m.arrays, arrayRefs{g.node, *g.refs})
			w.refs[g.node] = append(w.refs[g.node], format.ManifestRef{ID: m.id, Extents: boxOf(g.refs)})
		}
		slices.SortFunc(m.arrays, func(a, b arrayRefs) int { return compareNodeIDs(a.node, b.node) })
		work.Go(func() (err error) {
			infos[i], err = s.r.writeManifest(ctx, m)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	for _, info := range infos {
		w.infos[info.ID] = info
	}
	for id, refs := range w.refs {
		slices.SortFunc(refs, func(a, b format.ManifestRef) int { return compareBoxes(a.Extents, b.Extents) })
		if refs == nil {
			w.refs[id] = []format.ManifestRef{}
		}
	}
	return w, nil
}

// A pack1 is references of one array that go into one manifest.
type pack1 struct {
	node format.NodeID
	refs *refColumns
}

// packBytes bounds a manifest of several arrays: who reads one chunk of a small
// array reads the others' references too.
const packBytes = 128 << 10

// packed puts references of small arrays together, in the order given.
func packed(all []pack1, split int) (packs [][]pack1) {
	var open []pack1
	var rows int
	var size int64
	for _, p := range all {
		n, b := p.refs.rows(), p.refs.bytes()
		if n > split/2 || b > packBytes/2 {
			packs = append(packs, []pack1{p})
			continue
		}
		again := len(open) > 0 && open[len(open)-1].node == p.node // one list of an array in a manifest
		if len(open) > 0 && (rows+n > split || size+b > packBytes || again) {
			packs = append(packs, open)
			open, rows, size = nil, 0, 0
		}
		open = append(open, p)
		rows, size = rows+n, size+b
	}
	if len(open) > 0 {
		packs = append(packs, open)
	}
	return packs
}

// loadColumns reads the references of v inside one of its manifests.
func (s *Session) loadColumns(ctx context.Context, v *view, ref format.ManifestRef) (*refColumns, error) {
	m, err := s.r.manifestOf(ctx, s.base, ref.ID)
	if err != nil {
		return nil, err
	}
	if m.newer != "" {
		return nil, s.r.damaged(manifestKey(m.id), errs.New(errs.Unsupported, "icechunk: the manifest has what this version does not know and would lose: %s", m.newer).
			WithFix("a newer version of the program"))
	}
	c, err := s.r.columns(m, v)
	if err != nil || c == nil {
		return &refColumns{rank: len(v.shape)}, err
	}
	return c, nil
}
