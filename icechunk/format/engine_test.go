package format

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// again encodes every object of a repository anew, metadata from their values,
// and gives the manifests' new sizes to the snapshots.
func again(t *testing.T, files map[string][]byte) map[string][]byte {
	t.Helper()
	out := maps.Clone(files)
	// manifests/ before snapshots/
	for _, key := range slices.Sorted(maps.Keys(files)) {
		if h, err := ReadHeader(files[key]); err == nil && h.Spec == 1 {
			continue
		}
		x, err := decode(key, files[key])
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		switch x := x.(type) {
		case nil:
			continue
		case *Snapshot:
			dropRaw(x.Meta)
			for i, m := range x.Manifests {
				x.Manifests[i].Size = uint64(len(out["manifests/"+m.ID.String()]))
			}
		case *Repo:
			dropRaw(x.Metadata)
			for _, s := range x.Snapshots {
				dropRaw(s.Meta)
			}
		}
		if out[key], err = x.Encode(WithProgram("outcore-test")); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	return out
}

func dropRaw(items []Item) {
	for i := range items {
		items[i].Raw = nil
	}
}

// ignoreRaw makes values that were read comparable with those that were not.
var ignoreRaw = cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Raw" }, cmp.Ignore())

func TestGoldenObjectsComeBack(t *testing.T) {
	for _, name := range goldenNames(t) {
		files := goldenFiles(t, name)
		for key, file := range again(t, files) {
			want, err := decode(key, files[key])
			if want == nil || err != nil {
				continue // a chunk, or of specification 1
			}
			got, err := decode(key, file)
			if err != nil {
				t.Errorf("%s %s: %v", name, key, err)
				continue
			}
			if s, is := want.(*Snapshot); is {
				for i := range s.Manifests {
					s.Manifests[i].Size = got.(*Snapshot).Manifests[i].Size
				}
			}
			if d := cmp.Diff(want, got, ignoreRaw); d != "" {
				t.Errorf("%s %s (- read, + written and read):\n%s", name, key, d)
			}
			if h, _ := ReadHeader(file); h != (Header{Program: "outcore-test", Spec: 2, Type: FileType(files[key][37]), Compression: 1}) {
				t.Errorf("%s %s: header %+v", name, key, h)
			}
			once, err := got.Encode(WithProgram("outcore-test"))
			if err != nil || !bytes.Equal(once, file) {
				t.Errorf("%s %s: encoding again gives other bytes (%v)", name, key, err)
			}
		}
	}
}

// unpackTo writes objects as files.
func unpackTo(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for key, file := range files {
		path := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func engine(t *testing.T, variable string) string {
	t.Helper()
	bin := os.Getenv(variable)
	if bin == "" {
		t.Skipf("NOT TESTED against the official engine: run `make oracle` and set %s", variable)
	}
	return bin
}

func run(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, said.String())
	}
	return out
}

// strip leaves what does not change when an object is encoded anew.
func strip(v any) any {
	switch v := v.(type) {
	case dict:
		for _, k := range []string{"header", "size_bytes", "compression"} {
			delete(v, k)
		}
		for k, x := range v {
			v[k] = strip(x)
		}
	case []any:
		for i, x := range v {
			v[i] = strip(x)
		}
	}
	return v
}

// writeAgain encodes the golden repositories that are wanted anew, each in a
// folder, and gives the folders by name.
func writeAgain(t *testing.T, wanted func(name string) bool) (dirs map[string]string, args []string) {
	t.Helper()
	dirs = map[string]string{}
	for _, name := range goldenNames(t) {
		if wanted(name) {
			dirs[name] = filepath.Join(t.TempDir(), name)
			unpackTo(t, dirs[name], again(t, goldenFiles(t, name)))
			args = append(args, dirs[name])
		}
	}
	return dirs, args
}

func TestThePythonEngineReadsWhatWeWrite(t *testing.T) {
	python := engine(t, "OUTCORE_ORACLE_PYTHON")
	dirs, args := writeAgain(t, func(string) bool { return true })
	answers := parseAnswers(t, run(t, python, append([]string{"testdata/golden.py", "answers"}, args...)...))
	for name, dir := range dirs {
		if d := cmp.Diff(strip(goldenAnswers(t, name)), strip(answers[dir])); d != "" {
			t.Errorf("%s: the engine says of what we wrote again (- of its own, + of ours):\n%s", name, d)
		}
	}
}

func TestTheNodeEngineReadsWhatWeWriteAndGoesOn(t *testing.T) {
	node := engine(t, "OUTCORE_ORACLE_NODE")
	dirs, args := writeAgain(t, func(name string) bool { return name != "python-readonly" })
	answers := parseAnswers(t, run(t, node, append([]string{"testdata/reopen.cjs"}, args...)...))
	for name, dir := range dirs {
		want, got := goldenAnswers(t, name), answers[dir].(dict)
		for id, store := range got["stores"].(dict) {
			if d := cmp.Diff(want["stores"].(dict)[id], store); d != "" {
				t.Errorf("%s: snapshot %s (- of its own, + of ours):\n%s", name, id, d)
			}
		}
		for _, refs := range []string{"branches", "tags"} {
			if d := cmp.Diff(want["repo"].(dict)[refs], got[refs]); d != "" {
				t.Errorf("%s: %s (- of its own, + of ours):\n%s", name, refs, d)
			}
		}
		file, err := os.ReadFile(filepath.Join(dir, "repo"))
		if err != nil {
			t.Fatal(err)
		}
		repo, err := DecodeRepo(file)
		if err != nil {
			t.Fatal(err)
		}
		if u := repo.Updates[0]; u.Kind != NewCommit || u.New.String() != got["added"] || repo.Newer != "" {
			t.Errorf("%s: after the engine's commit %s we read %+v", name, got["added"], u)
		}
	}
}
