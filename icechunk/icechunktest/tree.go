package icechunktest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Tree is what a snapshot must hold: nodes by path. Nodes are shared between
// trees and not changed, only replaced.
type Tree map[string]*Node

// A Node is a group or an array.
type Node struct {
	ID     uint64 // its own from when it is made until it is deleted
	Doc    string
	Array  bool
	Shape  []int             // of an array
	Block  []int             // of one chunk
	Chunks map[string]string // content by the end of the key: "c/0/1"
}

// An EditKind is what an Edit does.
type EditKind int

// The kinds.
const (
	SetDoc EditKind = iota
	PutChunk
	DeleteChunk
	DeleteNode
)

// An Edit is one change of a session.
type Edit struct {
	Kind  EditKind
	Path  string
	Index []uint32 // of a chunk
	Data  string   // document, or bytes of a chunk
	Node  *Node    // what the document of SetDoc says; without chunks
	IDs   []uint64 // of the nodes that it was for when it was thought of
}

// chunkKey is the end of a chunk's key.
func chunkKey(index []uint32) string {
	var b strings.Builder
	b.WriteByte('c')
	for _, i := range index {
		b.WriteByte('/')
		b.WriteString(strconv.FormatUint(uint64(i), 10))
	}
	return b.String()
}

// indexOf is the index of what chunkKey gave.
func indexOf(key string) []uint32 {
	index := []uint32{}
	for _, s := range strings.Split(key, "/")[1:] {
		n, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			panic(err)
		}
		index = append(index, uint32(n))
	}
	return index
}

// storeKey is the key of something of a node.
func storeKey(path, end string) string { return strings.TrimLeft(path+"/"+end, "/") }

func (e Edit) key() string {
	if e.Kind == SetDoc {
		return storeKey(e.Path, "zarr.json")
	}
	return storeKey(e.Path, chunkKey(e.Index))
}

// String shows an edit in a line.
func (e Edit) String() string {
	switch e.Kind {
	case SetDoc:
		if e.Node.Array {
			return fmt.Sprintf("set array %s %v in chunks of %v", e.Path, e.Node.Shape, e.Node.Block)
		}
		return "set group " + e.Path
	case PutChunk:
		return "put " + e.key() + ": " + strconv.Itoa(len(e.Data)) + " bytes " + strconv.Quote(e.Data[:min(4, len(e.Data))])
	case DeleteChunk:
		return "delete " + e.key()
	}
	return "delete node " + e.Path
}

// Clone gives a tree that can be edited.
func (t Tree) Clone() Tree { return maps.Clone(t) }

// Apply does an edit to the nodes that it is for, where they are still there. An
// array that becomes smaller loses the chunks outside.
func (t Tree) Apply(e Edit) {
	n := t[e.Path]
	switch e.Kind {
	case SetDoc:
		m := *e.Node
		m.Chunks = map[string]string{}
		if n != nil && n.ID == m.ID {
			for k, v := range n.Chunks {
				if m.inside(k) {
					m.Chunks[k] = v
				}
			}
		}
		t[e.Path] = &m
	case PutChunk, DeleteChunk:
		if n == nil || n.ID != e.IDs[0] {
			return
		}
		m := *n
		m.Chunks = maps.Clone(n.Chunks)
		if e.Kind == PutChunk {
			m.Chunks[chunkKey(e.Index)] = e.Data
		} else {
			delete(m.Chunks, chunkKey(e.Index))
		}
		t[e.Path] = &m
	case DeleteNode:
		for path, n := range t {
			if slices.Contains(e.IDs, n.ID) {
				delete(t, path)
			}
		}
	}
}

// net leaves out what edits make and delete again: that is no change, and what
// others made in its place stays.
func net(edits []Edit) []Edit {
	gone := map[uint64]bool{}
	for _, e := range edits {
		if e.Kind == DeleteNode {
			for _, id := range e.IDs {
				gone[id] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(edits), func(e Edit) bool { return e.Kind == SetDoc && gone[e.Node.ID] })
}

// orphans tells whether there are nodes whose group is not there.
func (t Tree) orphans() bool {
	for path := range t {
		up := path[:strings.LastIndexByte(path, '/')]
		if up == "" {
			up = "/"
		}
		if t[up] == nil || t[up].Array {
			return true
		}
	}
	return false
}

// below lists the identities of a node and those below it.
func (t Tree) below(top string) (ids []uint64) {
	for path, n := range t {
		if path == top || strings.HasPrefix(path, top+"/") {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// grid is the chunks along each axis.
func (n *Node) grid() []int {
	g := make([]int, len(n.Shape))
	for i := range g {
		g[i] = (n.Shape[i] + n.Block[i] - 1) / n.Block[i]
	}
	return g
}

func (n *Node) inside(key string) bool {
	g := n.grid()
	for i, s := range strings.Split(key, "/")[1:] {
		if k, err := strconv.Atoi(s); err != nil || k >= g[i] {
			return false
		}
	}
	return true
}

// volume is the elements of one chunk, each a byte.
func (n *Node) volume() int {
	v := 1
	for _, b := range n.Block {
		v *= b
	}
	return v
}

// paths lists the nodes that are arrays or groups, sorted.
func (t Tree) paths(array bool) []string {
	var p []string
	for path, n := range t {
		if n.Array == array {
			p = append(p, path)
		}
	}
	slices.Sort(p)
	return p
}

// View is how engines show a tree.
func (t Tree) View() View {
	v := View{Docs: map[string]string{}, Chunks: map[string]string{}}
	for path, n := range t {
		v.Docs[storeKey(path, "zarr.json")] = n.Doc
		for k, data := range n.Chunks {
			v.Chunks[storeKey(path, k)] = digest(data)
		}
	}
	return v
}

func digest[T string | []byte](p T) string {
	sum := sha256.Sum256([]byte(p))
	return hex.EncodeToString(sum[:])
}
