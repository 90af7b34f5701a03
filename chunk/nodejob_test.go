package chunk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/faultblob"
	"github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/internal/torture"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/source/sourcetest"
	"github.com/outcore/outcore/table"
	"github.com/outcore/outcore/zarr"
)

// A nodeSetup is a NodeJob to be run any number of times.
type nodeSetup struct {
	from     []string
	read     source.Options
	node     NodeOptions
	branch   string
	path     string // default /data
	jobs     int
	cap      int64 // default 160 MiB
	restart  bool
	identity map[string]string
	events   event.Sink
}

func (s nodeSetup) run(t testing.TB, bucket *blob.Bucket) (*NodeResult, error) {
	t.Helper()
	return s.runIn(t, t.Context(), bucket)
}

func (s nodeSetup) runIn(t testing.TB, ctx context.Context, bucket *blob.Bucket) (*NodeResult, error) {
	t.Helper()
	repo, err := icechunk.Open(ctx, bucket, icechunk.Options{})
	if err != nil {
		return nil, err
	}
	pool := &source.Pool{}
	read := s.read
	read.Memory = pool
	read.Dense = read.Dense || s.node.Layout == ArrayLayout
	ds, err := source.Open(ctx, s.from, read)
	if err != nil {
		return nil, err
	}
	defer ds.Close()
	if s.cap == 0 {
		s.cap = 256 << 20
	}
	if s.path == "" {
		s.path = "/data"
	}
	b := budget(t, s.cap)
	defer b.Close()
	return NodeJob{
		Job:        Job{Data: ds, Pool: pool, Jobs: max(s.jobs, 1), Budget: b, Restart: s.restart, Identity: s.identity, SkipBad: read.SkipBadRows, Events: s.events},
		Repository: repo, Branch: s.branch, Path: s.path, Node: s.node,
	}.Run(ctx)
}

// emptyRepository is one in memory.
func emptyRepository(t testing.TB) *blob.Bucket {
	t.Helper()
	b := blob.New(memblob.New(), "mem://lab")
	if _, err := icechunk.Create(t.Context(), b, icechunk.Options{}); err != nil {
		t.Fatal(err)
	}
	return b
}

func digestOf(t testing.TB, b *blob.Bucket, ref string) string {
	t.Helper()
	repo, err := icechunk.Open(t.Context(), b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := repo.Digest(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// nodeKinds are jobs of every layout, in several commits each.
func nodeKinds(t testing.TB) map[string]nodeSetup {
	svm, csv := svmlight(t, 3000), tableText(t, 3000)
	return map[string]nodeSetup{
		"array": {from: []string{svm}, node: NodeOptions{Layout: ArrayLayout, DType: dtype.Float32, Scale: 1.0 / 255, ChunkRows: 64, CommitEvery: 10}},
		"csr":   {from: []string{svm}, node: NodeOptions{Layout: SparseLayout, CommitEvery: 1}},
		"table": {from: []string{csv}, node: NodeOptions{ChunkRows: 256, CommitEvery: 3}},
		"numbers of a table": {from: []string{csv}, read: source.Options{Columns: []string{"id", "delay"}},
			node: NodeOptions{Layout: ArrayLayout, ChunkRows: 512, CommitEvery: 2, Compress: table.None}},
		"a table of numbers": {from: []string{svm}, read: source.Options{Dense: true}, node: NodeOptions{Layout: TableLayout, ChunkRows: 512, CommitEvery: 2}},
	}
}

// TestNodeHoldsTheRows compares what is read from the node with the source.
func TestNodeHoldsTheRows(t *testing.T) {
	for name, s := range nodeKinds(t) {
		t.Run(name, func(t *testing.T) {
			bucket := emptyRepository(t)
			r, err := s.run(t, bucket)
			if err != nil {
				t.Fatal(err)
			}
			if r.Rows != 3000 || r.Resumed || s.node.Layout != SparseLayout && r.Commits < 3 {
				t.Errorf("result %+v", r)
			}
			read := s.read
			read.Dense = s.node.Layout == ArrayLayout || name == "a table of numbers"
			read.DType, read.Scale = s.node.DType, s.node.Scale
			src, err := source.Open(t.Context(), s.from, read)
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			if name == "a table of numbers" {
				if src, err = source.Tabular(src, nil); err != nil {
					t.Fatal(err)
				}
			}
			repo, err := icechunk.Open(t.Context(), bucket, icechunk.Options{})
			if err != nil {
				t.Fatal(err)
			}
			snapshot, err := repo.Snapshot(t.Context(), r.Snapshot)
			if err != nil {
				t.Fatal(err)
			}
			got, err := table.Dataset(t.Context(), snapshot, "/data", table.Origin{}, source.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if name == "numbers of a table" { // missing values became NaN, integers float64
				if got.Rows() != 3000 {
					t.Errorf("%d rows", got.Rows())
				}
				return
			}
			a, b := values(sourcetest.Rows(t, src, source.Cursor{})), values(sourcetest.Rows(t, got, source.Cursor{}))
			for i := range a {
				if a[i] != b[i] {
					t.Fatalf("row %d\n got %s\nwant %s", i, b[i], a[i])
				}
			}
		})
	}
}

// values are rendered rows without where they came from.
func values(rows []string) []string {
	for i, r := range rows {
		_, r, _ = strings.Cut(r, "\t")
		_, r, _ = strings.Cut(r, " #")
		_, rows[i], _ = strings.Cut(r, " ")
	}
	return rows
}

// TestNodeDoesNotDependOnWorkers compares digests for workers, memory, segments
// and commits of other sizes.
func TestNodeDoesNotDependOnWorkers(t *testing.T) {
	for name, s := range nodeKinds(t) {
		t.Run(name, func(t *testing.T) {
			var want string
			for i, change := range []func(*nodeSetup){
				func(s *nodeSetup) {},
				func(s *nodeSetup) { s.jobs = 2 },
				func(s *nodeSetup) { s.jobs, s.cap = 7, 1<<30 },
				func(s *nodeSetup) { s.read.SegmentBytes = 5000; s.node.CommitEvery = 7 },
			} {
				s := s
				change(&s)
				bucket := emptyRepository(t)
				if _, err := s.run(t, bucket); err != nil {
					t.Fatal(err)
				}
				if d := digestOf(t, bucket, ""); want == "" {
					want = d
				} else if d != want {
					t.Errorf("case %d: digest %s, want %s", i, d, want)
				}
			}
		})
	}
}

var errDead = errors.New("the machine is off")

// TestNodeSurvivesEveryCrash turns the machine off before and after each call
// of the storage; the same job then makes the same content, and never starts over.
func TestNodeSurvivesEveryCrash(t *testing.T) {
	csv, svm := tableText(t, 600), svmlight(t, 600)
	for name, s := range map[string]nodeSetup{
		"table": {from: []string{csv}, node: NodeOptions{ChunkRows: 64, CommitEvery: 2}, jobs: 2},
		// A commit ends within chunks, which the next one goes on filling.
		"table, parts of chunks": {from: []string{csv}, node: NodeOptions{ChunkRows: 64, commitRows: 150}, jobs: 2},
		"array, parts of chunks": {from: []string{svm}, node: NodeOptions{Layout: ArrayLayout, ChunkRows: 64, commitRows: 150}, jobs: 2},
		"csr, parts of chunks":   {from: []string{svm}, node: NodeOptions{Layout: SparseLayout, commitRows: 150}, jobs: 2},
	} {
		t.Run(name, s.crashEverywhere)
	}
}

func (s nodeSetup) crashEverywhere(t *testing.T) {
	whole := emptyRepository(t)
	once := s
	once.node.commitRows = 1 << 20
	if _, err := once.run(t, whole); err != nil {
		t.Fatal(err)
	}
	want := digestOf(t, whole, "")
	counted := faultblob.Wrap(emptyRepository(t))
	if _, err := s.run(t, counted.Bucket); err != nil {
		t.Fatal(err)
	}
	calls := counted.Calls("")
	step := 1 + calls/torture.Rounds(25, calls) // the places are different in each of the kinds of call
	resumed := 0
	for k := 1; k <= calls; k += step {
		for _, when := range []faultblob.When{faultblob.Before, faultblob.After} {
			bucket := emptyRepository(t)
			var n atomic.Int64
			w := faultblob.Wrap(bucket, faultblob.Fault{When: when, Do: func(context.Context) error {
				if n.Add(1) >= int64(k) {
					return errDead
				}
				return nil
			}})
			if r, err := s.run(t, w.Bucket); !errors.Is(err, errDead) && (err != nil || r.Rows != 600) {
				t.Fatalf("call %d: %v", k, err)
			}
			r, err := s.run(t, bucket)
			if err != nil {
				t.Fatalf("call %d, again: %v", k, err)
			}
			if r.Resumed {
				resumed++
			}
			if d := digestOf(t, bucket, ""); r.Rows != 600 || d != want {
				t.Fatalf("call %d: %d rows, digest %s, want %s", k, r.Rows, d, want)
			}
		}
	}
	if resumed < 10 {
		t.Errorf("only %d jobs went on from a commit", resumed)
	}
}

// TestNodeThatIsThere says what happens when something is at the place already.
func TestNodeThatIsThere(t *testing.T) {
	csv, svm := tableText(t, 600), svmlight(t, 600)
	bucket := emptyRepository(t)
	s := nodeSetup{from: []string{csv}, node: NodeOptions{ChunkRows: 64, CommitEvery: 2}, identity: map[string]string{"--na": "x"}}
	first, err := s.run(t, bucket)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	s.events = func(e event.Event) { said = append(said, e.Message) }
	again, err := s.run(t, bucket)
	if err != nil || !again.Resumed || again.Snapshot != first.Snapshot || again.Commits != 0 || !strings.Contains(strings.Join(said, "\n"), "all 600 rows are there already") {
		t.Errorf("the same again: %+v %v %q", again, err, said)
	}
	refuse := func(what string, s nodeSetup, kind errs.Kind, text ...string) {
		t.Helper()
		_, err := s.run(t, bucket)
		if !errors.Is(err, kind) {
			t.Errorf("%s: %v, want %v", what, err, kind)
		}
		for _, want := range text {
			if !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%s: %v, want %q", what, err, want)
			}
		}
	}
	other := s
	other.node.ChunkRows, other.identity = 128, nil
	refuse("other options", other, errs.Invalid, "rows stand here, made differently", "--chunk-rows was 64, is now 128", "--na was x, is now not given", "--restart")
	other = s
	other.from = []string{svm}
	refuse("other sources", other, errs.Invalid, "data.svm")
	root := s
	root.path = "/"
	refuse("the root", root, errs.Invalid, "#/name")

	appendText := func() {
		t.Helper()
		f, err := os.OpenFile(csv, os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteString("9999,1.5,ZZ,2013-01-01T05:15:00Z,true\n")
			f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	appendText()
	refuse("data that changed", s, errs.Invalid, "rows stand here, of data that is not the same any more", "changed since: it had")
	s.restart = true
	r, err := s.run(t, bucket)
	if err != nil || r.Rows != 601 || r.Resumed {
		t.Errorf("--restart: %+v %v", r, err)
	}
	s.restart = false

	repo, err := icechunk.Open(t.Context(), bucket, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ses, err := repo.Session(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := zarr.CreateGroup(t.Context(), ses, "/others", nil); err != nil {
		t.Fatal(err)
	}
	if err := ses.DeleteNode(t.Context(), "/data"); err != nil {
		t.Fatal(err)
	}
	if err := zarr.CreateGroup(t.Context(), ses, "/data", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := ses.Commit(t.Context(), "others"); err != nil {
		t.Fatal(err)
	}
	foreign := s
	foreign.path = "/others"
	refuse("a group of others", foreign, errs.Exists, "#/others", "--restart")
	refuse("a group of others where ours was", s, errs.Exists, "#/data")
	nowhere := s
	nowhere.branch = "dev"
	refuse("a branch that is not there", nowhere, errs.NotFound, "dev")
	if _, err := s.run(t, open(t, "mem://"+filepath.Base(t.TempDir()))); !errors.Is(err, errs.NotFound) || !strings.Contains(err.Error(), "outcore repo create") {
		t.Errorf("no repository: %v", err)
	}
}

// TestNodeAmongOthers commits to the branch while the job does, elsewhere and
// on the same node.
func TestNodeAmongOthers(t *testing.T) {
	s := nodeSetup{from: []string{tableText(t, 3000)}, node: NodeOptions{ChunkRows: 256, CommitEvery: 1}}
	disturb := func(bucket *blob.Bucket, do func(*icechunk.Session, int) error) *blob.Bucket {
		repo, err := icechunk.Open(t.Context(), bucket, icechunk.Options{})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		return faultblob.Wrap(bucket, faultblob.Fault{Op: faultblob.Sync, When: faultblob.Before, Do: func(ctx context.Context) error {
			if n++; n%3 != 0 {
				return nil
			}
			ses, err := repo.Session(ctx, "")
			if err == nil {
				err = do(ses, n)
			}
			if err == nil {
				_, err = ses.Commit(ctx, "others", icechunk.WithRebase(icechunk.Solver{}))
			}
			return err
		}}).Bucket
	}
	quiet := emptyRepository(t)
	if _, err := s.run(t, quiet); err != nil {
		t.Fatal(err)
	}
	bucket := emptyRepository(t)
	var others atomic.Int64
	busy := disturb(bucket, func(ses *icechunk.Session, n int) error {
		others.Add(1)
		return zarr.CreateGroup(t.Context(), ses, fmt.Sprintf("/others/%d", n), nil)
	})
	if _, err := s.run(t, busy); err != nil {
		t.Fatal(err)
	}
	if others.Load() < 3 {
		t.Errorf("%d commits of others", others.Load())
	}
	repo, err := icechunk.Open(t.Context(), bucket, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ses, err := repo.Session(t.Context(), "")
	if err == nil {
		err = ses.DeleteNode(t.Context(), "/others")
	}
	if err == nil {
		_, err = ses.Commit(t.Context(), "without others")
	}
	if err != nil {
		t.Fatal(err)
	}
	if a, b := digestOf(t, bucket, ""), digestOf(t, quiet, ""); a != b {
		t.Errorf("with others the digest is %s, without %s", a, b)
	}

	busy = disturb(emptyRepository(t), func(ses *icechunk.Session, n int) error {
		if err := ses.DeleteNode(t.Context(), "/data"); err != nil && !errors.Is(err, errs.NotFound) {
			return err
		}
		return zarr.CreateGroup(t.Context(), ses, "/data", nil)
	})
	if _, err := s.run(t, busy); !errors.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "others changed this node") {
		t.Errorf("others replaced the node: %v", err)
	}
}

// TestNodeThatOthersChanged changes rows that an unfinished job has committed,
// while it runs and between two runs, elsewhere than it writes.
func TestNodeThatOthersChanged(t *testing.T) {
	s := nodeSetup{from: []string{tableText(t, 3000)}, node: NodeOptions{ChunkRows: 256, CommitEvery: 1}}
	change := func(t *testing.T, bucket *blob.Bucket) error {
		repo, err := icechunk.Open(t.Context(), bucket, icechunk.Options{})
		if err != nil {
			return err
		}
		ses, err := repo.Session(t.Context(), "")
		if err != nil {
			return err
		}
		if err := ses.DeleteChunk(t.Context(), "/data/id", []uint32{0}); err != nil {
			return err
		}
		_, err = ses.Commit(t.Context(), "others", icechunk.WithRebase(icechunk.Solver{}))
		return err
	}
	// after makes do happen, once, when the job has made some commits.
	after := func(bucket *blob.Bucket, do func() error) *blob.Bucket {
		n := 0
		return faultblob.Wrap(bucket, faultblob.Fault{Op: faultblob.Sync, When: faultblob.Before, Do: func(context.Context) error {
			if n++; n == 12 {
				return do()
			}
			return nil
		}}).Bucket
	}
	refused := func(t *testing.T, err error) {
		t.Helper()
		if !errors.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "changed the node since this job began") || !strings.Contains(err.Error(), "--restart") {
			t.Errorf("got %v", err)
		}
	}
	t.Run("while it runs", func(t *testing.T) {
		bucket := emptyRepository(t)
		_, err := s.run(t, after(bucket, func() error { return change(t, bucket) }))
		refused(t, err)
		_, err = s.run(t, bucket)
		refused(t, err)
	})
	t.Run("between runs", func(t *testing.T) {
		bucket := emptyRepository(t)
		if _, err := s.run(t, after(bucket, func() error { return errDead })); !errors.Is(err, errDead) {
			t.Fatal(err)
		}
		if err := change(t, bucket); err != nil {
			t.Fatal(err)
		}
		_, err := s.run(t, bucket)
		refused(t, err)
		again := s
		again.restart = true
		if r, err := again.run(t, bucket); err != nil || r.Rows != 3000 {
			t.Errorf("--restart: %+v %v", r, err)
		}
	})
}
