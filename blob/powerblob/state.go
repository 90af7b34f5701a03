package powerblob

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/memblob"
)

// A State is what may be found after the power came back.
type State struct {
	objects map[string][]byte
	fates   []string // of what was not secure
}

// Bucket gives a new bucket with the objects of the state.
func (s State) Bucket() *blob.Bucket {
	b := blob.New(memblob.New(), "mem://after")
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		store(b, key, s.objects[key])
	}
	return b
}

// String says what became of the objects that were not secure.
func (s State) String() string { return strings.Join(s.fates, ", ") }

// The fates of an open write.
const (
	done = iota
	undone
	short // the first half of the bytes
	holes // all of its length, the second half zeros
	fates
)

var fateNames = [...]string{"whole", "missing", "cut short", "full of holes"}

// at lists the writes that a loss of power at a moment may take, and what is
// there for good.
func (d *disk) at(moment int) (open []*write, secure map[string][]byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	secure = map[string][]byte{}
	var all []*write
	for _, w := range d.writes {
		if w.began <= moment && w.order >= 0 {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(x, y *write) int { return x.order - y.order })
	last := map[string]int{} // the last secure write of a key
	for _, w := range all {
		if w.secure <= moment {
			last[w.key] = w.order
		}
	}
	for _, w := range all {
		switch later, is := last[w.key]; {
		case is && later > w.order: // what became of it does not show
		case w.secure > moment:
			open = append(open, w)
		case w.withDelete:
			delete(secure, w.key)
		default:
			secure[w.key] = w.content
		}
	}
	return open, secure
}

// choices is how many fates a write may have at a moment.
func (w *write) choices() int {
	if w.lazy {
		return fates
	}
	return 2
}

// States gives every state that may be found after a loss of power at a moment,
// or if there are more than most so many of them: nothing of what was not secure,
// all of it, all of it torn, then at random.
func (d *Disk) States(moment, most int, rng *rand.Rand) iter.Seq[State] {
	open, secure := d.d.at(moment)
	total := 1
	for _, w := range open {
		if total *= w.choices(); total > most {
			break
		}
	}
	return func(yield func(State) bool) {
		fate := make([]int, len(open))
		if total <= most {
			for range total {
				if !yield(state(open, secure, fate)) {
					return
				}
				for i := range fate { // count up
					if fate[i]++; fate[i] < open[i].choices() {
						break
					}
					fate[i] = 0
				}
			}
			return
		}
		for k := range most {
			for i, w := range open {
				if fate[i] = k; k >= fates {
					fate[i] = rng.IntN(fates)
				}
				fate[i] %= w.choices()
			}
			if !yield(state(open, secure, fate)) {
				return
			}
		}
	}
}

func state(open []*write, secure map[string][]byte, fate []int) State {
	s := State{objects: maps.Clone(secure)}
	for i, w := range open {
		s.fates = append(s.fates, fmt.Sprintf("%s %s", w.key, fateNames[fate[i]]))
		switch {
		case fate[i] == undone:
		case w.withDelete:
			delete(s.objects, w.key)
		case fate[i] == short:
			s.objects[w.key] = w.content[:len(w.content)/2]
		case fate[i] == holes:
			s.objects[w.key] = append(bytes.Clone(w.content[:len(w.content)/2]), make([]byte, (len(w.content)+1)/2)...)
		default:
			s.objects[w.key] = w.content
		}
	}
	return s
}
