package icechunktest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/internal/torture"
)

// shrinkFor is how long a failed game is made shorter.
const shrinkFor = 20 * time.Second

// Match plays n random steps on a new game. Each name and seed gives its own
// steps, of which fewer are the first ones. When that fails the fewest steps are
// looked for that fail too, and are told with the seed.
func Match(t *testing.T, n int, seed uint64, newGame func() *Game) {
	t.Helper()
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	steps := Steps(rand.New(rand.NewPCG(seed, h.Sum64())), n)
	g, at, err := play(newGame(), steps)
	if err == nil {
		t.Logf("seed %d: %d steps, %d snapshots, %d branches, %d tags, no difference", seed, n, len(g.snapshots), len(g.branches), len(g.tags))
		return
	}
	whole := fmt.Sprintf("seed %d (again with %s=%d, 1 = without), step %d of %d: %v", seed, torture.Env, seed, at, n, err)
	steps = shrink(steps[:at+1], func(s []Step) bool {
		_, _, err := play(newGame(), s)
		return err != nil
	})
	g, _, again := play(newGame(), steps)
	if again == nil {
		t.Fatalf("%s\nPlayed once more it does not fail. The end of it was:\n%s", whole, abbreviate(g.Log))
	}
	t.Fatalf("%s\nThe shortest that fails has %d steps:\n%s\nand ends in: %v", whole, len(steps), abbreviate(g.Log), again)
}

// play plays until the first failure.
func play(g *Game, steps []Step) (*Game, int, error) {
	if err := g.Start(); err != nil {
		return g, 0, err
	}
	for i, s := range steps {
		if err := g.Play(s); err != nil {
			return g, i, err
		}
	}
	return g, len(steps), g.Finish()
}

// shrink looks for a short list that still fails: first the shortest tail in
// powers of two, then all that can be left out of it.
func shrink(steps []Step, fails func([]Step) bool) []Step {
	end := time.Now().Add(shrinkFor)
	for n := 1; n < len(steps); n *= 2 {
		if tail := steps[len(steps)-n:]; fails(tail) {
			steps = tail
			break
		}
	}
	for size := len(steps) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(steps) && time.Now().Before(end); {
			if less := slices.Delete(slices.Clone(steps), at, at+size); fails(less) {
				steps = less
			} else {
				at += size
			}
		}
	}
	return steps
}

// linesTold is how much of a log is told.
const linesTold = 60

// abbreviate makes a long log and its long lines short.
func abbreviate(log []string) string {
	var b strings.Builder
	if less := len(log) - linesTold; less > 0 {
		fmt.Fprintf(&b, "\t… %d lines before\n", less)
		log = log[less:]
	}
	for _, line := range log {
		if len(line) > 400 {
			line = line[:300] + " … " + line[len(line)-100:]
		}
		b.WriteString("\t" + line + "\n")
	}
	return b.String()
}
