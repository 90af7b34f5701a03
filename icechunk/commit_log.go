package icechunk

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/outcore/outcore/icechunk/format"
)

// log is the changes as a transaction log tells them.
func (c *changes) log(id format.ObjectID) *format.TransactionLog {
	t := &format.TransactionLog{ID: id}
	for _, n := range c.nodes {
		switch {
		case n.old == nil && n.array:
			t.NewArrays = append(t.NewArrays, n.id)
		case n.old == nil:
			t.NewGroups = append(t.NewGroups, n.id)
		case n.array:
			t.UpdatedArrays = append(t.UpdatedArrays, n.id)
		default:
			t.UpdatedGroups = append(t.UpdatedGroups, n.id)
		}
	}
	for _, n := range c.deleted {
		if n.Array != nil {
			t.DeletedArrays = append(t.DeletedArrays, n.ID)
		} else {
			t.DeletedGroups = append(t.DeletedGroups, n.ID)
		}
	}
	for _, list := range [][]format.NodeID{t.NewGroups, t.NewArrays, t.DeletedGroups, t.DeletedArrays, t.UpdatedArrays, t.UpdatedGroups} {
		slices.SortFunc(list, compareNodeIDs)
	}
	for _, id := range slices.SortedFunc(maps.Keys(c.chunks), compareNodeIDs) {
		table := c.chunks[id].table
		rows := table.sorted()
		if len(rows) == 0 {
			continue
		}
		u := format.UpdatedChunks{Node: id, Rank: table.rank, Indices: make([]uint32, 0, len(rows)*table.rank)}
		for _, row := range rows {
			u.Indices = append(u.Indices, table.at(row)...)
		}
		t.Chunks = append(t.Chunks, u)
	}
	return t
}

func compareNodeIDs(a, b format.NodeID) int { return bytes.Compare(a[:], b[:]) }

// plain makes a value what encoding/json gives, with integers kept whole.
func plain(v any) (any, error) {
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var out any
	return out, d.Decode(&out)
}
