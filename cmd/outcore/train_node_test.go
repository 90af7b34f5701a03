package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/internal/lock"
	"github.com/outcore/outcore/internal/torture"
)

// TestLearnsIntoARepository puts models into nodes: they are those of folders,
// and what is in the way of a model in a folder is in the way of one there.
func TestLearnsIntoARepository(t *testing.T) {
	s := newShell(t)
	s.stock(6_000, 10)
	s.must("repo", "create", "lab")
	s.must(strings.Fields("chunk flights.csv lab#/flights --chunk-rows 700 --quiet")...)
	train := func(data, out string, more ...string) outcome {
		args := strings.Fields("train --data " + data + " --target y --leave class --pipeline impute|one-hot|scale|sgd-regressor --quiet -o " + out)
		return s.run(append(args, more...)...)
	}
	done := func(o outcome, want string) {
		t.Helper()
		if o.exit != 0 || !strings.Contains(o.stdout, want) {
			t.Errorf("exit %d, want %q\n%s%s", o.exit, want, o.stdout, o.stderr)
		}
	}
	fails := func(o outcome, want string) {
		t.Helper()
		if o.exit != 1 || !strings.Contains(o.stderr, want) {
			t.Errorf("exit %d, want 1 and %q\n%s%s", o.exit, want, o.stdout, o.stderr)
		}
	}
	before := s.tip("lab")
	done(train("lab#/flights", "lab#/nothing", "--dry-run"), "passes")
	if s.tip("lab") != before {
		t.Error("--dry-run committed")
	}
	done(train("lab@"+before+"#/flights", "folder"), "model     folder")
	done(train("lab@"+before+"#/flights", "lab#/models/one"), "snapshot  lab@")
	folder, _, _ := strings.Cut(s.must("model", "show", "folder").stdout, "\n")
	node, _, _ := strings.Cut(s.must("model", "show", "lab#/models/one").stdout, "\n")
	if a, b := strings.TrimPrefix(folder, "model     folder"), strings.TrimPrefix(node, "model     lab#/models/one"); a != b {
		t.Errorf("the model of the folder is %s, that of the node %s", a, b)
	}
	a := s.must("predict", "--model", "folder", "--data", "flights.csv", "--quiet").stdout
	if b := s.must("predict", "--model", "lab#/models/one", "--data", "flights.csv", "--quiet").stdout; a != b || len(a) < 1000 {
		t.Error("predictions differ")
	}

	// Progress is in rows: what a node takes in the store is not known.
	o := s.must("score", "--model", "folder", "--data", "lab#/flights")
	if !strings.Contains(o.stderr, "score: 6000 rows in ") {
		t.Errorf("progress: %s", o.stderr)
	}
	o = s.must("chunk", "lab#/flights", "files", "--layout", "parquet")
	if !strings.Contains(o.stderr, "chunk: 6000 rows in ") {
		t.Errorf("progress: %s", o.stderr)
	}
	o = s.must("train", "--data", "lab#/flights", "--target", "y", "--use", "small", "--pipeline", "scale|sgd-regressor", "-o", "small")
	if !regexp.MustCompile(`(?m)^learn: 6000 rows in [^\n]*\nscore: 1\d{3} of 6000 rows in `).MatchString(o.stderr) {
		t.Errorf("progress: %s", o.stderr)
	}

	// The commit of a model moves the branch its rows are on; they are the same.
	done(train("lab#/flights", "lab#/models/two"), "snapshot")
	tip := s.tip("lab")
	done(train("lab#/flights", "lab#/models/two"), "is there already")
	if s.tip("lab") != tip {
		t.Error("what is there was committed again")
	}
	fails(train("lab#/flights", "lab#/models/two", "--epochs", "2"), "there is another model already")
	done(train("lab#/flights", "lab#/models/two", "--epochs", "2", "--overwrite"), "snapshot")
	s.must("array", "set", "lab#/flights/small", "--select", "7", "--value", "1")
	fails(train("lab#/flights", "lab#/models/two", "--epochs", "2"), "there is another model already")

	fails(train("flights.csv", "lab#/flights", "--overwrite"), "which is no model")
	fails(train("flights.csv", "lab#/flights/small/x"), "nothing can be below one")
	fails(train("flights.csv", "lab@"+before+"#/m"), "a model is committed to a branch")
	fails(train("flights.csv", "nowhere#/m"), "outcore repo create nowhere")

	held, err := filepath.Glob(filepath.Join(s.dir, "lab", ".outcore", "nodes", "*", "lock"))
	if err != nil || len(held) == 0 {
		t.Fatalf("found no lock: %v", err)
	}
	for _, path := range held {
		l, err := lock.Acquire(path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Release()
	}
	if o := train("lab#/flights", "lab#/models/one", "--overwrite"); o.exit != 4 {
		t.Errorf("a second process that trains: exit %d\n%s", o.exit, o.stderr)
	}
	if o := s.run(strings.Fields("chunk flights.csv lab#/flights --chunk-rows 700 --quiet")...); o.exit != 4 {
		t.Errorf("a second process that chunks: exit %d\n%s", o.exit, o.stderr)
	}
	if o := s.run("repo", "check", "lab", "--quiet"); o.exit != 0 {
		t.Errorf("check: %s%s", o.stdout, o.stderr)
	}
}

// TestKilledWhileLearningIntoARepository kills it at random instants and goes on.
func TestKilledWhileLearningIntoARepository(t *testing.T) {
	s := newShell(t)
	s.stock(20_000, 10)
	rng := torture.Rand(t)
	train := func(repository string) []string {
		return strings.Fields("train --data flights.csv --target y --leave class --epochs 4 --checkpoint-every 1ms --quiet --pipeline impute|one-hot|scale|sgd-regressor -o " + repository + "#/models/m")
	}
	s.must("repo", "create", "lab")
	begin := time.Now()
	s.must(train("lab")...)
	took := time.Since(begin)
	want := s.digest("lab")
	resumed := false
	for kills := 0; kills < torture.Rounds(3, 40); kills++ {
		if err := os.RemoveAll(filepath.Join(s.dir, "killed")); err != nil {
			t.Fatal(err)
		}
		s.must("repo", "create", "killed")
		for range 3 {
			s.killAfter(took/5+time.Duration(rng.Float64()*float64(took)*4/5), train("killed"))
		}
		left, err := filepath.Glob(filepath.Join(s.dir, "killed", ".outcore", "nodes", "*", "train.checkpoint"))
		if err != nil {
			t.Fatal(err)
		}
		resumed = resumed || len(left) > 0
		s.must(train("killed")...)
		if got := s.digest("killed"); got != want {
			t.Fatalf("digest %s, want %s", got, want)
		}
		if left, _ := filepath.Glob(filepath.Join(s.dir, "killed", ".outcore", "nodes", "*", "*")); slices.ContainsFunc(left, func(p string) bool { return filepath.Base(p) != "lock" }) {
			t.Errorf("left behind: %q", left)
		}
	}
	if !resumed {
		t.Log("no kill came between a checkpoint and the end")
	}
}

// TestAModelThatWasBeaten: who commits second is told what to do at a command line.
func TestAModelThatWasBeaten(t *testing.T) {
	m := &modelPlace{address: "lab#/m"}
	var e *errs.Error
	err := m.beaten(errs.New(errs.Conflict, "in the way").WithFix("a new session"))
	if !errors.As(err, &e) || e.Kind != errs.Conflict || e.Pos.File != "lab#/m" || !strings.Contains(e.Fix, "--overwrite") {
		t.Errorf("%v", err)
	}
	if full := errs.New(errs.Unavailable, "full"); m.beaten(full) != error(full) {
		t.Error("another error changed")
	}
}

// TestAPlaceHasOneLock: however its address is written.
func TestAPlaceHasOneLock(t *testing.T) {
	t.Setenv("OUTCORE_HOME", t.TempDir())
	for _, pair := range [][2]string{{"s3://b/m", "s3://b/m/"}, {"s3://b", "s3://b/"}} {
		var state [4]string
		for i, address := range pair {
			m, err := openModelPlace(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			state[i] = m.state
			m.Close()
			a, err := blob.ParseAddress(address + "#/m")
			if err != nil {
				t.Fatal(err)
			}
			if state[2+i], err = (&place{address: a, ref: "main", node: "/m"}).state(); err != nil {
				t.Fatal(err)
			}
		}
		if state[0] != state[1] || state[2] != state[3] || state[0] == state[2] {
			t.Errorf("%q: %q", pair, state)
		}
	}
}
