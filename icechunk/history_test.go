package icechunk_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
)

// decodeRepo reads an object `repo`, or a copy of one.
func decodeRepo(t testing.TB, b *blob.Bucket, key string) *format.Repo {
	t.Helper()
	file, _, err := b.ReadAll(ctx, key, 1<<30)
	must(t, err)
	repo, err := format.DecodeRepo(file)
	must(t, err)
	return repo
}

// Clocks of others may be behind, and stand still.
func TestTimesRise(t *testing.T) {
	b := memory()
	create(t, b, icechunk.Options{})
	for i, skew := range []time.Duration{0, -time.Hour, -5 * time.Minute, time.Minute, 0} {
		now := time.Now().Add(skew)
		r, err := icechunk.Open(ctx, b, icechunk.Options{Now: func() time.Time { return now }})
		must(t, err)
		s := session(t, r, "")
		must(t, s.SetMetadata(ctx, fmt.Sprint("/g", i), []byte(groupDoc)))
		id, err := s.Commit(ctx, "a commit")
		must(t, err)
		must(t, r.CreateTag(ctx, fmt.Sprint("t", i), id))
	}
	repo := decodeRepo(t, b, "repo")
	for i := 1; i < len(repo.Updates); i++ {
		if repo.Updates[i-1].At <= repo.Updates[i].At {
			t.Fatalf("update %d is at %d, the one before at %d", i-1, repo.Updates[i-1].At, repo.Updates[i].At)
		}
	}
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	last := int64(1 << 62)
	for info, err := range r.Log(ctx, "") {
		must(t, err)
		if info.Flushed >= last {
			t.Fatalf("%s is at %d, its child at %d", info.ID, info.Flushed, last)
		}
		last = info.Flushed
	}
}

// Each update names the copy of the repository in which it was the newest.
func TestBackups(t *testing.T) {
	b := memory()
	before(t, b)
	repo := decodeRepo(t, b, "repo")
	if repo.Updates[0].Backup != "" {
		t.Fatalf("the newest update has the backup %q", repo.Updates[0].Backup)
	}
	for i, u := range repo.Updates[1:] {
		if strings.Contains(u.Backup, "/") {
			t.Fatalf("update %d has the backup %q, want a bare name", i, u.Backup)
		}
		old := decodeRepo(t, b, "overwritten/"+u.Backup)
		if old.Updates[0].At != u.At || old.Updates[0].Kind != u.Kind {
			t.Fatalf("update %d is %v at %d, its backup begins with %v at %d", i, u.Kind, u.At, old.Updates[0].Kind, old.Updates[0].At)
		}
	}
	names := objects(t, b, "overwritten/") // newest first, as the format wants
	if len(names) != 2 || names[0] != "overwritten/"+repo.Updates[1].Backup && names[0][:30] != names[1][:30] {
		t.Fatalf("backups are %v, updates %v", names, repo.Updates)
	}
}

func TestUpdatesRollOver(t *testing.T) {
	b := memory()
	r := create(t, b, icechunk.Options{})
	const n, kept = 40, 7
	r.KeepUpdates(kept)
	for i := range n {
		must(t, r.CreateBranch(ctx, fmt.Sprint("b", i), format.InitialSnapshot))
		must(t, r.DeleteBranch(ctx, fmt.Sprint("b", i), format.InitialSnapshot))
	}
	repo := decodeRepo(t, b, "repo")
	if len(repo.Updates) != kept || repo.Before == "" {
		t.Fatalf("%d updates in repo, before them %q", len(repo.Updates), repo.Before)
	}
	i := n
	deleted := true
	for u, err := range r.Updates(ctx) {
		must(t, err)
		switch {
		case i == 0:
			if u.Kind != format.RepoInitialized {
				t.Fatalf("the first update is %v", u)
			}
			i--
			continue
		case deleted && (u.Kind != format.BranchDeleted || u.Name != fmt.Sprint("b", i-1)),
			!deleted && (u.Kind != format.BranchCreated || u.Name != fmt.Sprint("b", i-1)):
			t.Fatalf("found %v %s, want branch b%d", u.Kind, u.Name, i-1)
		}
		if deleted = !deleted; deleted {
			i--
		}
	}
	if i != -1 {
		t.Fatalf("the log ends before update %d", i)
	}
	for f, err := range r.Check(ctx, "", false) {
		must(t, err)
		t.Fatalf("%s: %v", f.Object, f.Err)
	}
}

func TestWhatCannotBeWrittenSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*format.Repo)
		says   string
	}{
		"read-only": {func(r *format.Repo) {
			r.Status = format.Status{Availability: format.ReadOnly, Set: 1, Reason: "moving house"}
		}, "it was set read-only: moving house"},
		"offline":       {func(r *format.Repo) { r.Status.Availability = format.Offline }, "it was set offline"},
		"unknown flags": {func(r *format.Repo) { r.EnabledFlags = []uint16{3, 99} }, "feature flag 99 is not known"},
	} {
		b := memory()
		before(t, b)
		repo := decodeRepo(t, b, "repo")
		c.change(repo)
		writeRepo(t, b, repo)
		r, err := icechunk.Open(ctx, b, icechunk.Options{})
		must(t, err)
		why, err := r.ReadOnly(ctx)
		must(t, err)
		if !strings.Contains(why, c.says) {
			t.Errorf("%s: it says %q, want %q", name, why, c.says)
		}
		_, err = r.Session(ctx, "main")
		wantKind(t, err, errs.Unsupported)
		wantKind(t, r.CreateTag(ctx, "x", format.InitialSnapshot), errs.Unsupported)
		s, err := r.Snapshot(ctx, "main")
		must(t, err)
		if p := get(t, s, "/a", 3); !bytes.Equal(p, []byte{3}) {
			t.Errorf("%s: chunk 3 is %v", name, p)
		}
	}
}

func TestFlagsOfTags(t *testing.T) {
	b := memory()
	before(t, b)
	repo := decodeRepo(t, b, "repo")
	repo.DisabledFlags = []uint16{4, 5}
	writeRepo(t, b, repo)
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	wantKind(t, r.CreateTag(ctx, "x", format.InitialSnapshot), errs.Unsupported)
	wantKind(t, r.DeleteTag(ctx, "v1"), errs.Unsupported)
	must(t, r.CreateBranch(ctx, "x", format.InitialSnapshot))
}

func TestResolve(t *testing.T) {
	b := memory()
	before(t, b)
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	tip, err := r.Resolve(ctx, "")
	must(t, err)
	for _, ref := range []string{"main", "v1", tip.String(), tip.String()[:8], strings.ToLower(tip.String()[:12])} {
		id, err := r.Resolve(ctx, ref)
		must(t, err)
		if id != tip {
			t.Errorf("%s is %s, want %s", ref, id, tip)
		}
	}
	for ref, says := range map[string]string{"mian": `did you mean "main"?`, tip.String()[:7]: "have branches main, tags v1"} {
		_, err := r.Resolve(ctx, ref)
		if !errors.Is(err, errs.NotFound) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", ref, err, says)
		}
	}
	must(t, r.CreateTag(ctx, tip.String(), format.InitialSnapshot))
	if id, err := r.Resolve(ctx, tip.String()); err != nil || id != tip {
		t.Errorf("%s is %s since a tag has its name: %v", tip, id, err)
	}
	must(t, r.DeleteTag(ctx, "v1"))
	_, err = r.Resolve(ctx, "v1")
	wantKind(t, err, errs.NotFound)
	_, err = icechunk.Open(ctx, memory(), icechunk.Options{})
	wantKind(t, err, errs.NotFound)
	_, err = r.Session(ctx, "v1")
	wantKind(t, err, errs.NotFound)
	for _, name := range []string{"", " x", "a\x00b", "\xff", strings.Repeat("x", 256)} {
		wantKind(t, r.CreateBranch(ctx, name, tip), errs.Invalid)
	}
	wantKind(t, r.CreateBranch(ctx, "x", format.NewObjectID()), errs.NotFound)
}
