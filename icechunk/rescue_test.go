package icechunk_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/fileblob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
)

// TestDamagedRepoSaysHowToGoBack damages `repo`, and then the newest copies too,
// runs the command of the message, and finds the repository of that time.
func TestDamagedRepoSaysHowToGoBack(t *testing.T) {
	command := regexp.MustCompile(`while nothing writes to it, (cp .*); that is the repository of (\S+ \S+ UTC), without`)
	for name, c := range map[string]struct {
		missing bool // else cut in the middle
		copies  int  // that are damaged too
		commits int  // that are left
	}{
		"cut":                 {false, 0, 3},
		"missing":             {true, 0, 3},
		"two copies as well":  {false, 2, 1},
		"all of it, for ever": {false, 4, -1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "it's lab")
			d, err := fileblob.New(dir)
			must(t, err)
			b := blob.New(d, dir)
			r := create(t, b, icechunk.Options{})
			for i := range 4 {
				s := session(t, r, "")
				must(t, s.SetMetadata(ctx, fmt.Sprintf("/a%d", i), arrayDoc(1, 4)))
				_, err := s.Commit(ctx, fmt.Sprint("commit ", i))
				must(t, err)
			}
			path := filepath.Join(dir, "repo")
			file, err := os.ReadFile(path)
			must(t, err)
			if c.missing {
				must(t, os.Remove(path))
			} else {
				must(t, os.WriteFile(path, file[:len(file)/2], 0o644))
			}
			for i, key := range objects(t, b, "overwritten/") {
				if i < c.copies {
					must(t, os.WriteFile(filepath.Join(dir, key), bytes.Repeat([]byte{7}, 500), 0o644))
				}
			}
			_, err = icechunk.Open(ctx, b, icechunk.Options{})
			if !errors.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "repo: icechunk: ") {
				t.Fatal(err)
			}
			if c.commits < 0 {
				if !strings.Contains(err.Error(), "of those in overwritten/ the newest 4 cannot be read") {
					t.Fatal(err)
				}
				return
			}
			m := command.FindStringSubmatch(err.Error())
			if m == nil {
				t.Fatalf("no command in: %v", err)
			}
			if out, err := exec.Command("sh", "-c", m[1]).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %s", m[1], err, out)
			}
			r, err = icechunk.Open(ctx, b, icechunk.Options{})
			must(t, err)
			commits := -1 // the first snapshot is no commit
			for s, err := range r.Log(ctx, "") {
				must(t, err)
				if commits++; commits == 0 && s.Message != fmt.Sprint("commit ", c.commits-1) {
					t.Errorf("the newest is %q", s.Message)
				}
			}
			if commits != c.commits {
				t.Errorf("%d commits are left, expected %d", commits, c.commits)
			}
			for f, err := range r.Check(ctx, "main", true) {
				must(t, err)
				t.Errorf("check: %v", f)
			}
			// And it goes on from there.
			s := session(t, r, "")
			must(t, s.SetMetadata(ctx, "/again", arrayDoc(1, 4)))
			_, err = s.Commit(ctx, "after")
			must(t, err)
		})
	}
}

// TestDamagedRepoInABucket names the objects, as there is no cp.
func TestDamagedRepoInABucket(t *testing.T) {
	b := memory()
	r := create(t, b, icechunk.Options{})
	s := session(t, r, "")
	must(t, s.SetMetadata(ctx, "/a", arrayDoc(1, 4)))
	_, err := s.Commit(ctx, "one")
	must(t, err)
	_, err = b.Put(ctx, "repo", strings.NewReader("nothing"), 7, blob.PutOptions{})
	must(t, err)
	key := objects(t, b, "overwritten/")[0]
	_, err = icechunk.Open(ctx, b, icechunk.Options{})
	if want := fmt.Sprintf("copy mem://test/%s over mem://test/repo;", key); err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("%v, expected %s", err, want)
	}
}
