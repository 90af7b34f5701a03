package format

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// plainFile is a file whose FlatBuffer is not compressed, so that the fuzzer's
// bytes reach the decoder.
func plainFile(t FileType, body []byte) []byte {
	h := Header{Program: "fuzz", Spec: specVersion, Type: t, Compression: plain}
	return append(h.append(nil), body...)
}

// seeds adds what the golden repositories have of a type, the smaller objects.
func seeds(f *testing.F, t FileType) {
	f.Helper()
	for _, name := range goldenNames(f) {
		files := goldenFiles(f, name)
		for _, key := range slices.Sorted(maps.Keys(files)) {
			h, err := ReadHeader(files[key])
			if err != nil || h.Type != t || h.Spec != specVersion || strings.HasPrefix(key, "overwritten/") {
				continue
			}
			body, err := unwrap(t, files[key])
			if err != nil {
				f.Fatal(err)
			}
			if len(body) < 4<<10 {
				f.Add(body)
			}
		}
	}
}

// comesBack holds that what was decoded is what its encoding decodes to, where
// it can be encoded.
func comesBack(t *testing.T, kind FileType, body []byte) {
	key := map[FileType]string{RepoFile: "repo", SnapshotFile: "snapshots/", ManifestFile: "manifests/", TransactionLogFile: "transactions/"}[kind]
	x, err := decode(key, plainFile(kind, body))
	if (err == nil) == reflect.ValueOf(x).IsNil() {
		t.Fatalf("found %v and %v", x, err)
	}
	if err != nil {
		return
	}
	file, err := x.Encode()
	if err != nil {
		return // two nodes with one id, or the like
	}
	y, err := decode(key, file)
	if err != nil {
		t.Fatalf("what we wrote does not decode: %v", err)
	}
	// The SpecVersion becomes 2; NaN is NaN.
	opts := cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateNaNs(), cmpopts.IgnoreFields(Repo{}, "SpecVersion")}
	if d := cmp.Diff(x, y, opts); d != "" {
		t.Fatalf("(- read, + written and read):\n%s", d)
	}
}

func FuzzDecodeRepo(f *testing.F) {
	seeds(f, RepoFile)
	f.Fuzz(func(t *testing.T, body []byte) { comesBack(t, RepoFile, body) })
}

func FuzzDecodeSnapshot(f *testing.F) {
	seeds(f, SnapshotFile)
	f.Fuzz(func(t *testing.T, body []byte) { comesBack(t, SnapshotFile, body) })
}

func FuzzDecodeTransactionLog(f *testing.F) {
	seeds(f, TransactionLogFile)
	f.Fuzz(func(t *testing.T, body []byte) { comesBack(t, TransactionLogFile, body) })
}

func FuzzDecodeManifest(f *testing.F) {
	seeds(f, ManifestFile)
	f.Fuzz(func(t *testing.T, body []byte) {
		comesBack(t, ManifestFile, body)
		// A view finds what decoding finds.
		v, err := OpenManifest(plainFile(ManifestFile, body))
		if err != nil {
			return
		}
		for node, n := range v.Nodes() {
			seen := 0
			for e, err := range v.Refs(node) {
				if err != nil {
					return
				}
				ref, have, err := v.Lookup(node, e.Index)
				if err != nil || !have || !cmp.Equal(ref, e.Ref) {
					t.Fatalf("Lookup of %v gives %v %v %v, Refs %v", e.Index, ref, have, err, e.Ref)
				}
				seen++
			}
			if seen != n {
				t.Fatalf("Refs yields %d of %d", seen, n)
			}
		}
	})
}

func FuzzDecodeFile(f *testing.F) {
	for _, key := range []string{"repo", "snapshots/1CECHNKREP0F1RSTCMT0"} {
		f.Add(goldenFiles(f, "node-empty")[key])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, key := range []string{"repo", "snapshots/", "manifests/", "transactions/"} {
			if x, err := decode(key, file); (err == nil) == reflect.ValueOf(x).IsNil() {
				t.Fatalf("found %v and %v", x, err)
			}
		}
	})
}
