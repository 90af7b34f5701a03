package linear

import "golang.org/x/sys/cpu"

// Each does for n values, a multiple of 8 and not 0, what the Go loop of its
// name does, lane by lane, so the bits are the same.

//go:noescape
func dotAVX64(w, x *float64, n int) float64

//go:noescape
func dotAVX32(w *float64, x *float32, n int) float64

//go:noescape
func addAVX64(w *float64, c float64, x *float64, n int)

//go:noescape
func addAVX32(w *float64, c float64, x *float32, n int)

// kernelsOf gives the loops for a machine.
func kernelsOf[T float32 | float64]() kernels[T] {
	if !cpu.X86.HasAVX {
		return kernels[T]{dot[T], add[T]}
	}
	var k any
	switch any(T(0)).(type) {
	case float32:
		k = kernels[float32]{dot32, add32}
	default:
		k = kernels[float64]{dot64, add64}
	}
	return k.(kernels[T])
}

func dot64(w, x []float64) float64 {
	n := len(x) &^ 7
	var s float64
	if n > 0 {
		s = dotAVX64(&w[:n][0], &x[0], n)
	}
	return rest(s, w[n:], x[n:])
}

func dot32(w []float64, x []float32) float64 {
	n := len(x) &^ 7
	var s float64
	if n > 0 {
		s = dotAVX32(&w[:n][0], &x[0], n)
	}
	return rest(s, w[n:], x[n:])
}

func add64(w []float64, c float64, x []float64) {
	n := len(x) &^ 7
	if n > 0 {
		addAVX64(&w[:n][0], c, &x[0], n)
	}
	add(w[n:], c, x[n:])
}

func add32(w []float64, c float64, x []float32) {
	n := len(x) &^ 7
	if n > 0 {
		addAVX32(&w[:n][0], c, &x[0], n)
	}
	add(w[n:], c, x[n:])
}
