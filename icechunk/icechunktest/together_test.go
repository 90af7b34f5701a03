package icechunktest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/internal/s3test"
	"github.com/outcore/outcore/zarr"
)

// metered counts the requests that go to an S3 server.
type metered struct {
	to       http.Handler
	requests atomic.Int64
}

func (m *metered) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.requests.Add(1)
	m.to.ServeHTTP(w, r)
}

// TestChunksOfOneObjectOnS3 reads arrays whose chunks lie in one object, in an
// order of their own and with gaps, by 1 and by 8 readers, and counts the
// requests beside those of reading every chunk alone.
func TestChunksOfOneObjectOnS3(t *testing.T) {
	endpoint := serveS3(t)
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	m := &metered{to: httputil.NewSingleHostReverseProxy(u)}
	server := httptest.NewServer(m)
	defer server.Close()
	ours := onS3(t, server.URL)
	const chunks = 512
	for _, c := range []struct{ size, among int }{{2 << 10, 32}, {16 << 10, 32}, {128 << 10, 32}, {128 << 10, 256}} {
		size := c.size
		t.Run(fmt.Sprintf("%d bytes, %d mixed", size, c.among), func(t *testing.T) {
			where := Where{S3: &S3{Bucket: s3Bucket, Prefix: fmt.Sprintf("object-%d-%d", size, c.among), Endpoint: server.URL, User: s3test.User, Password: s3test.Password, Region: s3test.Region}}
			b, err := ours.Bucket(where)
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			whole, places := scattered(chunks, size, c.among)
			if err := oneObject(t.Context(), b, whole, places, size); err != nil {
				t.Fatal(err)
			}
			for _, readers := range []int{1, 8} {
				alone, together := int64(0), int64(0)
				for _, cache := range []int64{1, 0} { // 1 byte: no room to read any together
					before, begin := m.requests.Load(), time.Now()
					if err := readAll(t.Context(), b, icechunk.Options{Cache: cache}, readers, whole, places); err != nil {
						t.Fatal(err)
					}
					n, took := m.requests.Load()-before, time.Since(begin)
					t.Logf("%d chunks of %d bytes, %d readers, cache %d: %d requests, %v", chunks, size, readers, cache, n, took.Round(time.Millisecond))
					if together = n; cache == 1 {
						alone = n
					}
				}
				// Two a piece, three pieces for each 8 MiB that are planned together, and
				// those of opening. Chunks that lie far apart gain nothing, and lose nothing.
				most := 6*int64(len(whole)>>23+1) + 8
				if c.among == 256 {
					most = alone
				}
				if together > most || alone < chunks {
					t.Errorf("%d requests together, expected at most %d; %d alone, expected %d and some", together, most, alone, chunks)
				}
			}
		})
	}
}

// scattered puts chunks into an object with small gaps, every so many in an
// order of their own.
func scattered(chunks, size, among int) (whole []byte, places []int) {
	rnd := rand.New(rand.NewPCG(uint64(size), 9))
	places = make([]int, chunks)
	for from := 0; from < chunks; from += among {
		for _, i := range rnd.Perm(among) {
			places[from+i] = len(whole)
			whole = append(whole, make([]byte, size+rnd.IntN(200))...)
		}
	}
	for i := range whole {
		whole[i] = byte(rnd.Uint32())
	}
	return whole, places
}

// oneObject makes a repository whose array /a has its chunks in one object.
func oneObject(ctx context.Context, b *blob.Bucket, whole []byte, places []int, size int) error {
	r, err := icechunk.Create(ctx, b, icechunk.Options{})
	if err != nil {
		return err
	}
	id := format.NewObjectID()
	if _, err := b.Put(ctx, "chunks/"+id.String(), bytes.NewReader(whole), int64(len(whole)), blob.PutOptions{}); err != nil {
		return err
	}
	s, err := r.Session(ctx, "main")
	if err != nil {
		return err
	}
	doc := fmt.Appendf(nil, `{"zarr_format":3,"node_type":"array","shape":[%d],"data_type":"uint8","chunk_grid":{"name":"regular","configuration":{"chunk_shape":[%d]}},"chunk_key_encoding":{"name":"default"},"fill_value":0,"codecs":[{"name":"bytes"}]}`, size*len(places), size)
	if err := s.SetMetadata(ctx, "/a", doc); err != nil {
		return err
	}
	for i, off := range places {
		if err := s.SetRef("/a", []uint32{uint32(i)}, format.ChunkRef{Chunk: id, Offset: uint64(off), Length: uint64(size)}); err != nil {
			return err
		}
	}
	_, err = s.Commit(ctx, "one object")
	return err
}

// readAll opens the repository and reads every chunk of /a.
func readAll(ctx context.Context, b *blob.Bucket, o icechunk.Options, readers int, whole []byte, places []int) error {
	r, err := icechunk.Open(ctx, b, o)
	if err != nil {
		return err
	}
	s, err := r.Snapshot(ctx, "main")
	if err != nil {
		return err
	}
	a, err := zarr.OpenArray(ctx, s, "/a")
	if err != nil {
		return err
	}
	var next atomic.Int64
	var all sync.WaitGroup
	failed := make(chan error, readers)
	for range readers {
		all.Go(func() {
			var scratch zarr.Scratch
			dst := make([]byte, a.ChunkBytes())
			for i := next.Add(1) - 1; i < int64(len(places)); i = next.Add(1) - 1 {
				if _, err := a.Read(ctx, []uint32{uint32(i)}, dst, &scratch); err != nil {
					failed <- err
					return
				}
				if !bytes.Equal(dst, whole[places[i]:places[i]+len(dst)]) {
					failed <- fmt.Errorf("chunk %d is not its bytes", i)
					return
				}
			}
		})
	}
	all.Wait()
	close(failed)
	return <-failed
}
