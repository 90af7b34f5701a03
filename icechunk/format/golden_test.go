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
	"time"

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

func clock(us int64) string {
	s := time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.000000Z")
	s = strings.Replace(s, "000Z", "Z", 1)
	return strings.Replace(s, ".000Z", "Z", 1)
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

func describeItems(items []Item) map[string]any {
	m := map[string]any{}
	for _, it := range items {
		m[it.Name] = it.Value
	}
	return m
}

type dict = map[string]any

func describeRefs(refs []Ref) dict {
	m := dict{}
	for _, r := range refs {
		m[r.Name] = r.Snapshot.String()
	}
	return m
}

func describeRepo(r *Repo) dict {
	snapshots := []dict{}
	for _, s := range r.Snapshots {
		d := dict{"id": s.ID.String(), "flushed_at": clock(s.Flushed), "message": s.Message, "metadata": describeItems(s.Meta)}
		if s.Parent != (ObjectID{}) {
			d["parent_id"] = s.Parent.String()
		}
		snapshots = append(snapshots, d)
	}
	updates := []dict{}
	for _, u := range r.Updates {
		d := dict{"update_type": describeUpdate(u), "updated_at": clock(u.At)}
		if u.Backup != "" {
			d["backup_path"] = u.Backup
		}
		updates = append(updates, d)
	}
	d := dict{
		"spec_version": fmt.Sprintf("%d.0", r.SpecVersion),
		"branches":     describeRefs(r.Branches), "tags": describeRefs(r.Tags),
		"deleted_tags": append([]string{}, r.DeletedTags...),
		"snapshots":    snapshots, "metadata": describeItems(r.Metadata), "latest_updates": updates,
	}
	if r.Before != "" {
		d["repo_before_updates"] = r.Before
	}
	return d
}

func describeUpdate(u Update) dict {
	name := map[UpdateKind]string{
		RepoInitialized: "RepoInitializedUpdate", RepoMigrated: "RepoMigratedUpdate", ConfigChanged: "ConfigChangedUpdate",
		MetadataChanged: "MetadataChangedUpdate", TagCreated: "TagCreatedUpdate", TagDeleted: "TagDeletedUpdate",
		BranchCreated: "BranchCreatedUpdate", BranchDeleted: "BranchDeletedUpdate", BranchReset: "BranchResetUpdate",
		NewCommit: "NewCommitUpdate", CommitAmended: "CommitAmendedUpdate", NewDetachedSnapshot: "NewDetachedSnapshotUpdate",
		GCRan: "GCRanUpdate", ExpirationRan: "ExpirationRanUpdate", FeatureFlagChanged: "FeatureFlagChanged",
		RepoStatusChanged: "RepoStatusChangedUpdate",
	}[u.Kind]
	d := dict{"type": name}
	switch u.Kind {
	case TagCreated, BranchCreated:
		d["name"] = u.Name
	case TagDeleted, BranchDeleted, BranchReset:
		d["name"], d["previous_snap_id"] = u.Name, u.Previous.String()
	case NewCommit:
		d["branch"], d["new_snap_id"] = u.Name, u.New.String()
	case CommitAmended:
		d["branch"], d["previous_snap_id"], d["new_snap_id"] = u.Name, u.Previous.String(), u.New.String()
	case NewDetachedSnapshot:
		d["new_snap_id"] = u.New.String()
	case RepoMigrated:
		d["from_version"], d["to_version"] = fmt.Sprintf("%d.0", u.From), fmt.Sprintf("%d.0", u.To)
	case FeatureFlagChanged:
		d["id"] = u.Flag
		if u.IsSet {
			d["new_value"] = u.Value
		}
	case RepoStatusChanged:
		s := dict{"availability": [...]string{"Online", "ReadOnly", "Offline"}[u.Status.Availability], "set_at": clock(u.Status.Set), "limited_availability_reason": nil}
		if u.Status.Reason != "" {
			s["limited_availability_reason"] = u.Status.Reason
		}
		d["status"] = s
	}
	return d
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

func describeSnapshot(s *Snapshot) dict {
	manifests := []dict{}
	for _, m := range s.Manifests {
		manifests = append(manifests, dict{"id": m.ID.String(), "size_bytes": m.Size, "num_chunk_refs": m.Refs})
	}
	nodes := []dict{}
	for _, n := range s.Nodes {
		d := dict{"id": n.ID.String(), "path": n.Path, "node_type": "group"}
		if a := n.Array; a != nil {
			d["node_type"] = "array"
			shape := []dict{}
			for k, dim := range a.Shape {
				s := dict{"array_length": dim.Length, "num_chunks": dim.Chunks}
				if a.Names != nil && a.Names[k] != "" {
					s["name"] = a.Names[k]
				}
				shape = append(shape, s)
			}
			d["shape"] = shape
			refs := []dict{}
			for _, m := range a.Manifests {
				extents := [][2]uint32{}
				for _, e := range m.Extents {
					extents = append(extents, [2]uint32{e.From, e.To})
				}
				refs = append(refs, dict{"id": m.ID.String(), "extents": extents})
			}
			d["manifest_refs"] = refs
		}
		nodes = append(nodes, d)
	}
	return dict{
		"id": s.ID.String(), "flushed_at": clock(s.Flushed), "commit_message": s.Message,
		"metadata": describeItems(s.Meta), "manifests": manifests, "nodes": nodes,
	}
}

func describeManifest(m *Manifest) dict {
	total := map[string]int{}
	arrays := []dict{}
	for _, a := range m.Arrays {
		n := map[string]int{}
		for _, r := range a.Refs {
			switch {
			case r.Inline != nil:
				n["inline"]++
			case r.Virtual != nil:
				n["virtual"]++
			default:
				n["native"]++
			}
		}
		d := dict{"node_id": a.Node.String(), "num_chunk_refs": len(a.Refs)}
		for _, kind := range []string{"inline", "native", "virtual"} {
			d["num_"+kind] = n[kind]
			total[kind] += n[kind]
		}
		total["refs"] += len(a.Refs)
		arrays = append(arrays, d)
	}
	return dict{
		"id": m.ID.String(), "num_arrays": len(arrays), "arrays": arrays, "total_chunk_refs": total["refs"],
		"total_inline": total["inline"], "total_native": total["native"], "total_virtual": total["virtual"],
	}
}

func describeLog(l *TransactionLog) dict {
	ids := func(list []NodeID) []string {
		out := []string{}
		for _, id := range list {
			out = append(out, id.String())
		}
		return out
	}
	chunks := []dict{}
	for _, c := range l.Chunks {
		list := [][]uint32{}
		for i := range c.Len() {
			list = append(list, append([]uint32{}, c.Indices[i*c.Rank:(i+1)*c.Rank]...))
		}
		chunks = append(chunks, dict{"node_id": c.Node.String(), "chunks": list})
	}
	moves := []dict{}
	for _, m := range l.Moves {
		moves = append(moves, dict{"from": m.From, "to": m.To})
	}
	return dict{
		"new_groups": ids(l.NewGroups), "new_arrays": ids(l.NewArrays),
		"deleted_groups": ids(l.DeletedGroups), "deleted_arrays": ids(l.DeletedArrays),
		"updated_groups": ids(l.UpdatedGroups), "updated_arrays": ids(l.UpdatedArrays),
		"updated_chunks": chunks, "moved_nodes": moves,
	}
}
