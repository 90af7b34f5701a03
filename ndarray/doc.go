// Package ndarray is lazy chunked arrays: what is to be computed, not yet what
// comes out.
//
// An Any is an array whose element type is known at run time, an Array[T] one
// whose type the Go compiler knows. Both are values: copying one is free, and no
// method changes its receiver. Building never fails and does no I/O; the first
// mistake is kept, with the line that made it, and comes from Err, String,
// Explain, Compute or Save.
//
//	x, err := ndarray.Open[float32](ctx, session, "/era5/t2m") // reads the metadata
//	x = x.Slice(ndarray.R(0, 8760), ndarray.All, ndarray.All)
//	z := x.Sub(ndarray.Convert[float32](ndarray.Mean(x, 0)))
//	fmt.Println(z) // Array[float32] (8760, 721, 1440) chunks (24, 721, 1440) 33.9 GiB, 365 chunks, 3 ops
//	err = z.Save(ctx, run, session, "/era5/t2m_anomaly")
//
// Shapes, slicing, broadcasting, the types of results and the values of integer
// arithmetic are NumPy's (2.x, with NEP 50: a number without a type takes the
// array's). Where NumPy would make float16, the result is float32; a float that
// an integer type cannot hold becomes the nearest it can, and NaN becomes 0.
//
// A result is cut into tiles along the chunks of what it reads. A tile is a task
// of a task.Runner: it reserves what it will need, reads its chunks, evaluates
// all elementwise operations block by block in the cache, and gives a chunk or a
// part of a reduction. Floating sums are taken in float64, in an order that
// follows from shape and chunks alone: blocks of 128, pairs of these up to a
// block of 4,096, blocks in order, and groups of tiles in order; of columns, 128
// rows at a time, in order. So the bits do not depend on the runner or its
// workers.
//
// A view reads through to its store when it is computed: it shows what was
// written meanwhile, and keeps the size it had when it was taken.
//
// The package does not commit, and knows no files.
package ndarray
