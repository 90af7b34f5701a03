package icechunk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/faultblob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
)

// A mishap is a way for the k-th call to go wrong.
type mishap struct {
	name   string
	faults func(k int) []faultblob.Fault
}

var errDown = errs.New(errs.Unavailable, "the store is down, as planned")

// down lets k calls through, and then none any more. The last of them may take
// effect without a reply.
func down(k int, reply bool) []faultblob.Fault {
	var calls atomic.Int64
	dead := func(limit int64) func(context.Context) error {
		return func(context.Context) error {
			if calls.Load() > limit {
				return errDown
			}
			return nil
		}
	}
	count := func(ctx context.Context) error {
		calls.Add(1)
		return dead(int64(k))(ctx)
	}
	faults := []faultblob.Fault{{When: faultblob.Before, Do: count}}
	if !reply {
		faults = append(faults, faultblob.Fault{When: faultblob.After, Do: dead(int64(k) - 1)})
	}
	return faults
}

var mishaps = []mishap{
	{"fails", func(k int) []faultblob.Fault { return []faultblob.Fault{faultblob.Fail(k)} }},
	{"breaks", func(k int) []faultblob.Fault { return []faultblob.Fault{faultblob.Break(k)} }},
	{"loses its reply", func(k int) []faultblob.Fault { return []faultblob.Fault{faultblob.LoseReply(k)} }},
	{"is the last", func(k int) []faultblob.Fault { return down(k, true) }},
	{"is the last and loses its reply", func(k int) []faultblob.Fault { return down(k, false) }},
}

// A deed is one change that must happen whole or not at all.
type deed struct {
	name string
	do   func(context.Context, *blob.Bucket) error
}

func onMain(change func(*icechunk.Session) error) func(context.Context, *blob.Bucket) error {
	return func(ctx context.Context, b *blob.Bucket) error {
		r, err := icechunk.Open(ctx, b, icechunk.Options{Split: 2})
		if err != nil {
			return err
		}
		s, err := r.Session(ctx, "main")
		if err != nil {
			return err
		}
		if err := change(s); err != nil {
			return err
		}
		_, err = s.Commit(ctx, "the deed")
		return err
	}
}

func withRepository(f func(context.Context, *icechunk.Repository) error) func(context.Context, *blob.Bucket) error {
	return func(ctx context.Context, b *blob.Bucket) error {
		r, err := icechunk.Open(ctx, b, icechunk.Options{})
		if err != nil {
			return err
		}
		return f(ctx, r)
	}
}

var deeds = []deed{
	{"commit of chunks", onMain(func(s *icechunk.Session) error {
		for i := range uint32(6) {
			if err := s.PutChunk(ctx, "/a", []uint32{i}, bytes.Repeat([]byte{9}, 600)); err != nil {
				return err
			}
		}
		return s.PutChunk(ctx, "/g/b", []uint32{0}, []byte{1})
	})},
	{"commit of nodes", onMain(func(s *icechunk.Session) error {
		return errors.Join(s.DeleteNode(ctx, "/g"), s.SetMetadata(ctx, "/h", []byte(groupDoc)), s.SetMetadata(ctx, "/a", arrayDoc(1, 2)))
	})},
	{"branch", withRepository(func(ctx context.Context, r *icechunk.Repository) error {
		id, err := r.Resolve(ctx, "main")
		if err != nil {
			return err
		}
		return r.CreateBranch(ctx, "new", id)
	})},
	{"tag deleted", withRepository(func(ctx context.Context, r *icechunk.Repository) error { return r.DeleteTag(ctx, "v1") })},
}

// before makes the repository that deeds are done to.
func before(t testing.TB, b *blob.Bucket) {
	r := create(t, b, icechunk.Options{Split: 2})
	s := session(t, r, "")
	must(t, s.SetMetadata(ctx, "/a", arrayDoc(1, 6)))
	must(t, s.SetMetadata(ctx, "/g", []byte(groupDoc)))
	must(t, s.SetMetadata(ctx, "/g/b", arrayDoc(1, 6)))
	for i := range uint32(6) {
		must(t, s.PutChunk(ctx, "/a", []uint32{i}, []byte{byte(i)}))
		must(t, s.PutChunk(ctx, "/g/b", []uint32{i}, bytes.Repeat([]byte{byte(i)}, 600)))
	}
	id, err := s.Commit(ctx, "before")
	must(t, err)
	must(t, r.CreateTag(ctx, "v1", id))
}

// state is all that a reader sees, but for ids and times.
func state(t testing.TB, b *blob.Bucket) string {
	t.Helper()
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	for f, err := range r.Check(ctx, "", false) {
		must(t, err)
		t.Fatalf("check: %s %s %v: %v", f.Object, f.Path, f.Index, f.Err)
	}
	var out bytes.Buffer
	branches, err := r.Branches(ctx)
	must(t, err)
	tags, err := r.Tags(ctx)
	must(t, err)
	for _, ref := range append(branches, tags...) {
		fmt.Fprintf(&out, "%s:", ref.Name)
		for info, err := range r.Log(ctx, ref.Name) {
			must(t, err)
			fmt.Fprintf(&out, " %s,", info.Message)
		}
		s, err := r.Snapshot(ctx, ref.Name)
		must(t, err)
		for n, err := range s.Nodes(ctx, "/") {
			must(t, err)
			fmt.Fprintf(&out, "\n %s %s", n.Path, n.Doc)
			if !n.Array {
				continue
			}
			for e, err := range s.Chunks(ctx, n.Path) {
				must(t, err)
				fmt.Fprintf(&out, "\n  %v %q", e.Index, get(t, s, n.Path, e.Index...))
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func TestACrashLeavesAllOrNothing(t *testing.T) {
	for _, d := range deeds {
		b := memory()
		before(t, b)
		was := state(t, b)
		clean := faultblob.Wrap(b)
		must(t, d.do(ctx, clean.Bucket))
		is, calls := state(t, b), clean.Calls("")
		if was == is {
			t.Fatalf("%s: the deed does nothing", d.name)
		}
		for _, m := range mishaps {
			for k := 1; k <= calls; k++ {
				b := memory()
				before(t, b)
				err := d.do(ctx, faultblob.Wrap(b, m.faults(k)...).Bucket)
				switch found := state(t, b); {
				case found != was && found != is:
					t.Fatalf("%s: call %d of %d %s: found\n%s\nwant\n%s\nor\n%s", d.name, k, calls, m.name, found, was, is)
				case err == nil && found != is:
					t.Fatalf("%s: call %d of %d %s: acknowledged and not done", d.name, k, calls, m.name)
				case err != nil && !errors.Is(err, errs.Unavailable):
					t.Fatalf("%s: call %d of %d %s: %v", d.name, k, calls, m.name, err)
				case err != nil && (m.name == "fails" || m.name == "loses its reply"):
					t.Fatalf("%s: call %d of %d %s, which a second try mends: %v", d.name, k, calls, m.name, err)
				case found == was: // the repository works
					must(t, d.do(ctx, b))
					if found := state(t, b); found != is {
						t.Fatalf("%s again after call %d %s: found\n%s\nwant\n%s", d.name, k, m.name, found, is)
					}
				}
			}
		}
	}
}

func TestACrashWhileCreating(t *testing.T) {
	clean := faultblob.Wrap(memory())
	create(t, clean.Bucket, icechunk.Options{})
	for _, m := range mishaps {
		for k := 1; k <= clean.Calls(""); k++ {
			b := memory()
			_, err := icechunk.Create(ctx, faultblob.Wrap(b, m.faults(k)...).Bucket, icechunk.Options{})
			if err == nil {
				state(t, b)
				continue
			}
			if _, err := icechunk.Create(ctx, b, icechunk.Options{}); err != nil && !errors.Is(err, errs.Exists) {
				t.Fatalf("after call %d %s: %v", k, m.name, err)
			}
			state(t, b)
		}
	}
}

// The swap is done, its reply is lost, and then the store is down for a while.
func TestACommitOfUnknownOutcomeIsFoundOut(t *testing.T) {
	b := memory()
	before(t, b)
	var broken, swapped atomic.Bool
	var puts atomic.Int64
	w := faultblob.Wrap(b,
		faultblob.Fault{When: faultblob.Before, Do: func(context.Context) error {
			if swapped.Load() {
				return errDown
			}
			return nil
		}},
		faultblob.Fault{Op: faultblob.Put, When: faultblob.After, Do: func(context.Context) error {
			if broken.Load() && puts.Add(1) == 5 { // manifest, snapshot, log, backup, repo
				swapped.Store(true)
				return errDown
			}
			return nil
		}})
	r, err := icechunk.Open(ctx, w.Bucket, icechunk.Options{})
	must(t, err)
	s := session(t, r, "")
	must(t, s.PutChunk(ctx, "/a", []uint32{0}, []byte("mine")))
	broken.Store(true)
	_, err = s.Commit(ctx, "mine")
	wantKind(t, err, errs.Unavailable)
	if !swapped.Load() {
		t.Fatalf("the commit ended after %d puts: %v", puts.Load(), err)
	}
	wantKind(t, s.SetMetadata(ctx, "/h", []byte(groupDoc)), errs.Unavailable) // whose would it be?
	broken.Store(false)
	swapped.Store(false)
	id, err := s.Commit(ctx, "mine, again")
	must(t, err)
	tip, err := r.Resolve(ctx, "main")
	must(t, err)
	if id != tip || s.Base() != tip || s.Changed() {
		t.Fatalf("the commit is %s, the session at %s, the tip %s", id, s.Base(), tip)
	}
	var log []string
	for info, err := range r.Log(ctx, "") {
		must(t, err)
		log = append(log, info.Message)
	}
	if got := fmt.Sprint(log); got != "[mine before Repository initialized]" {
		t.Fatal(got)
	}
}

// A context that ends stops a commit before the swap, or not at all.
func TestACommitThatIsCancelled(t *testing.T) {
	clean := faultblob.Wrap(memory())
	before(t, clean.Bucket)
	deed := onMain(func(s *icechunk.Session) error { return s.PutChunk(ctx, "/a", []uint32{1}, []byte("mine")) })
	calls := clean.Calls("")
	must(t, deed(ctx, clean.Bucket))
	for k := 1; k <= clean.Calls("")-calls; k++ {
		b := memory()
		before(t, b)
		was := state(t, b)
		stopped, stop := context.WithCancel(ctx)
		w := faultblob.Wrap(b, faultblob.Fault{Call: k, When: faultblob.Before, Do: func(context.Context) error { stop(); return nil }})
		err := deed(stopped, w.Bucket)
		if is := state(t, b); (err == nil) == (is == was) {
			t.Fatalf("cancelled at call %d: %v, and changed %v", k, err, is != was)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled at call %d: %v", k, err)
		}
	}
}
