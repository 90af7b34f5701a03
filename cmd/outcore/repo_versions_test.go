package main

import (
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/zarr"
)

// TestVersionsThatAreMeant refuses what would pass over a part of an address, and
// says what to compare where one version does not go back to the other.
func TestVersionsThatAreMeant(t *testing.T) {
	s := newShell(t)
	s.must("repo", "create", "lab")
	s.must(strings.Fields("array create lab#/x --shape 4 --quiet")...)
	s.must(strings.Fields("repo tag lab v1")...)
	s.must(strings.Fields("repo branch lab trial")...)
	s.must(strings.Fields("array set lab#/x --value 1 --quiet")...)
	s.must(strings.Fields("array set lab@trial#/x --value 2 --quiet")...)
	refs := map[string]string{}
	for _, name := range []string{"main", "trial", "v1"} {
		o := s.must("repo", "log", "lab@"+name+"#/", "-n", "1")
		refs[name] = strings.Fields(o.stdout)[0]
	}
	for _, c := range []struct {
		args string
		exit int
		want string
	}{
		{"repo digest lab#/x", 2, "found \"lab#/x\", expected a repository, or a version of it such as 'lab@v1#/'"},
		{"repo check lab@trial#/x", 2, "found \"lab@trial#/x\""},
		{"repo log lab#/x", 2, "found \"lab#/x\""},
		{"repo tag lab#/x", 2, "found \"lab#/x\""},
		{"repo branch lab#/x", 2, "found \"lab#/x\""},
		{"repo diff lab#/x v1", 2, "found \"lab#/x\""},
		{"repo diff lab main v1", 1, "(fix: outcore repo diff 'lab' " + refs["v1"] + " " + refs["main"] + ")"},
		{"repo diff lab main trial", 1, "they have " + refs["v1"] + " in common: outcore repo diff 'lab' " + refs["v1"] + " " + refs["trial"]},
		{"repo ls lab@" + refs["main"][:5] + "#/", 1, "(fix: 8 letters or more of a snapshot's id)"},
	} {
		if o := s.run(strings.Fields(c.args)...); o.exit != c.exit || !strings.Contains(o.stderr, c.want) {
			t.Errorf("%s: exit %d, %s\nwant exit %d, %s", c.args, o.exit, o.stderr, c.exit, c.want)
		}
	}
	s.must("repo", "ls", "lab@"+refs["main"][:8]+"#/x")
}

// TestMapGoesOnAfterManyCommits resumes a map behind more commits of others than
// repo ls looks back.
func TestMapGoesOnAfterManyCommits(t *testing.T) {
	s := newShell(t)
	s.must("repo", "create", "lab")
	s.must(strings.Fields("array create lab#/x --shape 8 --chunks 4 --fill 1 --quiet")...)
	s.must(strings.Fields("array map lab#/x --expr x+1 --commit-every 1 --quiet")...)
	b, err := blob.Open(t.Context(), s.dir+"/lab")
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
	if err := zarr.CreateGroup(t.Context(), ses, "/g", nil); err != nil {
		t.Fatal(err)
	}
	for range lookBack + 1 {
		doc, err := ses.Metadata(t.Context(), "/g")
		if err == nil {
			err = ses.SetMetadata(t.Context(), "/g", doc)
		}
		if err == nil {
			_, err = ses.Commit(t.Context(), "others")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if o := s.must(strings.Fields("array map lab#/x --expr x+1 --commit-every 1 --quiet")...); !strings.Contains(o.stdout, "done already") {
		t.Errorf("mapped twice: %s", o.stdout)
	}
}
