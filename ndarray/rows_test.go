package ndarray

import (
	"bytes"
	"errors"
	"testing"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

func TestRowsAreTheWholeInOrder(t *testing.T) {
	old := rowElems
	t.Cleanup(func() { rowElems = old })
	x := matrix(t, zarr.NewMem(), "/x", 17, 9).Any()
	for _, rowElems = range []int{1, 20, 60, 1000} {
		for name, a := range map[string]Any{
			"all": x, "backwards": x.Slice(R(15, 2).By(-2)), "one": x.Slice(At(3)), "number": x.Max(),
			"none": x.Slice(R(3, 3)), "operations": x.Sub(x.Mean(Axes(1), KeepDims())),
		} {
			want, err := a.Compute(t.Context(), engine(1))
			if err != nil {
				t.Fatal(err)
			}
			var got []byte
			next := 0
			for b, err := range a.Rows(t.Context(), metered(t)) {
				if err != nil {
					t.Fatal(err)
				}
				if b.First != next {
					t.Errorf("%s: a block from %d, want %d", name, b.First, next)
				}
				if len(b.Shape) > 0 {
					next += b.Shape[0]
				}
				got = append(got, b.Data...)
			}
			if !bytes.Equal(got, want.Data) {
				t.Errorf("%s: other values in rows", name)
			}
		}
	}
	rowElems = 1
	for _, err := range x.Rows(t.Context(), engine(2)) {
		if err != nil {
			t.Error(err)
		}
		break // ends the run
	}
	for _, err := range x.Slice(At(99)).Rows(t.Context(), engine(2)) {
		if !errors.Is(err, errs.Shape) {
			t.Error(err)
		}
	}
}
