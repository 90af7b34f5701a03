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
// whose bytes have no ID, is not kept.
type Cache struct {
	limit  int64
	budget *memory.Budget
	room   *memory.Reservation // nil: the Go heap

	mu     sync.Mutex
	byID   map[string]*list.Element
	recent *list.List // of *entry, the latest used first
	used   int64
}

type entry struct {
	key  string
	data []byte
	slab *memory.Slab
}

// NewCache reserves bytes from b, until Close; b may be nil.
func NewCache(ctx context.Context, b *memory.Budget, bytes int64) (*Cache, error) {
	c := &Cache{limit: bytes, budget: b, byID: map[string]*list.Element{}, recent: list.New()}
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

// key tells decoded chunks: the same bytes decode otherwise under other codecs.
func key(a *zarr.Array, id string) string { return id + "\x00" + a.Path() }

// chunk gives a decoded chunk into memory of w.
func (c *Cache) chunk(w *worker, a *zarr.Array, index []uint32) ([]byte, error) {
	buf, err := w.alloc(a.ChunkBytes())
	if err != nil || w.room == nil && len(buf) == 0 {
		return buf, err
	}
	if c.copyTo(w.ctx, a, index, buf) {
		return buf, nil
	}
	stored, ok, err := a.Chunk(w.ctx, index)
	if err != nil {
		return nil, err
	}
	if !ok {
		a.Fill(buf)
		return buf, nil
	}
	if err := a.Decode(w.ctx, index, stored, buf, w.scratch); err != nil {
		return nil, err
	}
	if id := stored.ID(); id != "" {
		c.keep(key(a, id), buf)
	}
	return buf, nil
}

// copyTo reports whether the chunk was there.
func (c *Cache) copyTo(ctx context.Context, a *zarr.Array, index []uint32, dst []byte) bool {
	stored, ok, err := a.Chunk(ctx, index)
	if err != nil || !ok || stored.ID() == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byID[key(a, stored.ID())]
	if e == nil {
		return false
	}
	c.recent.MoveToFront(e)
	copy(dst, e.Value.(*entry).data)
	return true
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
