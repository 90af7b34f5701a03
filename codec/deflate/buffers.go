package deflate

import (
	"slices"
	"sync"
)

// Buffers hold what Writers worked with, for those that follow: each chunk has a
// Writer of its own, and the collector is spared a few MiB of garbage a chunk. They
// hold as much as the Writers that used them at once. The zero value is useful;
// all methods may be called concurrently.
type Buffers struct {
	mu          sync.Mutex
	jobs        []*job
	compressors []*compressor
}

// job gives a block of so many bytes; a nil b makes it.
func (b *Buffers) job(size int) *job {
	if b != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		for i, j := range slices.Backward(b.jobs) {
			if cap(j.raw) == size {
				b.jobs = slices.Delete(b.jobs, i, i+1)
				return j
			}
		}
	}
	return &job{raw: make([]byte, 0, size), done: make(chan struct{}, 1)}
}

// keep takes back the blocks that are in free.
func (b *Buffers) keep(free <-chan *job) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(free) > 0 {
		b.jobs = append(b.jobs, <-free)
	}
}

// compressor gives one that some Writer used before, or a new one.
func (b *Buffers) compressor() *compressor {
	if b == nil {
		return compressors.Get().(*compressor)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.compressors); n > 0 {
		c := b.compressors[n-1]
		b.compressors = b.compressors[:n-1]
		return c
	}
	return new(compressor)
}

// put takes a compressor back.
func (b *Buffers) put(c *compressor) {
	if b == nil {
		compressors.Put(c)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compressors = append(b.compressors, c)
}
