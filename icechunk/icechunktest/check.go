package icechunktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// check asks both actors for all that a commit can have changed.
func (g *Game) check(id string) error {
	for _, a := range g.Actors {
		refs, err := a.Refs()
		if err != nil {
			return fmt.Errorf("%s: refs: %w", a.Name(), err)
		}
		if d := cmp.Diff(Refs{Branches: g.branches, Tags: g.tags}, refs); d != "" {
			return fmt.Errorf("%s has other refs (- expected, + found):\n%s", a.Name(), d)
		}
	}
	if err := g.checkHistory(id); err != nil {
		return err
	}
	if err := g.checkSnapshot(id); err != nil {
		return err
	}
	if p := g.known[id].parent; p != "" {
		return g.sameDiff(p, id)
	}
	return nil
}

// historyChecked is how far back check looks at the history.
const historyChecked = 12

func (g *Game) checkHistory(id string) error {
	var both [2][]Commit
	for i, a := range g.Actors {
		c, err := a.Ancestry(id, historyChecked)
		if err != nil {
			return fmt.Errorf("%s: history of %s: %w", a.Name(), id, err)
		}
		at := id
		for _, entry := range c {
			k := g.known[at]
			if k == nil || entry.ID != at || entry.Parent != k.parent || entry.Message != k.message {
				return fmt.Errorf("%s: history of %s has %+v, expected %s: %+v", a.Name(), id, entry, at, k)
			}
			at = k.parent
		}
		if at != "" && len(c) < historyChecked {
			return fmt.Errorf("%s: history of %s ends after %d entries, before %s", a.Name(), id, len(c), at)
		}
		both[i] = c
	}
	for i := range both[0] {
		x, y := both[0][i], both[1][i]
		if !x.Time.Equal(y.Time) || !sameJSON(x.Metadata, y.Metadata) {
			return fmt.Errorf("%s was made at %v with %v, says %s; %s says at %v with %v",
				x.ID, x.Time, x.Metadata, g.Actors[0].Name(), g.Actors[1].Name(), y.Time, y.Metadata)
		}
		if i > 0 && !x.Time.Before(both[0][i-1].Time) {
			return fmt.Errorf("%s is not older than its child: %v", x.ID, x.Time)
		}
	}
	return nil
}

// sameJSON compares what two values are written as.
func sameJSON(x, y any) bool {
	p, err := json.Marshal(x)
	q, e := json.Marshal(y)
	return err == nil && e == nil && bytes.Equal(p, q)
}

func (g *Game) checkSnapshot(id string) error {
	want := g.known[id].tree.View()
	for _, a := range g.Actors {
		v, err := a.Dump(id)
		if err != nil {
			return fmt.Errorf("%s: read %s: %w", a.Name(), id, err)
		}
		if err := sameView(a.Name()+" in "+id, v, want); err != nil {
			return err
		}
	}
	return nil
}

// sameView tells what is missing, too much or different, by key.
func sameView(who string, got, want View) error {
	var wrong []string
	compare := func(got, want map[string]string) {
		for _, k := range slices.Sorted(maps.Keys(want)) {
			switch v, ok := got[k]; {
			case !ok:
				wrong = append(wrong, "lacks "+k)
			case v != want[k]:
				wrong = append(wrong, fmt.Sprintf("has %q in %s, expected %q", v, k, want[k]))
			}
		}
		for _, k := range slices.Sorted(maps.Keys(got)) {
			if _, ok := want[k]; !ok {
				wrong = append(wrong, "has "+k+", which nobody wrote or which was deleted")
			}
		}
	}
	compare(got.Docs, want.Docs)
	compare(got.Chunks, want.Chunks)
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%s:\n\t%s", who, strings.Join(wrong[:min(len(wrong), 20)], "\n\t"))
}

func (g *Game) sameDiff(from, to string) error {
	var both [2]Diff
	for i, a := range g.Actors {
		d, err := a.Diff(from, to)
		if err != nil {
			return fmt.Errorf("%s: diff %s %s: %w", a.Name(), from, to, err)
		}
		both[i] = d
	}
	if g.known[to].parent != from || g.squashed {
		both[0], both[1] = both[0].net(), both[1].net()
	}
	if d := cmp.Diff(both[0], both[1], equateEmpty); d != "" {
		return fmt.Errorf("diff %s %s (- %s, + %s):\n%s", from, to, g.Actors[0].Name(), g.Actors[1].Name(), d)
	}
	return nil
}

// net is d without the changes to what was made or deleted in other commits of
// it: the official engine lists them, we do not.
func (d Diff) net() Diff {
	come := func(path string) bool {
		return slices.Contains(d.NewArrays, path) || slices.Contains(d.NewGroups, path)
	}
	gone := func(path string) bool {
		return slices.Contains(d.DeletedArrays, path) || slices.Contains(d.DeletedGroups, path)
	}
	either := func(path string) bool { return come(path) || gone(path) }
	d.UpdatedGroups = slices.DeleteFunc(slices.Clone(d.UpdatedGroups), either)
	d.UpdatedArrays = slices.DeleteFunc(slices.Clone(d.UpdatedArrays), either)
	chunks := map[string]int{}
	for path, n := range d.Chunks {
		if !gone(path) {
			chunks[path] = n
		}
	}
	d.Chunks = chunks
	return d
}

// equateEmpty takes a nil list for an empty one.
var equateEmpty = cmp.FilterValues(func(x, y []string) bool { return len(x) == 0 && len(y) == 0 },
	cmp.Comparer(func(_, _ []string) bool { return true }))
