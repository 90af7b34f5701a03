package faultblob

import (
	"context"
	"io"
	"iter"
	"sync"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
)

// Wrapped is a bucket with faults. Pass its Bucket to what is tested.
type Wrapped struct {
	*blob.Bucket
	d *bucket
}

// Wrap gives a bucket that passes its calls to b, with the faults. It has its
// own counts; closing it closes b. Local passes through, as do the driver's own
// ways of moving files, so that what is tested runs as it does without Wrap.
func Wrap(b *blob.Bucket, faults ...Fault) *Wrapped {
	d := &bucket{inner: b, faults: faults, hits: make([]int, len(faults)), calls: map[Op]int{}}
	return &Wrapped{Bucket: blob.New(d, b.Address()), d: d}
}

// Calls tells how many calls of a kind there were; "" counts all.
func (w *Wrapped) Calls(op Op) int {
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	return w.d.calls[op]
}

type bucket struct {
	inner  *blob.Bucket
	faults []Fault

	mu    sync.Mutex
	hits  []int // calls each fault has counted
	calls map[Op]int
}

var (
	_ driver.Bucket     = (*bucket)(nil)
	_ driver.FilePutter = (*bucket)(nil)
	_ driver.Local      = (*bucket)(nil)
	_ driver.Syncer     = (*bucket)(nil)

	_ driver.RangeReader = (*bucket)(nil)
)

// A call is one call under way, with the faults that strike it.
type call struct {
	ctx    context.Context
	faults []Fault
}

func (b *bucket) begin(ctx context.Context, op Op) call {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls[""]++
	b.calls[op]++
	c := call{ctx: ctx}
	for i, f := range b.faults {
		if f.Op != "" && f.Op != op {
			continue
		}
		b.hits[i]++
		if f.Call == 0 || f.Call == b.hits[i] {
			c.faults = append(c.faults, f)
		}
	}
	return c
}

// strike does what is planned for this point.
func (c call) strike(when When) error {
	for _, f := range c.faults {
		if f.When == when {
			if err := f.Do(c.ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c call) has(when When) bool {
	for _, f := range c.faults {
		if f.When == when {
			return true
		}
	}
	return false
}

// end gives the error of a call that was done: the fault's before its own.
func (c call) end(err error) error {
	if e := c.strike(After); e != nil {
		return e
	}
	return err
}

func (b *bucket) Get(ctx context.Context, key string) (io.ReadCloser, driver.Info, error) {
	c := b.begin(ctx, Get)
	if err := c.strike(Before); err != nil {
		return nil, driver.Info{}, err
	}
	r, info, err := b.inner.Get(ctx, key)
	if e := c.end(err); e != nil {
		if err == nil {
			r.Close()
		}
		return nil, driver.Info{}, e
	}
	if c.has(Midway) {
		r = &broken{r: r, Closer: r, left: info.Size / 2, c: c}
	}
	return r, info, nil
}

func (b *bucket) OpenReaderAt(ctx context.Context, key string) (driver.ReaderAt, driver.Info, error) {
	c := b.begin(ctx, OpenReaderAt)
	if err := c.strike(Before); err != nil {
		return nil, driver.Info{}, err
	}
	r, info, err := b.inner.ReaderAt(ctx, key)
	if e := c.end(err); e != nil {
		if err == nil {
			r.Close()
		}
		return nil, driver.Info{}, e
	}
	return &readerAt{ReaderAt: r, ctx: ctx, b: b}, info, nil
}

type readerAt struct {
	driver.ReaderAt
	ctx context.Context
	b   *bucket
}

func (r *readerAt) ReadAt(p []byte, off int64) (int, error) {
	c := r.b.begin(r.ctx, ReadAt)
	if err := c.strike(Before); err != nil {
		return 0, err
	}
	n, err := r.ReaderAt.ReadAt(p, off)
	return n, c.end(err)
}

// ReadRange is a read at random.
func (b *bucket) ReadRange(ctx context.Context, key string, p []byte, off int64) (int, error) {
	c := b.begin(ctx, ReadAt)
	if err := c.strike(Before); err != nil {
		return 0, err
	}
	n, err := b.inner.ReadRange(ctx, key, p, off)
	return n, c.end(err)
}

func (b *bucket) Put(ctx context.Context, key string, r io.Reader, size int64, opts driver.PutOptions) (driver.Info, error) {
	c := b.begin(ctx, Put)
	if err := c.strike(Before); err != nil {
		return driver.Info{}, err
	}
	if c.has(Midway) {
		r = struct{ io.Reader }{&broken{r: r, left: max(size, 0) / 2, c: c}}
	}
	info, err := b.inner.Put(ctx, key, r, size, opts)
	if err := c.end(err); err != nil {
		return driver.Info{}, err
	}
	return info, nil
}

// PutFile has its middle before the move: no driver shows half of it.
func (b *bucket) PutFile(ctx context.Context, key, path string, opts driver.PutOptions) (driver.Info, error) {
	c := b.begin(ctx, Put)
	if err := c.strike(Before); err != nil {
		return driver.Info{}, err
	}
	if err := c.strike(Midway); err != nil {
		return driver.Info{}, err
	}
	info, err := b.inner.PutFile(ctx, key, path, opts)
	if err := c.end(err); err != nil {
		return driver.Info{}, err
	}
	return info, nil
}

func (b *bucket) Stat(ctx context.Context, key string) (driver.Info, error) {
	c := b.begin(ctx, Stat)
	if err := c.strike(Before); err != nil {
		return driver.Info{}, err
	}
	info, err := b.inner.Stat(ctx, key)
	if err := c.end(err); err != nil {
		return driver.Info{}, err
	}
	return info, nil
}

func (b *bucket) Delete(ctx context.Context, key string) error {
	c := b.begin(ctx, Delete)
	if err := c.strike(Before); err != nil {
		return err
	}
	return c.end(b.inner.Delete(ctx, key))
}

func (b *bucket) List(ctx context.Context, prefix string) iter.Seq2[driver.Info, error] {
	return func(yield func(driver.Info, error) bool) {
		c := b.begin(ctx, List)
		if err := c.strike(Before); err != nil {
			yield(driver.Info{}, err)
			return
		}
		for info, err := range b.inner.List(ctx, prefix) {
			if !yield(info, err) || err != nil {
				return
			}
		}
		if err := c.strike(After); err != nil {
			yield(driver.Info{}, err)
		}
	}
}

func (b *bucket) Sync(ctx context.Context) error {
	c := b.begin(ctx, Sync)
	if err := c.strike(Before); err != nil {
		return err
	}
	return c.end(b.inner.Sync(ctx))
}

func (b *bucket) Local() (string, bool) { return b.inner.Local() }

func (b *bucket) Close() error { return b.inner.Close() }

// broken strikes Midway after left bytes.
type broken struct {
	r io.Reader
	io.Closer
	left int64
	c    call
	done bool
}

func (r *broken) Read(p []byte) (int, error) {
	if r.left == 0 && !r.done {
		r.done = true
		if err := r.c.strike(Midway); err != nil {
			return 0, err
		}
	}
	if !r.done {
		p = p[:min(int64(len(p)), r.left)]
	}
	n, err := r.r.Read(p)
	if !r.done {
		r.left -= int64(n)
	}
	return n, err
}
