// Package s3test starts a real S3 server for tests: versitygw, whose objects
// are files.
package s3test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The account that Serve's server knows.
const (
	User     = "user"
	Password = "password"
	Region   = "us-east-1"
)

// Serve starts versitygw on dir, where the folder b is the bucket b, and gives
// its URL. It ends with the test. Where .ci/tools.sh has not installed it the
// test is skipped, but fails where CI is set.
func Serve(t *testing.T, dir string) string {
	t.Helper()
	bin := binary(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "--port", addr, "--access", User, "--secret", Password, "--region", Region, "--quiet", "posix", dir)
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
	for late := time.After(20 * time.Second); ; {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return "http://" + addr
		}
		select {
		case <-late:
			t.Fatalf("versitygw does not listen: %v", err)
		case <-time.After(20 * time.Millisecond): // a port says nothing when it opens
		}
	}
}

// binary finds versitygw in the .tools of the module the test is in.
func binary(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("the test is in no module")
		}
		dir = filepath.Dir(dir)
	}
	bin := filepath.Join(dir, ".tools", "bin", "versitygw")
	if _, err := os.Stat(bin); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no S3 server to test with: run .ci/tools.sh first: %v", err)
		}
		t.Skip("NOT TESTED against a real S3 server: run .ci/tools.sh to install it")
	}
	return bin
}
