package chunk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/faultblob"
	_ "github.com/outcore/outcore/blob/fileblob"
	_ "github.com/outcore/outcore/blob/memblob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/event"
	"github.com/outcore/outcore/internal/lock"
	"github.com/outcore/outcore/memory"
	"github.com/outcore/outcore/source"
)

// budget gives a budget that the test closes.
func budget(t testing.TB, size int64) *memory.Budget {
	t.Helper()
	b, err := memory.New(memory.Options{Cap: size})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// svmlight writes n rows of svmlight, of 30 features, and gives its path.
func svmlight(t testing.TB, n int) string {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "%d", i%10)
		for j := 1 + r.IntN(3); j <= 30; j += 1 + r.IntN(6) {
			fmt.Fprintf(&b, " %d:%d", j, r.IntN(256))
		}
		b.WriteByte('\n')
	}
	return textFile(t, "data.svm", b.String())
}

// table writes n rows of CSV with numbers, texts and missing values.
func tableText(t testing.TB, n int) string {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString("id,delay,carrier,when,on\n")
	for i := range n {
		delay := fmt.Sprintf("%.1f", r.NormFloat64()*30)
		if r.IntN(10) == 0 {
			delay = ""
		}
		fmt.Fprintf(&b, "%d,%s,%s,2013-01-%02dT05:15:00Z,%t\n", i, delay, strings.Repeat("AB", r.IntN(4)), 1+i%28, i%3 == 0)
	}
	return textFile(t, "data.csv", b.String())
}

func textFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// A setup is a job to be run any number of times.
type setup struct {
	from     []string
	read     source.Options
	options  Options
	jobs     int
	cap      int64 // default 128 MiB
	restart  bool
	identity map[string]string
	events   event.Sink
	pages    int
}

// run runs the job of s into dest.
func (s setup) run(t testing.TB, dest *blob.Bucket) (*Result, error) {
	t.Helper()
	pool := &source.Pool{}
	read := s.read
	read.Memory = pool
	ds, err := source.Open(t.Context(), s.from, read)
	if err != nil {
		return nil, err
	}
	defer ds.Close()
	if s.cap == 0 {
		s.cap = 128 << 20
	}
	b := budget(t, s.cap)
	defer b.Close()
	return Job{Data: ds, Pool: pool, Dest: dest, Options: s.options, Jobs: max(s.jobs, 1), Budget: b, Restart: s.restart,
		Identity: s.identity, SkipBad: read.SkipBadRows, Events: s.events, Temp: t.TempDir(), pages: s.pages}.Run(t.Context())
}

func open(t testing.TB, addr string) *blob.Bucket {
	t.Helper()
	b, err := blob.Open(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// made runs s in a new directory and gives its files.
func (s setup) made(t testing.TB) map[string]string {
	t.Helper()
	dir := t.TempDir()
	if _, err := s.run(t, open(t, dir)); err != nil {
		t.Fatal(err)
	}
	return contents(t, dir)
}

// contents are the files of a directory by name, less what is hidden.
func contents(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == "." {
			return err
		}
		if d.IsDir() {
			return fs.SkipDir
		}
		b, err := os.ReadFile(filepath.Join(dir, p))
		out[p] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// same fails unless both have the same files, byte for byte.
func same(t testing.TB, got, want map[string]string) {
	t.Helper()
	for name, w := range want {
		if g, ok := got[name]; !ok {
			t.Fatalf("%s is missing", name)
		} else if g != w {
			t.Fatalf("%s: %d bytes differ from the %d expected\n%s", name, len(g), len(w), firstDifference(g, w))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Fatalf("%s is too much", name)
		}
	}
}

func firstDifference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("at %d: %q\nexpected %q", i, a[max(0, i-40):min(i+40, len(a))], b[max(0, i-40):min(i+40, len(b))])
		}
	}
	return ""
}

// setups are jobs of every layout, with chunk borders inside segments.
func setups(t testing.TB) map[string]setup {
	svm, csv := svmlight(t, 3000), tableText(t, 3000)
	small := source.Options{SegmentBytes: 8 << 10}
	dense := small
	dense.Dense = true
	return map[string]setup{
		"npz":     {from: []string{svm}, read: small, options: Options{Rows: 1100, DType: dtype.Float32, Scale: 1.0 / 255}},
		"dense":   {from: []string{svm, svm}, read: dense, options: Options{Rows: 2500, Compress: "none"}},
		"csr":     {from: []string{svm}, read: small, options: Options{Rows: 1300, Layout: NPZCSR, DType: dtype.Uint8}},
		"columns": {from: []string{csv}, read: source.Options{SegmentBytes: 8 << 10, Columns: []string{"delay", "on", "id"}}, options: Options{Rows: 1700, DType: dtype.Float32}},
		"parquet": {from: []string{csv}, read: small, options: Options{Rows: 1250, RowGroup: 500}},
		"pages":   {from: []string{svm}, read: small, options: Options{Rows: 1100}, pages: 500},
	}
}

// TestBytesDependOnRowsAndOptionsAlone is the promise of the format.
func TestBytesDependOnRowsAndOptionsAlone(t *testing.T) {
	for name, s := range setups(t) {
		t.Run(name, func(t *testing.T) {
			want := s.made(t)
			for _, jobs := range []int{2, 7} {
				s := s
				s.jobs, s.cap = jobs, 1<<30
				same(t, s.made(t), want)
			}
			s.read.SegmentBytes = 64 << 10
			got := s.made(t)
			delete(got, "chunk.manifest.json") // has cursors, at the ends of segments
			delete(want, "chunk.manifest.json")
			same(t, got, want)
		})
	}
}

// TestEveryStorageCallMayBeTheLast lets the process die before and after every
// call of the store, and runs the job again.
func TestEveryStorageCallMayBeTheLast(t *testing.T) {
	for name, s := range setups(t) {
		t.Run(name, func(t *testing.T) {
			s.jobs = 2
			want := s.made(t)
			for _, when := range []faultblob.When{faultblob.Before, faultblob.After} {
				for k := 1; ; k++ {
					dir := t.TempDir()
					n := 0
					dead := faultblob.Fault{When: when, Do: func(context.Context) error {
						if n++; n >= k {
							return errs.New(errs.Unavailable, "the process is dead")
						}
						return nil
					}}
					w := faultblob.Wrap(open(t, dir), dead)
					_, err := s.run(t, w.Bucket)
					if err != nil && !errors.Is(err, errs.Unavailable) {
						t.Fatalf("call %d: %v", k, err)
					}
					again, rerr := s.run(t, open(t, dir))
					if rerr != nil {
						t.Fatalf("call %d, again: %v", k, rerr)
					}
					same(t, contents(t, dir), want)
					if err == nil {
						if !again.Resumed {
							t.Error("the work was done twice")
						}
						if k < 8 {
							t.Errorf("only %d calls were tried", k)
						}
						break
					}
				}
			}
		})
	}
}

func TestLostReplyOfAnyCallIsSurvived(t *testing.T) {
	s := setups(t)["npz"]
	want := s.made(t)
	for k := 1; ; k++ {
		dir := t.TempDir()
		w := faultblob.Wrap(open(t, dir), faultblob.LoseReply(k))
		_, err := s.run(t, w.Bucket)
		if err == nil {
			return
		}
		if _, err := s.run(t, open(t, dir)); err != nil {
			t.Fatalf("call %d: %v", k, err)
		}
		same(t, contents(t, dir), want)
	}
}

func TestOtherStoresThanDisks(t *testing.T) {
	s := setups(t)["npz"]
	want := s.made(t)
	b := open(t, "mem://"+t.Name())
	for range 2 {
		r, err := s.run(t, b)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range want {
			got, _, err := b.ReadAll(t.Context(), name, 1<<20)
			if err != nil || string(got) != text {
				t.Errorf("%s: %v", name, err)
			}
		}
		if r.Rows != 3000 || r.Chunks != 3 {
			t.Errorf("%+v", r)
		}
	}
}

func TestRefusesAnotherJobsChunks(t *testing.T) {
	s := setups(t)["npz"]
	s.identity = map[string]string{"--types": "a=text"}
	dir := t.TempDir()
	first, err := s.run(t, open(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	other := s
	other.options.Rows, other.options.Compress, other.identity = 800, "max", nil
	_, err = other.run(t, open(t, dir))
	for _, want := range []string{"--rows was 1100, is now 800", "--compress was fast, is now max", "--types was a=text, is now not given", "--restart"} {
		if !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("expected %q in: %v", want, err)
		}
	}
	f, err := os.OpenFile(s.from[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(f, "1 3:4")
	f.Close()
	if _, err = s.run(t, open(t, dir)); !errors.Is(err, errs.Invalid) || !strings.Contains(err.Error(), s.from[0]+" changed since") {
		t.Errorf("changed source: %v", err)
	}
	s.restart = true
	again, err := s.run(t, open(t, dir))
	if err != nil || again.Rows != first.Rows+1 || again.Resumed {
		t.Errorf("restart: %+v, %v", again, err)
	}
}

func TestFilesWithoutManifestStay(t *testing.T) {
	s := setups(t)["npz"]
	dir := t.TempDir()
	theirs := filepath.Join(dir, "chunk00007_data.npz")
	if err := os.WriteFile(theirs, []byte("precious"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(t, open(t, dir)); !errors.Is(err, errs.Exists) || !strings.Contains(err.Error(), "chunk00007_data.npz") {
		t.Errorf("%v", err)
	}
	if b, _ := os.ReadFile(theirs); string(b) != "precious" {
		t.Error("overwritten")
	}
	s.restart = true
	if _, err := s.run(t, open(t, dir)); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(theirs); err == nil {
		t.Error("--restart left a file that would be read as data")
	}
}

func TestLostChunkIsMadeAgain(t *testing.T) {
	s := setups(t)["csr"]
	dir := t.TempDir()
	if _, err := s.run(t, open(t, dir)); err != nil {
		t.Fatal(err)
	}
	want := contents(t, dir)
	if err := os.Remove(filepath.Join(dir, "chunk00001_labels.npz")); err != nil {
		t.Fatal(err)
	}
	var warned bool
	s.events = func(e event.Event) {
		warned = warned || e.Kind == event.Warning && strings.Contains(e.Message, "chunk00001")
	}
	r, err := s.run(t, open(t, dir))
	if err != nil || !r.Resumed || !warned {
		t.Errorf("%+v, %v, warned %v", r, err, warned)
	}
	same(t, contents(t, dir), want)
}

func TestRefusedForMemoryBeforeAnythingIsWritten(t *testing.T) {
	s := setups(t)["npz"]
	s.cap = memory.Base + 2<<20
	dir := t.TempDir()
	_, err := s.run(t, open(t, dir))
	var refused *memory.RefusedError
	if !errors.As(err, &refused) || refused.Need <= s.cap {
		t.Fatalf("%v", err)
	}
	if got := contents(t, dir); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
	s.cap = refused.Need
	if _, err := s.run(t, open(t, dir)); err != nil {
		t.Errorf("with what it asked for: %v", err)
	}
}

func TestSkippedRowsAreCountedAcrossRuns(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		if i%100 == 99 {
			b.WriteString("x 1:1\n")
			continue
		}
		fmt.Fprintf(&b, "%d 1:%d 5:1\n", i%2, i%200)
	}
	s := setup{from: []string{textFile(t, "a.svm", b.String())}, read: source.Options{SegmentBytes: 4 << 10, SkipBadRows: 30}, options: Options{Rows: 333}, jobs: 2}
	dir := t.TempDir()
	r, err := s.run(t, open(t, dir))
	if err != nil || r.Skipped != 30 || r.Rows != 2970 {
		t.Fatalf("%+v, %v", r, err)
	}
	want := contents(t, dir)
	for k := 5; k < 12; k++ {
		dir := t.TempDir()
		w := faultblob.Wrap(open(t, dir), faultblob.Fail(k))
		if _, err := s.run(t, w.Bucket); err == nil {
			t.Fatal("no fault")
		}
		r, err := s.run(t, open(t, dir))
		if err != nil || r.Skipped != 30 {
			t.Fatalf("%+v, %v", r, err)
		}
		same(t, contents(t, dir), want)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	s := setups(t)["npz"]
	dir := t.TempDir()
	held, err := lock.Acquire(filepath.Join(dir, ".outcore", "chunk.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(t, open(t, dir)); !errors.Is(err, errs.Conflict) {
		t.Errorf("found %v, expected a conflict", err)
	}
	other := s
	other.options.Prefix = "other"
	if _, err := other.run(t, open(t, dir)); err != nil {
		t.Errorf("another prefix: %v", err)
	}
	held.Release()
	if _, err := s.run(t, open(t, dir)); err != nil {
		t.Error(err)
	}
}

// TestAnotherWriterWithoutALock is what guards stores that are no disk.
func TestAnotherWriterWithoutALock(t *testing.T) {
	s := setups(t)["npz"]
	b := open(t, "mem://"+t.Name())
	n := 0
	meddle := faultblob.Fault{Op: faultblob.Put, When: faultblob.Before, Do: func(ctx context.Context) error {
		if n++; n == 4 {
			_, err := b.Put(ctx, "chunk.manifest.json", strings.NewReader("{}"), 2, blob.PutOptions{})
			return err
		}
		return nil
	}}
	if _, err := s.run(t, faultblob.Wrap(b, meddle).Bucket); !errors.Is(err, errs.Conflict) {
		t.Errorf("found %v, expected a conflict", err)
	}
}

func TestValuesThatDoNotFitNameTheirLine(t *testing.T) {
	path := textFile(t, "a.csv", "a,b\n1,2\n3,\n5,700\n")
	for dt, want := range map[dtype.Type]string{
		dtype.Int32: path + ":3: column b: found a missing value",
		dtype.Uint8: path + ":3: column b: found a missing value",
	} {
		s := setup{from: []string{path}, options: Options{DType: dt}}
		if _, err := s.run(t, open(t, t.TempDir())); !errors.Is(err, errs.Invalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v: %v, expected %s", dt, err, want)
		}
	}
	full := textFile(t, "b.csv", "a,b\n1,2\n3,4\n5,700\n")
	s := setup{from: []string{full}, options: Options{DType: dtype.Uint8}}
	if _, err := s.run(t, open(t, t.TempDir())); !errors.Is(err, errs.Invalid) || !strings.HasPrefix(err.Error(), full+":4: column b: ") {
		t.Errorf("%v", err)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	svm, csv := svmlight(t, 20), tableText(t, 20)
	for name, c := range map[string]struct {
		from string
		opt  Options
		want string
	}{
		"texts in npz":          {csv, Options{Layout: NPZ}, "carrier (text), when (time) are not numbers"},
		"type of a table":       {csv, Options{DType: dtype.Float32}, "--dtype and --scale are for npz"},
		"numbers as Parquet":    {svm, Options{Layout: Parquet}, "--layout npz"},
		"row groups of npz":     {svm, Options{RowGroup: 5}, "--row-group is for Parquet"},
		"layout misspelt":       {svm, Options{Layout: "npz-crs"}, `did you mean "npz-csr"?`},
		"compression misspelt":  {svm, Options{Compress: "fats"}, `did you mean "fast"?`},
		"prefix with a slash":   {svm, Options{Prefix: "a/b"}, "--prefix"},
		"negative rows":         {svm, Options{Rows: -1}, "--rows is -1"},
		"scale without a value": {svm, Options{Scale: math.Inf(1)}, "--scale"},
	} {
		dir := t.TempDir()
		_, err := setup{from: []string{c.from}, options: c.opt}.run(t, open(t, dir))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: found %v, expected %q", name, err, c.want)
		}
		if len(contents(t, dir)) > 0 {
			t.Errorf("%s: something was written", name)
		}
	}
}

func TestARepositoryIsNoPlaceForFiles(t *testing.T) {
	s := setups(t)["npz"]
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "repo"), []byte("a repository"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(t, open(t, dir)); !errors.Is(err, errs.Exists) || !strings.Contains(err.Error(), "#/name") {
		t.Errorf("%v", err)
	}
	if list, err := filepath.Glob(filepath.Join(dir, "chunk*")); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
}
