package icechunk_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
)

// writeRepo puts an object `repo` in place, as another program would.
func writeRepo(t testing.TB, b *blob.Bucket, repo *format.Repo) {
	t.Helper()
	file, err := repo.Encode()
	must(t, err)
	_, err = b.Put(ctx, "repo", bytes.NewReader(file), int64(len(file)), blob.PutOptions{})
	must(t, err)
}

// A session outlives its base: expiry leaves the transaction logs, and rebasing
// finds conflicts in them.
func TestRebaseOverExpiredSnapshots(t *testing.T) {
	b := memory()
	before(t, b)
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	must(t, r.DeleteTag(ctx, "v1"))
	free, caught := session(t, r, ""), session(t, r, "")
	must(t, free.PutChunk(ctx, "/a", []uint32{1}, []byte("ours")))
	must(t, caught.PutChunk(ctx, "/a", []uint32{2}, []byte("ours")))
	other := session(t, r, "")
	for i := uint32(2); i < 5; i++ {
		must(t, other.PutChunk(ctx, "/a", []uint32{i}, []byte("theirs")))
		_, err := other.Commit(ctx, "theirs")
		must(t, err)
	}
	repo := decodeRepo(t, b, "repo")
	var gone []format.ObjectID
	for info, err := range r.Log(ctx, "") {
		must(t, err)
		if info.ID != other.Base() && info.ID != format.InitialSnapshot {
			gone = append(gone, info.ID)
		}
	}
	slices.Reverse(gone)
	repo.Snapshots = slices.DeleteFunc(repo.Snapshots, func(s format.SnapshotInfo) bool { return slices.Contains(gone, s.ID) })
	for i := range repo.Snapshots {
		if s := &repo.Snapshots[i]; s.ID == other.Base() {
			s.Parent, s.Pruned = format.InitialSnapshot, gone
		}
	}
	writeRepo(t, b, repo)
	_, err = caught.Commit(ctx, "ours", icechunk.WithRebase(icechunk.Solver{}))
	var ce *icechunk.ConflictError
	if !errors.As(err, &ce) || len(ce.Conflicts) != 1 || ce.Conflicts[0].String() != "ChunkDoubleUpdate /a [2]" {
		t.Fatalf("got %v", err)
	}
	_, err = free.Commit(ctx, "ours", icechunk.WithRebase(icechunk.Solver{}))
	must(t, err)
	for i, want := range []string{"\x00", "ours", "theirs", "theirs", "theirs", "\x05"} {
		if p := get(t, free, "/a", uint32(i)); string(p) != want {
			t.Errorf("chunk %d is %q, want %q", i, p, want)
		}
	}
}

// Another program moved a node.
func TestMovesCannotBeRebasedOn(t *testing.T) {
	b := memory()
	before(t, b)
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	ours, theirs := session(t, r, ""), session(t, r, "")
	must(t, ours.PutChunk(ctx, "/a", []uint32{1}, []byte("ours")))
	must(t, theirs.PutChunk(ctx, "/g/b", []uint32{1}, []byte("theirs")))
	id, err := theirs.Commit(ctx, "a move, in truth")
	must(t, err)
	key := "transactions/" + id.String()
	file, _, err := b.ReadAll(ctx, key, 1<<20)
	must(t, err)
	log, err := format.DecodeTransactionLog(file)
	must(t, err)
	log.Moves = []format.Move{{From: "/g/b", To: "/g/c", Node: log.Chunks[0].Node, Array: true}}
	file, err = log.Encode()
	must(t, err)
	_, err = b.Put(ctx, key, bytes.NewReader(file), int64(len(file)), blob.PutOptions{})
	must(t, err)
	err = ours.Rebase(ctx, icechunk.Solver{Chunks: icechunk.Ours})
	var ce *icechunk.ConflictError
	if !errors.As(err, &ce) || len(ce.Conflicts) != 1 || ce.Conflicts[0].Kind != icechunk.MoveOperationCannotBeRebased {
		t.Fatalf("got %v", err)
	}
}

// The branch was moved to where the session's base is no ancestor.
func TestRebaseOnABranchThatWasReset(t *testing.T) {
	b := memory()
	before(t, b)
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	s := session(t, r, "")
	must(t, s.PutChunk(ctx, "/a", []uint32{1}, []byte("ours")))
	must(t, r.ResetBranch(ctx, "main", s.Base(), format.InitialSnapshot))
	_, err = s.Commit(ctx, "ours", icechunk.WithRebase(icechunk.Solver{Chunks: icechunk.Ours}))
	wantKind(t, err, errs.Conflict)
	if !s.Changed() || string(get(t, s, "/a", 1)) != "ours" {
		t.Fatal("the changes are gone")
	}
	s.Discard()
	if s.Changed() || string(get(t, s, "/a", 1)) != "\x01" {
		t.Fatal("the changes are still there")
	}
}

// A node that a session made and deleted again is no change of it: what others
// made in its place stays.
func TestMadeAndDeletedIsNoChange(t *testing.T) {
	b := memory()
	before(t, b)
	r, err := icechunk.Open(ctx, b, icechunk.Options{})
	must(t, err)
	ours, theirs := session(t, r, ""), session(t, r, "")
	doc := []byte(`{"zarr_format":3,"node_type":"group","attributes":{}}`)
	must(t, theirs.SetMetadata(ctx, "/made", doc))
	_, err = theirs.Commit(ctx, "theirs")
	must(t, err)
	must(t, ours.SetMetadata(ctx, "/made", doc))
	must(t, ours.DeleteNode(ctx, "/made"))
	must(t, ours.PutChunk(ctx, "/a", []uint32{1}, []byte("ours")))
	_, err = ours.Commit(ctx, "ours", icechunk.WithRebase(icechunk.Solver{}))
	must(t, err)
	if _, err := session(t, r, "").Metadata(ctx, "/made"); err != nil {
		t.Fatalf("the node of others is gone: %v", err)
	}
}
