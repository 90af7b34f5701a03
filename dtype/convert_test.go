package dtype

import (
	"errors"
	"math"
	"testing"

	"github.com/outcore/outcore/errs"
)

// room is n bytes aligned for every type.
func room(n int) []byte { return Bytes(make([]float64, (n+7)/8))[:n] }

// TestConvertKeepsValues converts small whole numbers from every type to every
// type.
func TestConvertKeepsValues(t *testing.T) {
	values := []float64{0, 1, 1, 0, 1}
	for _, from := range Names() {
		for _, to := range Names() {
			f, _ := Parse(from)
			g, _ := Parse(to)
			src, dst := room(5*f.Size()), room(5*g.Size())
			back := room(40)
			for _, step := range []struct {
				dst []byte
				to  Type
				src []byte
				f   Type
			}{{src, f, Bytes(values), Float64}, {dst, g, src, f}, {back, Float64, dst, g}} {
				if _, err := Convert(step.dst, step.to, step.src, step.f, 1); err != nil {
					t.Fatalf("%s to %s: %v", from, to, err)
				}
			}
			for i, v := range View[float64](back) {
				if v != values[i] {
					t.Errorf("%s to %s: %v at %d, want %v", from, to, v, i, values[i])
				}
			}
		}
	}
}

func TestConvertRefusesWhatDoesNotFit(t *testing.T) {
	dst := room(16)
	for name, c := range map[string]struct {
		to    Type
		v     float64
		scale float64
	}{
		"fraction":             {Int32, 1.5, 1},
		"not a number":         {Int8, math.NaN(), 1},
		"2^63 in int64":        {Int64, 1 << 63, 1},
		"2^64 in uint64":       {Uint64, 1 << 64, 1},
		"negative in unsigned": {Uint16, -1, 1},
		"scaled out of range":  {Uint8, 200, 2},
		"float32 overflow":     {Float32, 1e300, 1},
		"bool of 2":            {Bool, 2, 1},
	} {
		at, err := Convert(dst, c.to, Bytes([]float64{1, c.v}), Float64, c.scale)
		if at != 1 || !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: at %d, %v", name, at, err)
		}
	}
	if _, err := Convert(dst, Uint64, Bytes([]int64{-1}), Int64, 1); err == nil {
		t.Error("int64 -1 fits uint64")
	}
	if _, err := Convert(dst, Int64, Bytes([]uint64{1 << 63}), Uint64, 1); err == nil {
		t.Error("uint64 2^63 fits int64")
	}
	if _, err := Convert(dst, Uint64, Bytes([]float64{1 << 63}), Float64, 1); err != nil {
		t.Error(err)
	}
	if _, err := Convert(dst, Float32, Bytes([]uint8{51}), Uint8, 1.0/255); err != nil || View[float32](dst)[0] != 0.2 {
		t.Errorf("51/255 = %v, %v", View[float32](dst)[0], err)
	}
}
