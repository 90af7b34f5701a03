package s3blob

import (
	"bufio"
	"context"
	"net"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/drivertest"
)

const testBucket = "outcore-test"

// profileOf is the account of the servers that tests start.
func profileOf(t *testing.T, endpoint string) *Profile {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return &Profile{Name: "test", Endpoint: u, Region: "us-east-1", Creds: credentials.NewStaticV4("user", "password", "")}
}

// openBucket makes the test's bucket if need be and opens a prefix of it.
func openBucket(t *testing.T, endpoint, prefix string) *blob.Bucket {
	t.Helper()
	b, err := New(profileOf(t, endpoint), testBucket, prefix, blob.Config{PartSize: minPartSize})
	if err != nil {
		t.Fatal(err)
	}
	err = b.core.Client.MakeBucket(context.Background(), testBucket, minio.MakeBucketOptions{})
	if code := minio.ToErrorResponse(err).Code; err != nil && code != minio.BucketAlreadyOwnedByYou && code != minio.BucketAlreadyExists {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return blob.New(b, "s3://"+testBucket+"/"+prefix)
}

// prefixes gives each test of the suite a prefix of its own.
func prefixes(endpoint string) func(t *testing.T) drivertest.Place {
	return func(t *testing.T) drivertest.Place {
		prefix := strings.NewReplacer("/", "-", ":", "").Replace(t.Name())
		return func() *blob.Bucket { return openBucket(t, endpoint, prefix) }
	}
}

// fakeServer is S3 as gofakes3 plays it, in this process.
func fakeServer(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	t.Cleanup(s.Close)
	return s.URL
}

// realServer starts versitygw, a real S3 server, on files of the test. It skips
// the test when .ci/tools.sh has not installed it, but fails where CI is set.
func realServer(t *testing.T) string {
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
	args := []string{"--port", addr, "--access", "user", "--secret", "password", "--region", "us-east-1", "--quiet", "posix"}
	args = append(args, t.TempDir())
	cmd := exec.Command(bin, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	var reading sync.WaitGroup
	reading.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			log.WriteString(lines.Text() + "\n")
		}
	})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		reading.Wait()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("versitygw said:\n%s", &log)
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return "http://" + addr
		}
		if time.Now().After(deadline) {
			t.Fatalf("versitygw does not listen: %v", err)
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // a port says nothing when it opens
	}
}
