package icechunk

import (
	"github.com/outcore/outcore/icechunk/format"
)

// boxOf is the smallest box around the rows of c, which has some.
func boxOf(c *refColumns) []format.Range {
	rows := make([]int, c.rows())
	for i := range rows {
		rows[i] = i
	}
	return boxOfRows(c, rows)
}

func boxOfRows(c *refColumns, rows []int) []format.Range {
	box := make([]format.Range, c.rank)
	for i, row := range rows {
		for k, x := range c.at(row) {
			if i == 0 {
				box[k] = format.Range{From: x, To: x + 1}
			}
			box[k] = format.Range{From: min(box[k].From, x), To: max(box[k].To, x+1)}
		}
	}
	return box
}

// cut cuts rows, in order of index, along the slowest axes into groups of at
// most limit. The boxes of the groups have nothing in common: each cut is a
// plane. The groups are about of one size, so that one that grows by a row is
// not cut again by the next commit.
func cut(c *refColumns, rows []int, axis, limit int) [][]int {
	if len(rows) <= limit || axis == c.rank {
		return [][]int{rows}
	}
	parts := (len(rows) + limit - 1) / limit
	target := (len(rows) + parts - 1) / parts
	var groups [][]int
	start := 0
	for i := 0; i < len(rows); {
		end := i + 1 // of the slab: rows of one index along axis
		for end < len(rows) && c.at(rows[end])[axis] == c.at(rows[i])[axis] {
			end++
		}
		switch {
		case end-i > limit:
			if i > start {
				groups = append(groups, rows[start:i])
			}
			groups = append(groups, cut(c, rows[i:end], axis+1, limit)...)
			start = end
		case end-start > limit || i > start && i-start >= target:
			groups = append(groups, rows[start:i])
			start = i
		}
		i = end
	}
	if start < len(rows) {
		groups = append(groups, rows[start:])
	}
	return groups
}

// around cuts rows, none of which is in one of the obstacles, by planes, until
// no box of a group overlaps an obstacle. The order of rows is kept.
func around(c *refColumns, rows []int, obstacles [][]format.Range) [][]int {
	box := boxOfRows(c, rows)
	for _, o := range obstacles {
		if !overlap(box, o) {
			continue
		}
		// There is a plane: were all rows on one side of every face of o, they
		// would be in it, or box would not overlap it.
		for k := range o {
			for _, at := range []uint32{o[k].From, o[k].To} {
				if at <= box[k].From || at >= box[k].To {
					continue
				}
				var low, high []int
				for _, row := range rows {
					if c.at(row)[k] < at {
						low = append(low, row)
					} else {
						high = append(high, row)
					}
				}
				return append(around(c, low, obstacles), around(c, high, obstacles)...)
			}
		}
	}
	return [][]int{rows}
}
