package deflate

import (
	"math/bits"
	"slices"
)

// A code is a Huffman code: for each symbol its bits, lowest first, in the low
// half and how many in the high.
type code struct {
	bits []uint32
	// scratch
	order []uint32 // count<<9 | symbol of symbols in use; counts are below 2^23
	sums  []uint32
	up    []uint16
}

// build makes the best code whose lengths do not pass limit for symbols that
// occur counts times, up to 64 Mi together. Lengths are written to lens.
func (c *code) build(counts []uint32, lens []uint8, limit int) {
	clear(lens)
	c.order = c.order[:0]
	for s, n := range counts {
		if n > 0 {
			// Counts that many are told apart well enough by their high bits.
			c.order = append(c.order, min(n, 1<<23-1)<<9|uint32(s))
		}
	}
	n := len(c.order)
	switch n {
	case 0:
		return
	case 1:
		lens[c.order[0]&511] = 1
		c.assign(lens)
		return
	}
	slices.Sort(c.order)
	// Leaves 0 to n-1 in order of count, then the inner nodes as they are made,
	// which is in order of count as well: always join the two smallest.
	c.sums = slices.Grow(c.sums[:0], 2*n)[:2*n-1]
	c.up = slices.Grow(c.up[:0], 2*n)[:2*n-1]
	for i, o := range c.order {
		c.sums[i] = o >> 9
	}
	leaf, inner := 0, n
	for node := n; node < 2*n-1; node++ {
		c.sums[node] = 0
		for range 2 {
			least := inner
			if leaf < n && (inner == node || c.sums[leaf] <= c.sums[inner]) {
				least = leaf
				leaf++
			} else {
				inner++
			}
			c.sums[node] += c.sums[least]
			c.up[least] = uint16(node)
		}
	}
	// Depths, from the root down; those beyond the limit are counted at it.
	var perLen [32]int
	depth := c.sums
	depth[2*n-2] = 0
	for i := 2*n - 3; i >= 0; i-- {
		depth[i] = depth[c.up[i]] + 1
		if i < n {
			perLen[min(int(depth[i]), limit)]++
		}
	}
	// Too many codes of the longest length: lengthen the longest shorter one
	// that frees room, until the code fits.
	used := 0
	for l := 1; l <= limit; l++ {
		used += perLen[l] << (limit - l)
	}
	for used > 1<<limit {
		l := limit - 1
		for perLen[l] == 0 {
			l--
		}
		perLen[l]--
		perLen[l+1]++
		used -= 1 << (limit - l - 1)
	}
	// Room that was freed in excess shortens codes of the longest length again.
	for l := limit; used < 1<<limit && l > 1; {
		if perLen[l] == 0 || used+1<<(limit-l) > 1<<limit {
			l--
			continue
		}
		perLen[l]--
		perLen[l-1]++
		used += 1 << (limit - l)
	}
	i := 0
	for l := limit; l > 0; l-- {
		for range perLen[l] {
			lens[c.order[i]&511] = uint8(l)
			i++
		}
	}
	c.assign(lens)
}

// assign gives the symbols with lengths their canonical codes.
func (c *code) assign(lens []uint8) {
	c.bits = slices.Grow(c.bits[:0], len(lens))[:len(lens)]
	var count, next [17]uint32
	for _, l := range lens {
		count[l]++
	}
	count[0] = 0
	first := uint32(0)
	for l := 1; l < 17; l++ {
		first = (first + count[l-1]) << 1
		next[l] = first
	}
	for s, l := range lens {
		c.bits[s] = 0
		if l > 0 {
			c.bits[s] = uint32(bits.Reverse16(uint16(next[l]))>>(16-l)) | uint32(l)<<16
			next[l]++
		}
	}
}
