package ndarray

import (
	"context"
	"math"
	"strings"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/zarr"
)

// OpenAny gives the array at path of a store as a lazy array. It reads the
// metadata and no chunk; the chunks are read when something is computed, as
// they then are. errs.NotFound, errs.Invalid for a group, errs.Unsupported for
// elements that are not numbers or bools.
func OpenAny(ctx context.Context, s zarr.Store, path string) (Any, error) {
	array, err := zarr.OpenArray(ctx, s, storePath(path))
	if err != nil {
		return Any{}, err
	}
	n, err := newLoad(array)
	return Any{n}, err
}

// Open is OpenAny of an array whose elements are T; errs.Invalid when they are not.
func Open[T Element](ctx context.Context, s zarr.Store, path string) (Array[T], error) {
	a, err := OpenAny(ctx, s, path)
	if err != nil {
		return Array[T]{}, err
	}
	if t := TypeOf[T](); a.n.typ != t {
		return Array[T]{}, errs.New(errs.Invalid, "array %s has elements of %v, expected %v", path, a.n.typ, t).
			WithFix("ndarray.Open[%v], or ndarray.OpenAny and Cast", a.n.typ)
	}
	return Array[T](a), nil
}

// storePath lets people leave out the first slash.
func storePath(path string) string {
	if !strings.HasPrefix(path, "/") {
		return "/" + path
	}
	return path
}

// unitBytes is about what is read at once of an array whose chunks are large
// shards: as much as a request to an object store is worth.
const unitBytes = 4 << 20

// newLoad is a node that reads array.
func newLoad(array *zarr.Array) (*node, error) { return loadBy(array, array.Units(unitBytes)) }

// newWholeLoad is a node that reads array by whole chunks, as it is written.
func newWholeLoad(array *zarr.Array) (*node, error) { return loadBy(array, array.Units(math.MaxInt)) }

func loadBy(array *zarr.Array, units *zarr.Units) (*node, error) {
	m := array.Meta()
	t := m.Type.Number
	if !t.Valid() {
		return nil, errs.New(errs.Unsupported, "array %s has elements of %s, which are no numbers to compute with; expected %s", array.Path(), m.Type.Name, strings.Join(dtype.Names(), ", "))
	}
	n := &node{kind: kindLoad, typ: t, array: array, units: units}
	for k, s := range m.Shape {
		if s > math.MaxInt>>1 || m.ChunkShape[k] > math.MaxInt>>1 {
			return nil, errs.New(errs.Shape, "array %s has shape %v, too large to count", array.Path(), m.Shape)
		}
		n.shape = append(n.shape, int(s))
		n.grid = append(n.grid, axisGrid{int(units.Shape()[k]), int(units.Shape()[k])})
	}
	return n, checkShape(n.shape, t)
}
