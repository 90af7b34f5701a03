package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/outcore/outcore/icechunk"
)

// touches reports whether a difference is in a node, below it, or in a group
// that it is in and that was made or deleted.
func touches(d *icechunk.Diff, node string) bool {
	in := func(path string) bool {
		return node == "/" || path == node || strings.HasPrefix(path, node+"/")
	}
	around := func(path string) bool {
		return in(path) || path == "/" || strings.HasPrefix(node, path+"/")
	}
	if slices.ContainsFunc(d.Moved, func(m icechunk.Move) bool { return in(m.From) || in(m.To) }) {
		return true // each node below what was moved is listed too
	}
	return slices.ContainsFunc(slices.Concat(d.NewArrays, d.DeletedArrays, d.UpdatedGroups, d.UpdatedArrays, slices.Collect(maps.Keys(d.Chunks))), in) ||
		slices.ContainsFunc(slices.Concat(d.NewGroups, d.DeletedGroups), around)
}
