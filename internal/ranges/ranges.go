// Package ranges joins byte ranges of one object that lie near each other, so
// that one request reads several of them.
package ranges

import (
	"cmp"
	"slices"
)

// A Range is the bytes Lo ≤ b < Hi of an object. Number says whose they are.
type Range struct {
	Lo, Hi int64
	Number int
}

// A Rule says what is worth joining.
type Rule struct {
	Gap  int64 // most bytes between two that nobody asked for
	Most int64 // most bytes of what was joined; a range that is longer stays alone
}

// A Group is ranges that are read at once: the bytes Lo ≤ b < Hi.
type Group struct {
	Lo, Hi  int64
	Members []Range // in order of Lo, then of Hi
}

// Cut gives the ranges m of a group from all, the bytes of the whole group. It
// copies nothing.
func (g *Group) Cut(all []byte, m Range) []byte {
	return all[m.Lo-g.Lo : m.Hi-g.Lo : m.Hi-g.Lo]
}

// Plan sorts list in place and yields it in groups, from the front of the object
// to its end. Each range is in one group; ranges may overlap or be equal. No
// group but of one range has more than Most bytes, and two neighbours of a group
// are at most Gap apart. Members are a part of list.
func (r Rule) Plan(list []Range) func(yield func(Group) bool) {
	slices.SortFunc(list, func(a, b Range) int {
		return cmp.Or(cmp.Compare(a.Lo, b.Lo), cmp.Compare(a.Hi, b.Hi), cmp.Compare(a.Number, b.Number))
	})
	return func(yield func(Group) bool) {
		for len(list) > 0 {
			g, k := Group{Lo: list[0].Lo, Hi: list[0].Hi}, 1
			for ; k < len(list); k++ {
				next := list[k]
				if next.Lo-g.Hi > r.Gap || max(g.Hi, next.Hi)-g.Lo > r.Most {
					break
				}
				g.Hi = max(g.Hi, next.Hi)
			}
			g.Members, list = list[:k:k], list[k:]
			if !yield(g) {
				return
			}
		}
	}
}
