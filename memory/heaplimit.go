package memory

import (
	"math"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// A heapLimit is one budget's wish for GOMEMLIMIT and GOGC, which the process has
// once: the smallest limit holds, and never more than was set before the first;
// garbage may be twice as much as was set when all budgets are lazy.
type heapLimit struct {
	want int64
	lazy bool
}

var heapLimits = struct {
	mu       sync.Mutex
	original int64 // GOMEMLIMIT of the environment
	set      int64
	percent  int   // GOGC of the environment; -1 = off
	lazy     bool  // twice that is set
	floor    int64 // of heapMapped, after the last collection we forced
	all      map[*heapLimit]bool
}{all: map[*heapLimit]bool{}}

func newHeapLimit() *heapLimit {
	l := &heapLimits
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == 0 {
		l.original = debug.SetMemoryLimit(-1)
		l.set = l.original
		l.percent = gcPercent()
	}
	h := &heapLimit{want: math.MaxInt64}
	l.all[h] = true
	return h
}

// set makes want and lazy the wish of h.
func (h *heapLimit) set(want int64, lazy bool) { h.move(want, 0, lazy) }

// move does the same, unless the change is smaller than step: setting the limit
// takes locks of the allocator.
func (h *heapLimit) move(want, step int64, lazy bool) {
	heapLimits.mu.Lock()
	defer heapLimits.mu.Unlock()
	if d := want - h.want; !heapLimits.all[h] || lazy == h.lazy && (d == 0 || -step < d && d < step) {
		return
	}
	h.want, h.lazy = want, lazy
	applyHeapLimits()
}

// last is the limit in force.
func (h *heapLimit) last() int64 {
	heapLimits.mu.Lock()
	defer heapLimits.mu.Unlock()
	return heapLimits.set
}

// drop takes the wish back.
func (h *heapLimit) drop() {
	heapLimits.mu.Lock()
	defer heapLimits.mu.Unlock()
	delete(heapLimits.all, h)
	applyHeapLimits()
}

func applyHeapLimits() {
	limit, lazy := heapLimits.original, len(heapLimits.all) > 0
	for h := range heapLimits.all {
		limit = min(limit, h.want)
		lazy = lazy && h.lazy
	}
	if percent := heapLimits.percent; percent > 0 && lazy != heapLimits.lazy {
		heapLimits.lazy = lazy
		if lazy {
			percent *= 2
		}
		debug.SetGCPercent(percent)
	}
	if limit == heapLimits.set {
		return
	}
	lower := limit < heapLimits.set
	heapLimits.set = limit
	debug.SetMemoryLimit(limit)
	if lower {
		collect(limit)
	}
}

// collect frees the garbage that a lower limit has no room for. The runtime
// looks at its limit only when the program allocates, but a program that fills
// slabs need not. What is in use stays in use: it is not collected again until
// an eighth has come on top.
func collect(limit int64) {
	mapped := heapMapped()
	if mapped <= limit || mapped <= heapLimits.floor/8*9 {
		return
	}
	debug.FreeOSMemory()
	heapLimits.floor = heapMapped()
}

// gcPercent is GOGC, -1 when it is off. Unlike debug.SetGCPercent it stops nothing.
func gcPercent() int {
	s := [...]metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s[:])
	if n := s[0].Value.Uint64(); n <= math.MaxInt32 {
		return int(n)
	}
	return -1
}

// heapMapped is what the Go runtime holds of the kernel's memory, as
// GOMEMLIMIT counts it. It costs about a microsecond.
func heapMapped() int64 {
	s := [...]metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s[:])
	return int64(s[0].Value.Uint64() - s[1].Value.Uint64())
}
