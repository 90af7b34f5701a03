package profile

import "golang.org/x/sys/cpu"

// oneAVX is oneOf, and centredAVX centredOf, for n values, a multiple of 4 and
// not 0, none of which is missing. Each lane does what the Go loop does, so the
// bits are the same.
//
//go:noescape
func oneAVX(sum, low, high *float64, row *float32, n int)

//go:noescape
func centredAVX(m2, sxy, mean *float64, row *float32, n int, ey float64)

// kernelsOf gives the loops for a machine.
func kernelsOf[T float32 | float64]() kernels[T] {
	k := any(kernels[T]{oneOf[T], centredOf[T]})
	if _, single := k.(kernels[float32]); single && cpu.X86.HasAVX {
		k = kernels[float32]{one32, centred32}
	}
	return k.(kernels[T])
}

func one32(sum, low, high []float64, row []float32) {
	n := len(row) &^ 3
	if n > 0 {
		oneAVX(&sum[:n][0], &low[:n][0], &high[:n][0], &row[0], n)
	}
	oneOf(sum[n:], low[n:], high[n:], row[n:])
}

func centred32(m2, sxy, mean []float64, row []float32, ey float64) {
	n := len(row) &^ 3
	if n > 0 {
		centredAVX(&m2[:n][0], &sxy[:n][0], &mean[:n][0], &row[0], n, ey)
	}
	centredOf(m2[n:], sxy[n:], mean[n:], row[n:], ey)
}
