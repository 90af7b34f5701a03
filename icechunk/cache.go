package icechunk

import (
	"container/list"
	"context"
	"errors"
	"sync"

	"github.com/outcore/outcore/icechunk/format"
)

// A cache keeps decoded objects that never change, by id, up to a number of
// bytes; the least recently used go first. One that is asked for by several at
// once is read once. The last one used is kept, however large it is.
type cache struct {
	limit int64

	mu      sync.Mutex
	size    int64
	entries map[cacheKey]*list.Element // of *entry
	recent  *list.List                 // most recently used first
}

// A cacheKey is an object, or a piece of one when length is not 0.
type cacheKey struct {
	id format.ObjectID
	span
}

// An entry is being read until ready is closed. Only then may value and err be read.
type entry struct {
	key   cacheKey
	ready chan struct{}
	value any
	bytes int64
	err   error
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, entries: map[cacheKey]*list.Element{}, recent: list.New()}
}

// cached gives what load gave for key. The kinds of objects share the cache; ids
// are random, so an id that is found as another type is a damaged reference.
func cached[T any](ctx context.Context, c *cache, key cacheKey, load func() (T, int64, error)) (T, error) {
	for {
		e, mine := c.enter(key)
		if mine {
			var v T
			n, err := int64(0), context.Canceled // should load panic, the others read for themselves
			defer func() { c.filled(e, v, n, err) }()
			v, n, err = load()
			return v, err
		}
		select {
		case <-e.ready:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
		v, ok := e.value.(T)
		switch {
		case errors.Is(e.err, context.Canceled) || errors.Is(e.err, context.DeadlineExceeded):
			continue // of who was first, not ours
		case e.err == nil && !ok:
			v, _, err := load()
			return v, err
		}
		return v, e.err
	}
}

// has reports whether key is there, or is being read.
func (c *cache) has(key cacheKey) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entries[key] != nil
}

// enter finds the entry of key, or makes it, and then it is the caller's to fill.
func (c *cache) enter(key cacheKey) (e *entry, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if el := c.entries[key]; el != nil {
		c.recent.MoveToFront(el)
		return el.Value.(*entry), false
	}
	e = &entry{key: key, ready: make(chan struct{})}
	c.entries[key] = c.recent.PushFront(e)
	return e, true
}

// filled ends the reading of an entry. Errors are not kept.
func (c *cache) filled(e *entry, v any, bytes int64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.value, e.err, e.bytes = v, err, bytes
	close(e.ready)
	c.size += bytes
	if err != nil {
		c.drop(c.entries[e.key])
	}
	for el := c.recent.Back(); el != nil && el != c.recent.Front() && c.size > c.limit; {
		prev := el.Prev()
		select {
		case <-el.Value.(*entry).ready:
			c.drop(el)
		default: // being read: its bytes are not counted yet
		}
		el = prev
	}
}

func (c *cache) drop(el *list.Element) {
	e := el.Value.(*entry)
	c.recent.Remove(el)
	delete(c.entries, e.key)
	c.size -= e.bytes
}

// put keeps what was just written.
func (c *cache) put(key cacheKey, v any, bytes int64) {
	if e, mine := c.enter(key); mine {
		c.filled(e, v, bytes, nil)
	}
}
