package table

import (
	"context"
	"errors"
	"strings"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/source"
	"github.com/outcore/outcore/zarr"
)

// IsNode reports whether an address names a node in a repository, as in
// data/lab#/flights or data/lab@v1#/flights.
func IsNode(address string) bool {
	a, err := blob.ParseAddress(address)
	return err == nil && a.Node != ""
}

// loadCache bounds the manifests that reading keeps: rows are read in order, so
// those of one place are enough.
const loadCache = 8 << 20

// Load opens the rows at an address of a repository: a table, a matrix, sparse
// rows, or an array of two dimensions. The snapshot is looked up once: what is
// committed later does not show. Files names the snapshot, in the address and
// as the version. The caller closes the Dataset.
func Load(ctx context.Context, address string, opt source.Options) (_ source.Dataset, err error) {
	a, err := blob.ParseAddress(address)
	if err != nil {
		return nil, err
	}
	if a.Node == "" {
		return nil, errs.New(errs.Invalid, "%q names no node of a repository, expected ADDRESS#/path", address)
	}
	place, ref := a, a.Ref
	place.Node, place.Ref = "", ""
	b, err := blob.OpenAddress(ctx, place)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	r, err := icechunk.Open(ctx, b, icechunk.Options{ReadOnly: true, Cache: loadCache})
	if err != nil {
		return nil, err
	}
	id, err := r.Resolve(ctx, ref)
	if err != nil {
		return nil, err
	}
	s, err := r.Snapshot(ctx, id.String())
	if err != nil {
		return nil, err
	}
	at := a
	at.Ref = id.String()
	ds, err := Dataset(ctx, s, a.Node, Origin{Address: at.String(), Version: id.String(), Close: b.Close}, opt)
	return ds, inPlace(err, address)
}

// inPlace says in which repository a node is that an error is about.
func inPlace(err error, address string) error {
	var e *errs.Error
	if errors.As(err, &e) && (e.Pos.File == "" || strings.HasPrefix(e.Pos.File, "/") && IsNode(address)) {
		moved := *e
		moved.Pos.File = address
		return &moved
	}
	return err
}

// Dataset opens the rows at path of a store.
func Dataset(ctx context.Context, s zarr.Store, path string, o Origin, opt source.Options) (source.Dataset, error) {
	a, err := readAttribute(ctx, s, path)
	if err != nil {
		return nil, err
	}
	format := MatrixFormat
	if a != nil {
		format = a.Format
	}
	switch format {
	case TableFormat:
		t, err := Open(ctx, s, path)
		if err != nil {
			return nil, err
		}
		return t.Dataset(o, opt)
	case SparseFormat:
		m, err := OpenSparse(ctx, s, path)
		if err != nil {
			return nil, err
		}
		return m.Dataset(o, opt)
	}
	m, err := OpenMatrix(ctx, s, path)
	if a == nil && errors.Is(err, errs.NotFound) {
		return nil, noRows(ctx, s, path)
	}
	if err != nil {
		return nil, err
	}
	return m.Dataset(o, opt)
}

// noRows says what is below a group that holds no rows itself.
func noRows(ctx context.Context, s zarr.Store, path string) error {
	var below []string
	for p, err := range s.Children(ctx, path) {
		if err != nil {
			return err
		}
		if len(below) == 8 {
			below = append(below, "…")
			break
		}
		below = append(below, p)
	}
	e := errs.New(errs.NotFound, "the group %s holds neither a table nor an array X", path)
	if len(below) == 0 {
		return e.WithFix("outcore chunk SOURCE ADDRESS#%s", path)
	}
	return e.WithFix("name one of %s", strings.Join(below, " "))
}
