package icechunktest

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// names has those that sort differently by byte and by component, that look like
// chunks or documents, and that are long or not ASCII.
var names = []string{
	"a", "a-b", "a.x", "ab", "a b", "A", "a!", "a0", "a~", "c", "0", "zarr", "json",
	"ä", "日本", "e\u0301", "\u00e9", "x", "y", strings.Repeat("long", 20),
}

// randomEdit gives an edit that can be done to t. resized are the arrays that
// may not be resized again.
func randomEdit(rng *rand.Rand, t Tree, resized map[string]bool) Edit {
	e := anyEdit(rng, t, resized)
	switch n := t[e.Path]; {
	case e.Kind == SetDoc && n == nil:
		e.Node.ID = rng.Uint64()
	case e.Kind == SetDoc:
		e.Node.ID = n.ID
	case e.Kind == DeleteNode:
		e.IDs = t.below(e.Path)
	default:
		e.IDs = []uint64{n.ID}
	}
	return e
}

func anyEdit(rng *rand.Rand, t Tree, resized map[string]bool) Edit {
	if t["/"] == nil {
		return group(rng, "/")
	}
	arrays, groups := t.paths(true), t.paths(false)
	for {
		switch k := rng.IntN(20); {
		case k < 2:
			path := newPath(rng, groups)
			if t[path] == nil && len(t) < 24 {
				return group(rng, path)
			}
		case k < 5:
			path := newPath(rng, groups)
			if t[path] == nil && len(t) < 24 {
				return array(rng, path, shape(rng))
			}
		case k < 6:
			return group(rng, groups[rng.IntN(len(groups))])
		case len(arrays) == 0:
		case k < 8:
			path := arrays[rng.IntN(len(arrays))]
			n := *t[path]
			if k == 6 && !resized[path] {
				for i := range n.Shape {
					n.Shape = append([]int(nil), n.Shape...)
					n.Shape[i] = rng.IntN(5*n.Block[i] + 1)
				}
				resized[path] = true
			}
			return array(rng, path, n)
		case k < 16:
			path := arrays[rng.IntN(len(arrays))]
			if index, ok := inside(rng, t[path]); ok {
				return Edit{Kind: PutChunk, Path: path, Index: index, Data: bytesOf(rng, t[path].volume())}
			}
		case k < 18:
			path := arrays[rng.IntN(len(arrays))]
			if have := slices.Sorted(maps.Keys(t[path].Chunks)); len(have) > 0 {
				return Edit{Kind: DeleteChunk, Path: path, Index: indexOf(have[rng.IntN(len(have))])}
			}
		case k == 18 || len(t) > 20:
			all := append(arrays, groups...)
			if path := all[rng.IntN(len(all))]; path != "/" {
				return Edit{Kind: DeleteNode, Path: path}
			}
		}
	}
}

func newPath(rng *rand.Rand, groups []string) string {
	return "/" + storeKey(groups[rng.IntN(len(groups))], names[rng.IntN(len(names))])
}

// shape gives an array of up to three dimensions and 5 chunks along each.
func shape(rng *rand.Rand) Node {
	n := Node{Array: true}
	for range rng.IntN(4) {
		block := 1 + rng.IntN(4)
		n.Block = append(n.Block, block)
		n.Shape = append(n.Shape, rng.IntN(5*block+1))
	}
	if len(n.Block) > 0 && rng.IntN(3) == 0 { // chunks too large to be inline, some of them just so
		n.Block[0] = []int{511, 512, 513, 2000}[rng.IntN(4)]
		n.Shape[0] = rng.IntN(3 * n.Block[0])
	}
	return n
}

// inside gives an index of a chunk; an array of no elements has none.
func inside(rng *rand.Rand, n *Node) ([]uint32, bool) {
	index := []uint32{}
	for _, g := range n.grid() {
		if g == 0 {
			return nil, false
		}
		index = append(index, uint32(rng.IntN(g)))
	}
	return index, true
}

func bytesOf(rng *rand.Rand, n int) string {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(rng.Uint32())
	}
	return string(p)
}

func attributes(rng *rand.Rand) map[string]any {
	return map[string]any{"n": rng.IntN(1000), "text": names[rng.IntN(len(names))]}
}

func group(rng *rand.Rand, path string) Edit {
	doc := marshal(rng, map[string]any{"zarr_format": 3, "node_type": "group", "attributes": attributes(rng)})
	return Edit{Kind: SetDoc, Path: path, Data: doc, Node: &Node{Doc: doc}}
}

func array(rng *rand.Rand, path string, n Node) Edit {
	doc := marshal(rng, map[string]any{
		"zarr_format": 3, "node_type": "array", "shape": list(n.Shape), "data_type": "uint8",
		"chunk_grid":         map[string]any{"name": "regular", "configuration": map[string]any{"chunk_shape": list(n.Block)}},
		"chunk_key_encoding": map[string]any{"name": "default", "configuration": map[string]any{"separator": "/"}},
		"fill_value":         0,
		"codecs":             []any{map[string]any{"name": "bytes"}},
		"attributes":         attributes(rng),
	})
	n.Array, n.Doc, n.Chunks = true, doc, nil
	return Edit{Kind: SetDoc, Path: path, Data: doc, Node: &n}
}

// list is not null when there is nothing in it.
func list(n []int) []int { return append([]int{}, n...) }

// marshal formats documents in several ways: their bytes must be kept.
func marshal(rng *rand.Rand, v any) string {
	var p []byte
	var err error
	if rng.IntN(2) == 0 {
		p, err = json.Marshal(v)
	} else {
		p, err = json.MarshalIndent(v, "", "  ")
	}
	if err != nil {
		panic(err)
	}
	return string(p)
}
