package memory

import "sync/atomic"

var outstanding atomic.Int64

// Outstanding is the number of slabs and reservations not yet released, of all
// budgets. Built with -tags invariants, Leaks says who took them.
func Outstanding() int { return int(outstanding.Load()) }

// CheckLeaks fails the test t at its end when it leaves more slabs and
// reservations than it found. Tests that use it must not run in parallel with
// others that hold memory.
func CheckLeaks(t interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}) {
	t.Helper()
	before := Outstanding()
	t.Cleanup(func() {
		t.Helper()
		if n := Outstanding() - before; n != 0 {
			t.Errorf("%d slabs or reservations are not released\n%s", n, Leaks())
		}
	})
}
