package bzip2

import "bytes"

const (
	// lanes is how many walks through the links go on at once. Each waits for
	// memory at every byte; together they wait hardly longer than one.
	lanes = 16
	// laneBytes is the room of a lane: a sixteenth of a block and some more, as
	// lanes do not end together. It is no multiple of a page, so that the lanes
	// do not meet in the same places of a cache.
	laneBytes = 60<<10 + 192
	// starts is into how many walks a block is cut.
	starts = 1024
	// minLanes is the least block that is worth it.
	minLanes = 1 << 14

	maxLinks = 1 << 20 // at least MaxBlock; a power of two, for indices to be masked
	ends     = 1 << 31 // mark of a link to where a walk starts
)

// A walker follows the links of the inverse transform: the byte of a place in
// the low 8 bits, above them the place of the byte that follows it in the text,
// above that ends.
//
// Where in the text a place stands is not known before all places before it
// have been walked. But from any place the text goes on in the same way: so the
// walk is begun at many places at once, each is ended where the next begins, and
// the parts are put in order at last.
type walker struct {
	links  *[maxLinks]uint32
	n      int
	origin uint32
	step   uint32 // walks start at its multiples, and at the origin
	lanes  *[lanes][laneBytes]byte
	parts  [starts + 2]part
}

// A part is the text from one start to the next.
type part struct {
	lane   uint8
	lo, hi uint32 // what of it is in the lane
	at     uint32 // the place behind it
	whole  bool   // at is the next start
}

func newWalker() walker {
	return walker{links: new([maxLinks]uint32), lanes: new([lanes][laneBytes]byte)}
}

// link makes the links of a column, whose bytes are counted.
func (w *walker) link(column []byte, counts *[256]int32, origin int) {
	w.n, w.origin = len(column), uint32(origin)
	var next [256]uint32 // place of the next such byte in the first column
	sum := uint32(0)
	for c, k := range counts {
		next[c] = sum
		sum += uint32(k)
	}
	links := w.links
	rank := bytes.Count(column[:origin], column[origin:origin+1])
	before := next[column[origin]] + uint32(rank) // links to the origin
	w.step = uint32(len(column)/starts + 1)
	for lo := 0; lo < len(column); lo += int(w.step) {
		start := next[column[lo]] // links to lo
		for i, c := range column[lo:min(lo+int(w.step), len(column))] {
			p := next[c]
			links[p&(maxLinks-1)] = uint32(lo+i)<<8 | uint32(c)
			next[c] = p + 1
		}
		links[start] |= ends
	}
	links[before] |= ends
}

// text writes the text to out, which is as long as it.
func (w *walker) text(out []byte) {
	if len(out) < minLanes {
		w.follow(out, w.origin, false)
		return
	}
	w.walk()
	at := w.origin
	for len(out) > 0 {
		p := &w.parts[w.part(at)]
		out = out[copy(out, w.lanes[p.lane][p.lo:p.hi]):]
		if at = p.at; !p.whole {
			var n int
			n, at = w.follow(out, at, true)
			out = out[n:]
		}
	}
}

// follow writes to out what is linked from place at on, up to the next start if
// it is to stop there. It returns how much that was, and the place behind it.
func (w *walker) follow(out []byte, at uint32, stop bool) (n int, next uint32) {
	links := w.links
	for i := range out {
		v := links[at&(maxLinks-1)]
		out[i] = byte(v)
		at = v >> 8
		if at >= maxLinks && stop {
			return i + 1, at & (maxLinks - 1)
		}
	}
	return len(out), at & (maxLinks - 1)
}

// part is the number of the part that starts at a place.
func (w *walker) part(at uint32) int {
	if at == w.origin {
		return starts + 1
	}
	return int(at / w.step)
}

// walk writes the parts to the lanes. What finds no room there is left out.
func (w *walker) walk() {
	var at [lanes]uint32   // place of each lane; the mark of a link above it
	var doing [lanes]*part // nil when no start was left
	links, out := w.links, w.lanes
	next, active := uint32(0), lanes
	begin := func(lane, i int) {
		start := next
		switch {
		case next < uint32(w.n):
			next += w.step
		case next != maxLinks:
			start, next = w.origin, maxLinks
		default:
			doing[lane] = nil
			active--
			return
		}
		p := &w.parts[w.part(start)]
		*p = part{lane: uint8(lane), lo: uint32(i), hi: uint32(i), at: start}
		at[lane], doing[lane] = start, p
	}
	for lane := range at {
		begin(lane, 0)
	}
	i := 0
	for ; i < laneBytes && active > 0; i++ {
		mark := uint32(0)
		for lane := range at {
			v := links[at[lane]&(maxLinks-1)]
			out[lane][i] = byte(v)
			at[lane] = v >> 8
			mark |= v
		}
		if mark < ends {
			continue
		}
		for lane, p := range doing {
			if at[lane] >= maxLinks && p != nil {
				p.hi, p.at, p.whole = uint32(i+1), at[lane]&(maxLinks-1), true
				begin(lane, i+1)
			}
		}
	}
	for lane, p := range doing {
		if p != nil {
			p.hi, p.at = uint32(i), at[lane]&(maxLinks-1)
		}
	}
	for ; next < uint32(w.n); next += w.step {
		w.parts[w.part(next)] = part{at: next}
	}
	if next != maxLinks {
		w.parts[w.part(w.origin)] = part{at: w.origin}
	}
}
