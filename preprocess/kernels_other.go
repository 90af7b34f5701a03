//go:build !amd64

package preprocess

// kernelsOf gives the loops for a machine.
func kernelsOf[T float32 | float64]() kernels[T] { return kernels[T]{addRows[T], addSquares[T]} }
