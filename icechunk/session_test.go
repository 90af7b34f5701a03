package icechunk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/zarr"
)

// The cost of making a node must not grow with those that the session made: it
// took 132 s for 20,000.
func TestMakingManyNodes(t *testing.T) {
	r, err := icechunk.Create(t.Context(), blob.New(memblob.New(), "mem://test"), icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := zarr.NewMeta([]uint64{4}, zarr.NumberType(dtype.Int64), zarr.MetaOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Session(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	const each = 4000
	var took [2]time.Duration
	for half := range took {
		start := time.Now()
		for i := range each {
			if _, err := zarr.CreateArray(t.Context(), s, fmt.Sprintf("/a%d-%05d", half, i), m); err != nil {
				t.Fatal(err)
			}
		}
		took[half] = time.Since(start)
	}
	if took[1] > 8*time.Second {
		t.Errorf("%d arrays took %v, as many more %v", each, took[0], took[1])
	}
	if _, err := s.Commit(t.Context(), "many"); err != nil {
		t.Fatal(err)
	}
}
