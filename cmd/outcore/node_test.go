package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/internal/torture"
)

// TestKilledIntoARepository kills jobs that write to a node at random instants.
// The repository is whole each time, and the same command in the end gives what
// it gives undisturbed, by content.
func TestKilledIntoARepository(t *testing.T) {
	s := newShell(t)
	s.stock(20_000, 6_000)
	s.must(strings.Fields("train --data flights.csv --target y --leave class --pipeline auto -o model")...)
	s.must("repo", "create", "from")
	s.must(strings.Fields("chunk flights.csv from#/flights")...)
	for name, line := range map[string]string{
		"a table":             "chunk flights.csv.gz OUT --chunk-rows 1000 --commit-every 3",
		"an array":            "chunk digits.svm OUT --features 200 --dtype float32 --chunk-rows 100 --commit-every 5 --memory 160MiB",
		"sparse rows":         "chunk digits.svm.gz OUT --features 200 --layout csr --commit-every 1",
		"transform":           "transform --model model --data flights.csv OUT --chunk-rows 1000 --commit-every 3",
		"a node into another": "chunk from#/flights OUT --chunk-rows 1000 --commit-every 3",
	} {
		t.Run(name, func(t *testing.T) {
			s := &shell{t: t, dir: s.dir, env: s.env}
			s.killNode("", strings.ReplaceAll(name, " ", "-"), strings.Fields(line), torture.Rounds(1, 30))
		})
	}
}

// killNode makes line's OUT a node of the repository name at a place, undisturbed
// and with so many kills.
func (s *shell) killNode(at, name string, line []string, kills int) {
	t, rng := s.t, torture.Rand(s.t)
	name = at + name
	args := func(repository string) []string {
		out := slices.Clone(line)
		out[slices.Index(out, "OUT")] = repository + "#/group/rows"
		return out
	}
	s.must("repo", "create", name)
	begin := time.Now()
	s.must(args(name)...)
	took := time.Since(begin)
	want := s.digest(name)

	killed := name + "-killed"
	s.must("repo", "create", killed)
	for done, early := 0, 0; done < kills && early < kills+20; {
		if s.killAfter(took/5+time.Duration(rng.Float64()*float64(took))*4/5, args(killed)) {
			early++
			if got := s.digest(killed); got != want {
				t.Fatalf("after %d kills: digest %s, want %s", done, got, want)
			}
			if err := os.RemoveAll(filepath.Join(s.dir, strings.Replace(killed, "s3://", "s3/", 1))); err != nil {
				t.Fatal(err)
			}
			s.must("repo", "create", killed)
			continue
		}
		done++
		if o := s.run("repo", "check", killed, "--quiet"); o.exit != 0 {
			t.Fatalf("after %d kills: exit %d\n%s%s", done, o.exit, o.stdout, o.stderr)
		}
	}
	s.must(args(killed)...)
	if got := s.digest(killed); got != want {
		t.Fatalf("after %d kills: digest %s, want %s", kills, got, want)
	}
	if o := s.must(append(args(killed), "--quiet")...); !strings.Contains(o.stdout, "all there already") {
		t.Errorf("given again: %s", o.stdout)
	}
}

// data is what a model says of its data.
func (s *shell) data(model string) (address, digest string) {
	s.t.Helper()
	var m struct {
		Data []struct{ Address, Digest string }
	}
	text, err := os.ReadFile(filepath.Join(s.dir, model, "model.json"))
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil || len(m.Data) != 1 {
		s.t.Fatal(err, m)
	}
	return m.Data[0].Address, m.Data[0].Digest
}

// arrays are the names of a model's arrays, which have their content in them.
func (s *shell) arrays(model string) (names []string) {
	s.t.Helper()
	files, err := os.ReadDir(filepath.Join(s.dir, model))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range files {
		if !f.IsDir() && f.Name() != "model.json" {
			names = append(names, f.Name())
		}
	}
	return names
}

// tip is the snapshot of main.
func (s *shell) tip(repository string) string {
	s.t.Helper()
	id, _, _ := strings.Cut(s.must("repo", "log", repository, "--quiet").stdout, " ")
	return id
}

// TestLearnsTheSameFromANode trains on files and on what was made of them.
func TestLearnsTheSameFromANode(t *testing.T) {
	s := newShell(t)
	s.stock(9_000, 4_000)
	s.must("repo", "create", "lab")
	s.must(strings.Fields("chunk flights.csv lab#/flights --chunk-rows 700 --quiet")...)
	s.must(strings.Fields("chunk digits.svm lab#/digits --features 200 --chunk-rows 300 --quiet")...)
	s.must(strings.Fields("chunk digits.svm dense --features 200 --quiet")...) // sums of dense rows differ from those of sparse ones
	s.must(strings.Fields("chunk digits.svm lab#/sparse --features 200 --layout csr --quiet")...)
	for name, c := range map[string]struct{ file, node, options string }{
		"table":  {"flights.csv", "lab#/flights", "--target y --leave class --pipeline auto --epochs 2"},
		"array":  {"dense", "lab#/digits", "--pipeline scale(with_mean=false)|sgd-classifier"},
		"sparse": {"digits.svm", "lab#/sparse", "--pipeline scale(with_mean=false)|sgd-classifier(loss=log_loss)"},
	} {
		options := strings.Fields(c.options + " --quiet")
		file := options
		if c.file == "digits.svm" {
			file = append(slices.Clone(options), "--features", "200")
		}
		s.must(append([]string{"train", "--data", c.file, "-o", name + "-file"}, file...)...)
		s.must(append([]string{"train", "--data", c.node, "-o", name + "-node"}, options...)...)
		if a, b := s.arrays(name+"-file"), s.arrays(name+"-node"); !slices.Equal(a, b) || len(a) == 0 {
			t.Errorf("%s: the model of the file has %q, that of the node %q", name, a, b)
		}
		address, digest := s.data(name + "-node")
		at := strings.TrimPrefix(c.node, "lab")
		if want := s.tip("lab"); address != "lab@"+want+at || digest != want {
			t.Errorf("%s: the model names %s (%s), want snapshot %s", name, address, digest, want)
		}
		if o := s.must("model", "show", name+"-node"); !strings.Contains(o.stdout, address) {
			t.Errorf("%s: model show does not name %s:\n%s", name, address, o.stdout)
		}
		a := s.must("predict", "--model", name+"-node", "--data", c.node, "--quiet").stdout
		b := s.must("predict", "--model", name+"-file", "--data", c.file, "--quiet").stdout
		if a != b || len(a) < 1000 {
			t.Errorf("%s: predictions differ", name)
		}
		again := s.must(append([]string{"train", "--data", c.node, "-o", name + "-node"}, options...)...)
		if !strings.Contains(again.stdout, "is there already") {
			t.Errorf("%s: given again: %s", name, again.stdout)
		}
	}
}

// TestGoesOnWithItsSnapshot kills a training, replaces the rows, and gives the
// command again: it learns from the rows it began with.
func TestGoesOnWithItsSnapshot(t *testing.T) {
	s := newShell(t)
	s.stock(40_000, 10)
	s.must("repo", "create", "lab")
	s.must(strings.Fields("chunk flights.csv lab#/flights --chunk-rows 4096 --quiet")...)
	began := s.tip("lab")
	train := strings.Fields("train --data lab#/flights --target y --leave class --epochs 8 --checkpoint-every 1ms --quiet -o model --pipeline impute|one-hot|scale|sgd-regressor")
	undisturbed := slices.Clone(train)
	undisturbed[slices.Index(train, "model")] = "undisturbed"
	begin := time.Now()
	s.must(undisturbed...)
	took := time.Since(begin)
	checkpoint := filepath.Join(s.dir, "model", ".outcore", "train.checkpoint")
	for part := time.Duration(2); ; part++ {
		if part > 12 {
			t.Fatal("it was never killed between a checkpoint and the end")
		}
		if ended := s.killAfter(took/2*part/(part+1), train); ended {
			if err := os.RemoveAll(filepath.Join(s.dir, "model")); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if _, err := os.Stat(checkpoint); err == nil {
			break
		}
	}
	s.must(strings.Fields("chunk flights.csv lab#/flights --chunk-rows 8192 --restart --types small=text --quiet")...)
	s.must(train...)
	if address, _ := s.data("model"); !strings.Contains(address, began) {
		t.Errorf("the model learned from %s, want snapshot %s", address, began)
	}
	if d := differs(tree(t, filepath.Join(s.dir, "model")), tree(t, filepath.Join(s.dir, "undisturbed"))); d != "" {
		t.Errorf("killed and gone on with: %s", d)
	}
	other := append(slices.Clone(undisturbed), "--overwrite")
	other[slices.Index(other, "lab#/flights")] = "lab@" + began + "#/flights"
	s.must(other...)
	if d := differs(tree(t, filepath.Join(s.dir, "model")), tree(t, filepath.Join(s.dir, "undisturbed"))); d != "" {
		t.Errorf("learned from the snapshot by its name: %s", d)
	}
}

// TestRowsThatWereChangedSince says so, and which commit did it, when a job that
// is done is given again.
func TestRowsThatWereChangedSince(t *testing.T) {
	s := newShell(t)
	s.stock(500, 10)
	s.must("repo", "create", "lab")
	chunk := func(node string) string {
		return s.must("chunk", "flights.csv", "lab#/"+node, "--chunk-rows", "100", "--quiet").stdout
	}
	chunk("flights")
	s.must("array", "create", "lab#/flights-too", "--shape", "10", "--quiet") // beside it
	if out := chunk("flights"); !strings.Contains(out, "all there already") {
		t.Errorf("given again: %s", out)
	}
	for _, change := range [][]string{
		{"set", "lab#/flights/small", "--select", "7", "--value", "1"},
		{"map", "lab#/flights/wide", "--expr", "x * 2"},
	} {
		s.must(append([]string{"array"}, change...)...)
		tip := s.tip("lab")
		s.must("array", "set", "lab#/flights-too", "--value", "3")
		if out, want := chunk("flights"), "rows      500 were written; commit "+tip+" changed the node since"; !strings.Contains(out, want) {
			t.Errorf("after array %s: %s, want %s", change[0], out, want)
		}
	}
	if out := chunk("more"); !strings.Contains(out, "500 in 1 commit") {
		t.Errorf("another node: %s", out)
	}
}
