package icechunk

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/internal/ranges"
)

// Chunks that lie near each other in one object, as other programs write them,
// are read together. A request to an object store waits some 15 ms, in which it
// could read 1 MB; a read of a file some 5 µs, and 50 KB.
const (
	spanBytes = 4 << 20   // most that is read at once: four fit Repository.spans
	spanGap   = 64 << 10  // most between two chunks that is read and thrown away
	spanRun   = 256       // rows of a manifest that are looked through for neighbours
	spanEager = 128 << 10 // what is read although one chunk of it was asked for so far
)

// A span is a piece of an object in chunks/. Of no length, the chunk is read alone.
type span struct{ offset, length uint64 }

// A spanPlan is the spans of a run of rows of a manifest.
type spanPlan struct {
	of    *refColumns
	first int
	spans []span
}

// spanOf finds what to read with the chunk in a row of c, one of m's: up to most
// bytes. It depends on the row alone within runs, so that neighbours share it.
func (m *manifest) spanOf(c *refColumns, row int, most int64) span {
	first := row / spanRun * spanRun
	p := m.plan.Load()
	if p == nil || p.of != c || p.first != first {
		p = &spanPlan{c, first, planSpans(c.refs[first:min(first+spanRun, c.rows())], most)}
		m.plan.Store(p)
	}
	if p.spans == nil {
		return span{}
	}
	return p.spans[row-first]
}

// planSpans gives the span of each reference; nil when each is read alone. What
// is planned together is small enough that its pieces stay in memory while the
// rows are read in order, wherever they lie in the object.
func planSpans(refs []packedRef, most int64) (spans []span) {
	all := make([]span, len(refs))
	found := false
	for from := 0; from < len(refs); {
		to, sum := from, uint64(0)
		for to < len(refs) && (to == from || sum+refs[to].len() <= 2*uint64(most)) {
			sum += min(refs[to].len(), 2*uint64(most))
			to++
		}
		found = planRows(refs[from:to], all[from:to], most) || found
		from = to
	}
	if !found {
		return nil
	}
	return all
}

// planRows fills in spans of what is read together; it reports whether there is any.
func planRows(refs []packedRef, spans []span, most int64) (found bool) {
	var list []ranges.Range
	done := make(map[format.ObjectID]bool)
	for i := range refs {
		// Mostly every chunk is an object of its own.
		if refs[i].kind() != refNative || done[refs[i].id] {
			continue
		}
		done[refs[i].id] = true
		list = list[:0]
		for k := i; k < len(refs); k++ {
			q := &refs[k]
			if q.id == refs[i].id && q.kind() == refNative && q.len() <= uint64(most)/4 && q.off() <= math.MaxInt64-q.len() {
				list = append(list, ranges.Range{Lo: int64(q.off()), Hi: int64(q.off() + q.len()), Number: k})
			}
		}
		if len(list) < 2 {
			continue
		}
		for g := range (ranges.Rule{Gap: spanGap, Most: most}).Plan(list) {
			for _, r := range g.Members {
				if r.Hi-r.Lo == g.Hi-g.Lo {
					continue // it is all of the group
				}
				spans[r.Number] = span{uint64(g.Lo), uint64(g.Hi - g.Lo)}
				found = true
			}
		}
	}
	return found
}

// readSpan gives a piece of an object. It is not ok when the chunk is better
// read alone: as the first of a large piece, or because the piece cannot be
// read and the chunk perhaps can. The caller does not change the bytes.
func (r *Repository) readSpan(ctx context.Context, id format.ObjectID, s span) (piece []byte, ok bool, err error) {
	key := cacheKey{id, s}
	if !r.spans.has(key) && !r.touched.again(key, s.length <= spanEager) {
		return nil, false, nil
	}
	piece, err = cached(ctx, r.spans, key, func() ([]byte, int64, error) {
		p := make([]byte, s.length)
		if err := r.readChunk(ctx, id, p, s.offset); err != nil {
			return nil, 0, err
		}
		return p, int64(len(p)), nil
	})
	if errors.Is(err, errs.Corrupt) {
		r.touched.avoid(key)
		return nil, false, nil
	}
	return piece, err == nil, err
}

// touches tell pieces of which a chunk was read, and those that cannot be read.
type touches struct {
	mu   sync.Mutex
	seen map[cacheKey]bool // true: it cannot be read
}

// maxTouches bounds touches to some 300 KB.
const maxTouches = 4096

// again reports whether the piece is to be read: now that a second chunk of it is
// asked for, or at once.
func (t *touches) again(key cacheKey, atOnce bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	bad, seen := t.seen[key]
	if bad || !seen && !atOnce {
		t.note(key, bad)
		return false
	}
	delete(t.seen, key)
	return true
}

func (t *touches) avoid(key cacheKey) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note(key, true)
}

func (t *touches) note(key cacheKey, bad bool) {
	if t.seen == nil || len(t.seen) >= maxTouches {
		t.seen = map[cacheKey]bool{}
	}
	t.seen[key] = bad
}
