package icechunk

import (
	"slices"

	"github.com/outcore/outcore/icechunk/format"
)

// A refTable is what a session says of the chunks of one array: a hash table
// from index to reference, of some 40 bytes an entry, so that millions of
// staged chunks fit. Entries are never removed; refNone undoes one.
type refTable struct {
	refColumns
	slots  []uint32 // row + 1, 0 = free; a power of two of them
	wasted int      // bytes of inline that no row has
}

func newRefTable(rank int) *refTable { return &refTable{refColumns: refColumns{rank: rank}} }

// row finds the row of an index, or -1.
func (t *refTable) row(index []uint32) int {
	if len(t.slots) == 0 {
		return -1
	}
	row, _ := t.probe(index)
	return row
}

// probe finds the row of index, or -1 and the free slot where it would be.
func (t *refTable) probe(index []uint32) (row, slot int) {
	mask := len(t.slots) - 1
	for i := int(hashIndex(index)) & mask; ; i = (i + 1) & mask {
		row := int(t.slots[i]) - 1
		if row < 0 || compareIndex(t.at(row), index) == 0 {
			return row, i
		}
	}
}

// hashIndex mixes an index (the finaliser of SplitMix64, once a dimension).
func hashIndex(index []uint32) uint64 {
	h := uint64(len(index))
	for _, x := range index {
		h = (h ^ uint64(x)) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

// set says what the chunk at index is.
func (t *refTable) set(index []uint32, ref format.ChunkRef) { t.place(index, t.pack(ref)) }

// mark says refDeleted or refNone of the chunk at index.
func (t *refTable) mark(index []uint32, kind refKind) {
	t.place(index, pack(kind, [12]byte{}, 0, 0))
}

func (t *refTable) place(index []uint32, p packedRef) {
	if 4*(t.rows()+1) > 3*len(t.slots) {
		t.rehash()
	}
	row, slot := t.probe(index)
	if row < 0 {
		t.slots[slot] = uint32(t.rows() + 1)
		t.index = append(t.index, index...)
		t.refs = append(t.refs, p)
		return
	}
	if old := &t.refs[row]; old.kind() == refInline {
		t.wasted += int(old.len())
	}
	t.refs[row] = p
	if t.wasted > 64<<10 && t.wasted > len(t.inline)/2 {
		t.compact()
	}
}

func (t *refTable) rehash() {
	t.slots = make([]uint32, max(16, 2*len(t.slots)))
	for row := range t.rows() {
		_, slot := t.probe(t.at(row))
		t.slots[slot] = uint32(row + 1)
	}
}

// compact drops inline bytes that were overwritten. Bytes handed out stay whole.
func (t *refTable) compact() {
	old := t.inline
	t.inline, t.wasted = make([]byte, 0, len(old)-t.wasted), 0
	for i := range t.refs {
		if p := &t.refs[i]; p.kind() == refInline {
			t.inline = append(t.inline, old[p.off():p.off()+p.len()]...)
			*p = pack(refInline, [12]byte{}, uint64(len(t.inline))-p.len(), p.len())
		}
	}
}

// sorted is the rows that say something, in order of index.
func (t *refTable) sorted() []int {
	rows := make([]int, 0, t.rows())
	for row := range t.rows() {
		if t.refs[row].kind() != refNone {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b int) int { return compareIndex(t.at(a), t.at(b)) })
	return rows
}

// clone is a copy that changes by itself.
func (t *refTable) clone() *refTable {
	c := *t
	c.index, c.refs, c.slots = slices.Clone(t.index), slices.Clone(t.refs), slices.Clone(t.slots)
	c.inline, c.virtual = slices.Clone(t.inline), slices.Clone(t.virtual)
	return &c
}
