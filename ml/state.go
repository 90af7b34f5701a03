package ml

import (
	"encoding/json"
	"slices"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// State is the arrays of a saved step, for Load to take from. Its methods
// check name, type and shape and copy, so that a step never shares memory
// with the file it was read from. A size of -1 in a shape takes any size.
type State []dtype.Named

// Config reads the config a step saved into dst.
func Config(raw json.RawMessage, dst any) error {
	if len(raw) == 0 {
		return errs.New(errs.Corrupt, "saved step: no config")
	}
	if err := json.Unmarshal(raw, dst); err != nil {
		return errs.New(errs.Corrupt, "saved step: config: %w", err)
	}
	return nil
}

// Float64 returns a copy of the float64 array called name.
func (s State) Float64(name string, shape ...int) ([]float64, error) {
	return take[float64](s, name, shape)
}

// Int64 returns a copy of the int64 array called name.
func (s State) Int64(name string, shape ...int) ([]int64, error) {
	return take[int64](s, name, shape)
}

// Uint8 returns a copy of the uint8 array called name.
func (s State) Uint8(name string, shape ...int) ([]byte, error) {
	return take[uint8](s, name, shape)
}

func take[T dtype.Number](s State, name string, shape []int) ([]T, error) {
	i := slices.IndexFunc(s, func(a dtype.Named) bool { return a.Name == name })
	if i < 0 {
		return nil, errs.New(errs.Corrupt, "saved step: array %q is missing", name)
	}
	a := s[i]
	if a.Type != dtype.TypeOf[T]() {
		return nil, errs.New(errs.Corrupt, "saved step: array %q holds %v, expected %v", name, a.Type, dtype.TypeOf[T]())
	}
	n, fits := 1, len(a.Shape) == len(shape)
	for k := 0; fits && k < len(shape); k++ {
		fits = a.Shape[k] >= 0 && (shape[k] == -1 || shape[k] == a.Shape[k]) && (a.Shape[k] == 0 || n <= len(a.Data)/a.Shape[k])
		n *= a.Shape[k]
	}
	if !fits {
		return nil, errs.New(errs.Shape, "saved step: array %q is of shape %v, expected %v", name, a.Shape, shape)
	}
	if len(a.Data) != n*a.Type.Size() {
		return nil, errs.New(errs.Corrupt, "saved step: array %q of shape %v has %d bytes, expected %d", name, a.Shape, len(a.Data), n*a.Type.Size())
	}
	out := make([]T, n)
	copy(dtype.Bytes(out), a.Data)
	return out, nil
}
