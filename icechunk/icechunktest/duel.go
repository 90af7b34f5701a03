package icechunktest

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// duel asks whether both engines find the same conflicts. Two branches begin at
// one snapshot; the same changes are committed to both, by one actor; then each
// actor tries to commit the same other changes, begun before, to one of them.
func (g *Game) duel(actor int, rng *rand.Rand) error {
	base := g.branches["main"]
	theirs := g.duelEdits(rng, base)
	ours := g.duelEdits(rng, base)
	first := g.Actors[actor]
	g.logf("duel on %s: %s commits %v", base, first.Name(), theirs)
	var mine [2]*session
	var results [2]error
	for i, a := range g.Actors {
		branch := g.newName("duel")
		if err := first.CreateBranch(branch, base); err != nil {
			return fmt.Errorf("%s: %w", first.Name(), err)
		}
		g.branches[branch] = base
		var err error
		if mine[i], err = g.begin(i, branch); err != nil {
			return err
		}
		other, err := g.begin(actor, branch)
		if err != nil {
			return err
		}
		for _, e := range theirs {
			if err := g.apply(first, other, e); err != nil {
				return err
			}
		}
		if _, err := g.finish(actor, other); errors.Is(err, ErrEmpty) { // its edits undid each other: nobody to fight
			return g.leave(i, branch, mine[i], other, actor)
		} else if err != nil {
			return err
		}
		g.logf("duel: %s commits %v", a.Name(), ours)
		for _, e := range ours {
			if err := g.apply(a, mine[i], e); err != nil {
				return err
			}
		}
		_, results[i] = g.finish(i, mine[i])
		if err := results[i]; err != nil && !errors.Is(err, ErrConflict) && !errors.Is(err, ErrEmpty) {
			return err
		}
		if err := g.leave(i, branch, mine[i], other, actor); err != nil {
			return err
		}
	}
	if errors.Is(errors.Join(results[:]...), ErrEmpty) { // one of them counts what was undone as a change
		return nil
	}
	if errors.Is(errors.Join(results[:]...), ErrStricter) { // of the two, one looks closer
		return nil
	}
	if errors.Is(results[0], ErrConflict) != errors.Is(results[1], ErrConflict) {
		return fmt.Errorf("the engines differ on whether this is a conflict:\n\t%s: %v\n\t%s: %v\n\tcommitted %v\n\tthen %v",
			g.Actors[0].Name(), results[0], g.Actors[1].Name(), results[1], theirs, ours)
	}
	return nil
}

// leave ends the sessions of a duel, actor i's and first's, and removes its branch.
func (g *Game) leave(i int, branch string, mine, other *session, first int) error {
	if err := errors.Join(g.Actors[i].Drop(mine.name), g.Actors[first].Drop(other.name)); err != nil {
		return err
	}
	if err := g.Actors[i].DeleteBranch(branch, g.branches[branch]); err != nil {
		return err
	}
	delete(g.branches, branch)
	return nil
}

// duelEdits gives one to three changes to a snapshot.
func (g *Game) duelEdits(rng *rand.Rand, base string) []Edit {
	tree, resized := g.known[base].tree.Clone(), map[string]bool{}
	var edits []Edit
	for range 1 + rng.IntN(3) {
		e := randomEdit(rng, tree, resized)
		tree.Apply(e)
		edits = append(edits, e)
	}
	return edits
}
