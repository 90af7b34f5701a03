package icechunk

import (
	"errors"
	"math"
	"testing"

	"github.com/outcore/outcore/errs"
)

func TestGridsOfDocuments(t *testing.T) {
	doc := func(shape, grid string) []byte {
		return []byte(`{"zarr_format":3,"node_type":"array","shape":` + shape + `,"chunk_grid":` + grid + `}`)
	}
	regular := func(c string) string { return `{"name":"regular","configuration":{"chunk_shape":` + c + `}}` }
	rectilinear := func(c string) string { return `{"name":"rectilinear","configuration":{"chunk_shapes":` + c + `}}` }
	for name, c := range map[string]struct {
		doc  []byte
		want []uint32 // nil = refused
	}{
		"even":                       {doc(`[10,4]`, regular(`[5,2]`)), []uint32{2, 2}},
		"a part of a chunk":          {doc(`[11,1]`, regular(`[5,2]`)), []uint32{3, 1}},
		"nothing along an axis":      {doc(`[0,1]`, regular(`[5,2]`)), []uint32{0, 1}},
		"no axes":                    {doc(`[]`, regular(`[]`)), []uint32{}},
		"a huge axis in huge chunks": {doc(`[18446744073709551615]`, regular(`[4294967297]`)), []uint32{math.MaxUint32}},
		"too many chunks":            {doc(`[18446744073709551615]`, regular(`[1]`)), nil},
		"chunks of nothing":          {doc(`[1]`, regular(`[0]`)), nil},
		"a chunk of other rank":      {doc(`[1,1]`, regular(`[1]`)), nil},
		"lengths":                    {doc(`[10]`, rectilinear(`[[3,3,4]]`)), []uint32{3}},
		"lengths that repeat":        {doc(`[10]`, rectilinear(`[[[2,3],4]]`)), []uint32{4}},
		"one length":                 {doc(`[10]`, rectilinear(`[4]`)), []uint32{3}},
		"lengths that fall short":    {doc(`[10]`, rectilinear(`[[3,3]]`)), nil},
		"lengths that overflow":      {doc(`[10]`, rectilinear(`[[[18446744073709551615,2]]]`)), nil},
		"another grid":               {doc(`[10]`, `{"name":"hexagonal"}`), nil},
		"names of other rank":        {[]byte(`{"zarr_format":3,"node_type":"array","shape":[1],"chunk_grid":` + regular(`[1]`) + `,"dimension_names":["a","b"]}`), nil},
		"Zarr 2":                     {[]byte(`{"zarr_format":2}`), nil},
		"no JSON":                    {[]byte(`{`), nil},
	} {
		d, err := parseDoc("/a", c.doc)
		if c.want == nil {
			if !errors.Is(err, errs.Invalid) {
				t.Errorf("%s: %v, want errs.Invalid", name, err)
			}
			continue
		}
		if err != nil || !d.array || compareIndex(gridOf(d.shape), c.want) != 0 || len(d.shape) != len(c.want) {
			t.Errorf("%s: %v, %v, want %v", name, d.shape, err, c.want)
		}
	}
}

func FuzzParseDoc(f *testing.F) {
	f.Add([]byte(`{"zarr_format":3,"node_type":"array","shape":[7,0],"chunk_grid":{"name":"regular","configuration":{"chunk_shape":[2,1]}},"dimension_names":["x",null]}`))
	f.Add([]byte(`{"zarr_format":3,"node_type":"array","shape":[7],"chunk_grid":{"name":"rectilinear","configuration":{"chunk_shapes":[[[2,3],1]]}}}`))
	f.Add([]byte(`{"zarr_format":3,"node_type":"group","attributes":{}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := parseDoc("/a", doc)
		if err != nil {
			if !errors.Is(err, errs.Invalid) {
				t.Fatalf("%v is not errs.Invalid", err)
			}
			return
		}
		if d.names != nil && len(d.names) != len(d.shape) {
			t.Fatalf("%d names of %d dimensions", len(d.names), len(d.shape))
		}
		for _, n := range d.shape {
			if n.Length > 0 && n.Chunks == 0 {
				t.Fatalf("%d elements in no chunk", n.Length)
			}
		}
	})
}
