package train

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/feature"
)

// mostUnseen is how many different unknown labels are counted by name: data
// scored by the wrong column may have a new one in every row.
const mostUnseen = 100

// unseen counts the rows whose label is none of the classes a model knows.
type unseen struct {
	rows  int64
	names map[string]int64
}

// strangers are the labels of a transformed frame that are no class, one for
// each such row.
func strangers(f *feature.Frame) (names []string) {
	if f.Label == nil {
		return nil
	}
	for i, y := range f.Y {
		if y < 0 {
			v, _ := f.Label.At(i)
			names = append(names, string(v))
		}
	}
	return names
}

// add counts the strangers of a batch.
func (u *unseen) add(names []string) {
	u.rows += int64(len(names))
	for _, name := range names {
		if _, known := u.names[name]; !known && len(u.names) >= mostUnseen {
			continue
		}
		if u.names == nil {
			u.names = map[string]int64{}
		}
		u.names[name]++
	}
}

// tell warns of what was counted, the most frequent labels first.
func (u *unseen) tell(events event.Sink) {
	if u.rows == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(u.names), func(a, b string) int {
		if d := u.names[b] - u.names[a]; d != 0 {
			return int(max(-1, min(1, d)))
		}
		return strings.Compare(a, b)
	})
	var list []string
	for _, name := range names[:min(len(names), 5)] {
		list = append(list, fmt.Sprintf("%.40q (%d)", name, u.names[name]))
	}
	if len(names) > 5 {
		list = append(list, "…")
	}
	events.Send(event.Event{Kind: event.Warning, Rows: u.rows, Message: fmt.Sprintf(
		"%d rows have a label that the model never learned, and count as wrong: %s", u.rows, strings.Join(list, ", "))})
}
