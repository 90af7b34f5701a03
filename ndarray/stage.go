package ndarray

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/icechunk/format"
	"github.com/outcore/outcore/task"
	"github.com/outcore/outcore/zarr"
)

// A Stager is a store that takes in chunks which other processes have staged.
// *icechunk.Session is treated as one.
type Stager interface {
	zarr.Store
	// StageAddress is what the other processes open with a Loader, to get a
	// ChunkStager. It is not current when this store has changes, which the
	// others then do not see: chunks that are only partly covered are then written
	// here.
	StageAddress() (address string, current bool)
	// SetStaged makes the chunk at index what ref stands for.
	SetStaged(path string, index []uint32, ref json.RawMessage) error
}

// A ChunkStager is a store, opened by a Loader, that writes chunks nobody
// refers to yet.
type ChunkStager interface {
	zarr.Store
	StageChunk(ctx context.Context, data []byte) (ref json.RawMessage, err error)
	// Sync makes what was staged survive a loss of power: whoever takes it in
	// commits it, and his commit waits for his own writes alone.
	Sync(ctx context.Context) error
}

// stagerOf finds how chunks are staged for s; nil when they are not.
func stagerOf(s zarr.Store) Stager {
	switch s := s.(type) {
	case Stager:
		return s
	case *icechunk.Session:
		// The memory of this process has no address that others could open.
		if !strings.HasPrefix(s.Repository().Address(), "mem://") {
			return sessionStager{s}
		}
	}
	return nil
}

// sessionStager stages for a session.
type sessionStager struct{ *icechunk.Session }

func (s sessionStager) StageAddress() (string, bool) { return stageAddress(s.Session), !s.Changed() }

func (s sessionStager) SetStaged(path string, index []uint32, ref json.RawMessage) error {
	var r format.ChunkRef
	if err := json.Unmarshal(ref, &r); err != nil {
		return errs.New(errs.Invalid, "reference of a staged chunk: %w", err)
	}
	return s.SetRef(path, index, r)
}

func (s sessionStager) StageChunk(ctx context.Context, data []byte) (json.RawMessage, error) {
	r, err := s.Repository().StageChunk(ctx, data)
	if err != nil {
		return nil, err
	}
	return json.Marshal(r)
}

func (s sessionStager) Sync(ctx context.Context) error { return s.Repository().Sync(ctx) }

// A staged is what became of one chunk: Ref is nil when it was deleted.
type staged struct {
	Index []uint32        `json:"index"`
	Ref   json.RawMessage `json:"ref,omitempty"`
}

// stagedMost is how many chunks of so many bytes a task may stage: what became
// of them is its result, and tiny chunks are in their references.
func stagedMost(rank, chunk int) int {
	const inline = 16 << 10 // the largest that a store puts there
	stored := min(chunk+chunk/8+64, inline)
	return task.MaxResult / (256 + 12*rank + (stored+2)/3*4)
}

// A staging stands for the store of one array in another process: it has the
// array's metadata as the caller sees it, and stages what is written. It is
// used by one goroutine.
type staging struct {
	zarr.Store
	to   ChunkStager
	path string
	doc  []byte
	done []staged
}

func newStaging(ctx context.Context, address, path string, doc []byte) (*staging, error) {
	s, err := openAddress(ctx, address)
	if err != nil {
		return nil, err
	}
	if session, ok := s.(*icechunk.Session); ok {
		s = sessionStager{session}
	}
	to, ok := s.(ChunkStager)
	if !ok {
		return nil, errs.New(errs.Unsupported, "the store at %s stages no chunks", address)
	}
	return &staging{Store: s, to: to, path: path, doc: doc}, nil
}

func (s *staging) Metadata(ctx context.Context, path string) ([]byte, error) {
	if path == s.path {
		return s.doc, nil
	}
	return s.Store.Metadata(ctx, path)
}

func (s *staging) PutChunk(ctx context.Context, _ string, index []uint32, data []byte) error {
	ref, err := s.to.StageChunk(ctx, data)
	s.done = append(s.done, staged{append([]uint32(nil), index...), ref})
	return err
}

func (s *staging) DeleteChunk(_ context.Context, _ string, index []uint32) error {
	s.done = append(s.done, staged{Index: append([]uint32(nil), index...)})
	return nil
}

// takeIn makes what was staged part of the store.
func takeIn(ctx context.Context, s Stager, path string, done []staged) error {
	for _, d := range done {
		var err error
		if d.Ref == nil {
			err = s.DeleteChunk(ctx, path, d.Index)
		} else {
			err = s.SetStaged(path, d.Index, d.Ref)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
