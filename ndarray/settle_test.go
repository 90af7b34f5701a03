package ndarray

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/zarr"
)

// A countedStore counts the chunks that are read.
type countedStore struct {
	zarr.Store
	reads int
}

func (s *countedStore) Chunk(ctx context.Context, path string, index []uint32) (zarr.Chunk, bool, error) {
	s.reads++
	return s.Store.Chunk(ctx, path, index)
}

// TestSettledReductionsAreComputedOnce writes an array in parts by a value with
// a reduction in it, which is not computed before it is known that all fits.
func TestSettledReductionsAreComputedOnce(t *testing.T) {
	ctx := t.Context()
	store := &countedStore{Store: zarr.NewMem()}
	if err := Arange[float64](0, 1, 64).Save(ctx, engine(1), store, "/x", WithMeta(zarr.MetaOptions{Chunks: []uint64{8}})); err != nil {
		t.Fatal(err)
	}
	if err := Full(0.0, 64).Save(ctx, engine(1), store, "/y", WithMeta(zarr.MetaOptions{Chunks: []uint64{8}})); err != nil {
		t.Fatal(err)
	}
	x, err := OpenAny(ctx, store, "/x")
	if err != nil {
		t.Fatal(err)
	}
	z := x.Sub(x.Mean()).Div(x.Max(KeepDims()).Slice(At(0)))
	small, err := memory.New(memory.Options{Cap: memory.Base + 4<<10})
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	err = Assign(ctx, engine(1), store, "/y", nil, z, WithBudget(small))
	if !errors.Is(err, errs.TooLarge) || strings.Contains(err.Error(), "cache") || store.reads != 0 {
		t.Errorf("too little memory: %v, %d chunks read", err, store.reads)
	}
	if err := Assign(ctx, engine(1), store, "/y", nil, z, OnlyChunks(0, 0)); err != nil || store.reads != 0 {
		t.Errorf("no chunks: %v, %d read", err, store.reads)
	}
	z, err = z.Settle(ctx, engine(1))
	if err != nil || store.reads != 16 {
		t.Fatalf("settling: %v, %d chunks read", err, store.reads)
	}
	for i := range int64(8) {
		if err := Assign(ctx, engine(1), store, "/y", nil, z, OnlyChunks(i, i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if store.reads != 24 {
		t.Errorf("%d chunks read, want those of x three times", store.reads)
	}
	y, err := OpenAny(ctx, store, "/y")
	if err != nil {
		t.Fatal(err)
	}
	got, err := y.Slice(R(0, 64).By(63)).Compute(ctx, engine(1))
	if err != nil || !slices.Equal(got.Float64(), []float64{-31.5 / 63, 31.5 / 63}) {
		t.Errorf("%v %v", got, err)
	}
	if text, err := z.Explain(); err != nil || strings.Contains(text, "mean") {
		t.Errorf("%s %v", text, err)
	}
}

// TestExplainViewsOfReductions plans what reads a part of a reduction.
func TestExplainViewsOfReductions(t *testing.T) {
	x := Full(1.0, 6, 4).Any()
	text, err := x.Mean(Axes(0)).Slice(R(0, 4).By(-2)).Add(1).Explain()
	if err != nil || !strings.Contains(text, "pass 2: compute") {
		t.Errorf("%s %v", text, err)
	}
}
