package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/cmd/outcore/tour"
	"github.com/outcore/outcore/compose"
)

// TestTheTourKeepsItsPromises makes the fast tour in the least memory that it
// takes, and looks into the repository it leaves.
func TestTheTourKeepsItsPromises(t *testing.T) {
	s := newShell(t)
	const least = 96 << 20
	o := s.must("tour", "--fast", "--memory", "96MiB", "--json").stdout
	var status struct {
		Peak   int64       `json:"peak_bytes"`
		Result tour.Result `json:"result"`
	}
	if err := json.Unmarshal([]byte(o), &status); err != nil {
		t.Fatalf("%v\n%s", err, o)
	}
	r := status.Result
	if len(r.Checks) != 4 {
		t.Errorf("%d promises were tried, expected 4", len(r.Checks))
	}
	for _, c := range r.Checks {
		if !c.OK {
			t.Errorf("%s: %s", c.What, c.Outcome)
		}
	}
	if status.Peak > least || r.Peak > least {
		t.Errorf("it took %d and %d bytes of %d", status.Peak, r.Peak, least)
	}
	if r.R2 < 0.8 || r.R2Without > 0.1 || r.Raw < 1e6*r.Baseline {
		t.Errorf("R2 %v, without dep_delay %v, raw features %v, guessing %v", r.R2, r.R2Without, r.Raw, r.Baseline)
	}

	if got, err := compose.DigestOf(compose.Dir(filepath.Join(s.dir, "tour", "model"))); err != nil || got != r.Digest {
		t.Errorf("the folder holds model %s, %v, expected %s", got, err, r.Digest)
	}
	var model struct {
		Digest string         `json:"digest"`
		Data   []compose.Data `json:"data"`
	}
	show := s.must("model", "show", "tour/lab@tour#/models/scaled", "--json").stdout
	if err := json.Unmarshal([]byte(show), &model); err != nil || model.Digest != r.Digest {
		t.Errorf("the repository holds model %s, %v, expected %s", model.Digest, err, r.Digest)
	}
	if len(model.Data) != 1 || model.Data[0].Address != "tour/lab@"+r.Data+"#/flights/train" {
		t.Errorf("the model learned from %v, expected snapshot %s", model.Data, r.Data)
	}
	for _, branch := range []string{"killed", "undisturbed"} {
		if got := s.must("repo", "digest", "tour/lab@"+branch+"#/").stdout; strings.TrimSpace(got) != r.Trial {
			t.Errorf("branch %s is %s, expected %s", branch, got, r.Trial)
		}
	}
	if tag := s.must("repo", "tag", "tour/lab").stdout; !strings.Contains(tag, r.Snapshot) {
		t.Errorf("tags are %s, expected one at %s", tag, r.Snapshot)
	}
	s.must("repo", "check", "tour/lab")

	t.Run("in Python", func(t *testing.T) {
		python := os.Getenv("OUTCORE_ORACLE_PYTHON")
		if python == "" {
			t.Skip("SKIPPED: OUTCORE_ORACLE_PYTHON names no Python with icechunk and xarray; `.ci/tools.sh oracle` makes one")
		}
		out, err := exec.Command(python, filepath.Join(s.dir, "tour", "open.py")).CombinedOutput()
		for _, want := range []string{r.Snapshot, "<xarray.Dataset>", "mean of arr_delay: 6.70705"} {
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("it does not say %q: %v\n%s", want, err, out)
			}
		}
	})

	page, err := os.ReadFile(filepath.Join(s.dir, filepath.FromSlash(r.Report)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{r.Data, r.Snapshot[:8], "4 of 4", "/models/without: 5 new arrays, 5 chunks", "tag tour"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	// What the first tour left is in nobody's way.
	if again := s.must("tour", "--fast", "--memory", "96MiB").stdout; !strings.Contains(again, "7 snapshots") {
		t.Errorf("made again: %s", again)
	}
	s.must("tour", "--clean")
	if _, err := os.Stat(filepath.Join(s.dir, "tour")); !os.IsNotExist(err) {
		t.Errorf("after --clean: %v", err)
	}
}
