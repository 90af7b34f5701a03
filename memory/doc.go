// Package memory keeps the process inside the memory it was given.
//
// A Budget is the promise: Cap bytes of resident memory for the whole process.
// A job makes one Reservation for its predicted peak before it starts, and
// takes Slabs (large buffers outside the Go heap) from it. What does not fit
// now waits its turn; what can never fit is refused at once with the bytes it
// needs.
//
//	b, err := memory.New(memory.Options{Cap: 256 << 20})
//	defer b.Close()
//	r, err := b.Reserve(ctx, 100<<20, "chunk flights.csv")
//	defer r.Release()
//	s, err := r.Slab(8 << 20)
//	defer s.Release()
//	buf := s.Bytes()
//
// What is not in slabs lives on the Go heap, whose limit (GOMEMLIMIT) the
// budget moves as slabs come and go. A watchdog reads the resident memory of
// the process, holds new reservations back above 85 % of the cap, and reports.
// docs/memory.md has the arithmetic.
//
// The package does not predict what a job needs, and does not stop a job that
// takes more Go heap than it reserved.
package memory
