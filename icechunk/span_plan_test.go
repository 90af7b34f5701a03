package icechunk

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/outcore/outcore/icechunk/format"
)

// TestSpansHoldTheirChunks plans random references, hostile ones among them.
func TestSpansHoldTheirChunks(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 8))
	for range 2000 {
		most := int64(1) << rnd.IntN(23)
		refs := make([]packedRef, 1+rnd.IntN(spanRun))
		for i := range refs {
			id := format.ObjectID{byte(rnd.IntN(3))}
			off, n := rnd.Uint64N(1<<uint(1+rnd.IntN(24))), rnd.Uint64N(1<<uint(1+rnd.IntN(22)))
			if rnd.IntN(20) == 0 {
				off = math.MaxUint64 - rnd.Uint64N(100)
			}
			if rnd.IntN(20) == 0 {
				n = 1<<lengthBits - 1 - rnd.Uint64N(100)
			}
			kind := refNative
			if rnd.IntN(10) == 0 {
				kind = refInline
			}
			refs[i] = pack(kind, id, off, n)
		}
		for i, s := range planSpans(refs, most) {
			r := &refs[i]
			switch {
			case s.length == 0:
			case r.kind() != refNative:
				t.Fatalf("a chunk in the manifest is read at %+v", s)
			case s.length > uint64(most):
				t.Fatalf("a piece of %d bytes, expected at most %d", s.length, most)
			case r.off() < s.offset || r.off()+r.len() > s.offset+s.length:
				t.Fatalf("a chunk at %d of %d bytes is not in %+v", r.off(), r.len(), s)
			}
		}
	}
}
