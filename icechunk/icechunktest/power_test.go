package icechunktest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/blob/powerblob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/internal/torture"
)

// A chapter is one acknowledged operation of the story that the power ends.
type chapter struct {
	what       string
	began, end int // moments of the disk
	refs       Refs
}

// A story is what was done to a repository on a disk whose power may fail.
type story struct {
	disk     *powerblob.Disk
	chapters []chapter
	trees    map[string]Tree
	parents  map[string]string
}

func ours(b *blob.Bucket) *Ours {
	return &Ours{Bucket: func(Where) (*blob.Bucket, error) { return b, nil }}
}

// tell does n random operations on the disk, by turns as one of two processes
// that have it open.
func tell(t *testing.T, disk *powerblob.Disk, open func() *blob.Bucket, rng *rand.Rand, n int) *story {
	t.Helper()
	s := &story{disk: disk, trees: map[string]Tree{}, parents: map[string]string{}}
	both := [2]*Ours{ours(open()), ours(open())}
	a := both[0]
	refs := Refs{Branches: map[string]string{}, Tags: map[string]string{}}
	do := func(what string, f func() error) {
		t.Helper()
		began := disk.Moments()
		if err := f(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		now := Refs{Branches: maps.Clone(refs.Branches), Tags: maps.Clone(refs.Tags)}
		s.chapters = append(s.chapters, chapter{what: what, began: began, end: disk.Moments(), refs: now})
	}
	do("create", func() error {
		if err := a.Create(Where{}, Settings{Inline: 64, Split: 3}); err != nil {
			return err
		}
		found, err := a.Refs()
		if err != nil {
			return err
		}
		refs = found
		s.trees[refs.Branches["main"]] = Tree{}
		return nil
	})
	if err := both[1].Open(Where{}, Settings{Inline: 64, Split: 3}); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		a = both[rng.IntN(2)]
		branch := []string{"main", "dev"}[rng.IntN(2)]
		tip, is := refs.Branches[branch]
		switch {
		case !is:
			do("branch", func() error {
				refs.Branches[branch] = refs.Branches["main"]
				return a.CreateBranch(branch, refs.Branches["main"])
			})
		case rng.IntN(6) == 0:
			name := fmt.Sprint("t", i)
			do("tag", func() error {
				refs.Tags[name] = tip
				return a.CreateTag(name, tip)
			})
		case branch == "dev" && rng.IntN(6) == 0:
			do("delete branch", func() error {
				delete(refs.Branches, branch)
				return a.DeleteBranch(branch, tip)
			})
		default:
			do("commit", func() error {
				if _, err := a.Begin("s", branch); err != nil {
					return err
				}
				tree, resized := s.trees[tip].Clone(), map[string]bool{}
				for range 1 + rng.IntN(5) {
					e := randomEdit(rng, tree, resized)
					if err := a.Apply("s", e); err != nil {
						return err
					}
					tree.Apply(e)
				}
				id, err := a.Commit("s", fmt.Sprint("commit ", i))
				refs.Branches[branch], s.trees[id], s.parents[id] = id, tree, tip
				return err
			})
		}
	}
	return s
}

// survives checks a state that may be found after a loss of power at a moment:
// all that was acknowledged is there, and of what was under way all or nothing.
func (s *story) survives(moment int, state powerblob.State) error {
	done := 0
	for done < len(s.chapters) && s.chapters[done].end <= moment {
		done++
	}
	a := ours(state.Bucket())
	err := a.Open(Where{}, Settings{})
	if done == 0 && errors.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	refs, err := a.Refs()
	if err != nil {
		return fmt.Errorf("refs: %w", err)
	}
	before, after := "", ""
	if done > 0 {
		before = cmp.Diff(s.chapters[done-1].refs, refs)
	}
	if done < len(s.chapters) {
		after = cmp.Diff(s.chapters[done].refs, refs)
	}
	if before != "" && (after != "" || done == len(s.chapters)) {
		return fmt.Errorf("refs are neither those before nor those after:\n%s%s", before, after)
	}
	seen := map[string]bool{}
	for _, refs := range []map[string]string{refs.Branches, refs.Tags} {
		for name, id := range refs {
			if seen[id] {
				continue
			}
			seen[id] = true
			v, err := a.Dump(id)
			if err != nil {
				return fmt.Errorf("read %s: %w", name, err)
			}
			if err := sameView(name, v, s.trees[id].View()); err != nil {
				return err
			}
			history, err := a.Ancestry(id, -1)
			if err != nil {
				return fmt.Errorf("log of %s: %w", name, err)
			}
			at := id
			for _, c := range history {
				if c.ID != at {
					return fmt.Errorf("log of %s has %s, want %s", name, c.ID, at)
				}
				at = s.parents[at]
			}
			if at != "" {
				return fmt.Errorf("log of %s ends before %s", name, at)
			}
		}
	}
	return nil
}

// states checks every state at every moment and tells how many were wrong.
func (s *story) states(rng *rand.Rand, most int, wrong func(string)) (n int) {
	for moment := range s.disk.Moments() + 1 {
		for state := range s.disk.States(moment, most, rng) {
			n++
			if err := s.survives(moment, state); err != nil {
				wrong(fmt.Sprintf("power lost at moment %d, left %v: %v", moment, state, err))
			}
		}
	}
	return n
}

func TestPowerLoss(t *testing.T) {
	t.Parallel()
	rng := torture.Rand(t)
	for range torture.Rounds(1, 10) {
		disk := powerblob.New()
		s := tell(t, disk, disk.Open, rng, 25)
		bad := 0
		n := s.states(rng, torture.Rounds(40, 500), func(what string) {
			if bad++; bad <= 5 {
				t.Error(what)
			}
		})
		t.Logf("%d operations, %d moments, %d states, %d wrong", len(s.chapters), disk.Moments(), n, bad)
	}
}

// TestStagedByAnother commits chunks that another process wrote: it has synced
// them before it told of them, and they survive.
func TestStagedByAnother(t *testing.T) {
	disk := powerblob.New()
	r, err := icechunk.Create(ctx, disk.Bucket, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Session(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetMetadata(ctx, "/a", []byte(largeChunks)); err != nil {
		t.Fatal(err)
	}
	other, err := icechunk.Open(ctx, disk.Open(), icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("x"), 600)
	ref, err := other.StageChunk(ctx, data)
	if err := errors.Join(err, other.Sync(ctx), s.SetRef("/a", []uint32{1}, ref)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(ctx, "with a chunk of another"); err != nil {
		t.Fatal(err)
	}
	for state := range disk.States(disk.Moments(), 1000, nil) {
		r, err := icechunk.Open(ctx, state.Bucket(), icechunk.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for f, err := range r.Check(ctx, "", true) {
			t.Errorf("left %v: %+v, %v", state, f, err)
		}
		s, err := r.Snapshot(ctx, "main")
		if err != nil {
			t.Fatal(err)
		}
		p := make([]byte, 600)
		c, ok, err := s.Chunk(ctx, "/a", []uint32{1})
		if err != nil || !ok || c.ReadAt(ctx, p, 0) != nil || !bytes.Equal(p, data) {
			t.Errorf("left %v: chunk %v, %v", state, ok, err)
		}
	}
}

// noSync is a bucket on which nothing put lazily becomes durable.
type noSync struct{ driver.Bucket }

// TestPowerLossIsNoticed leaves the barrier out: the test above must see it.
func TestPowerLossIsNoticed(t *testing.T) {
	rng := torture.Rand(t)
	disk := powerblob.New()
	s := tell(t, disk, func() *blob.Bucket { return blob.New(noSync{disk.Open().Driver()}, "mem://nosync") }, rng, 6)
	bad := 0
	s.states(rng, 20, func(string) { bad++ })
	if bad == 0 {
		t.Error("commits without a barrier survive every loss of power: the test sees nothing")
	}
}
