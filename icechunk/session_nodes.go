package icechunk

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/zarr"
)

// Metadata is zarr.Store's.
func (s *Session) Metadata(ctx context.Context, path string) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, err := s.look(path)
	return v.doc, err
}

// SetMetadata is zarr.Store's. Chunks outside the grid of an array that shrinks
// are gone, also when it grows again.
func (s *Session) SetMetadata(ctx context.Context, path string, doc []byte) error {
	if err := zarr.CheckPath(path); err != nil {
		return err
	}
	parsed, err := parseDoc(path, doc)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.forChange(); err != nil {
		return err
	}
	n := &node{nodeDoc: parsed, path: path, doc: doc}
	v, ok := s.changes.look(s.base, path)
	switch {
	case !ok:
		if err := s.underGroup(path); err != nil {
			return err
		}
		n.id = format.NewNodeID()
		s.impliedRoot(path)
	case v.array != n.array:
		return s.r.fail(errs.New(errs.Exists, "icechunk: %s is %s and cannot become %s", path, kindOf(v.array), kindOf(n.array)).
			WithFix("delete it first"))
	case n.array && len(v.shape) != len(n.shape):
		return s.r.fail(errs.New(errs.Shape, "icechunk: %s has %d dimensions and cannot have %d", path, len(v.shape), len(n.shape)).
			WithFix("delete it first"))
	default:
		n.id, n.old = v.id, v.old
		if n.array && shrinks(v.shape, n.shape) {
			s.changes.of(v).shrink(gridOf(n.shape))
		}
	}
	s.changes.nodes[path] = n
	return nil
}

// shrinks reports whether a grid loses chunks along any axis.
func shrinks(from, to []format.Dimension) bool {
	for k := range from {
		if to[k].Chunks < from[k].Chunks {
			return true
		}
	}
	return false
}

func kindOf(array bool) string {
	if array {
		return "an array"
	}
	return "a group"
}

// underGroup checks that a new node has a group to be in.
func (s *Session) underGroup(path string) error {
	p := parent(path)
	if p == "" {
		return nil
	}
	up, err := s.look(p)
	if err != nil {
		return err
	}
	if up.array {
		return s.r.fail(errs.New(errs.Invalid, "icechunk: %s is an array, and %s cannot be in it", p, path))
	}
	return nil
}

// impliedRoot makes the root group with the first node: other programs want one.
func (s *Session) impliedRoot(path string) {
	if _, ok := s.changes.look(s.base, "/"); ok || path == "/" {
		return
	}
	s.changes.nodes["/"] = &node{id: format.NewNodeID(), path: "/", doc: rootDoc(), implied: true}
}

// DeleteNode is zarr.Store's.
func (s *Session) DeleteNode(ctx context.Context, path string) error {
	if path == "/" {
		return s.r.fail(errs.New(errs.Invalid, "icechunk: the root cannot be deleted"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.forChange(); err != nil {
		return err
	}
	if _, err := s.look(path); err != nil {
		return err
	}
	for _, v := range s.changes.below(s.base, path) {
		delete(s.changes.nodes, v.path)
		delete(s.changes.chunks, v.id)
		if v.old != nil {
			s.changes.deleted[v.path] = v.old
		}
	}
	return nil
}

// Children is zarr.Store's. The nodes are those of the moment it begins.
func (s *Session) Children(ctx context.Context, path string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		s.mu.RLock()
		v, err := s.look(path)
		if err == nil && v.array {
			err = s.r.fail(errs.New(errs.Invalid, "icechunk: %s is an array, expected a group", path))
		}
		var list []string
		if err == nil {
			list = s.children(path, -1)
		}
		s.mu.RUnlock()
		if err != nil {
			yield("", err)
			return
		}
		for _, p := range list {
			if !yield(p, nil) {
				return
			}
		}
	}
}

// children lists the nodes directly below path, in byte order, at most so many
// (negative: all). The caller holds mu.
func (s *Session) children(path string, most int) []string {
	var list []string
	for p := range s.changes.nodes {
		if parent(p) == path {
			list = append(list, p)
		}
	}
	// What is below a child is skipped as a whole.
	for nodes := s.base.below(path); len(nodes) > 0 && (most < 0 || len(list) < most); {
		p := nodes[0].Path
		if parent(p) == path {
			if s.changes.nodes[p] == nil && s.changes.deleted[p] == nil {
				list = append(list, p)
			}
			nodes = nodes[1:]
			continue
		}
		// p is below some child, which may be missing or may have come before.
		prefix := strings.TrimSuffix(path, "/") + "/"
		child := prefix + p[len(prefix):len(prefix)+strings.IndexByte(p[len(prefix):], '/')]
		_, end := subtree(child)
		skip, _ := slices.BinarySearchFunc(nodes, end, func(n format.Node, p string) int { return strings.Compare(n.Path, p) })
		nodes = nodes[max(1, skip):]
	}
	slices.Sort(list)
	return list
}

// A Node is one node of a session, with what is known without reading chunks.
type Node struct {
	Path   string
	ID     format.NodeID
	Array  bool
	Doc    []byte // zarr.json
	Chunks int64  // references; -1 = not counted: the session has changes, or a manifest is damaged
}

func isEmpty(list iter.Seq[view]) bool {
	for range list {
		return false
	}
	return true
}

// Nodes yields the node at path and all below it, in byte order of paths. The
// nodes are those of the moment it begins. The chunks of arrays that share a
// manifest with others are counted by reading it.
func (s *Session) Nodes(ctx context.Context, path string) iter.Seq2[Node, error] {
	return func(yield func(Node, error) bool) {
		s.mu.RLock()
		v, err := s.look(path)
		list := s.base.views(path) // of what does not change no list is made
		if !s.changes.empty() {
			list = slices.Values(s.changes.below(s.base, path))
		}
		if isEmpty(list) { // a root that is not stored
			list = slices.Values([]view{v})
		}
		base, changed := s.base, map[format.NodeID]bool{}
		for id := range s.changes.chunks {
			changed[id] = true
		}
		s.mu.RUnlock()
		if err != nil {
			yield(Node{}, err)
			return
		}
		for found := range list {
			v := &found
			n := Node{Path: v.path, ID: v.id, Array: v.array, Doc: v.doc}
			switch {
			case changed[v.id]:
				n.Chunks = -1
			case v.array:
				n.Chunks, err = s.r.count(ctx, base, v)
				if errors.Is(err, errs.Corrupt) || errors.Is(err, errs.TooLarge) {
					n.Chunks, err = -1, nil
				}
				if err != nil {
					yield(Node{}, err)
					return
				}
			}
			if !yield(n, nil) {
				return
			}
		}
	}
}
