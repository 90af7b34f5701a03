// Package memblob keeps objects in the memory of this process, for tests and
// for small results. It registers the scheme mem: mem://name is one bucket for
// the whole process, mem:// a new one each time. The bytes are on the Go heap.
package memblob

import (
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/errs"
)

var (
	namedMu sync.Mutex
	named   = map[string]*store{}
)

func init() {
	blob.Register("mem", func(_ context.Context, a blob.Address, _ blob.Config) (driver.Bucket, error) {
		prefix := strings.Trim(a.Path, "/")
		if prefix != "" {
			if err := driver.CheckKey(prefix); err != nil {
				return nil, err
			}
			prefix += "/"
		}
		if a.Bucket == "" {
			return &Bucket{s: newStore(), prefix: prefix}, nil
		}
		namedMu.Lock()
		defer namedMu.Unlock()
		s := named[a.Bucket]
		if s == nil {
			s = newStore()
			named[a.Bucket] = s
		}
		return &Bucket{s: s, prefix: prefix}, nil
	})
}

// Bucket is objects in memory, seen through a prefix.
type Bucket struct {
	s      *store
	prefix string // "" or ending in a slash
}

var _ driver.Bucket = (*Bucket)(nil)

// New gives a new, empty bucket.
func New() *Bucket { return &Bucket{s: newStore()} }

type store struct {
	mu      sync.Mutex
	objects map[string]object // content is never changed, only replaced
	writes  uint64            // the version of the last write
}

type object struct {
	content []byte
	version string
	time    time.Time
}

func newStore() *store { return &store{objects: map[string]object{}} }

func (o object) info(key string) driver.Info {
	return driver.Info{Key: key, Size: int64(len(o.content)), Version: o.version, ModTime: o.time}
}

func (b *Bucket) lookup(ctx context.Context, key string) (object, error) {
	if err := ctx.Err(); err != nil {
		return object{}, err
	}
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	o, ok := b.s.objects[b.prefix+key]
	if !ok {
		return object{}, errs.New(errs.NotFound, "blob: there is no such object")
	}
	return o, nil
}

// Get opens an object.
func (b *Bucket) Get(ctx context.Context, key string) (io.ReadCloser, driver.Info, error) {
	o, err := b.lookup(ctx, key)
	if err != nil {
		return nil, driver.Info{}, err
	}
	return io.NopCloser(bytes.NewReader(o.content)), o.info(key), nil
}

// OpenReaderAt opens an object for reading at random.
func (b *Bucket) OpenReaderAt(ctx context.Context, key string) (driver.ReaderAt, driver.Info, error) {
	o, err := b.lookup(ctx, key)
	if err != nil {
		return nil, driver.Info{}, err
	}
	return readerAt{bytes.NewReader(o.content)}, o.info(key), nil
}

type readerAt struct{ *bytes.Reader }

func (readerAt) Close() error { return nil }

// Stat describes an object.
func (b *Bucket) Stat(ctx context.Context, key string) (driver.Info, error) {
	o, err := b.lookup(ctx, key)
	if err != nil {
		return driver.Info{}, err
	}
	return o.info(key), nil
}

// Put stores all of r.
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader, size int64, opts driver.PutOptions) (driver.Info, error) {
	if err := ctx.Err(); err != nil {
		return driver.Info{}, err
	}
	content, err := io.ReadAll(driver.Exactly(r, size))
	if err != nil {
		return driver.Info{}, err
	}
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	old, is := b.s.objects[b.prefix+key]
	if opts.IfAbsent && is {
		return driver.Info{}, errs.New(errs.Exists, "blob: there is an object already, expected none")
	}
	if opts.IfVersion != "" && old.version != opts.IfVersion {
		return driver.Info{}, errs.New(errs.Conflict, "blob: found version %q, expected %q: another writer was first", old.version, opts.IfVersion)
	}
	b.s.writes++
	o := object{content: content, version: "m-" + strconv.FormatUint(b.s.writes, 10), time: time.Now()}
	b.s.objects[b.prefix+key] = o
	return o.info(key), nil
}

// Delete removes an object.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	delete(b.s.objects, b.prefix+key)
	return nil
}

// List yields a snapshot of the objects under prefix.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[driver.Info, error] {
	return func(yield func(driver.Info, error) bool) {
		b.s.mu.Lock()
		var infos []driver.Info
		for k, o := range b.s.objects {
			if key, ok := strings.CutPrefix(k, b.prefix); ok && strings.HasPrefix(key, prefix) {
				infos = append(infos, o.info(key))
			}
		}
		b.s.mu.Unlock()
		slices.SortFunc(infos, func(x, y driver.Info) int { return strings.Compare(x.Key, y.Key) })
		for _, info := range infos {
			if err := ctx.Err(); err != nil {
				yield(driver.Info{}, err)
				return
			}
			if !yield(info, nil) {
				return
			}
		}
	}
}

// Close does nothing: a named bucket lives as long as the process.
func (b *Bucket) Close() error { return nil }
