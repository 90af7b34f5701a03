package icechunktest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

var refNames = []string{"dev", "x", "ä/1", "a-b", "a/b", "release 1", "日本"}

// branch makes, moves or removes a branch.
func (g *Game) branch(actor int, rng *rand.Rand) error {
	a, name := g.Actors[actor], refNames[rng.IntN(len(refNames))]
	to := g.snapshots[max(0, len(g.snapshots)-1-rng.IntN(20))]
	tip, is := g.branches[name]
	var err error
	switch k := rng.IntN(4); {
	case !is:
		g.logf("%s: branch %q at %s", a.Name(), name, to)
		if err = a.CreateBranch(name, to); err == nil {
			g.branches[name] = to
		}
	case k == 0:
		g.logf("%s: branch %q again", a.Name(), name)
		err = refused(a.CreateBranch(name, to), ErrExists)
	case k == 1:
		g.logf("%s: delete branch %q", a.Name(), name)
		if err = a.DeleteBranch(name, tip); err == nil {
			delete(g.branches, name)
		}
	case to != tip:
		g.logf("%s: reset branch %q from %s to %s", a.Name(), name, tip, to)
		if err = a.ResetBranch(name, tip, to); err == nil {
			g.branches[name] = to
		}
	}
	if err != nil {
		return fmt.Errorf("%s: branch %q: %w", a.Name(), name, err)
	}
	return g.check(g.branches["main"])
}

// tag makes or removes a tag.
func (g *Game) tag(actor int, rng *rand.Rand) error {
	a := g.Actors[actor]
	name := fmt.Sprintf("%s %d", refNames[rng.IntN(len(refNames))], rng.IntN(100))
	if have := slices.Sorted(maps.Keys(g.tags)); len(have) > 0 && rng.IntN(3) == 0 {
		name = have[rng.IntN(len(have))]
	}
	if have := slices.Sorted(maps.Keys(g.gone)); len(have) > 0 && rng.IntN(4) == 0 {
		name = have[rng.IntN(len(have))]
	}
	at := g.snapshots[rng.IntN(len(g.snapshots))]
	var err error
	switch _, is := g.tags[name]; {
	case g.gone[name] || is && rng.IntN(2) == 0:
		g.logf("%s: tag %q again", a.Name(), name)
		err = refused(a.CreateTag(name, at), ErrExists)
	case is:
		g.logf("%s: delete tag %q", a.Name(), name)
		if err = a.DeleteTag(name); err == nil {
			delete(g.tags, name)
			g.gone[name] = true
		}
	default:
		g.logf("%s: tag %q at %s", a.Name(), name, at)
		if err = a.CreateTag(name, at); err == nil {
			g.tags[name] = at
		}
	}
	if err != nil {
		return fmt.Errorf("%s: tag %q: %w", a.Name(), name, err)
	}
	return g.check(g.branches["main"])
}

func refused(err, kind error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return fmt.Errorf("got %v, expected it to be refused: %w", err, kind)
}
