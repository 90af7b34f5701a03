package ml

import (
	"errors"
	"slices"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

func TestStateChecksNameTypeAndShape(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6}
	s := State{dtype.NewNamed("x", x, 2, 3), {Name: "short", Type: dtype.Float64, Shape: []int{2}, Data: make([]byte, 15)},
		{Name: "huge", Type: dtype.Float64, Shape: []int{1 << 40, 1 << 40}, Data: make([]byte, 16)}}
	for _, c := range []struct {
		name  string
		shape []int
		kind  errs.Kind
	}{
		{"y", []int{2, 3}, errs.Corrupt}, {"x", []int{3, 2}, errs.Shape}, {"x", []int{6}, errs.Shape},
		{"short", []int{2}, errs.Corrupt}, {"huge", []int{-1, -1}, errs.Shape},
	} {
		if _, err := s.Float64(c.name, c.shape...); !errors.Is(err, c.kind) {
			t.Errorf("%s as %v: got %v, want %v", c.name, c.shape, err, c.kind)
		}
	}
	if _, err := s.Int64("x", 2, 3); !errors.Is(err, errs.Corrupt) {
		t.Errorf("float64 as int64: %v", err)
	}
	got, err := s.Float64("x", 2, -1)
	if err != nil || !slices.Equal(got, x) {
		t.Fatalf("got %v, %v", got, err)
	}
	if got[0] = 9; x[0] != 1 {
		t.Error("State shares memory with the file")
	}
}
