package dtype

import (
	"errors"
	"testing"

	"github.com/outcore/outcore/errs"
)

func TestTypeNamesRoundTrip(t *testing.T) {
	for _, name := range Names() {
		ty, err := Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(ty.NPY())
		if err != nil || again != ty || ty.String() != name {
			t.Errorf("%s: npy %s gives %v, %v", name, ty.NPY(), again, err)
		}
	}
	if _, err := Parse("flot32"); !errors.Is(err, errs.Unsupported) {
		t.Errorf("Parse(flot32) = %v", err)
	}
}

func TestSliceIsAView(t *testing.T) {
	d := NewDense(3, 2, []float32{0, 1, 2, 3, 4, 5})
	v := d.Slice(1, 3)
	View[float32](v.Data)[0] = 9
	if got := View[float32](d.Data)[2]; got != 9 {
		t.Errorf("dense slice copied: %v", got)
	}
	s := NewCSR(3, 4, []int64{0, 1, 3, 4}, []int32{3, 0, 2, 1}, []float64{1, 2, 3, 4}).Slice(1, 3)
	if s.Len() != 3 || s.Check() != nil {
		t.Errorf("sparse slice: len %d, check %v", s.Len(), s.Check())
	}
}

func TestCheckFindsWhatDoesNotFit(t *testing.T) {
	for name, b := range map[string]*Block{
		"dense too short":      {Type: Float32, Rows: 2, Cols: 2, Data: make([]byte, 12)},
		"column out of range":  NewCSR(1, 2, []int64{0, 1}, []int32{2}, []float64{1}),
		"columns not rising":   NewCSR(1, 4, []int64{0, 2}, []int32{2, 2}, []float64{1, 1}),
		"negative column":      NewCSR(1, 4, []int64{0, 1}, []int32{-1}, []float64{1}),
		"row ends before it":   NewCSR(2, 4, []int64{0, 1, 0}, []int32{1}, []float64{1}),
		"row start beyond end": NewCSR(1, 4, []int64{0, 9}, []int32{1}, []float64{1}),
		"no type":              {Rows: 1, Cols: 1, Data: make([]byte, 1)},
	} {
		if b.Check() == nil {
			t.Errorf("%s: not found", name)
		}
	}
}
