package chunk

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/blob/faultblob"
	"github.com/outcore/outcore/errs"
)

// A job of many chunks enters them in pages; after its end there are none, and
// the manifest is the one that a job without pages writes.
func TestPagesAreTheManifestInTheEnd(t *testing.T) {
	s := setups(t)["pages"]
	want := s
	want.pages = 0
	dir := t.TempDir()
	if _, err := s.run(t, open(t, dir)); err != nil {
		t.Fatal(err)
	}
	same(t, contents(t, dir), want.made(t))
	if left, _ := filepath.Glob(filepath.Join(dir, stateDir, "*.json")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// A job that ended in the middle goes on after the last chunk of its last page,
// and one whose files are gone makes them again, without the pages behind them.
func TestGoesOnFromPages(t *testing.T) {
	s := setups(t)["pages"]
	s.options.Rows = 400
	want := s.made(t)
	seen := map[int]bool{}
	for k := 5; k < 60; k += 3 {
		dir := t.TempDir()
		_, err := s.run(t, faultblob.Wrap(open(t, dir), faultblob.Fail(k)).Bucket)
		if err == nil {
			break
		}
		b := open(t, dir)
		m, err := readPaged(t, b, s.pages)
		if errors.Is(err, errs.NotFound) { // not begun
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		seen[len(m.Chunks)] = true
		if n := len(m.Chunks); n > 2 && k%2 == 0 {
			if err := b.Delete(t.Context(), m.Chunks[n-2].Files[0].Name); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.run(t, b); err != nil {
			t.Fatalf("call %d: %v", k, err)
		}
		same(t, contents(t, dir), want)
	}
	if len(seen) < 4 {
		t.Errorf("jobs ended after %v chunks only", seen)
	}
}

// readPaged reads a manifest whose pages begin at another size.
func readPaged(t *testing.T, b *blob.Bucket, limit int) (*Manifest, error) {
	m, _, err := readManifest(t.Context(), b, "chunk", limit)
	return m, err
}

func TestDamagedPagesAreRefused(t *testing.T) {
	s := setups(t)["pages"]
	for name, text := range map[string]string{
		"no JSON":       "{",
		"another place": `{"first":7,"chunks":[{}]}`,
		"empty":         `{"first":1,"chunks":[]}`,
		"a gap":         `{"first":1,"chunks":[{"first":99,"rows":1,"files":[{"name":"chunk00001_data.npz"}],"end":{"next":{}}}]}`,
	} {
		dir := t.TempDir()
		b := open(t, dir)
		if _, err := s.run(t, faultblob.Wrap(b, faultblob.Fail(9)).Bucket); err == nil {
			t.Fatal("the job came to an end")
		}
		m, at, err := readManifest(t.Context(), b, "chunk", 1<<20)
		if err != nil || at.bytes <= s.pages {
			t.Fatal(at, err)
		}
		text = strings.ReplaceAll(text, `"first":1,`, fmt.Sprintf(`"first":%d,`, len(m.Chunks)))
		if _, err := b.Put(t.Context(), pageKey("chunk", len(m.Chunks)), strings.NewReader(text), int64(len(text)), blob.PutOptions{}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.run(t, b); err == nil || !strings.Contains(err.Error(), "--restart") {
			t.Errorf("%s: %v", name, err)
		}
		s.restart = true
		if _, err := s.run(t, b); err != nil {
			t.Errorf("%s, again: %v", name, err)
		}
		s.restart = false
	}
}
