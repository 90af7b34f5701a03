package s3blob

import (
	"context"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/drivertest"
	"github.com/outcore/outcore/internal/s3test"
)

const testBucket = "outcore-test"

// profileOf is the account of the servers that tests start.
func profileOf(t *testing.T, endpoint string) *Profile {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return &Profile{Name: "test", Endpoint: u, Region: s3test.Region, Creds: credentials.NewStaticV4(s3test.User, s3test.Password, "")}
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

// realServer starts a real S3 server on files of the test.
func realServer(t *testing.T) string {
	t.Helper()
	return s3test.Serve(t, t.TempDir())
}
