package icechunk

import (
	"context"

	"github.com/outcore/outcore/icechunk/format"
)

// Chunks that lie side by side in one object, as other programs write them, are
// read together: one request for up to spanBytes.
const spanBytes = 4 << 20

// A span is a piece of an object in chunks/. Of no length, the chunk is read alone.
type span struct{ offset, length uint64 }

// spanOf finds what to read with the chunk in a row: its neighbours in the
// manifest that touch it in the object. The piece depends on the row alone
// within runs of 64 rows, so that neighbours share it.
func spanOf(c *refColumns, row int) span {
	const run = 64
	p := &c.refs[row]
	if p.len() > spanBytes/4 {
		return span{}
	}
	// Runs of touching chunks, cut where the piece would be too large.
	first := row / run * run
	var s span
	for i := first; i < min(first+run, c.rows()); i++ {
		q := &c.refs[i]
		same := q.kind() == refNative && q.id == p.id
		if same && s.length > 0 && q.off() == s.offset+s.length && s.length+q.len() <= spanBytes {
			s.length += q.len()
			continue
		}
		if i > row {
			break
		}
		s = span{}
		if same {
			s = span{q.off(), q.len()}
		}
	}
	if s.length == p.len() {
		return span{} // alone
	}
	return s
}

// readSpan reads a piece of an object, or finds it in memory.
func (r *Repository) readSpan(ctx context.Context, id format.ObjectID, s span) ([]byte, error) {
	return cached(ctx, r.spans, cacheKey{id, s}, func() ([]byte, int64, error) {
		p := make([]byte, s.length)
		if err := r.readChunk(ctx, id, p, s.offset); err != nil {
			return nil, 0, err
		}
		return p, int64(len(p)), nil
	})
}
