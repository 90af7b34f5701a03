package memory

import (
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

var (
	pageSize    = int64(os.Getpagesize())
	mappedSlabs atomic.Int64 // bytes mapped by all budgets
)

// mapPages gets n bytes of zeros from the kernel. They become resident as they
// are touched.
func mapPages(n int64) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, int(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err == nil {
		mappedSlabs.Add(n)
	}
	return b, err
}

// unmapPages gives b, as mapPages returned it, back to the kernel.
func unmapPages(b []byte) {
	n := int64(len(b))
	if err := unix.Munmap(b); err != nil {
		panic("memory: munmap: " + err.Error())
	}
	mappedSlabs.Add(-n)
}
