package main

import (
	"context"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
)

// A place is a repository that an address names, with the version and the node
// in it that the address goes on to name.
type place struct {
	*icechunk.Repository
	address blob.Address
	ref     string // branch, tag or snapshot; "" = main
	node    string // "/" when the address names none
	bucket  *blob.Bucket
}

// openPlace opens the repository at an address such as data/lab@REF#/path. The
// caller closes the place.
func openPlace(ctx context.Context, address string, o icechunk.Options) (*place, error) {
	pl, err := newPlace(ctx, address)
	if err != nil {
		return nil, err
	}
	o.Program = programName()
	if pl.Repository, err = icechunk.Open(ctx, pl.bucket, o); err != nil {
		pl.Close()
		return nil, noRepository(pl.address, err)
	}
	return pl, nil
}

// whole is an error for an address that names a node, which a verb on whole
// versions would pass over.
func (pl *place) whole() error {
	if pl.node == "/" {
		return nil
	}
	return usage("found %q, expected a repository, or a version of it such as '%s'", pl.at(pl.ref, pl.node), pl.at("v1", "/"))
}

// newPlace opens the bucket of a repository that may not be there yet.
func newPlace(ctx context.Context, address string) (*place, error) {
	a, err := blob.ParseAddress(address)
	if err != nil {
		return nil, err
	}
	pl := &place{address: a, ref: a.Ref, node: a.Node}
	if pl.node == "" {
		pl.node = "/"
	}
	a.Ref, a.Node = "", ""
	if pl.bucket, err = blob.OpenAddress(ctx, a); err != nil {
		return nil, err
	}
	return pl, nil
}

// Close ends the use of the bucket.
func (pl *place) Close() error { return pl.bucket.Close() }

// at gives the address of a node of the repository at a version.
func (pl *place) at(ref, node string) string {
	a := pl.address
	a.Ref, a.Node = ref, node
	return a.String()
}

// programName is what is written into the objects of a repository: at most 24
// bytes.
func programName() string {
	name := "outcore-" + version
	return name[:min(len(name), 24)]
}

// noRepository adds the command that makes one, where none is.
func noRepository(a blob.Address, err error) error {
	if !isKind(err, errs.NotFound) {
		return err
	}
	a.Ref, a.Node = "", ""
	return errs.New(errs.NotFound, "found no repository").At(errs.Position{File: a.String()}).WithFix("outcore repo create %s", a)
}

// nodeAddress checks that an address names a node, as verbs on arrays want it.
func nodeAddress(address string) error {
	if !strings.Contains(address, "#") {
		return usage("found %q, expected an array in a repository, such as data/lab#/x", address)
	}
	return nil
}
