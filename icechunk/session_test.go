package icechunk_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	budgets "github.com/outcore/outcore/memory"
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

// A chunk that is larger than the memory is named by Check, and the others are
// looked at.
func TestCheckKeepsToItsMemory(t *testing.T) {
	b := blob.New(memblob.New(), "mem://test")
	r, err := icechunk.Create(t.Context(), b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Session(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	for path, n := range map[string]uint64{"/large": 1 << 30, "/small": 1000} {
		m, err := zarr.NewMeta([]uint64{n}, zarr.NumberType(dtype.Int8), zarr.MetaOptions{Chunks: []uint64{n}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := zarr.CreateArray(t.Context(), s, path, m); err != nil {
			t.Fatal(err)
		}
		if err := s.PutChunk(t.Context(), path, []uint32{0}, []byte("no zstd")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Commit(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	budget, err := budgets.New(budgets.Options{Cap: 128 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer budget.Close()
	if r, err = icechunk.Open(t.Context(), b, icechunk.Options{Budget: budget}); err != nil {
		t.Fatal(err)
	}
	found := map[string]error{}
	for f, err := range r.Check(t.Context(), "", true) {
		if err != nil {
			t.Fatal(err)
		}
		found[f.Path] = f.Err
	}
	if !errors.Is(found["/large"], errs.TooLarge) || !errors.Is(found["/small"], errs.Corrupt) || len(found) != 2 {
		t.Errorf("found %v", found)
	}
	var refused *budgets.RefusedError
	if _, err := r.Digest(t.Context(), ""); !errors.As(err, &refused) {
		t.Errorf("digest: %v", err)
	}
}
