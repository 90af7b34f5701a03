package icechunktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/driver"
	"github.com/outcore/outcore/blob/faultblob"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
)

func memory() *blob.Bucket { return blob.New(memblob.New(), "mem://test") }

const (
	groupDoc    = `{"zarr_format":3,"node_type":"group"}`
	largeChunks = `{"zarr_format":3,"node_type":"array","shape":[2000],"data_type":"uint8",
 "chunk_grid":{"name":"regular","configuration":{"chunk_shape":[600]}},
 "chunk_key_encoding":{"name":"default"},"fill_value":0,"codecs":[{"name":"bytes"}]}`
)

// deeds are what a program does that must know what it did: each tells whether
// it is done, by looking.
type deed struct {
	name string
	do   func(*icechunk.Repository) error
	done func(*testing.T, *icechunk.Repository) bool
}

// commitOnce commits a chunk; it is tried again on the same session while the
// store does not answer.
func commitOnce(branch, message string) func(*icechunk.Repository) error {
	return func(r *icechunk.Repository) error {
		s, err := r.Session(ctx, branch)
		if err != nil {
			return err
		}
		for i := range 2 {
			if err := s.SetMetadata(ctx, fmt.Sprint("/a", i), []byte(largeChunks)); err != nil {
				return err
			}
			if err := s.PutChunk(ctx, fmt.Sprint("/a", i), []uint32{2}, make([]byte, 600)); err != nil {
				return err
			}
		}
		_, err = s.Commit(ctx, message)
		if errors.Is(err, errs.Unavailable) {
			_, err = s.Commit(ctx, message)
		}
		return err
	}
}

func committed(branch, message string) func(*testing.T, *icechunk.Repository) bool {
	return func(t *testing.T, r *icechunk.Repository) bool {
		n := 0
		for c, err := range r.Log(ctx, branch) {
			if err != nil {
				t.Fatal(err)
			}
			if c.Message == message {
				n++
			}
		}
		if n > 1 {
			t.Errorf("%q was committed %d times", message, n)
		}
		return n > 0
	}
}

func tip(r *icechunk.Repository, ref string) (format.ObjectID, error) { return r.Resolve(ctx, ref) }

func hasRef(name string, refs func(*icechunk.Repository) ([]format.Ref, error)) func(*testing.T, *icechunk.Repository) bool {
	return func(t *testing.T, r *icechunk.Repository) bool {
		all, err := refs(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, ref := range all {
			if ref.Name == name {
				return true
			}
		}
		return false
	}
}

var deeds = []deed{
	{"first commit", commitOnce("main", "one"), committed("main", "one")},
	{"branch", func(r *icechunk.Repository) error {
		id, err := tip(r, "main")
		if err != nil {
			return err
		}
		return r.CreateBranch(ctx, "dev", id)
	}, hasRef("dev", func(r *icechunk.Repository) ([]format.Ref, error) { return r.Branches(ctx) })},
	{"commit on a branch", commitOnce("dev", "two"), committed("dev", "two")},
	{"tag", func(r *icechunk.Repository) error {
		id, err := tip(r, "dev")
		if err != nil {
			return err
		}
		return r.CreateTag(ctx, "t", id)
	}, hasRef("t", func(r *icechunk.Repository) ([]format.Ref, error) { return r.Tags(ctx) })},
}

// TestAnyCallMayFail lets each call in turn fail, break off or lose its reply:
// what says that it is done is done, once, and what says that it is not can be
// done again.
func TestAnyCallMayFail(t *testing.T) {
	for name, fault := range map[string]func(int) faultblob.Fault{"fails": faultblob.Fail, "breaks": faultblob.Break, "loses its reply": faultblob.LoseReply} {
		t.Run(name, func(t *testing.T) {
			calls, failures := 1, 0
			for k := 1; k <= calls; k++ {
				b := memory()
				if _, err := icechunk.Create(ctx, b, icechunk.Options{}); err != nil {
					t.Fatal(err)
				}
				w := faultblob.Wrap(b, fault(k))
				r, err := icechunk.Open(ctx, w.Bucket, icechunk.Options{})
				if errors.Is(err, errs.Unavailable) {
					r, err = icechunk.Open(ctx, w.Bucket, icechunk.Options{})
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range deeds {
					err := d.do(r)
					plain, e := icechunk.Open(ctx, b, icechunk.Options{})
					if e != nil {
						t.Fatalf("call %d %s in %s: %v", k, name, d.name, e)
					}
					done := d.done(t, plain)
					switch {
					case err == nil && !done:
						t.Fatalf("call %d %s: %s said that it was done", k, name, d.name)
					case err != nil && !errors.Is(err, errs.Unavailable):
						t.Fatalf("call %d %s: %s: %v", k, name, d.name, err)
					case err != nil:
						failures++
						if !done {
							if err := d.do(r); err != nil || !d.done(t, plain) {
								t.Fatalf("call %d %s: %s again: %v", k, name, d.name, err)
							}
						}
					}
				}
				calls = w.Calls("")
				plain, err := icechunk.Open(ctx, b, icechunk.Options{})
				if err != nil {
					t.Fatal(err)
				}
				for f, err := range plain.Check(ctx, "", true) {
					t.Fatalf("call %d %s: %+v, %v", k, name, f, err)
				}
			}
			t.Logf("%d calls, of %d of them the caller was told", calls, failures)
		})
	}
}

// twice is a store to which every put is sent twice, and that answers to the
// second.
type twice struct{ driver.Bucket }

func (d twice) Put(ctx context.Context, key string, r io.Reader, size int64, opts driver.PutOptions) (driver.Info, error) {
	content, err := io.ReadAll(driver.Exactly(r, size))
	if err != nil {
		return driver.Info{}, err
	}
	if _, err := d.Bucket.Put(ctx, key, reader(content), int64(len(content)), opts); err != nil {
		return driver.Info{}, err
	}
	return d.Bucket.Put(ctx, key, reader(content), int64(len(content)), opts)
}

func TestPutsThatArriveTwice(t *testing.T) {
	b := blob.New(twice{memblob.New()}, "mem://twice")
	r, err := icechunk.Create(ctx, b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deeds {
		if err := d.do(r); err != nil || !d.done(t, r) {
			t.Errorf("%s: %v", d.name, err)
		}
	}
}

// stale is a store whose lists show nothing yet.
type stale struct{ driver.Bucket }

func (stale) List(context.Context, string) iter.Seq2[driver.Info, error] {
	return func(func(driver.Info, error) bool) {}
}

func TestListsThatAreStale(t *testing.T) {
	b := memory()
	r, err := icechunk.Create(ctx, b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := deeds[0].do(r); err != nil {
		t.Fatal(err)
	}
	late := blob.New(stale{b.Driver()}, "mem://stale")
	if _, err := icechunk.Create(ctx, late, icechunk.Options{}); !errors.Is(err, errs.Exists) {
		t.Errorf("create where there is a repository: %v", err)
	}
	r, err = icechunk.Open(ctx, late, icechunk.Options{})
	if err != nil || !deeds[0].done(t, r) {
		t.Errorf("open: %v", err)
	}
	for _, d := range deeds[1:] {
		if err := d.do(r); err != nil || !d.done(t, r) {
			t.Errorf("%s: %v", d.name, err)
		}
	}
	for f, err := range r.Check(ctx, "", true) {
		t.Errorf("check: %+v, %v", f, err)
	}
}
