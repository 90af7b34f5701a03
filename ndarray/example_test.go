package ndarray_test

import (
	"context"
	"fmt"

	"github.com/outcore/outcore/engine/local"
	"github.com/outcore/outcore/ndarray"
	"github.com/outcore/outcore/zarr"
)

// An array is stored, opened, and what is computed of it is stored again.
func Example() {
	ctx := context.Background()
	run := local.New(local.Config{})
	store := zarr.NewMem() // or a session of an icechunk.Repository

	days := ndarray.Arange[float32](0, 0.5, 365*4).Slice(ndarray.All, ndarray.NewAxis)
	grid := days.Add(ndarray.Arange[float32](0, 1, 100))
	if err := grid.Save(ctx, run, store, "/t2m"); err != nil {
		fmt.Println(err)
		return
	}

	t, err := ndarray.Open[float32](ctx, store, "/t2m")
	if err != nil {
		fmt.Println(err)
		return
	}
	z := t.Sub(ndarray.Convert[float32](ndarray.Mean(t, 0)))
	fmt.Println(z)
	if err := z.Save(ctx, run, store, "/anomaly"); err != nil {
		fmt.Println(err)
		return
	}
	d, err := z.Slice(ndarray.At(0), ndarray.R(0, 3)).Compute(ctx, run)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(d.Shape, d.Data)
	// Output:
	// Array[float32] (1460, 100) chunks (1460, 100) 570 KiB, 1 chunk, 4 ops
	// [3] [-364.75 -364.75 -364.75]
}

// Expressions come from a command line.
func ExampleParse() {
	ctx := context.Background()
	x := ndarray.FromSlice([]float64{-1, 0.5, 4})
	vars := map[string]ndarray.Any{"x": x.Any()}
	z, err := ndarray.Parse("where(x > 0, sqrt(x) * 2, 0)", vars)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := z.Compute(ctx, local.New(local.Config{}))
	fmt.Println(v.Float64(), err)
	_, err = ndarray.Parse("sqr(x)", vars)
	fmt.Println(err)
	// Output:
	// [0 1.4142135623730951 4] <nil>
	// expression "sqr(x)": column 1: no function "sqr" (did you mean "sqrt"?)
}

// A summary is one pass over the data.
func ExampleAny_Stats() {
	x := ndarray.FromSlice([]float32{1, 2, 3, 4}).Any()
	s, err := x.Stats(context.Background(), local.New(local.Config{}), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.N, s.Min.Float64(), s.Max.Float64(), s.Mean.Float64(), s.Std.Float64(), s.NaN.Float64())
	// Output: 4 [1] [4] [2.5] [1.118033988749895] [0]
}

// Mistakes say where they were made, when something is asked for.
func ExampleAny_Err() {
	a := ndarray.Full(1.0, 2, 3).Add(ndarray.Full(1.0, 4))
	fmt.Println(a.Err())
	// Output: ndarray/example_test.go:80: add: shapes (2, 3) and (4,) cannot be broadcast
}
