package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStatOfManyRows makes a table that does not fit into the memory: it is
// written in parts, as if it did.
func TestStatOfManyRows(t *testing.T) {
	s := newShell(t)
	s.must("repo", "create", "lab")
	s.must(strings.Fields("array create lab#/x --shape 2,400000,3 --chunks 2,100000,3 --quiet")...)
	s.must(strings.Fields("array set lab#/x --select 1,::3,: --value 2 --quiet")...)
	for _, to := range []string{"csv", "text"} {
		line := "array stat lab#/x --axis -1 --quiet --to " + to
		s.must(strings.Fields(line + " --memory 1GiB -o whole." + to)...)
		s.must(strings.Fields(line + " --memory 68MiB -o parts." + to)...)
		a, err := os.ReadFile(filepath.Join(s.dir, "whole."+to))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(s.dir, "parts."+to))
		if err != nil {
			t.Fatal(err)
		}
		// Columns of text are aligned part by part.
		if x, y := strings.Join(strings.Fields(string(a)), " "), strings.Join(strings.Fields(string(b)), " "); x != y || strings.Count(string(b), "\n") != 800_001 {
			t.Errorf("%s: %d bytes differ from %d", to, len(b), len(a))
		}
	}
	if o := s.run(strings.Fields("array stat lab#/x --axis -1 --quiet --to json --memory 68MiB")...); o.exit != 3 {
		t.Errorf("json: exit %d: %s", o.exit, o.stderr)
	}
}
