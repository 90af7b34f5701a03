package main

import (
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/internal/torture"
)

// TestRepositoryOnS3 does what is done with repositories on a real S3 server:
// jobs that are killed, maps that are killed, learning, and commits of two
// processes at once. Nothing is lost.
func TestRepositoryOnS3(t *testing.T) {
	s := newShell(t)
	s.stock(20_000, 3_000)
	s.serveS3()
	const at = "s3://bucket/"
	sub := func(name string, test func(s *shell)) {
		t.Run(name, func(t *testing.T) { test(&shell{t: t, dir: s.dir, env: s.env}) })
	}
	sub("chunk a table", func(s *shell) {
		s.killNode(at, "table", strings.Fields("chunk flights.csv OUT --chunk-rows 1000 --commit-every 3"), torture.Rounds(2, 20))
	})
	sub("chunk an array", func(s *shell) {
		s.killNode(at, "array", strings.Fields("chunk digits.svm OUT --features 200 --dtype float32 --chunk-rows 100 --commit-every 4"), torture.Rounds(2, 20))
	})
	sub("array map", func(s *shell) { s.killMapOnS3(at, torture.Rounds(3, 20)) })
	sub("train", func(s *shell) {
		s.must("repo", "create", "local")
		s.must(strings.Fields("chunk flights.csv local#/flights")...)
		s.must("repo", "create", at+"lab")
		s.must(strings.Fields("chunk flights.csv " + at + "lab#/flights")...)
		predicted := map[string]string{}
		for name, data := range map[string]string{"local": "local#/flights", "s3": at + "lab#/flights"} {
			s.must("train", "--data", data, "--target", "y", "--leave", "class", "-o", "model-"+name)
			predicted[name] = s.must("predict", "--model", "model-"+name, "--data", data, "--quiet").stdout
		}
		if predicted["s3"] != predicted["local"] || len(predicted["s3"]) < 1000 {
			t.Error("what was learned from S3 is not what was learned from the disk")
		}
	})
	sub("two processes", func(s *shell) {
		s.must("repo", "create", at+"both")
		s.must("repo", "create", at+"after")
		args := func(repo, node string) []string {
			return strings.Fields("chunk flights.csv " + at + repo + "#/" + node + " --chunk-rows 1000 --commit-every 1")
		}
		a, b := s.start(args("both", "a")...), s.start(args("both", "b")...)
		for _, p := range []*background{a, b} {
			if exit := p.wait(s.t, time.Minute); exit != 0 {
				s.t.Fatalf("exit %d\n%s", exit, &p.diag)
			}
		}
		s.must(args("after", "a")...)
		s.must(args("after", "b")...)
		if got, want := s.digest(at+"both"), s.digest(at+"after"); got != want {
			s.t.Errorf("at once: digest %s, one after the other: %s", got, want)
		}
		if n := strings.Count(s.must("repo", "log", at+"both", "-n", "0").stdout, "\n"); n != 1+20+20 {
			s.t.Errorf("%d commits, want 41", n)
		}
		s.must("repo", "check", at+"both", "--deep")
	})
}

// killMapOnS3 kills array map at random instants and gives it again.
func (s *shell) killMapOnS3(at string, kills int) {
	t, rng := s.t, torture.Rand(s.t)
	args := func(repo string) []string {
		return strings.Fields("array map " + at + repo + "#/x --expr x*2-3 --commit-every 3")
	}
	for _, repo := range []string{"whole", "killed"} {
		s.must("repo", "create", at+repo)
		s.must("array", "create", at+repo+"#/x", "--shape", "800,500", "--chunks", "20,500")
		s.must("array", "set", at+repo+"#/x", "--select", "::3,:", "--value", "1.5")
	}
	begin := time.Now()
	s.must(args("whole")...)
	took := time.Since(begin)
	for range kills {
		s.killAfter(time.Duration((0.1+0.6*rng.Float64())*float64(took)), args("killed"))
		if o := s.run("repo", "check", at+"killed", "--deep", "--quiet"); o.exit != 0 {
			t.Fatalf("%s%s", o.stdout, o.stderr)
		}
	}
	s.must(args("killed")...)
	if got, want := s.digest(at+"killed"), s.digest(at+"whole"); got != want {
		t.Errorf("after %d kills: digest %s, undisturbed %s", kills, got, want)
	}
}
