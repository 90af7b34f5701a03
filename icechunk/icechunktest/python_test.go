package icechunktest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/internal/torture"
	"github.com/outcore/outcore/zarr"
)

// seen is an array as a reader sees it: shape, type, and the SHA-256 of the
// elements in C order, little-endian.
type seen struct {
	Shape []uint64
	Dtype string
	Sha   string
}

// arrays reads all arrays of a snapshot by our own packages.
func arrays(t *testing.T, r *icechunk.Repository) map[string]seen {
	t.Helper()
	s, err := r.Snapshot(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]seen{}
	for n, err := range s.Nodes(ctx, "/") {
		if err != nil {
			t.Fatal(err)
		}
		if !n.Array {
			continue
		}
		a, err := zarr.OpenArray(ctx, s, n.Path)
		if err != nil {
			t.Fatal(err)
		}
		out[n.Path] = seen{append([]uint64{}, a.Meta().Shape...), a.Meta().Type.Name, digest(elements(t, a))}
	}
	return out
}

// elements reads a whole array.
func elements(t *testing.T, a *zarr.Array) []byte {
	t.Helper()
	m := a.Meta()
	size, rank := m.Type.Size, len(m.Shape)
	total := uint64(size)
	for _, n := range m.Shape {
		total *= n
	}
	out, block, scratch := make([]byte, total), make([]byte, a.ChunkBytes()), &zarr.Scratch{}
	defer scratch.Release()
	each(a.Grid(), func(index []uint32) {
		if _, err := a.Read(ctx, index, block, scratch); err != nil {
			t.Fatal(err)
		}
		inner := make([]uint32, rank)
		for d, b := range m.ChunkShape {
			inner[d] = uint32(b)
		}
		each(inner, func(in []uint32) {
			from, to := uint64(0), uint64(0)
			for d := range rank {
				at := uint64(index[d])*m.ChunkShape[d] + uint64(in[d])
				if at >= m.Shape[d] {
					return
				}
				from = from*m.ChunkShape[d] + uint64(in[d])
				to = to*m.Shape[d] + at
			}
			copy(out[to*uint64(size):][:size], block[from*uint64(size):])
		})
	})
	return out
}

// each calls f with every index of a grid.
func each(grid []uint32, f func([]uint32)) {
	if slices.Contains(grid, 0) {
		return
	}
	index := make([]uint32, len(grid))
	for {
		f(index)
		d := len(grid) - 1
		for ; d >= 0; d-- {
			if index[d]++; index[d] < grid[d] {
				break
			}
			index[d] = 0
		}
		if d < 0 {
			return
		}
	}
}

var numbers = []dtype.Type{dtype.Uint8, dtype.Int16, dtype.Int32, dtype.Float32, dtype.Float64}

// ourCommit makes, changes or resizes a few arrays and commits.
func ourCommit(t *testing.T, r *icechunk.Repository, rng *rand.Rand, made *[]string) {
	t.Helper()
	s, err := r.Session(ctx, "main")
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	if rng.IntN(2) == 0 || len(*made) == 0 {
		rank := 1 + rng.IntN(3)
		o := zarr.MetaOptions{Names: []string{"time", "y", "x"}[:rank], Attributes: map[string]json.RawMessage{"unit": json.RawMessage(`"m/s ä"`)}}
		var shape []uint64
		for range rank {
			shape = append(shape, 1+rng.Uint64N(12))
			o.Chunks = append(o.Chunks, 1+rng.Uint64N(5))
		}
		m, err := zarr.NewMeta(shape, zarr.NumberType(numbers[rng.IntN(len(numbers))]), o)
		must(err)
		path := fmt.Sprintf("/ours/g%d/v", len(*made))
		a, err := zarr.CreateArray(ctx, s, path, m)
		must(err)
		*made = append(*made, path)
		scratch := &zarr.Scratch{}
		defer scratch.Release()
		each(a.Grid(), func(index []uint32) {
			if rng.IntN(4) > 0 {
				must(a.Write(ctx, index, []byte(bytesOf(rng, a.ChunkBytes())), scratch))
			}
		})
	} else {
		a, err := zarr.OpenArray(ctx, s, (*made)[rng.IntN(len(*made))])
		must(err)
		shape := slices.Clone(a.Meta().Shape)
		shape[rng.IntN(len(shape))] = 1 + rng.Uint64N(15)
		must(a.Resize(ctx, shape))
	}
	must(s.SetMetadata(ctx, "/ours", []byte(marshal(rng, map[string]any{"zarr_format": 3, "node_type": "group", "attributes": attributes(rng)}))))
	_, err = s.Commit(ctx, "ours")
	must(err)
}

// theirCommit lets xarray write or append a data set, or zarr-python assign to
// or resize an array.
func theirCommit(t *testing.T, p *Engine, rng *rand.Rand, round int, have map[string]seen, rows *int) {
	t.Helper()
	call := func(op string, a args) {
		t.Helper()
		if err := p.Call(op, a, nil); err != nil {
			t.Fatal(err)
		}
	}
	call("begin", args{"s": "s", "branch": "main"})
	var paths []string
	for path := range have {
		if strings.HasPrefix(path, "/ours/") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	switch path := paths[rng.IntN(len(paths))]; rng.IntN(3) {
	case 0:
		n := 1 + rng.IntN(5)
		call("to_zarr", args{"s": "s", "group": "theirs", "n": n, "m": 4, "from": 100 * round, "append": *rows > 0})
		*rows += n
	case 1:
		var slices [][2]int
		for _, n := range have[path].Shape {
			from := rng.IntN(int(n) + 1)
			slices = append(slices, [2]int{from, from + rng.IntN(int(n)-from+1)})
		}
		call("assign", args{"s": "s", "path": path, "slices": slices, "value": 1 + round%100})
		call("set", args{"s": "s", "key": "mark/zarr.json", "value": []byte(fmt.Sprintf(`{"zarr_format":3,"node_type":"group","attributes":{"n":%d}}`, round))})
	case 2:
		var shape []int
		for range have[path].Shape {
			shape = append(shape, 1+rng.IntN(15))
		}
		call("resize", args{"s": "s", "path": path, "shape": shape})
		call("set", args{"s": "s", "key": "mark/zarr.json", "value": []byte(fmt.Sprintf(`{"zarr_format":3,"node_type":"group","attributes":{"n":%d}}`, round))})
	}
	call("commit", args{"s": "s", "message": "theirs"})
}

// TestWithZarrAndXarray writes arrays by turns, with all the codecs that both
// take by themselves, and compares what each reads.
func TestWithZarrAndXarray(t *testing.T) {
	t.Parallel()
	p, rng, dir := StartPython(t), torture.Rand(t), t.TempDir()
	b, err := blob.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	r, err := icechunk.Create(ctx, b, icechunk.Options{Inline: 40, Split: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Open(Where{Local: dir}, Settings{Inline: 512}); err != nil {
		t.Fatal(err)
	}
	var made []string
	rows := 0
	for round := range torture.Rounds(12, 100) {
		ourCommit(t, r, rng, &made)
		sameArrays(t, p, r, round)
		theirCommit(t, p, rng, round, arrays(t, r), &rows)
		sameArrays(t, p, r, round)
		if t.Failed() {
			return
		}
	}
	sameDatasets(t, p, r, made, rows)
	for f, err := range r.Check(ctx, "", true) {
		t.Errorf("check: %+v, %v", f, err)
	}
}

func sameArrays(t *testing.T, p *Engine, r *icechunk.Repository, round int) {
	t.Helper()
	var theirs map[string]seen
	if err := p.Call("values", args{"branch": "main"}, &theirs); err != nil {
		t.Fatal(err)
	}
	ours := arrays(t, r)
	for path, x := range ours {
		if y := theirs[path]; !slices.Equal(x.Shape, y.Shape) || x.Dtype != y.Dtype || x.Sha != y.Sha {
			t.Errorf("round %d: %s: we read %+v, zarr-python %+v", round, path, x, y)
		}
	}
	if len(ours) != len(theirs) {
		t.Errorf("round %d: we have %d arrays, zarr-python %d", round, len(ours), len(theirs))
	}
}

// sameDatasets opens the groups by xarray: names, sizes and values.
func sameDatasets(t *testing.T, p *Engine, r *icechunk.Repository, made []string, rows int) {
	t.Helper()
	ours := arrays(t, r)
	groups := []string{"theirs"}
	for _, path := range made {
		groups = append(groups, strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/v"))
	}
	if rows == 0 {
		groups = groups[1:]
	}
	for _, group := range groups {
		var ds struct {
			Sizes map[string]uint64
			Vars  map[string]struct {
				Dims []string
				Sha  string
			}
		}
		if err := p.Call("dataset", args{"branch": "main", "group": group}, &ds); err != nil {
			t.Errorf("xarray opens %s: %v", group, err)
			continue
		}
		v, have := ds.Vars["v"], ours["/"+group+"/v"]
		if v.Sha != have.Sha || len(v.Dims) != len(have.Shape) {
			t.Errorf("%s: xarray reads %+v, we %+v", group, v, have)
			continue
		}
		for i, dim := range v.Dims {
			if ds.Sizes[dim] != have.Shape[i] {
				t.Errorf("%s: xarray says %s is %d long, we %d", group, dim, ds.Sizes[dim], have.Shape[i])
			}
		}
	}
}
