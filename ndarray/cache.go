package ndarray

import (
	"container/list"
	"context"
	"sync"

	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/zarr"
)

// A Cache keeps decoded chunks by the ID of their bytes, so that nothing ever
// makes an entry wrong. It is bounded by bytes and safe for concurrent use.
//
// It is worth having where chunks are read more than once: tiles that lie
// across chunks, matrix products. A chunk that comes from no stored bytes, or
// whose bytes have no ID, is not kept. A chunk that several want at the same time
// is read and decoded once.
type Cache struct {
	limit  int64
	budget *memory.Budget
	room   *memory.Reservation // nil: the Go heap

	mu     sync.Mutex
	byID   map[string]*list.Element
	recent *list.List // of *entry, the latest used first
	used   int64

	loading map[string]chan struct{} // being decoded; closed and removed then
}

type entry struct {
	key  string
	data []byte
	slab *memory.Slab
}

// NewCache reserves bytes from b, until Close; b may be nil.
func NewCache(ctx context.Context, b *memory.Budget, bytes int64) (*Cache, error) {
	c := &Cache{limit: bytes, budget: b, byID: map[string]*list.Element{}, recent: list.New(), loading: map[string]chan struct{}{}}
	if b != nil {
		r, err := b.Reserve(ctx, bytes, "cache of decoded chunks")
		if err != nil {
			return nil, err
		}
		c.room = r
	}
	return c, nil
}

// Close gives the memory back. No run may use the cache any more.
func (c *Cache) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shrink(0)
	if c.room != nil {
		c.room.Release()
	}
}

// shrink drops the entries unused for longest until at most limit bytes are
// left. c.mu is held.
func (c *Cache) shrink(limit int64) {
	for c.used > limit {
		e := c.recent.Remove(c.recent.Back()).(*entry)
		delete(c.byID, e.key)
		c.used -= size(len(e.data))
		if e.slab != nil {
			e.slab.Release()
		}
	}
}

func size(n int) int64 { return memory.SlabSize(int64(n)) }

// key tells decoded chunks and units: the same bytes decode otherwise under other codecs.
func key(u *zarr.Units, id string) string { return id + "\x00" + u.Form() }

// chunk gives a decoded chunk into memory of w.
func (c *Cache) chunk(w *worker, u *zarr.Units, index []uint32) ([]byte, error) {
	buf, err := w.alloc(u.Bytes())
	if err != nil || w.room == nil && len(buf) == 0 {
		return buf, err
	}
	stored, id, ok, err := u.Chunk(w.ctx, index)
	if err != nil {
		return nil, err
	}
	if !ok {
		u.Array().Fill(buf)
		return buf, nil
	}
	if id == "" || size(len(buf)) > c.limit {
		return buf, u.Decode(w.ctx, index, stored, buf, w.scratch)
	}
	k := key(u, id)
	for {
		there, wait := c.begin(k, buf)
		if there {
			return buf, nil
		}
		if wait != nil {
			select {
			case <-wait:
				continue
			case <-w.ctx.Done():
				return nil, w.ctx.Err()
			}
		}
		defer c.end(k)
		if err := u.Decode(w.ctx, index, stored, buf, w.scratch); err != nil {
			return nil, err
		}
		c.keep(k, buf)
		return buf, nil
	}
}

// begin copies the chunk into dst if it is there. If another decodes it now, wait
// ends when he has. Else the caller does, and calls end.
func (c *Cache) begin(k string, dst []byte) (there bool, wait <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.give(k, dst) {
		return true, nil
	}
	if done := c.loading[k]; done != nil {
		return false, done
	}
	c.loading[k] = make(chan struct{})
	return false, nil
}

func (c *Cache) end(k string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.loading[k])
	delete(c.loading, k)
}

// give copies what is there; c.mu is held.
func (c *Cache) give(k string, dst []byte) bool {
	e := c.byID[k]
	if e == nil {
		return false
	}
	c.recent.MoveToFront(e)
	copy(dst, e.Value.(*entry).data)
	return true
}

// copyTo reports whether the chunk was there.
func (c *Cache) copyTo(ctx context.Context, u *zarr.Units, index []uint32, dst []byte) bool {
	_, id, ok, err := u.Chunk(ctx, index)
	if err != nil || !ok || id == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.give(key(u, id), dst)
}

// keep puts a copy of data into the cache.
func (c *Cache) keep(k string, data []byte) {
	n := size(len(data))
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > c.limit || c.byID[k] != nil {
		return
	}
	c.shrink(c.limit - n)
	e := &entry{key: k}
	if c.room == nil {
		e.data = make([]byte, len(data))
	} else {
		s, err := c.room.Slab(len(data))
		if err != nil {
			return // the system has none to give: it goes without
		}
		e.slab, e.data = s, s.Bytes()
	}
	copy(e.data, data)
	c.byID[k] = c.recent.PushFront(e)
	c.used += n
}
