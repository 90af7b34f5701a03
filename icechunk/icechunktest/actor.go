package icechunktest

import (
	"errors"
	"time"
)

// What an engine refuses. Other errors of an Actor end a game.
var (
	ErrMoved    = errors.New("the branch has moved since the session began")
	ErrConflict = errors.New("the changes conflict with those on the branch")
	ErrExists   = errors.New("the name is taken")
	ErrEmpty    = errors.New("the session has no changes")

	// ErrStricter is joined to ErrConflict where the official engine may see none:
	// one deletes a group, the other puts something into it. It lets both happen,
	// and what was put is in no group.
	ErrStricter = errors.New("a conflict that the official engine does not see")
)

// An Actor is an engine that has a repository open, and sessions by name.
type Actor interface {
	Name() string
	Create(Where, Settings) error
	Open(Where, Settings) error // again too: with nothing remembered

	Refs() (Refs, error)
	Ancestry(snapshot string, limit int) ([]Commit, error) // newest first
	Dump(snapshot string) (View, error)
	Diff(from, to string) (Diff, error)

	CreateBranch(name, snapshot string) error
	DeleteBranch(name, snapshot string) error
	ResetBranch(name, from, to string) error
	CreateTag(name, snapshot string) error
	DeleteTag(name string) error

	Begin(session, branch string) (base string, err error)
	Apply(session string, e Edit) error
	DumpSession(session string) (View, error)
	Commit(session, message string) (snapshot string, err error)
	Rebase(session string) error
	Drop(session string) error
}

// Where is where a repository is: a directory, or a prefix of an S3 bucket.
type Where struct {
	Local string `json:"local,omitempty"`
	S3    *S3    `json:"s3,omitempty"`
}

// S3 names a bucket and its account.
type S3 struct {
	Bucket   string `json:"bucket"`
	Prefix   string `json:"prefix"`
	Endpoint string `json:"endpoint"`
	User     string `json:"user"`
	Password string `json:"password"`
	Region   string `json:"region"`
}

// Settings are options of both engines.
type Settings struct {
	Inline int // bytes up to which chunks are inline
	Split  int // references of a manifest; 0 = the engine's default
}

// Refs are names and the snapshots they point to.
type Refs struct {
	Branches map[string]string `json:"branches"`
	Tags     map[string]string `json:"tags"`
}

// A Commit is one entry of the history.
type Commit struct {
	ID       string         `json:"id"`
	Parent   string         `json:"parent"`
	Message  string         `json:"message"`
	Time     time.Time      `json:"time"`
	Metadata map[string]any `json:"metadata"`
}

// A View is all of a snapshot by store key: "a/zarr.json" and its content,
// "a/c/0/1" and the SHA-256 of its bytes.
type View struct {
	Docs   map[string]string
	Chunks map[string]string
}

// metadataOf is metadata for a commit: every kind of value.
func metadataOf(message string) map[string]any {
	if len(message)%3 == 0 {
		return nil
	}
	return map[string]any{
		message: "ä\n\u0000\"", "n": len(message), "big": 1 << 40, "negative": -5, "x": 0.25, "yes": true, "nothing": nil,
		"list": []any{1, "two", 3.5, []any{}, map[string]any{"a": nil}}, "map": map[string]any{"": 1, "é": map[string]any{}},
	}
}

// A Diff is the changes between two snapshots; Chunks is how many of an array.
type Diff struct {
	NewGroups, NewArrays         []string
	DeletedGroups, DeletedArrays []string
	UpdatedGroups, UpdatedArrays []string
	Chunks                       map[string]int
}
