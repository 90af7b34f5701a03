//go:build invariants

package memory

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

var (
	leaksMu sync.Mutex
	leaks   = map[any]string{}
)

// Leaks describes what is not released: for whom, and where it was taken.
func Leaks() string {
	leaksMu.Lock()
	defer leaksMu.Unlock()
	var all []string
	for _, s := range leaks {
		all = append(all, s)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func track(x any, what string) {
	outstanding.Add(1)
	leaksMu.Lock()
	defer leaksMu.Unlock()
	leaks[x] = fmt.Sprintf("%T of %q taken at\n%s", x, what, debug.Stack())
}

func untrack(x any) {
	outstanding.Add(-1)
	leaksMu.Lock()
	defer leaksMu.Unlock()
	delete(leaks, x)
}

// poison overwrites a released slab, so that whoever still reads it notices.
func poison(b []byte) {
	for i := range b {
		b[i] = 0xDB
	}
}
