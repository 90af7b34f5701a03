package task

import "context"

type reservedKey struct{}

// WithReserved is for runners: it hands the op of ctx the memory that was
// reserved for its Cost.
func WithReserved(ctx context.Context, r any) context.Context {
	return context.WithValue(ctx, reservedKey{}, r)
}

// Reserved is for ops: the reservation, such as a *memory.Reservation, that was
// made for this task's Cost.Bytes and is released when it ends. It is not ok
// where the runner reserves nothing, or in another process; the op then
// reserves for itself. (A context holds it because it is the task's and
// nobody's argument: arguments are JSON.)
func Reserved[R any](ctx context.Context) (r R, ok bool) {
	r, ok = ctx.Value(reservedKey{}).(R)
	return r, ok
}
