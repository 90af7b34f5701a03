package icechunktest

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// A Step is one move of a game. Whatever it needs to decide it decides by Luck
// and by what the game has come to, so any steps left out of a list of steps
// leave a list that can be played.
type Step struct {
	Actor int // 0 or 1
	Kind  StepKind
	Luck  uint64
}

// A StepKind is a kind of move.
type StepKind int

// The kinds.
const (
	doEdit StepKind = iota
	doLook
	doCommit
	doDrop
	doBranch
	doTag
	doReopen
	doDiff
	doDuel
	doAll
)

// weights say how often each kind comes.
var weights = [...]int{doEdit: 60, doLook: 3, doCommit: 18, doDrop: 1, doBranch: 5, doTag: 2, doReopen: 2, doDiff: 2, doDuel: 6, doAll: 1}

// Steps gives n random steps.
func Steps(rng *rand.Rand, n int) []Step {
	var all []StepKind
	for kind, w := range weights {
		all = append(all, slices.Repeat([]StepKind{StepKind(kind)}, w)...)
	}
	steps := make([]Step, n)
	for i := range steps {
		steps[i] = Step{Actor: rng.IntN(2), Kind: all[rng.IntN(len(all))], Luck: rng.Uint64()}
	}
	return steps
}

// A Game is a repository that two actors have open, and what must be in it.
type Game struct {
	Where    Where
	Settings Settings
	Actors   [2]Actor

	snapshots []string // in order of creation
	known     map[string]*snapshot
	branches  map[string]string
	tags      map[string]string
	gone      map[string]bool // tags that were deleted
	sessions  [2]*session
	count     int  // of everything that needs a name
	squashed  bool // snapshots were expired: one step of the history may be several commits

	// Log is what was done, a line a step.
	Log []string
}

type snapshot struct {
	parent, message string
	tree            Tree
}

type session struct {
	name, branch, base string
	tree               Tree
	edits              []Edit
	resized            map[string]bool
}

// Start makes the repository with the first actor and opens it with the other.
func (g *Game) Start() error {
	if err := g.Actors[0].Create(g.Where, g.Settings); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := g.Actors[1].Open(g.Where, g.Settings); err != nil {
		return fmt.Errorf("open: %w", err)
	}
	refs, err := g.Actors[0].Refs()
	if err != nil {
		return err
	}
	root := refs.Branches["main"]
	g.snapshots = []string{root}
	g.known = map[string]*snapshot{root: {message: "Repository initialized", tree: Tree{}}}
	g.branches = map[string]string{"main": root}
	g.tags, g.gone = map[string]string{}, map[string]bool{}
	return g.check(root)
}

func (g *Game) logf(format string, a ...any) { g.Log = append(g.Log, fmt.Sprintf(format, a...)) }

// Play does one step.
func (g *Game) Play(s Step) error {
	rng := rand.New(rand.NewPCG(s.Luck, 1))
	switch s.Kind {
	case doEdit:
		return g.edit(s.Actor, rng)
	case doLook:
		return g.look(s.Actor)
	case doCommit:
		return g.commit(s.Actor)
	case doDrop:
		return g.drop(s.Actor)
	case doBranch:
		return g.branch(s.Actor, rng)
	case doTag:
		return g.tag(s.Actor, rng)
	case doReopen:
		g.logf("%s: reopen", g.Actors[s.Actor].Name())
		if err := g.drop(s.Actor); err != nil {
			return err
		}
		return g.Actors[s.Actor].Open(g.Where, g.Settings)
	case doDiff:
		return g.diff(rng)
	case doDuel:
		return g.duel(s.Actor, rng)
	}
	return g.Finish()
}

// newName gives a name that was not used before.
func (g *Game) newName(kind string) string {
	g.count++
	return fmt.Sprintf("%s%d", kind, g.count)
}

func (g *Game) begin(actor int, branch string) (*session, error) {
	s := &session{name: g.newName("s"), branch: branch, resized: map[string]bool{}}
	var err error
	s.base, err = g.Actors[actor].Begin(s.name, branch)
	if err != nil {
		return nil, fmt.Errorf("begin on %q: %w", branch, err)
	}
	if want := g.branches[branch]; s.base != want {
		return nil, fmt.Errorf("%s begins on %q at %s, expected its tip %s", g.Actors[actor].Name(), branch, s.base, want)
	}
	s.tree = g.known[s.base].tree.Clone()
	return s, nil
}

// edit does a few changes in the actor's session.
func (g *Game) edit(actor int, rng *rand.Rand) error {
	a, s := g.Actors[actor], g.sessions[actor]
	if s == nil {
		all := slices.Sorted(maps.Keys(g.branches))
		branch := all[rng.IntN(len(all))]
		if rng.IntN(2) == 0 {
			branch = "main"
		}
		var err error
		if s, err = g.begin(actor, branch); err != nil {
			return err
		}
		g.sessions[actor] = s
		g.logf("%s: %s begins on %q at %s", a.Name(), s.name, branch, s.base)
	}
	for range 1 + rng.IntN(4) {
		e := randomEdit(rng, s.tree, s.resized)
		g.logf("%s: %s: %v", a.Name(), s.name, e)
		if err := g.apply(a, s, e); err != nil {
			return err
		}
	}
	return nil
}

func (g *Game) apply(a Actor, s *session, e Edit) error {
	if err := a.Apply(s.name, e); err != nil {
		return fmt.Errorf("%s: %v: %w", a.Name(), e, err)
	}
	s.tree.Apply(e)
	s.edits = append(s.edits, e)
	return nil
}

// look compares what a session shows with what was done in it. What an array
// that was resized shows outside its shape is not settled before the commit.
func (g *Game) look(actor int) error {
	s := g.sessions[actor]
	if s == nil || len(s.resized) > 0 {
		return nil
	}
	g.logf("%s: look at %s", g.Actors[actor].Name(), s.name)
	v, err := g.Actors[actor].DumpSession(s.name)
	if err != nil {
		return err
	}
	return sameView(g.Actors[actor].Name()+" in its session", v, s.tree.View())
}

func (g *Game) drop(actor int) error {
	s := g.sessions[actor]
	if s == nil {
		return nil
	}
	g.logf("%s: drop %s", g.Actors[actor].Name(), s.name)
	g.sessions[actor] = nil
	return g.Actors[actor].Drop(s.name)
}

// commit commits the actor's session, after a rebase if need be.
func (g *Game) commit(actor int) error {
	a, s := g.Actors[actor], g.sessions[actor]
	if s == nil || len(s.edits) == 0 {
		return nil
	}
	g.sessions[actor] = nil
	tip, exists := g.branches[s.branch]
	if !exists || !g.descends(tip, s.base) { // deleted or reset meanwhile
		g.logf("%s: drop %s, whose branch is gone", a.Name(), s.name)
		return a.Drop(s.name)
	}
	_, err := g.finish(actor, s)
	switch {
	case errors.Is(err, ErrConflict) && tip != s.base:
		g.logf("%s: %s cannot be rebased", a.Name(), s.name)
		err = g.check(tip)
	case errors.Is(err, ErrEmpty):
		g.logf("%s: %s has no changes", a.Name(), s.name)
		err = sameView(s.name+", which says that it has no changes,", g.known[s.base].tree.View(), s.tree.View())
	}
	return errors.Join(err, a.Drop(s.name))
}

// descends tells whether a snapshot is or comes from another.
func (g *Game) descends(id, from string) bool {
	for id != from && id != "" {
		id = g.known[id].parent
	}
	return id == from
}

// finish commits s and checks all; ErrConflict when it cannot be rebased.
func (g *Game) finish(actor int, s *session) (id string, err error) {
	a, tip := g.Actors[actor], g.branches[s.branch]
	message := g.newName("commit ") + " of " + a.Name()
	id, err = a.Commit(s.name, message)
	if errors.Is(err, ErrEmpty) {
		return "", err
	}
	if tip == s.base && err != nil {
		return "", fmt.Errorf("%s commits %s: %w", a.Name(), s.name, err)
	}
	if tip != s.base {
		if !errors.Is(err, ErrMoved) {
			return "", fmt.Errorf("%s commits %s on a branch that has moved: got %q, %v, expected it to be refused", a.Name(), s.name, id, err)
		}
		if err := a.Rebase(s.name); err != nil {
			return "", err
		}
		s.tree = g.known[tip].tree.Clone()
		for _, e := range net(s.edits) {
			s.tree.Apply(e)
		}
		if id, err = a.Commit(s.name, message); err != nil {
			return "", fmt.Errorf("%s commits %s after it was rebased: %w", a.Name(), s.name, err)
		}
	}
	g.logf("%s: commit %s on %q: %s", a.Name(), s.name, s.branch, id)
	g.known[id] = &snapshot{parent: tip, message: message, tree: s.tree}
	g.branches[s.branch] = id
	if err := g.check(id); err != nil {
		return id, err
	}
	if !s.tree.orphans() {
		g.snapshots = append(g.snapshots, id)
		return id, nil
	}
	// See ErrStricter. What is done to nodes without a group is not settled.
	g.logf("%s: back to %s, for something is in no group", a.Name(), tip)
	g.branches[s.branch] = tip
	return id, a.ResetBranch(s.branch, id, tip)
}

// diff compares the changes between a snapshot and an ancestor of it.
func (g *Game) diff(rng *rand.Rand) error {
	to := g.snapshots[rng.IntN(len(g.snapshots))]
	from := to
	for range 1 + rng.IntN(5) {
		if p := g.known[from].parent; p != "" {
			from = p
		}
	}
	if from == to {
		return nil
	}
	g.logf("diff %s %s", from, to)
	return g.sameDiff(from, to)
}

// Finish looks at all branches and tags.
func (g *Game) Finish() error {
	g.logf("look at everything")
	for _, id := range slices.Sorted(maps.Values(g.branches)) {
		if err := g.checkSnapshot(id); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Values(g.tags)) {
		if err := g.checkSnapshot(id); err != nil {
			return err
		}
	}
	return g.check(g.branches["main"])
}
