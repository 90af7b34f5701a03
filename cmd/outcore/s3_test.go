package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/internal/s3test"
	"github.com/outcore/outcore/internal/torture"
)

// TestKilledWhileChunkingToS3 kills chunk at random instants while it writes to
// a real S3 server, whose objects are files here.
func TestKilledWhileChunkingToS3(t *testing.T) {
	s := newShell(t)
	s.stock(20_000, 4_000)
	s.serveS3()
	for _, k := range []killing{
		{"npz", strings.Fields("chunk digits.svm s3://bucket/OUT --rows 700 --features 200 --temp staged")},
		{"parquet", strings.Fields("chunk flights.csv s3://bucket/OUT --rows 3000 --layout parquet --temp staged")},
	} {
		t.Run(k.name, func(t *testing.T) {
			(&shell{t: t, dir: s.dir, env: s.env}).kill(k, torture.Rounds(2, 30))
			if left, err := filepath.Glob(filepath.Join(s.dir, "staged", "outcore-chunk-*")); err != nil || len(left) > 0 {
				t.Errorf("left in --temp: %v, %v", left, err)
			}
		})
	}
}

// serveS3 starts a real S3 server on the test's directory, so that
// s3://bucket/NAME is what is in s3/bucket/NAME, and makes the shell use it.
func (s *shell) serveS3() {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Join(s.dir, "s3", "bucket"), 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.env = append(s.env, "OUTCORE_S3_ENDPOINT="+s3test.Serve(s.t, filepath.Join(s.dir, "s3")),
		"AWS_ACCESS_KEY_ID="+s3test.User, "AWS_SECRET_ACCESS_KEY="+s3test.Password, "AWS_REGION="+s3test.Region, "OUTCORE_PROFILE=", "AWS_PROFILE=")
}

// TestModelsInABucket learns into a prefix, once killed, and answers from it.
func TestModelsInABucket(t *testing.T) {
	s := newShell(t)
	s.stock(20_000, 10)
	s.serveS3()
	train := func(out string) []string {
		return strings.Fields("train --data flights.csv --target y --leave class --epochs 4 --checkpoint-every 1ms --quiet --pipeline impute|one-hot|scale|sgd-regressor -o " + out)
	}
	begin := time.Now()
	s.must(train("model")...)
	s.killAfter(time.Since(begin)*3/4, train("s3://bucket/models/one"))
	s.must(train("s3://bucket/models/one")...)
	want := tree(t, filepath.Join(s.dir, "model"))
	for name := range want {
		if strings.HasPrefix(name, ".") {
			delete(want, name)
		}
	}
	if d := differs(tree(t, filepath.Join(s.dir, "s3", "bucket", "models", "one")), want); d != "" {
		t.Error(d)
	}
	if o := s.must(train("s3://bucket/models/one")...); !strings.Contains(o.stdout, "is there already") {
		t.Errorf("given again: %s", o.stdout)
	}
	a := s.must("predict", "--model", "model", "--data", "flights.csv", "--quiet").stdout
	if b := s.must("predict", "--model", "s3://bucket/models/one", "--data", "flights.csv", "--quiet").stdout; a != b || len(a) < 1000 {
		t.Error("predictions differ")
	}
	if o := s.run("predict", "--model", "model", "--data", "flights.csv", "-o", "s3://bucket/p.csv"); o.exit != 2 {
		t.Errorf("predictions into a bucket: exit %d\n%s", o.exit, o.stderr)
	}
	if o := s.run(train("az://models/one")...); o.exit != 1 || !strings.Contains(o.stderr, "no driver for az") {
		t.Errorf("exit %d\n%s", o.exit, o.stderr)
	}
	for _, stray := range []string{"s3:", "az:"} {
		if _, err := os.Stat(filepath.Join(s.dir, stray)); err == nil {
			t.Errorf("there is a directory %s", stray)
		}
	}
}
