package icechunk

import (
	"encoding/json"
	"math"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format"
)

// A nodeDoc is what the repository has to know of a node's zarr.json: the rest
// of it, element types and codecs, is nothing to it.
type nodeDoc struct {
	array bool
	shape []format.Dimension
	names []string
}

// parseDoc reads zarr.json.
func parseDoc(path string, doc []byte) (nodeDoc, error) {
	bad := func(format string, args ...any) (nodeDoc, error) {
		return nodeDoc{}, errs.New(errs.Invalid, "icechunk: zarr.json of %s: "+format, append([]any{path}, args...)...)
	}
	var d struct {
		Format int      `json:"zarr_format"`
		Node   string   `json:"node_type"`
		Shape  []uint64 `json:"shape"`
		Grid   struct {
			Name   string `json:"name"`
			Config struct {
				Shape  []uint64          `json:"chunk_shape"`
				Shapes []json.RawMessage `json:"chunk_shapes"`
			} `json:"configuration"`
		} `json:"chunk_grid"`
		Names []*string `json:"dimension_names"`
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return bad("%w", err)
	}
	if d.Format != 3 {
		return bad("zarr_format is %d, expected 3", d.Format)
	}
	switch d.Node {
	case "group":
		return nodeDoc{}, nil
	case "array":
	default:
		return bad("node_type is %q, expected array or group", d.Node)
	}
	n := nodeDoc{array: true, shape: make([]format.Dimension, len(d.Shape))}
	for k, length := range d.Shape {
		n.shape[k].Length = length
		var chunks uint64
		switch d.Grid.Name {
		case "regular":
			if len(d.Grid.Config.Shape) != len(d.Shape) {
				return bad("chunk_shape of %d dimensions, expected %d", len(d.Grid.Config.Shape), len(d.Shape))
			}
			size := d.Grid.Config.Shape[k]
			if size == 0 {
				return bad("chunk_shape is 0 along dimension %d", k)
			}
			chunks = length / size
			if length%size != 0 {
				chunks++
			}
		case "rectilinear":
			if len(d.Grid.Config.Shapes) != len(d.Shape) {
				return bad("chunk_shapes of %d dimensions, expected %d", len(d.Grid.Config.Shapes), len(d.Shape))
			}
			var ok bool
			if chunks, ok = rectilinear(d.Grid.Config.Shapes[k], length); !ok {
				return bad("chunk_shapes along dimension %d are %s, expected lengths that make up %d", k, d.Grid.Config.Shapes[k], length)
			}
		default:
			return bad("chunk_grid is %q, expected regular or rectilinear", d.Grid.Name)
		}
		if chunks > math.MaxUint32 {
			return bad("%d chunks along dimension %d, expected at most 2^32-1", chunks, k)
		}
		n.shape[k].Chunks = uint32(chunks)
	}
	if d.Names != nil {
		if len(d.Names) != len(d.Shape) {
			return bad("%d dimension_names, expected %d", len(d.Names), len(d.Shape))
		}
		n.names = make([]string, len(d.Names))
		for k, s := range d.Names {
			if s != nil {
				n.names[k] = *s
			}
		}
	}
	return n, nil
}

// rectilinear counts the chunks along an axis that is given as one length, or
// as a list of lengths and of pairs of a length and how often it comes.
func rectilinear(spec json.RawMessage, length uint64) (chunks uint64, ok bool) {
	var size uint64
	if json.Unmarshal(spec, &size) == nil {
		if size == 0 {
			return 0, false
		}
		return (length + size - 1) / size, length+size > length
	}
	var list []json.RawMessage
	if json.Unmarshal(spec, &list) != nil {
		return 0, false
	}
	var total uint64
	for _, item := range list {
		pair := [2]uint64{0, 1}
		if json.Unmarshal(item, &pair[0]) != nil {
			var p []uint64
			if json.Unmarshal(item, &p) != nil || len(p) != 2 {
				return 0, false
			}
			pair = [2]uint64(p)
		}
		if pair[0] == 0 || pair[1] > math.MaxUint32 || pair[1] > 0 && pair[0] > (math.MaxUint64-total)/pair[1] {
			return 0, false
		}
		total += pair[0] * pair[1]
		chunks += pair[1]
	}
	return chunks, total >= length
}
