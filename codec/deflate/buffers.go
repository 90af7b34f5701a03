package deflate

import "sync"

// Buffers hold what Writers work with, for those beside them and those that
// follow: each chunk has a Writer of its own. A Writer that begins while the one
// before it ends takes the blocks that become free there. The zero value is useful;
// all methods may be called concurrently.
type Buffers struct {
	// Alloc gives the memory of blocks before they are compressed, and what frees it
	// again; nil, or an error, is the Go heap.
	Alloc func(n int) (mem []byte, free func(), err error)

	mu          sync.Mutex
	blocks      map[int]*blocks // by size
	compressors []*compressor   // not in use
	spare       sync.Cond       // one more of them
	made        int             // of them
}

// blocks are those of one size.
type blocks struct {
	free    []*job
	freed   sync.Cond
	made    int
	writers int // that fill blocks
}

// of gives the blocks of size. b.mu is held.
func (b *Buffers) of(size int) *blocks {
	k := b.blocks[size]
	if k == nil {
		k = &blocks{freed: sync.Cond{L: &b.mu}}
		if b.blocks == nil {
			b.blocks = map[int]*blocks{}
		}
		b.blocks[size] = k
	}
	return k
}

// fill says that one more Writer fills blocks of size, or, with -1, one less.
func (b *Buffers) fill(size, more int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(size).writers += more
}

// Free gives the memory of blocks back that no Writer has.
func (b *Buffers) Free() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range b.blocks {
		for _, j := range k.free {
			if j.release != nil {
				j.release()
			}
		}
		k.made -= len(k.free)
		k.free = nil
	}
}

// newJob makes a block of size.
func (b *Buffers) newJob(size int) *job {
	if b.Alloc != nil {
		if mem, free, err := b.Alloc(size); err == nil {
			return &job{raw: mem[:0:size], release: free, done: make(chan struct{}, 1)}
		}
	}
	return &job{raw: make([]byte, 0, size), done: make(chan struct{}, 1)}
}

// take gives a block of size, a new one while there are less than most, and one for
// each other Writer that may hold one half full; else it waits until one is written.
func (b *Buffers) take(size, most int) *job {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.of(size)
	for len(k.free) == 0 {
		if k.made < most+k.writers-1 {
			k.made++
			return b.newJob(size)
		}
		k.freed.Wait()
	}
	last := len(k.free) - 1
	j := k.free[last]
	k.free = k.free[:last]
	return j
}

// give takes a block back.
func (b *Buffers) give(j *job) {
	j.raw = j.raw[:0]
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.of(cap(j.raw))
	k.free = append(k.free, j)
	k.freed.Signal()
}

// compressor gives what it takes to compress one block: a new one while there are
// less than most, else it waits for one. No more work at once than one Writer has
// workers for, also while one ends and another begins.
func (b *Buffers) compressor(most int) *compressor {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spare.L == nil {
		b.spare.L = &b.mu
	}
	for len(b.compressors) == 0 {
		if b.made < most {
			b.made++
			return new(compressor)
		}
		b.spare.Wait()
	}
	last := len(b.compressors) - 1
	c := b.compressors[last]
	b.compressors = b.compressors[:last]
	return c
}

// put takes a compressor back.
func (b *Buffers) put(c *compressor) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compressors = append(b.compressors, c)
	b.spare.Signal()
}
