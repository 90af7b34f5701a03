package icechunktest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/s3blob"
	"github.com/outcore/outcore/internal/s3test"
	"github.com/outcore/outcore/internal/torture"
)

const s3Bucket = "bucket"

// serveS3 starts an S3 server with a bucket.
func serveS3(t *testing.T) (endpoint string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, s3Bucket), 0o755); err != nil {
		t.Fatal(err)
	}
	return s3test.Serve(t, dir)
}

// onS3 is our engine in the bucket, by way of an address of the server.
func onS3(t *testing.T, endpoint string) *Ours {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	o := &Ours{Bucket: func(w Where) (*blob.Bucket, error) {
		profile := &s3blob.Profile{Endpoint: u, Region: w.S3.Region, Creds: credentials.NewStaticV4(w.S3.User, w.S3.Password, "")}
		b, err := s3blob.New(profile, w.S3.Bucket, w.S3.Prefix, blob.Config{})
		if err != nil {
			return nil, err
		}
		return blob.New(b, "s3://"+w.S3.Bucket+"/"+w.S3.Prefix), nil
	}}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// s3Games plays each game under a prefix of its own.
func s3Games(endpoint string, actors ...Actor) func() *Game {
	return func() *Game {
		where := &S3{Bucket: s3Bucket, Prefix: fmt.Sprint("game", rand.Uint64()), Endpoint: endpoint, User: s3test.User, Password: s3test.Password, Region: s3test.Region}
		return &Game{Where: Where{S3: where}, Settings: Settings{Inline: 512}, Actors: [2]Actor{actors[0], actors[1]}}
	}
}

func TestOnS3(t *testing.T) {
	t.Parallel()
	node, endpoint := StartNode(t), serveS3(t)
	ours := onS3(t, endpoint)
	n := torture.Rounds(150, 1500)
	t.Run("theirs", func(t *testing.T) { Match(t, n, seed(), s3Games(endpoint, node, ours)) })
	t.Run("ours", func(t *testing.T) { Match(t, n, seed(), s3Games(endpoint, ours, node)) })
}

// flaky stands before an S3 server and spoils a twentieth of the requests, and a
// third of the conditional puts.
type flaky struct {
	to *httputil.ReverseProxy

	mu     sync.Mutex
	rng    *rand.Rand
	spoilt map[string]int
}

// how says what happens to a request; "" = nothing.
func (f *flaky) how(r *http.Request) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	ways, one := []string{"503", "lose"}, 20
	if r.Method == http.MethodPut && (r.Header.Get("If-Match") != "" || r.Header.Get("If-None-Match") != "") {
		ways, one = []string{"503", "lose", "409"}, 3 // what commits hang on
	}
	if f.rng.IntN(one) > 0 {
		return ""
	}
	how := ways[f.rng.IntN(len(ways))]
	f.spoilt[how]++
	return how
}

func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch f.how(r) {
	case "": // Host stays: it is signed
		f.to.ServeHTTP(w, r)
	case "503":
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
	case "409":
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, "<Error><Code>ConditionalRequestConflict</Code><Message>A conflicting operation occurred.</Message></Error>")
	case "lose": // done, and nobody is told
		f.to.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
}

// TestOnFlakyS3 plays with a store that slows down, cannot order two writes, and
// does what it is told and does not answer.
func TestOnFlakyS3(t *testing.T) {
	t.Parallel()
	node, endpoint := StartNode(t), serveS3(t)
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{to: httputil.NewSingleHostReverseProxy(u), rng: rand.New(rand.NewPCG(seed(), 6)), spoilt: map[string]int{}}
	s := httptest.NewServer(f)
	defer s.Close()
	Match(t, torture.Rounds(60, 1000), seed(), s3Games(endpoint, node, onS3(t, s.URL)))
	t.Logf("spoilt requests: %v", f.spoilt)
	for _, how := range []string{"503", "409", "lose"} {
		if f.spoilt[how] == 0 {
			t.Errorf("no request was spoilt by %s", how)
		}
	}
}
