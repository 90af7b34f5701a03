package icechunktest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
)

// An operation is one entry of the log of operations.
type operation struct {
	Kind   string
	Fields map[string]string
	Time   time.Time
	Backup string
}

// operations is our log as Python shows it.
func operations(t *testing.T, r *icechunk.Repository) (list []operation) {
	t.Helper()
	for u, err := range r.Updates(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		o := operation{Fields: map[string]string{}, Time: time.UnixMicro(u.At).UTC(), Backup: u.Backup}
		switch u.Kind {
		case format.RepoInitialized:
			o.Kind = "RepoInitialized"
		case format.ConfigChanged:
			o.Kind = "ConfigChanged"
		case format.TagCreated:
			o.Kind, o.Fields["name"] = "TagCreated", u.Name
		case format.TagDeleted:
			o.Kind, o.Fields["name"], o.Fields["previous_snap_id"] = "TagDeleted", u.Name, u.Previous.String()
		case format.BranchCreated:
			o.Kind, o.Fields["name"] = "BranchCreated", u.Name
		case format.BranchDeleted:
			o.Kind, o.Fields["name"], o.Fields["previous_snap_id"] = "BranchDeleted", u.Name, u.Previous.String()
		case format.BranchReset:
			o.Kind, o.Fields["name"], o.Fields["previous_snap_id"] = "BranchReset", u.Name, u.Previous.String()
		case format.NewCommit:
			o.Kind, o.Fields["branch"], o.Fields["new_snap_id"] = "NewCommit", u.Name, u.New.String()
		case format.GCRan:
			o.Kind = "GCRan"
		case format.ExpirationRan:
			o.Kind = "ExpirationRan"
		default:
			t.Errorf("an update of kind %d", u.Kind)
		}
		list = append(list, o)
	}
	return list
}

func sameLog(t *testing.T, p *Engine, r *icechunk.Repository) int {
	t.Helper()
	var theirs []operation
	if err := p.Call("log", nil, &theirs); err != nil {
		t.Fatal(err)
	}
	for i := range theirs {
		theirs[i].Time = theirs[i].Time.UTC()
	}
	ours := operations(t, r)
	if d := cmp.Diff(theirs, ours); d != "" {
		t.Errorf("log of operations (- python, + ours):\n%.3000s", d)
	}
	return len(ours)
}

// TestOfficialTools lets the official library show the log, expire snapshots and
// collect garbage in repositories that both wrote, and goes on after it.
func TestOfficialTools(t *testing.T) {
	t.Parallel()
	p, o := StartPython(t), onDisk(t)
	g := local(t, Settings{Inline: 64, Split: 4}, o, p)()
	if err := g.Start(); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed(), 5))
	play := func(n int) {
		t.Helper()
		for i, s := range Steps(rng, n) {
			if err := g.Play(s); err != nil {
				t.Fatalf("step %d: %v\n%s", i, err, abbreviate(g.Log))
			}
		}
		if err := g.Finish(); err != nil {
			t.Fatal(err)
		}
	}
	play(80)
	sameLog(t, p, o.repo)
	var expired []string
	if err := p.Call("expire", args{"before": time.Now().UTC().Format("2006-01-02T15:04:05.000000+00:00")}, &expired); err != nil {
		t.Fatal(err)
	}
	var collected map[string]int
	if err := p.Call("collect", nil, &collected); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d snapshots expired; collected %v", len(expired), collected)
	if len(expired) == 0 || collected["chunks"] == 0 {
		t.Error("nothing was expired or collected: the test tests nothing")
	}
	for i := range g.Actors { // the sessions began on what is no more
		if err := errors.Join(g.drop(i), g.Actors[i].Open(g.Where, g.Settings)); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.expire(expired); err != nil {
		t.Fatal(err)
	}
	for f, err := range o.repo.Check(ctx, "", true) {
		t.Errorf("after it: %+v, %v", f, err)
	}
	sameLog(t, p, o.repo)
	play(80)
	sameLog(t, p, o.repo)
}

// expire takes snapshots out of the game; their children's parent is now the
// first snapshot.
func (g *Game) expire(ids []string) error {
	gone := map[string]bool{}
	for _, id := range ids {
		gone[id] = true
	}
	kept := g.snapshots[:1:1]
	for _, id := range g.snapshots[1:] {
		if !gone[id] {
			kept = append(kept, id)
		}
	}
	g.snapshots, g.squashed = kept, true
	for _, s := range g.known {
		if gone[s.parent] {
			s.parent = g.snapshots[0]
		}
	}
	return g.Finish()
}

// TestLongLog goes over the thousand updates that one object holds.
func TestLongLog(t *testing.T) {
	t.Parallel()
	p, o := StartPython(t), onDisk(t)
	where := Where{Local: t.TempDir()}
	if err := errors.Join(p.Create(where, Settings{}), o.Open(where, Settings{})); err != nil {
		t.Fatal(err)
	}
	root := format.InitialSnapshot.String()
	n := 1
	for _, leg := range []struct {
		by    Actor
		until int
	}{{p, 985}, {o, 1030}, {p, 1985}, {o, 2020}} {
		for ; n < leg.until; n++ {
			if err := leg.by.CreateTag(fmt.Sprint("t", n), root); err != nil {
				t.Fatalf("%s: %v", leg.by.Name(), err)
			}
		}
		if found := sameLog(t, p, o.repo); found != n {
			t.Errorf("%d updates in the log, want %d", found, n)
		}
	}
	all := operations(t, o.repo)
	if last := all[len(all)-1]; last.Kind != "RepoInitialized" || !strings.HasPrefix(all[1].Backup, "repo.") {
		t.Errorf("the log ends with %+v", last)
	}
}
