package feature

import (
	"errors"
	"fmt"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
)

// rationed is an Alloc whose k-th call (from 0) fails; live counts what was
// not given back.
type rationed struct{ k, calls, live int }

func (r *rationed) alloc(n int) ([]byte, func(), error) {
	r.calls++
	if r.calls > r.k {
		return nil, nil, errs.New(errs.TooLarge, "%d bytes", n)
	}
	r.live++
	b, _, err := Recycled(n)
	return b, func() { r.live-- }, err
}

func TestMemoryThatRunsOut(t *testing.T) {
	sparse := dtype.NewCSR(2, 3, []int64{0, 3, 5}, []int32{0, 1, 2, 0, 1}, []int16{1, 2, 3, 4, 5})
	dense := dtype.NewDense(2, 3, []int16{1, 2, 3, 4, 5, 6})
	block := func(b *dtype.Block) func(Alloc) (*Frame, error) {
		return func(alloc Alloc) (*Frame, error) {
			a, err := NewAssembler(columns(dtype.Int16, "a", "y", "w"), Roles{Target: "y", Weight: "w"})
			if err != nil {
				return nil, err
			}
			a.Alloc = alloc
			return a.FromBlock(b, nil, 0)
		}
	}
	ways := map[string]func(Alloc) (*Frame, error){"dense block": block(dense), "sparse block": block(sparse)}
	for _, kind := range kinds {
		ways["join "+kind] = func(alloc Alloc) (*Frame, error) {
			return Join([]*Frame{numbered(kind, 0, 3), numbered(kind, 3, 2)}, alloc)
		}
		ways["keep "+kind] = func(alloc Alloc) (*Frame, error) {
			return Keep(numbered(kind, 0, 9), func(row int64) bool { return row%2 == 0 }, alloc)
		}
	}
	for name, way := range ways {
		for k := 0; ; k++ {
			r := &rationed{k: k}
			f, err := way(r.alloc)
			if err == nil {
				f.Release()
			} else if !errors.Is(err, errs.TooLarge) {
				t.Errorf("%s, call %d: %v", name, k, err)
			}
			if r.live != 0 {
				t.Errorf("%s, call %d: %d buffers not given back", name, k, r.live)
			}
			if err == nil {
				break
			}
		}
	}
}

func TestRecycledBuffersAreAligned(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 4095, 4096, 4097, 1 << 20} {
		b, free, err := Recycled(n)
		if err != nil || len(b) != n {
			t.Fatalf("%d bytes: got %d, %v", n, len(b), err)
		}
		dtype.View[float64](b[:n/8*8])
		free()
	}
}

func BenchmarkKeep(b *testing.B) {
	const n, d = 10_000, 50
	f := &Frame{N: n, X: &Dense[float32]{N: n, D: d, Data: make([]float32, n*d)}, Y: make([]float64, n)}
	b.SetBytes(n * d * 4)
	for b.Loop() {
		v := *f
		got, err := Keep(&v, func(row int64) bool { return !Held(1, row, 0.2) }, nil)
		if err != nil {
			b.Fatal(err)
		}
		got.Release()
	}
}

func ExampleCutter() {
	frames := func(yield func(*Frame, error) bool) {
		for _, rows := range [][]float64{{0, 1, 2, 3}, {4, 5}, {6, 7, 8, 9}} {
			if !yield(&Frame{N: len(rows), X: &Dense[float64]{N: len(rows), D: 1, Data: rows}}, nil) {
				return
			}
		}
	}
	for f, err := range (Cutter{Rows: 3}).Frames(frames) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(f.First, f.X.(*Dense[float64]).Data)
		f.Release()
	}
	// Output:
	// 0 [0 1 2]
	// 3 [3 4 5]
	// 6 [6 7 8]
	// 9 [9]
}

func ExampleAssembler() {
	a, err := NewAssembler([]Column{{Name: "dep_delay", Type: dtype.Int16}, {Name: "arr_delay", Type: dtype.Int16}, {Name: "distance", Type: dtype.Int16}},
		Roles{Target: "arr_delay"})
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := a.FromBlock(dtype.NewDense(2, 3, []int16{10, 12, 760, -3, -20, 1400}), nil, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(a.Schema().Names(), f.X.(*Dense[float32]).Data, f.Y)
	f.Release()
	// Output: [dep_delay distance] [10 760 -3 1400] [12 -20]
}
