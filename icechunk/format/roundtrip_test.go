package format

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRepoComesBack(t *testing.T) {
	child := NewObjectID()
	r := &Repo{
		SpecVersion: 2,
		Branches:    []Ref{{"main", child}, {"old", InitialSnapshot}},
		Tags:        []Ref{{"v1", InitialSnapshot}},
		DeletedTags: []string{"a", "b"},
		Snapshots: []SnapshotInfo{
			{ID: InitialSnapshot, Flushed: 5, Message: "Repository initialized", Meta: []Item{{Name: "__icechunk", Value: map[string]any{"is_root": true}}}},
			{ID: child, Parent: InitialSnapshot, Flushed: 7, Message: "x"},
		},
		Status:  Status{Set: 3},
		Updates: []Update{{Kind: NewCommit, At: 9, Name: "main", New: child}, {Kind: RepoInitialized, At: 8, Backup: "repo.x"}},
	}
	file, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeRepo(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(file, again); d != "" {
		t.Error(d)
	}
	for i := range got.Snapshots {
		for j := range got.Snapshots[i].Meta {
			got.Snapshots[i].Meta[j].Raw = nil
		}
	}
	if got.Snapshots[0].ID != InitialSnapshot {
		got.Snapshots[0], got.Snapshots[1] = got.Snapshots[1], got.Snapshots[0]
	}
	if d := cmp.Diff(r, got); d != "" {
		t.Error(d)
	}
}
