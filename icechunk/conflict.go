package icechunk

import (
	"fmt"
	"strings"

	"github.com/outcore/outcore/errs"
)

// A ConflictKind says how two transactions are in each other's way. Ours is the
// one that is rebased, theirs what was committed since.
type ConflictKind string

// The kinds, which are those of the format.
const (
	// Ours makes a node where theirs made one.
	NewNodeConflictsWithExistingNode ConflictKind = "NewNodeConflictsWithExistingNode"
	// Ours makes a node in what is no group any more.
	NewNodeInInvalidGroup ConflictKind = "NewNodeInInvalidGroup"
	// Both changed the metadata of a node.
	ZarrMetadataDoubleUpdate ConflictKind = "ZarrMetadataDoubleUpdate"
	// Ours changed the metadata of what theirs deleted.
	ZarrMetadataUpdateOfDeletedArray ConflictKind = "ZarrMetadataUpdateOfDeletedArray"
	ZarrMetadataUpdateOfDeletedGroup ConflictKind = "ZarrMetadataUpdateOfDeletedGroup"
	// Both wrote or deleted the same chunks.
	ChunkDoubleUpdate ConflictKind = "ChunkDoubleUpdate"
	// Ours wrote chunks of an array that theirs deleted.
	ChunksUpdatedInDeletedArray ConflictKind = "ChunksUpdatedInDeletedArray"
	// Ours wrote chunks of an array whose metadata theirs changed.
	ChunksUpdatedInUpdatedArray ConflictKind = "ChunksUpdatedInUpdatedArray"
	// Ours deleted what theirs changed, or a group that theirs put a node in.
	DeleteOfUpdatedArray ConflictKind = "DeleteOfUpdatedArray"
	DeleteOfUpdatedGroup ConflictKind = "DeleteOfUpdatedGroup"
	// Theirs moved nodes.
	MoveOperationCannotBeRebased ConflictKind = "MoveOperationCannotBeRebased"
)

// A Conflict is one of them at one node.
type Conflict struct {
	Kind  ConflictKind
	Path  string
	Index [][]uint32 // the chunks, for ChunkDoubleUpdate, in order
}

// String gives the kind, the path and the first chunks.
func (c Conflict) String() string {
	s := string(c.Kind) + " " + c.Path
	const most = 4
	for i, index := range c.Index {
		if i == most {
			return s + fmt.Sprintf(" and %d chunks more", len(c.Index)-most)
		}
		s += " " + strings.ReplaceAll(fmt.Sprint(index), " ", ",")
	}
	return s
}

// A ConflictError is what a Rebase found and its Solver did not solve. It is
// errs.Conflict.
type ConflictError struct {
	Conflicts []Conflict // in byte order of paths

	where string
}

// Error lists the first conflicts.
func (e *ConflictError) Error() string { return e.plain().Error() }

// Is reports whether target is errs.Conflict.
func (e *ConflictError) Is(target error) bool { return target == errs.Conflict }

// Unwrap gives the error as one of errs.
func (e *ConflictError) Unwrap() error { return e.plain() }

func (e *ConflictError) plain() *errs.Error {
	const most = 3
	var list []string
	for i, c := range e.Conflicts {
		if i == most {
			list = append(list, fmt.Sprintf("%d more", len(e.Conflicts)-most))
			break
		}
		list = append(list, c.String())
	}
	return errs.New(errs.Conflict, "icechunk: others committed what is in the way: %s", strings.Join(list, "; ")).
		At(errs.Position{File: e.where}).WithFix("make the change again on a new session, or rebase with a solver")
}

// A Solver says what happens to conflicts. The zero Solver solves none.
//
// With Chunks set it also solves two others: a node that ours deletes and theirs
// changed is deleted, and, when Chunks is Theirs, changes of ours to a node that
// theirs deleted are dropped.
type Solver struct {
	Chunks                Pick // the same chunk written twice
	FailOnDeleteOfUpdated bool
	FailOnUpdateOfDeleted bool
}

// A Pick is which side wins.
type Pick uint8

// The picks.
const (
	Neither Pick = iota
	Ours
	Theirs
)

// solves reports whether the solver knows what to do with a conflict.
func (s Solver) solves(k ConflictKind) bool {
	switch k {
	case ChunkDoubleUpdate:
		return s.Chunks != Neither
	case DeleteOfUpdatedArray, DeleteOfUpdatedGroup:
		return s.Chunks != Neither && !s.FailOnDeleteOfUpdated
	case ZarrMetadataUpdateOfDeletedArray, ZarrMetadataUpdateOfDeletedGroup, ChunksUpdatedInDeletedArray:
		return s.Chunks == Theirs && !s.FailOnUpdateOfDeleted
	}
	return false
}
