//go:build !amd64

package profile

// kernelsOf gives the loops for a machine.
func kernelsOf[T float32 | float64]() kernels[T] { return kernels[T]{oneOf[T], centredOf[T]} }
