package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/internal/torture"
)

// TestMapKilled kills array map at random instants, several times in a row. The
// repository is whole after each, and in the end every chunk was changed once.
func TestMapKilled(t *testing.T) {
	s := newShell(t)
	s.must("repo", "create", "base")
	s.must("array", "create", "base#/x", "--shape", "2000,500", "--chunks", "20,500")
	s.must("array", "set", "base#/x", "--select", "::3,:", "--value", "1.5")
	s.must("array", "set", "base#/x", "--select", ":,7", "--value", "-4")
	args := func(repo string) []string {
		return []string{"array", "map", repo + "#/x", "--expr", "x * 2 - max(x) / (x + 9)", "--commit-every", "3"}
	}
	copied := func(name string) string {
		dir := filepath.Join(s.dir, name)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(s.dir, "base"))); err != nil {
			t.Fatal(err)
		}
		return name
	}
	begin := time.Now()
	s.must(args(copied("whole"))...)
	took := time.Since(begin)
	want := s.digest("whole")
	if want == s.digest("base") {
		t.Fatal("the map changes nothing")
	}
	rng := torture.Rand(t)
	for round := range torture.Rounds(2, 20) {
		copied("killed")
		kills := 0
		for range 5 {
			if !s.killAfter(time.Duration((0.1+0.5*rng.Float64())*float64(took)), args("killed")) {
				kills++
			}
			if o := s.run("repo", "check", "killed", "--deep", "--quiet"); o.exit != 0 {
				t.Fatalf("round %d, kill %d: %s%s", round, kills, o.stdout, o.stderr)
			}
		}
		o := s.must(append(args("killed"), "--json")...)
		var status struct{ Result mapResult }
		if err := json.Unmarshal([]byte(o.stdout), &status); err != nil {
			t.Fatalf("%v: %s", err, o.stdout)
		}
		if status.Result.Chunks != 100 {
			t.Errorf("found %d chunks, expected 100", status.Result.Chunks)
		}
		if got := s.digest("killed"); got != want {
			t.Fatalf("round %d, after %d kills: digest %s, undisturbed %s", round, kills, got, want)
		}
	}
}

// digest is what repo digest says.
func (s *shell) digest(repo string) string {
	s.t.Helper()
	return strings.TrimSpace(s.must("repo", "digest", repo).stdout)
}
