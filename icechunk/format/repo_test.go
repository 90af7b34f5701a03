package format

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk/format/flat"
)

func id(n byte) ObjectID { return ObjectID{n} }
func node(n byte) NodeID { return NodeID{n} }
func shuffled[E any](s []E) []E {
	out := slices.Clone(s)
	slices.Reverse(out)
	return out
}

// good is a repository with something in every list, sorted.
func good() *Repo {
	return &Repo{
		SpecVersion: 2,
		Tags:        []Ref{{"a", id(1)}, {"b", id(2)}},
		Branches:    []Ref{{"main", id(3)}, {"x", id(1)}},
		DeletedTags: []string{"c", "d"},
		Snapshots: []SnapshotInfo{
			{ID: id(1), Parent: id(2), Flushed: 9, Message: "one", Pruned: []ObjectID{id(8), id(7)}},
			{ID: id(2), Flushed: 1, Message: "zero"},
			{ID: id(3), Parent: id(1), Flushed: 10, Message: "two", Meta: []Item{{Name: "a", Value: int64(1)}, {Name: "b", Value: "x"}}},
		},
		Status:        Status{Availability: ReadOnly, Set: 77, Reason: "why"},
		Metadata:      []Item{{Name: "k", Value: map[string]any{"v": []any{true}}}},
		Before:        "repo.1",
		Config:        []byte{1, 2},
		EnabledFlags:  []uint16{3, 300},
		DisabledFlags: []uint16{},
		Extra:         []byte{},
		Updates: []Update{
			{Kind: RepoStatusChanged, At: 116, Status: Status{Availability: Offline, Set: 5, Reason: "moving"}},
			{Kind: FeatureFlagChanged, At: 115, Flag: 3, Value: true, IsSet: true, Backup: "repo.2"},
			{Kind: ExpirationRan, At: 114}, {Kind: GCRan, At: 113}, {Kind: NewDetachedSnapshot, At: 112, New: id(9)},
			{Kind: CommitAmended, At: 111, Name: "main", Previous: id(4), New: id(3)},
			{Kind: NewCommit, At: 110, Name: "main", New: id(4)}, {Kind: BranchReset, At: 109, Name: "x", Previous: id(5)},
			{Kind: BranchDeleted, At: 108, Name: "y", Previous: id(5)}, {Kind: BranchCreated, At: 107, Name: "y"},
			{Kind: TagDeleted, At: 106, Name: "c", Previous: id(5)}, {Kind: TagCreated, At: 105, Name: "c"},
			{Kind: MetadataChanged, At: 104}, {Kind: ConfigChanged, At: 103}, {Kind: RepoMigrated, At: 102, From: 1, To: 2},
			{Kind: RepoInitialized, At: 101},
		},
	}
}

func TestRepoComesBackSorted(t *testing.T) {
	want, mixed := good(), good()
	mixed.Tags, mixed.Branches, mixed.DeletedTags = shuffled(mixed.Tags), shuffled(mixed.Branches), shuffled(mixed.DeletedTags)
	mixed.Snapshots, mixed.EnabledFlags = shuffled(mixed.Snapshots), shuffled(mixed.EnabledFlags)
	a, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mixed.Encode()
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("another order gives other bytes, %v", err)
	}
	got, err := DecodeRepo(a)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, ignoreRaw); d != "" {
		t.Errorf("(- want, + got):\n%s", d)
	}
}

func TestRepoThatReadersWouldRefuseIsInvalid(t *testing.T) {
	for name, spoil := range map[string]func(*Repo){
		"no main":             func(r *Repo) { r.Branches[0].Name = "mine" },
		"ref to nothing":      func(r *Repo) { r.Tags[0].Snapshot = id(99) },
		"parent that is gone": func(r *Repo) { r.Snapshots[0].Parent = id(99) },
		"snapshot twice":      func(r *Repo) { r.Snapshots[1].ID = id(1) },
		"branch twice":        func(r *Repo) { r.Branches[1].Name = "main" },
		"deleted tag":         func(r *Repo) { r.Tags[0].Name = "c" },
		"update times":        func(r *Repo) { r.Updates[3].At = r.Updates[2].At },
		"unknown update":      func(r *Repo) { r.Updates[0].Kind = 17 },
		"not UTF-8":           func(r *Repo) { r.Tags[0].Name = "\xff" },
		"before 1970":         func(r *Repo) { r.Snapshots[0].Flushed = -1 },
		"metadata":            func(r *Repo) { r.Metadata[0].Value = struct{}{} },
		"metadata twice":      func(r *Repo) { r.Snapshots[2].Meta[1].Name = "a" },
	} {
		r := good()
		spoil(r)
		if file, err := r.Encode(); file != nil || !errors.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// rawRepo builds a repo whose snapshots' parents and refs are as given.
func rawRepo(t *testing.T, parents []int32, ref uint32, more func(b *build)) []byte {
	t.Helper()
	b := newBuild(0)
	var infos []flat.Ref
	for i, p := range parents {
		message := b.String("m")
		b.Start()
		b.Set(3, message)
		b.SetUint32(1, uint32(p))
		b.SetStruct(0, []byte{byte(i), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
		infos = append(infos, b.End())
	}
	snapshots, none, main := b.Refs(infos), b.Refs(nil), b.String("main")
	b.Start()
	b.Set(0, main)
	b.SetUint32(1, ref)
	branches := b.Refs([]flat.Ref{b.End()})
	b.Start()
	status := b.End()
	b.Start()
	for slot, ref := range []flat.Ref{1: none, 2: branches, 3: none, 4: snapshots, 5: status, 7: none} {
		b.Set(slot, ref)
	}
	b.SetUint8(0, 2)
	if more != nil {
		more(b)
	}
	return plainFile(RepoFile, b.Finish(b.End(), identifier))
}

func TestAncestryIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		parents []int32
		ref     uint32
		ok      bool
	}{
		"a line": {[]int32{2, -1, 1}, 0, true}, "two lines": {[]int32{-1, 0, -1, 2, 0}, 4, true},
		"its own parent": {[]int32{0}, 0, false}, "a circle": {[]int32{1, 2, 0}, 0, false}, "into a circle": {[]int32{-1, 2, 1, 1}, 0, false},
		"parent beyond": {[]int32{5}, 0, false}, "parent -2": {[]int32{-2}, 0, false}, "ref beyond": {[]int32{-1}, 1, false},
	} {
		r, err := DecodeRepo(rawRepo(t, c.parents, c.ref, nil))
		if (err == nil) != c.ok || err != nil && !errors.Is(err, errs.Corrupt) {
			t.Errorf("%s: %v, %v", name, r, err)
		}
	}
}

func TestWhatIsNewerIsNotWrittenAgain(t *testing.T) {
	for name, file := range map[string][]byte{
		"a field of repo": rawRepo(t, []int32{-1}, 0, func(b *build) { b.SetUint8(13, 1) }),
		"the version":     rawRepo(t, []int32{-1}, 0, func(b *build) { b.SetUint8(0, 3) }),
	} {
		r, err := DecodeRepo(file)
		if err != nil || r.Newer == "" {
			t.Fatalf("%s: Newer is %q, %v", name, r.Newer, err)
		}
		if _, err := r.Encode(); !errors.Is(err, errs.Unsupported) {
			t.Errorf("%s: encoded again: %v", name, err)
		}
	}
	known, err := DecodeRepo(rawRepo(t, []int32{-1}, 0, nil))
	if err != nil || known.Newer != "" {
		t.Errorf("Newer is %q, %v", known.Newer, err)
	}
}
