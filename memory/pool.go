package memory

import (
	"math/bits"
	"slices"
)

const (
	minSlab   = 64 << 10
	stepsLog2 = 3 // 8 size classes between two powers of two: at most 12.5 % is lost to rounding
)

// SlabSize is what a slab of n bytes takes from its reservation: n rounded up
// to a size class, by at most an eighth from 64 KiB on.
func SlabSize(n int64) int64 {
	if n <= minSlab {
		return roundUp(minSlab, pageSize)
	}
	step := int64(1) << (bits.Len64(uint64(n-1)) - 1 - stepsLog2)
	return roundUp(n, max(step, pageSize))
}

// A pool keeps released slabs for the next job of their size, and counts what
// is mapped. It is guarded by Budget.mu; what it says is dead the caller
// unmaps after it has let go of the mutex.
//
// What is mapped (live + cached) stays below the most that was live at once and
// a little, so that a job that changes sizes does not pay for both, and below
// what is reserved, or a little when nothing is, so that the resident memory
// follows the jobs. The little beside the most that was live is for a job that
// takes ever more, or other sizes: what it gives back between would be unmapped,
// and mapped again.
type pool struct {
	free         map[int64]*class // by size
	live, cached int64            // bytes
	peak         int64            // most live while the present reservations were held
	spare        int64            // the little, in bytes
	clock        int64
}

type class struct {
	free [][]byte
	used int64 // clock of the last get or put
}

func (p *pool) init(spare int64) {
	p.free = map[int64]*class{}
	p.spare = spare
}

// get takes a slab of a size class, nil when there is none and one must be
// mapped; room is the number of bytes reserved.
func (p *pool) get(size, room int64) (b []byte, dead [][]byte) {
	p.live += size
	p.peak = max(p.peak, p.live)
	c := p.class(size)
	if n := len(c.free); n > 0 {
		b = c.free[n-1]
		c.free[n-1] = nil
		c.free = c.free[:n-1]
		p.cached -= size
		return b, nil
	}
	return nil, p.trim(room)
}

// put takes a slab back.
func (p *pool) put(b []byte, room int64) (dead [][]byte) {
	size := int64(len(b))
	p.live -= size
	p.cached += size
	c := p.class(size)
	c.free = append(c.free, b)
	return p.trim(room)
}

func (p *pool) class(size int64) *class {
	c := p.free[size]
	if c == nil {
		c = &class{}
		p.free[size] = c
	}
	p.clock++
	c.used = p.clock
	return c
}

// trim takes from the cache what is too much, sizes unused for longest first.
func (p *pool) trim(room int64) (dead [][]byte) {
	p.peak = max(p.live, min(p.peak, room))
	keep := p.peak + p.spare
	if room > 0 {
		keep = p.peak + min(p.spare, max(0, room-p.peak))
	}
	for p.cached > 0 && p.live+p.cached > keep {
		var oldest *class
		var size int64
		for s, c := range p.free {
			if len(c.free) > 0 && (oldest == nil || c.used < oldest.used) {
				oldest, size = c, s
			}
		}
		n := len(oldest.free)
		dead = append(dead, oldest.free[n-1])
		oldest.free[n-1] = nil
		oldest.free = oldest.free[:n-1]
		p.cached -= size
	}
	return dead
}

// drain takes everything from the cache.
func (p *pool) drain() (dead [][]byte) {
	for size, c := range p.free {
		dead = append(dead, c.free...)
		p.cached -= size * int64(len(c.free))
	}
	clear(p.free)
	return dead
}

// largest takes the largest out of dead, which is not empty.
func largest(dead [][]byte) (b []byte, rest [][]byte) {
	at := 0
	for i, d := range dead {
		if len(d) > len(dead[at]) {
			at = i
		}
	}
	b = dead[at]
	return b, slices.Delete(dead, at, at+1)
}

func unmap(dead [][]byte) {
	for _, b := range dead {
		unmapPages(b)
	}
}
