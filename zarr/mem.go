package zarr

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/outcore/outcore/errs"
)

// Mem is a Store in memory.
type Mem struct {
	mu    sync.RWMutex
	nodes map[string]*memNode
}

type memNode struct {
	doc    []byte
	array  bool
	chunks map[string]*memChunk // by index, 4 bytes a number
}

// A memChunk never changes; a write puts another in its place.
type memChunk struct {
	held
	id string
}

// ID is part of Chunk.
func (c *memChunk) ID() string { return c.id }

var memIDs atomic.Uint64

var (
	_ Store   = (*Mem)(nil)
	_ Trimmer = (*Mem)(nil)
)

// NewMem gives a store with an empty root group.
func NewMem() *Mem {
	doc, err := (&GroupMeta{}).Marshal()
	if err != nil {
		panic(err)
	}
	return &Mem{nodes: map[string]*memNode{"/": {doc: doc}}}
}

// Metadata is part of Store.
func (m *Mem) Metadata(_ context.Context, path string) ([]byte, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	n := m.nodes[path]
	if n == nil {
		return nil, noNode(path)
	}
	return n.doc, nil
}

// SetMetadata is part of Store.
func (m *Mem) SetMetadata(_ context.Context, path string, doc []byte) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	node, err := NodeType(doc)
	if err != nil {
		return inNode(path, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := m.nodes[path]; n != nil {
		if n.array != (node == "array") {
			return errs.New(errs.Exists, "zarr: %s: it cannot become an %s before it is deleted", path, node)
		}
		n.doc = doc
		return nil
	}
	up := m.nodes[parent(path)]
	if up == nil {
		return noNode(parent(path))
	}
	if up.array {
		return errs.New(errs.Invalid, "zarr: %s: nothing can be below an array", parent(path))
	}
	m.nodes[path] = &memNode{doc: doc, array: node == "array", chunks: map[string]*memChunk{}}
	return nil
}

// DeleteNode is part of Store.
func (m *Mem) DeleteNode(_ context.Context, path string) error {
	if path == "/" {
		return errs.New(errs.Invalid, "zarr: the root cannot be deleted")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.nodes[path] == nil {
		return noNode(path)
	}
	maps.DeleteFunc(m.nodes, func(p string, _ *memNode) bool { return p == path || strings.HasPrefix(p, path+"/") })
	return nil
}

// Children is part of Store.
func (m *Mem) Children(_ context.Context, path string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		below, err := m.children(path)
		if err != nil {
			yield("", err)
			return
		}
		for _, p := range below {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func (m *Mem) children(path string) ([]string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	switch n := m.nodes[path]; {
	case n == nil:
		return nil, noNode(path)
	case n.array:
		return nil, errs.New(errs.Invalid, "zarr: %s: it is an array, expected a group", path)
	}
	var below []string
	for p := range m.nodes {
		if p != "/" && parent(p) == path {
			below = append(below, p)
		}
	}
	slices.Sort(below)
	return below, nil
}

// Chunk is part of Store.
func (m *Mem) Chunk(_ context.Context, path string, index []uint32) (Chunk, bool, error) {
	var room [8 * 4]byte
	key := appendIndex(room[:0], index)
	m.mu.RLock()
	defer m.mu.RUnlock()
	n, err := m.arrayAt(path)
	if err != nil {
		return nil, false, err
	}
	if c := n.chunks[string(key)]; c != nil {
		return c, true, nil
	}
	return nil, false, nil
}

// PutChunk is part of Store.
func (m *Mem) PutChunk(_ context.Context, path string, index []uint32, data []byte) error {
	c := &memChunk{slices.Clone(data), fmt.Sprintf("mem:%d", memIDs.Add(1))}
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.arrayAt(path)
	if err != nil {
		return err
	}
	n.chunks[string(appendIndex(nil, index))] = c
	return nil
}

// DeleteChunk is part of Store.
func (m *Mem) DeleteChunk(_ context.Context, path string, index []uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.arrayAt(path)
	if err != nil {
		return err
	}
	delete(n.chunks, string(appendIndex(nil, index)))
	return nil
}

// Trim is part of Trimmer.
func (m *Mem) Trim(_ context.Context, path string, grid []uint32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.arrayAt(path)
	if err != nil {
		return err
	}
	maps.DeleteFunc(n.chunks, func(key string, _ *memChunk) bool {
		for i := range grid {
			if binary.BigEndian.Uint32([]byte(key[4*i:])) >= grid[i] {
				return true
			}
		}
		return false
	})
	return nil
}

// arrayAt is called with the mutex held.
func (m *Mem) arrayAt(path string) (*memNode, error) {
	n := m.nodes[path]
	switch {
	case n == nil:
		return nil, noNode(path)
	case !n.array:
		return nil, errs.New(errs.Invalid, "zarr: %s: it is a group, expected an array", path)
	}
	return n, nil
}

func appendIndex(b []byte, index []uint32) []byte {
	for _, v := range index {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func noNode(path string) error { return errs.New(errs.NotFound, "zarr: there is no node at %s", path) }
