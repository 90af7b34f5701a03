package zarrtest

import (
	"testing"

	"github.com/outcore/outcore/zarr"
)

func TestMem(t *testing.T) {
	Run(t, func(*testing.T) zarr.Store { return zarr.NewMem() })
}

// slow is a store that can do nothing but what Store asks for.
type slow struct{ zarr.Store }

func TestStoreThatCannotTrim(t *testing.T) {
	Run(t, func(*testing.T) zarr.Store { return slow{zarr.NewMem()} })
}
