// Package powerblob is a disk whose power fails: a bucket that notes what was
// put, lazily or not, and synced, and gives every state that a loss of power at
// any moment may leave. It is for tests of what must survive that.
//
//	d := powerblob.New()
//	job(d.Bucket)
//	for moment := range d.Moments() + 1 {
//		for s := range d.States(moment, 500, rng) {
//			check(s.Bucket())
//		}
//	}
//
// An object that was put is there for good when the put has returned; while it is
// under way the object is there or not, whole. One that was put lazily is there,
// or not, or torn, until a Sync that was called after the put had returned has
// returned too. A delete under way is done or not.
package powerblob

import (
	"bytes"
	"context"
	"io"
	"iter"
	"sync"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/errs"
)

// A Disk is a bucket in memory with a memory of what was done. Pass its Bucket to
// what is tested.
type Disk struct {
	*blob.Bucket
	d *disk
}

// New gives an empty disk.
func New() *Disk {
	d := &disk{live: memblob.New()}
	return &Disk{Bucket: d.open(), d: d}
}

// Open gives another bucket on the disk, as another process would have: its Sync
// is for what it put itself.
func (d *Disk) Open() *blob.Bucket { return d.d.open() }

// Moments is how many things have happened: calls that change something begun,
// and ended. Moment m is the one after m of them.
func (d *Disk) Moments() int {
	d.d.mu.Lock()
	defer d.d.mu.Unlock()
	return d.d.now
}

// forever is the moment that does not come.
const forever = int(^uint(0) >> 1)

// A write is one Put or Delete.
type write struct {
	by         *handle
	key        string
	content    []byte // nil = deleted
	lazy       bool
	began      int
	ended      int // forever while under way
	secure     int // when it survives a loss of power
	order      int // among the writes that took effect; -1 = it did not, or not yet
	withDelete bool
}

type disk struct {
	live *memblob.Bucket

	mu     sync.Mutex
	now    int
	writes []*write
	order  int

	// swap is held while a write takes effect, so that order is the order of effects.
	swap sync.Mutex
}

// A handle is the disk as one process has it open.
type handle struct{ *disk }

var (
	_ driver.Bucket = (*handle)(nil)
	_ driver.Syncer = (*handle)(nil)
)

func (d *disk) open() *blob.Bucket { return blob.New(&handle{d}, "mem://power") }

// tick lets a moment pass and gives it; the caller holds mu.
func (d *disk) tick() int {
	d.now++
	return d.now
}

func (d *disk) begin(w *write) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.began, w.ended, w.secure, w.order = d.tick(), forever, forever, -1
	d.writes = append(d.writes, w)
}

// end notes that w returned; done says whether it took effect.
func (d *disk) end(w *write, done bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.ended = d.tick()
	if !done {
		w.began = forever // nothing happened
	}
	if !w.lazy {
		w.secure = w.ended
	}
}

func (d *disk) effective(w *write) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.order = d.order
	d.order++
}

func (d *handle) Put(ctx context.Context, key string, r io.Reader, size int64, opts driver.PutOptions) (driver.Info, error) {
	content, err := io.ReadAll(driver.Exactly(r, size))
	if err != nil {
		return driver.Info{}, err
	}
	w := &write{by: d, key: key, content: content, lazy: opts.Lazy}
	d.begin(w)
	d.swap.Lock()
	info, err := d.live.Put(ctx, key, bytes.NewReader(content), int64(len(content)), opts)
	if err == nil {
		d.effective(w)
	}
	d.swap.Unlock()
	d.end(w, err == nil)
	return info, err
}

func (d *handle) Delete(ctx context.Context, key string) error {
	w := &write{by: d, key: key, withDelete: true}
	d.begin(w)
	d.swap.Lock()
	err := d.live.Delete(ctx, key)
	d.effective(w)
	d.swap.Unlock()
	d.end(w, true)
	return err
}

func (d *handle) Sync(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	began := d.tick()
	ended := d.tick()
	for _, w := range d.writes {
		if w.by == d && w.lazy && w.ended < began {
			w.secure = min(w.secure, ended)
		}
	}
	return nil
}

func (d *disk) Get(ctx context.Context, key string) (io.ReadCloser, driver.Info, error) {
	return d.live.Get(ctx, key)
}

func (d *disk) OpenReaderAt(ctx context.Context, key string) (driver.ReaderAt, driver.Info, error) {
	return d.live.OpenReaderAt(ctx, key)
}

func (d *disk) Stat(ctx context.Context, key string) (driver.Info, error) {
	return d.live.Stat(ctx, key)
}

func (d *disk) List(ctx context.Context, prefix string) iter.Seq2[driver.Info, error] {
	return d.live.List(ctx, prefix)
}

func (d *disk) Close() error { return nil }

// store puts an object into a bucket in memory, which has no way to fail.
func store(b *blob.Bucket, key string, content []byte) {
	if _, err := b.Put(context.Background(), key, bytes.NewReader(content), int64(len(content)), blob.PutOptions{}); err != nil {
		panic(errs.New(errs.Invalid, "powerblob: %w", err))
	}
}
