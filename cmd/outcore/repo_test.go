package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTextsOfOthersDoNotCommandTheTerminal(t *testing.T) {
	if got, want := oneLine("a\x1b[2Jb\r\u009bc é\nmore"), `a\x1b[2Jb\r\u009bc é …`; got != want {
		t.Errorf("found %q, expected %q", got, want)
	}
}

// A node is dated by its own changes, a table by those of its columns too.
func TestNodesAreDated(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	list := []nodeInfo{{Path: "/", Kind: "group"}, {Path: "/g", Kind: "group"}, {Path: "/g/t", Kind: "table"}, {Path: "/g/t/x", Kind: "array"}, {Path: "/g/table", Kind: "array"}}
	dateNodes(list, map[string]time.Time{"/g": day(1), "/g/t": day(2), "/g/t/x": day(3), "/g/t/y": day(4), "/g/table": day(5), "odd": day(6)})
	for i, want := range []int{0, 1, 4, 3, 5} {
		switch at := list[i].Changed; {
		case at == nil && want == 0:
		case at == nil || !at.Equal(day(want)):
			t.Errorf("%s: found %v, expected day %d", list[i].Path, at, want)
		}
	}
}

func TestErrorsDoNotNameOurLines(t *testing.T) {
	s := newShell(t)
	s.run("repo", "create", "lab")
	s.run("array", "create", "lab#/x", "--shape", "3")
	o := s.run("array", "cat", "lab#/x", "--select", "0:1,0:1")
	if o.exit == 0 || strings.Contains(o.stderr, ".go:") {
		t.Errorf("exit %d: %s", o.exit, o.stderr)
	}
}

// A model is one line, with the bytes of its arrays; --all lists those.
func TestModelsAreListedAsModels(t *testing.T) {
	s := newShell(t)
	s.stock(2_000, 0)
	s.must("repo", "create", "lab")
	s.must(strings.Fields("chunk flights.csv lab#/flights --quiet")...)
	s.must("train", "--data", "lab#/flights", "--target", "y", "--leave", "class", "--pipeline", "auto", "--epochs", "1", "-o", "lab#/models/one", "--quiet")
	list := func(args ...string) (nodes []nodeInfo) {
		t.Helper()
		var doc struct{ Nodes []nodeInfo }
		if err := json.Unmarshal([]byte(s.must(append([]string{"repo", "ls", "--json"}, args...)...).stdout), &doc); err != nil {
			t.Fatal(err)
		}
		return doc.Nodes
	}
	var paths []string
	var model nodeInfo
	for _, n := range list("lab") {
		paths = append(paths, n.Path)
		if n.Kind == "model" {
			model = n
		}
	}
	if want := []string{"/", "/flights", "/models", "/models/one"}; !slices.Equal(paths, want) {
		t.Errorf("found %v, expected %v", paths, want)
	}
	if model.Path != "/models/one" || model.Target != "y" || !strings.Contains(model.Pipeline, " | sgd-regressor") || model.Damaged != "" {
		t.Errorf("found %+v", model)
	}
	stored, arrays := int64(0), 0
	for _, n := range list("lab#/models/one", "--all") {
		if n.Kind == "array" {
			arrays++
			stored += n.Stored
		}
	}
	if arrays < 3 || stored != model.Stored {
		t.Errorf("%d arrays of %d bytes, the model has %d", arrays, stored, model.Stored)
	}
	text := s.must("repo", "ls", "lab").stdout
	if !strings.Contains(text, "/models/one  model") || !strings.Contains(text, "y by ") {
		t.Error(text)
	}
}
