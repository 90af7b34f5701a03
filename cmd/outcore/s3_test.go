package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		})
	}
}

// serveS3 starts versitygw on the test's directory, so that s3://bucket/NAME is
// what is in bucket/NAME, and makes the shell use it.
func (s *shell) serveS3() {
	t := s.t
	t.Helper()
	bin, err := filepath.Abs("../../.tools/bin/versitygw")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(bin); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no S3 server to test with: run .ci/tools.sh first: %v", err)
		}
		t.Skip("NOT TESTED against a real S3 server: run .ci/tools.sh to install it")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "s3", "bucket"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "--port", addr, "--access", "user", "--secret", "password", "--region", "us-east-1", "--quiet", "posix", filepath.Join(s.dir, "s3"))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it serves until then
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("versitygw said:\n%s", &said)
		}
	})
	s.env = append(s.env, "OUTCORE_S3_ENDPOINT=http://"+addr, "AWS_ACCESS_KEY_ID=user", "AWS_SECRET_ACCESS_KEY=password", "AWS_REGION=us-east-1", "OUTCORE_PROFILE=", "AWS_PROFILE=")
	for late := time.After(20 * time.Second); ; {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-late:
			t.Fatalf("versitygw does not listen: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
