// Package bucket keeps models in an object store: the files of a folder
// (docs/format/model.md) as objects below a prefix.
//
//	b, err := blob.Open(ctx, "s3://bucket/models/delay")
//	digest, err := m.Save(bucket.In(ctx, b))
//
// It is a room of its own so that programs that only load a model from a folder
// link no object store.
package bucket

import (
	"bytes"
	"context"
	"errors"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/compose"
	"github.com/outcore/outcore/errs"
)

// A Store is a compose.Store, and a compose.Remover, in a bucket. One process
// at a time may write to it.
type Store struct {
	ctx context.Context
	b   *blob.Bucket
}

var (
	_ compose.Store   = (*Store)(nil)
	_ compose.Remover = (*Store)(nil)
)

// In gives the Store of the model in b. ctx ends all it does; the caller closes b.
func In(ctx context.Context, b *blob.Bucket) *Store { return &Store{ctx, b} }

// String is the address of the bucket.
func (s *Store) String() string { return s.b.Address() }

// ReadAll gives an object whole.
func (s *Store) ReadAll(name string, limit int64) ([]byte, error) {
	b, _, err := s.b.ReadAll(s.ctx, name, limit)
	if errors.Is(err, errs.TooLarge) {
		return nil, errs.New(errs.Corrupt, "found more than %d bytes", limit).At(errs.Position{File: s.b.Address() + "/" + name})
	}
	return b, err
}

// Put writes an object whole.
func (s *Store) Put(name string, data []byte) error {
	_, err := s.b.Put(s.ctx, name, bytes.NewReader(data), int64(len(data)), blob.PutOptions{})
	return err
}

// Remove deletes an object; that there is none is no error.
func (s *Store) Remove(name string) error {
	if err := s.b.Delete(s.ctx, name); err != nil && !errors.Is(err, errs.NotFound) {
		return err
	}
	return nil
}
