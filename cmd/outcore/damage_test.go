package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/icechunk"
)

// TestDamageIsNamed breaks objects of a repository: each is named by what meets
// it, and the rest is read.
func TestDamageIsNamed(t *testing.T) {
	s := newShell(t)
	s.stock(100, 1000)
	lab := filepath.Join(s.dir, "lab")
	fresh := func() {
		t.Helper()
		if err := os.RemoveAll(lab); err != nil {
			t.Fatal(err)
		}
		s.must("repo", "create", "lab")
		s.must(strings.Fields("chunk digits.svm lab#/d --features 200 --chunk-rows 256 --commit-every 2 --quiet")...)
		s.must(strings.Fields("array create lab#/other --shape 10 --quiet")...)
	}
	largest := func(folder string) string {
		t.Helper()
		list, err := os.ReadDir(filepath.Join(lab, folder))
		if err != nil {
			t.Fatal(err)
		}
		name, most := "", int64(0)
		for _, e := range list {
			if i, err := e.Info(); err == nil && i.Size() > most {
				name, most = folder+"/"+e.Name(), i.Size()
			}
		}
		return name
	}
	spoil := func(name string) {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(lab, name))
		if err != nil {
			t.Fatal(err)
		}
		copy(b[60:], "ZZZZ")
		if err := os.WriteFile(filepath.Join(lab, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fails := func(want string, args ...string) {
		t.Helper()
		if o := s.run(append(args, "--quiet")...); o.exit != 1 || !strings.Contains(o.stdout+o.stderr, want) {
			t.Errorf("%v: exit %d, %s%s\nwant %q", args, o.exit, o.stdout, o.stderr, want)
		}
	}
	rest := func() {
		t.Helper()
		s.must("array", "stat", "lab#/other", "--quiet")
		s.must("array", "set", "lab#/other", "--value", "1", "--quiet")
	}

	fresh()
	chunk := largest("chunks")
	spoil(chunk)
	fails("lab/"+chunk, "array", "stat", "lab#/d/X")
	fails("lab/"+chunk, "array", "cat", "lab#/d/X")
	fails("lab/"+chunk, "repo", "digest", "lab")
	fails("lab/"+chunk, "repo", "check", "lab", "--deep")
	rest()
	if err := os.Truncate(filepath.Join(lab, chunk), 100); err != nil {
		t.Fatal(err)
	}
	fails("lab/"+chunk, "array", "stat", "lab#/d/X")
	fails("1 damaged or missing objects", "repo", "check", "lab") // though all commits refer to it
	rest()

	fresh()
	all, err := os.ReadDir(filepath.Join(lab, "manifests"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		spoil("manifests/" + m.Name())
	}
	const manifest = "lab/manifests/"
	fails(manifest, "array", "stat", "lab#/d/X")
	if o := s.must("repo", "ls", "lab"); !strings.Contains(o.stdout, "damaged: ") || !strings.Contains(o.stdout, manifest) || !strings.Contains(o.stdout, "/other") {
		t.Errorf("ls: %s", o.stdout)
	}
	rest()

	fresh()
	log := largest("transactions")
	if err := os.Remove(filepath.Join(lab, log)); err != nil {
		t.Fatal(err)
	}
	fails("lab/"+log, "repo", "check", "lab")
	s.must("repo", "ls", "lab")
	rest()
}

// TestCheckWithoutMemory looks at an array whose chunks do not fit into memory:
// that is no damage.
func TestCheckWithoutMemory(t *testing.T) {
	s := newShell(t)
	s.must("repo", "create", "lab")
	s.must(strings.Fields("array create lab#/x --shape 16777216 --chunks 16777216 --quiet")...)
	s.must(strings.Fields("array set lab#/x --select 5 --value 1 --quiet")...)
	o := s.run(strings.Fields("repo check lab --deep --quiet --memory 48MiB")...)
	if o.exit != 3 || strings.Contains(o.stdout+o.stderr, "damaged") || !strings.Contains(o.stderr, "not looked at: ") {
		t.Errorf("exit %d: %s%s", o.exit, o.stdout, o.stderr)
	}
}

// TestWhatIsNotUnderstoodIsListed lists an array whose metadata is of no kind we know.
func TestWhatIsNotUnderstoodIsListed(t *testing.T) {
	s := newShell(t)
	s.must("repo", "create", "lab")
	s.must(strings.Fields("array create lab#/x --shape 4 --quiet")...)
	b, err := blob.Open(t.Context(), filepath.Join(s.dir, "lab"))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	r, err := icechunk.Open(t.Context(), b, icechunk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ses, err := r.Session(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := ses.Metadata(t.Context(), "/x")
	if err == nil {
		err = ses.SetMetadata(t.Context(), "/y", []byte(strings.Replace(string(doc), "{", `{"odd": {"name": "odd", "must_understand": true},`, 1)))
	}
	if err == nil {
		_, err = ses.Commit(t.Context(), "odd")
	}
	if err != nil {
		t.Fatal(err)
	}
	if o := s.must("repo", "ls", "lab"); !strings.Contains(o.stdout, "/y: not understood: ") || strings.Contains(o.stdout, "damaged") {
		t.Error(o.stdout)
	}
}
