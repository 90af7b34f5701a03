package format

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/errs"
)

// The golden repositories and the engine's answers: see MANIFEST there.
const goldenDir = "../testdata/golden"

// object is any of the four kinds.
type object interface {
	Encode(...Option) ([]byte, error)
}

func decode(key string, file []byte) (object, error) {
	kind, _, _ := strings.Cut(key, "/")
	switch kind {
	case "repo", "overwritten":
		return DecodeRepo(file)
	case "snapshots":
		return DecodeSnapshot(file)
	case "manifests":
		return DecodeManifest(file)
	case "transactions":
		return DecodeTransactionLog(file)
	}
	return nil, nil // chunks
}

// goldenNames lists the repositories.
func goldenNames(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldenDir, "*.tar.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden repositories in %s: %v", goldenDir, err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".tar.gz")
	}
	return files
}

// goldenFiles are a repository's objects by key.
func goldenFiles(t testing.TB, name string) map[string][]byte {
	t.Helper()
	f, err := os.Open(filepath.Join(goldenDir, name+".tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func parseAnswers(t testing.TB, doc []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(doc)))
	d.UseNumber()
	var a map[string]any
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	return a
}

func goldenAnswers(t testing.TB, name string) map[string]any {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join(goldenDir, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return parseAnswers(t, doc)
}

func TestGoldenObjectsAreWhatTheEngineSays(t *testing.T) {
	for _, name := range goldenNames(t) {
		t.Run(name, func(t *testing.T) {
			files, want := goldenFiles(t, name), goldenAnswers(t, name)
			for _, key := range slices.Sorted(maps.Keys(files)) {
				x, err := decode(key, files[key])
				if h, _ := ReadHeader(files[key]); x != nil && h.Spec == 1 {
					if !errors.Is(err, errs.Unsupported) || !strings.Contains(err.Error(), "specification 1") {
						t.Errorf("%s of specification 1: %v", key, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s: %v", key, err)
					continue
				}
				dir, id, _ := strings.Cut(key, "/")
				var got, said any
				switch x := x.(type) {
				case *Repo:
					if dir != "repo" {
						continue
					}
					got, said = describeRepo(x), want["repo"]
					compareFlags(t, x, want["flags"].(map[string]any))
				case *Snapshot:
					got, said = describeSnapshot(x), want["snapshots"].(map[string]any)[id]
				case *Manifest:
					got, said = describeManifest(x), want["manifests"].(map[string]any)[id]
				case *TransactionLog:
					got, said = describeLog(x), want["transactions"].(map[string]any)[id]
				default:
					continue
				}
				if said == nil { // of a snapshot that is no longer there
					continue
				}
				if merged, is := said.(dict)["synthetic_composite"]; is {
					comparePruned(t, files["repo"], id, merged.(dict))
					continue
				}
				if d := cmp.Diff(plainly(t, said), plainly(t, got)); d != "" {
					t.Errorf("%s (- the engine, + ours):\n%s", key, d)
				}
			}
		})
	}
}

// plainly is a value as JSON tells it, without what describes the file and not
// what it says.
func plainly(t *testing.T, v any) any {
	t.Helper()
	doc, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	a := parseAnswers(t, append(append([]byte(`{"v":`), doc...), '}'))["v"].(map[string]any)
	delete(a, "header")
	if a["total_chunk_refs"] != nil { // a manifest
		delete(a, "size_bytes")
		delete(a, "compression")
	}
	return a
}

func compareFlags(t *testing.T, r *Repo, want dict) {
	t.Helper()
	got := dict{}
	for _, f := range r.EnabledFlags {
		got[fmt.Sprint(f)] = true
	}
	for _, f := range r.DisabledFlags {
		got[fmt.Sprint(f)] = false
	}
	if d := cmp.Diff(want["set"], any(got)); d != "" {
		t.Errorf("flags (- the engine, + ours):\n%s", d)
	}
}

// comparePruned compares the logs that expiration left to a snapshot. The engine
// answers with them and the snapshot's own in one.
func comparePruned(t *testing.T, repo []byte, id string, merged dict) {
	t.Helper()
	r, err := DecodeRepo(repo)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Snapshots {
		if s.ID.String() != id {
			continue
		}
		got := []any{}
		for _, p := range s.Pruned {
			got = append(got, p.String())
		}
		if d := cmp.Diff(merged["merged_pruned_ancestor_tx_logs"], any(got)); d != "" {
			t.Errorf("pruned logs of %s (- the engine, + ours):\n%s", id, d)
		}
	}
}
