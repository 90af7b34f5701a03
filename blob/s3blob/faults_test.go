package s3blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
)

// A proxy stands before a server and spoils chosen requests.
type proxy struct {
	to *httputil.ReverseProxy

	mu    sync.Mutex
	how   string // "lose", "refuse" or "half"; "" = nothing more
	match func(*http.Request) bool
}

// newProxy gives a proxy before server and its address.
func newProxy(t *testing.T, server string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{to: httputil.NewSingleHostReverseProxy(u)}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	return p, s.URL
}

// once spoils the next request that match takes.
func (p *proxy) once(how string, match func(*http.Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.how, p.match = how, match
}

// struck makes sure that there was such a request.
func (p *proxy) struck(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.how != "" {
		t.Errorf("no request was spoilt (%s)", p.how)
	}
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	how := ""
	if p.how != "" && p.match(r) {
		how, p.how = p.how, ""
	}
	p.mu.Unlock()
	switch how {
	case "": // Host stays: it is signed
		p.to.ServeHTTP(w, r)
	case "lose":
		p.to.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case "refuse":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "half":
		rec := httptest.NewRecorder()
		p.to.ServeHTTP(rec, r)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
		panic(http.ErrAbortHandler)
	}
}

func isPut(r *http.Request) bool { return r.Method == http.MethodPut }
func isComplete(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
}
func isGet(r *http.Request) bool {
	return r.Method == http.MethodGet && !r.URL.Query().Has("list-type")
}

func wantKind(t *testing.T, what string, err error, kind errs.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: got %v, want an error of kind %q", what, err, kind)
	}
}

func TestLostRepliesAreRecognised(t *testing.T) {
	for name, start := range map[string]func(*testing.T) string{"fake": fakeServer, "real": realServer} {
		t.Run(name, func(t *testing.T) {
			ctx := context.Background()
			p, addr := newProxy(t, start(t))
			b := openBucket(t, addr, "lost")
			put := func(key, s string, opts blob.PutOptions) (blob.Info, error) {
				return b.Put(ctx, key, strings.NewReader(s), int64(len(s)), opts)
			}
			p.once("lose", isPut)
			v1, err := put("k", "mine", blob.PutOptions{IfAbsent: true})
			if err != nil {
				t.Fatalf("a put if absent whose reply was lost: %v", err)
			}
			p.once("lose", isPut)
			v2, err := put("k", "mine too", blob.PutOptions{IfVersion: v1.Version})
			if err != nil {
				t.Fatalf("a swap whose reply was lost: %v", err)
			}
			p.struck(t)
			if now, err := b.Stat(ctx, "k"); err != nil || now.Version != v2.Version || now.Size != 8 {
				t.Errorf("after the swap: %+v, %v; want %+v", now, err, v2)
			}
			// The same bytes by another writer are not this write.
			p.once("refuse", isPut)
			_, err = put("k", "mine too", blob.PutOptions{IfAbsent: true})
			wantKind(t, "a put if absent of the same bytes, tried twice", err, errs.Exists)
			p.once("refuse", isPut)
			_, err = put("k", "mine too", blob.PutOptions{IfVersion: v1.Version})
			wantKind(t, "a swap of an old version, tried twice", err, errs.Conflict)
			p.struck(t)
		})
	}
}

func TestLostReplyOfACompletedUpload(t *testing.T) {
	ctx := context.Background()
	p, addr := newProxy(t, realServer(t))
	b := openBucket(t, addr, "lost")
	large := bytes.Repeat([]byte("0123456789abcdef"), large/16)
	put := func(opts blob.PutOptions) (blob.Info, error) {
		return b.Put(ctx, "k", struct{ io.Reader }{bytes.NewReader(large)}, -1, opts)
	}
	p.once("lose", isComplete)
	v1, err := put(blob.PutOptions{IfAbsent: true})
	if err != nil {
		t.Fatalf("an upload whose reply was lost: %v", err)
	}
	p.struck(t)
	p.once("lose", isPut)
	v2, err := put(blob.PutOptions{IfVersion: v1.Version})
	if err != nil {
		t.Fatalf("an upload that lost the reply to a part: %v", err)
	}
	p.struck(t)
	got, info, err := b.ReadAll(ctx, "k", 1<<30)
	if err != nil || !bytes.Equal(got, large) || info.Version != v2.Version {
		t.Errorf("read %d bytes of %+v, %v; want %+v", len(got), info, err, v2)
	}
	_, err = put(blob.PutOptions{IfAbsent: true})
	wantKind(t, "an upload over an object", err, errs.Exists)
}

func TestTransientErrorsAreTriedAgain(t *testing.T) {
	ctx := context.Background()
	p, addr := newProxy(t, fakeServer(t))
	b := openBucket(t, addr, "transient")
	content := bytes.Repeat([]byte("x"), 100_000)
	any := func(*http.Request) bool { return true }
	for _, how := range []string{"refuse", "lose"} {
		p.once(how, any)
		if _, err := b.Put(ctx, "k", bytes.NewReader(content), -1, blob.PutOptions{}); err != nil {
			t.Errorf("%s: put: %v", how, err)
		}
		p.once(how, any)
		if _, err := b.Stat(ctx, "k"); err != nil {
			t.Errorf("%s: stat: %v", how, err)
		}
		p.once(how, any)
		for _, err := range b.List(ctx, "") {
			if err != nil {
				t.Errorf("%s: list: %v", how, err)
			}
		}
		p.once(how, any)
		if err := b.Delete(ctx, "other"); err != nil {
			t.Errorf("%s: delete: %v", how, err)
		}
		p.struck(t)
	}
	for _, how := range []string{"refuse", "lose", "half"} {
		p.once(how, isGet)
		if got, _, err := b.ReadAll(ctx, "k", 1<<20); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: get: %d bytes, %v", how, len(got), err)
		}
		p.once(how, isGet)
		r, _, err := b.ReaderAt(ctx, "k")
		if err != nil {
			t.Fatal(err)
		}
		part := make([]byte, 50_000)
		if n, err := r.ReadAt(part, 10); n != len(part) || err != nil {
			t.Errorf("%s: read at: %d bytes, %v", how, n, err)
		}
		p.struck(t)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	ctx := context.Background()
	server := realServer(t)
	openBucket(t, server, "")
	other := profileOf(t, server)
	missing, err := New(other, "no-such-bucket", "", blob.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = blob.New(missing, "s3://no-such-bucket").Get(ctx, "k")
	wantKind(t, "no bucket", err, errs.NotFound)
	_, err = blob.New(missing, "s3://no-such-bucket").Put(ctx, "k", strings.NewReader("x"), 1, blob.PutOptions{IfVersion: "v"})
	wantKind(t, "put in no bucket", err, errs.NotFound)
	for _, e := range blob.New(missing, "s3://no-such-bucket").List(ctx, "") {
		wantKind(t, "list no bucket", e, errs.NotFound)
	}

	t.Setenv("OUTCORE_S3_ENDPOINT", server)
	t.Setenv("AWS_ACCESS_KEY_ID", "user")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong-sesame")
	b, err := blob.Open(ctx, "s3://"+testBucket)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.Put(ctx, "k", strings.NewReader("x"), 1, blob.PutOptions{})
	wantKind(t, "a wrong key", err, errs.Invalid)
	if !strings.Contains(err.Error(), "OUTCORE_PROFILE") || strings.Contains(err.Error(), "sesame") {
		t.Errorf("the error names no remedy, or the secret: %v", err)
	}
	if _, err := New(other, testBucket, "", blob.Config{PartSize: 1 << 20}); !errors.Is(err, errs.Invalid) {
		t.Errorf("a part size below S3's: %v", err)
	}
}
